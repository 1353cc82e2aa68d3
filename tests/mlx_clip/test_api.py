"""What the package shows, and what importing it costs."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mlx_clip
from mlx_clip import Encoder

PACKAGE = Path(mlx_clip.__file__).parent
ROOMS = sorted(PACKAGE.rglob("*.py"))


def test_every_exported_name_is_there_and_no_other() -> None:
    assert mlx_clip.__all__ == sorted(mlx_clip.__all__, key=lambda name: (not name[0].isupper(), name))
    assert dir(mlx_clip) == sorted(mlx_clip.__all__)
    assert all(getattr(mlx_clip, name) is not None for name in mlx_clip.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mlx_clip.nonsense


def test_every_error_is_exported() -> None:
    from mlx_clip import errors

    assert set(errors.__all__) <= set(mlx_clip.__all__)
    assert all(issubclass(getattr(errors, name), mlx_clip.ClipError) for name in errors.__all__)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(PACKAGE)))
def test_every_room_says_what_it_shows(room: Path) -> None:
    tree = ast.parse(room.read_text("utf-8"))
    assert ast.get_docstring(tree)
    shown = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    assert len(shown) == 1


def test_only_one_room_imports_mlx_so_that_openblas_always_comes_first() -> None:
    importing = {room.name for room in ROOMS for name in _imports(room) if name.split(".")[0] == "mlx"}
    assert importing == {"backend.py"}


def _imports(room: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(room.read_text("utf-8"))))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert not _modules_after("import mlx_clip") & {"mlx", "numpy", "PIL", "huggingface_hub", "tokenizers"}
    assert not _modules_after("from mlx_clip.errors import ClipError") & {"mlx", "numpy"}


def test_a_model_that_is_converted_loads_without_the_hub_client(encoder: Encoder, cache: Path) -> None:
    loading = f"import mlx_clip, pathlib; mlx_clip.load({encoder.name!r}, cache=pathlib.Path({str(cache)!r}))"
    assert "huggingface_hub" not in _modules_after(loading)


def _modules_after(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout.split())


def test_the_snippet_that_people_have_runs_unchanged(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "cat.jpeg")
    clip = mlx_clip.mlx_clip(str(checkpoint))
    picture, words = clip.image_encoder(str(tmp_path / "cat.jpeg")), clip.text_encoder("a photo of a cat")
    assert len(picture) == len(words) == clip.encoder.dim
    assert all(type(number) is float for number in [*picture, *words])
    assert np.linalg.norm(picture) == pytest.approx(1) == np.linalg.norm(words)


def test_the_device_says_what_it_is() -> None:
    device = mlx_clip.describe_device()
    assert (device.device, device.dtype, device.compiled) in {("gpu", "float16", True), ("cpu", "float32", False)}
    assert device.mlx
    assert device.blas is None or Path(device.blas).name.startswith("libopenblas")


def test_a_gpu_that_is_not_there_is_said_so() -> None:
    if mlx_clip.describe_device().device == "gpu":
        assert mlx_clip.describe_device("gpu").device == "gpu"
    else:
        with pytest.raises(
            mlx_clip.UnsupportedDevice, match=r"^gpu: MLX finds no such device here; leave `device` out"
        ):
            mlx_clip.describe_device("gpu")
