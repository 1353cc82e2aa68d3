"""pytorch_model.bin without torch: what is read, and that nothing of it is run. The files are written as torch does."""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlx_clip
from mlx_clip import BadCheckpoint
from mlx_clip.backend import mx
from mlx_clip.torch_file import load
from tests.random_checkpoint import write

ALIGNED = 64  # where torch lets the numbers of a storage begin


class Named:
    """Pickled as a name that torch has, called with some arguments."""

    def __init__(self, module: str, name: str, *arguments: object) -> None:
        self.module, self.name, self.arguments = module, name, arguments


class Numbers:
    """A storage, which the pickle only refers to."""

    def __init__(self, kind: str, values: np.ndarray[Any, Any]) -> None:
        self.kind, self.values = kind, values


class TorchPickler(pickle._Pickler):  # the one in Python, which can be told how to write a name
    def __init__(self, file: io.BytesIO, storages: list[Numbers]) -> None:
        super().__init__(file, protocol=2)
        self.storages = storages

    def persistent_id(self, thing: Any) -> Any:
        if not isinstance(thing, Numbers):
            return None
        self.storages.append(thing)
        return "storage", Named("torch", thing.kind), str(len(self.storages) - 1), "cpu", thing.values.size

    def save(self, thing: Any, save_persistent_id: bool = True) -> Any:
        if not isinstance(thing, Named):
            return super().save(thing, save_persistent_id)
        self.write(pickle.GLOBAL + f"{thing.module}\n{thing.name}\n".encode())
        if thing.arguments:
            super().save(thing.arguments)
            self.write(pickle.REDUCE)
        return None


def torch_save(state: dict[str, Any], file: Path, compression: int = zipfile.ZIP_STORED) -> Path:
    pickled, storages = io.BytesIO(), []
    TorchPickler(pickled, storages).dump(state)
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled.getvalue())
        for number, storage in enumerate(storages):
            entry = zipfile.ZipInfo(f"archive/data/{number}")
            entry.compress_type = compression
            filled = -(archive.fp.tell() + 30 + len(entry.filename) + 4) % ALIGNED
            entry.extra = struct.pack("<HH", 0x4246, filled) + b"Z" * filled
            archive.writestr(entry, storage.values.tobytes())
    return file


def tensor(numbers: Numbers, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> Named:
    return Named("torch._utils", "_rebuild_tensor_v2", numbers, offset, size, stride, False, OrderedDict())


COUNT = Numbers("FloatStorage", np.arange(12, dtype="<f4"))


def test_tensors_come_out_with_their_numbers_shapes_and_kinds(tmp_path: Path) -> None:
    half = Numbers("HalfStorage", np.array([1, 2], "<f2"))
    brain = Numbers("BFloat16Storage", (np.array([1.5, -2], "<f4").view("<u4") >> 16).astype("<u2"))
    state = {
        "rows": tensor(COUNT, (3, 4), (4, 1)),
        "turned": tensor(COUNT, (4, 3), (1, 4)),
        "part": tensor(COUNT, (2, 2), (4, 1), 5),
        "scalar": tensor(COUNT, (), (), 7),
        "half": tensor(half, (2,), (1,)),
        "brain": tensor(brain, (2,), (1,)),
        "parameter": Named("torch._utils", "_rebuild_parameter", tensor(COUNT, (2,), (1,)), True, OrderedDict()),
        "no tensor": 17,
    }
    found = load(torch_save(state, tmp_path / "pytorch_model.bin"))
    rows = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert found.keys() == state.keys() - {"no tensor"}
    assert np.array_equal(np.array(found["rows"]), rows)
    assert np.array_equal(np.array(found["turned"]), rows.T)
    assert np.array_equal(np.array(found["part"]), [[5, 6], [9, 10]])
    assert (found["scalar"].shape, found["scalar"].item()) == ((), 7)
    assert (found["half"].dtype, found["half"].tolist()) == (mx.float16, [1, 2])
    assert (found["brain"].dtype, found["brain"].tolist()) == (mx.bfloat16, [1.5, -2])
    assert found["parameter"].tolist() == [0, 1]


def test_a_state_dict_inside_and_names_of_a_wrapped_module_are_found(tmp_path: Path) -> None:
    state = {"epoch": 3, "state_dict": {"module.weight": tensor(COUNT, (2,), (1,))}}
    assert load(torch_save(state, tmp_path / "x.bin")).keys() == {"weight"}


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"x": Named("os", "system", "touch pwned")}, "it asks for os.system"),
        ({"x": Named("builtins", "eval", "1")}, "it asks for builtins.eval"),
        ({"x": Named("torch", "load", "x")}, "it asks for torch.load"),
        ({"x": tensor(COUNT, (13,), (1,))}, "outside its numbers"),
        ({"x": tensor(COUNT, (2, 2), (40, 1))}, "outside its numbers"),
        ({"x": tensor(COUNT, (2,), (-1,))}, "outside its numbers"),
        ({"x": tensor(COUNT, (2,), (1,), -1)}, "outside its numbers"),
    ],
)
def test_what_no_checkpoint_needs_is_refused_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadCheckpoint, match=why):
        load(torch_save(state, tmp_path / "x.bin"))
    assert list(tmp_path.iterdir()) == [tmp_path / "x.bin"]


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "old.bin").write_bytes(pickle.dumps({"weight": 1}))
    with zipfile.ZipFile(tmp_path / "empty.bin", "w") as archive:
        archive.writestr("readme", "no pickle")
    torch_save({"x": tensor(COUNT, (2,), (1,))}, tmp_path / "packed.bin", zipfile.ZIP_DEFLATED)
    whole = torch_save({"x": tensor(COUNT, (2,), (1,))}, tmp_path / "cut.bin")
    os.truncate(whole, whole.stat().st_size // 2)
    for name in ("old", "empty", "packed", "cut"):
        with pytest.raises(BadCheckpoint, match=f"{name}.bin: not a PyTorch checkpoint that can be read safely"):
            load(tmp_path / f"{name}.bin")


def test_a_checkpoint_with_such_weights_makes_the_vectors_of_its_safetensors(tmp_path: Path) -> None:
    folder = write(tmp_path / "clip")
    whole = mlx_clip.load(folder, cache=tmp_path / "a", device="cpu").encode_texts(["red dog"])
    tensors = {name: np.array(value) for name, value in mx.load(str(folder / "model.safetensors")).items()}
    state = {
        name: tensor(Numbers("FloatStorage", values.ravel()), values.shape, tuple(s // 4 for s in values.strides))
        for name, values in tensors.items()
    }
    torch_save(state, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert np.allclose(mlx_clip.load(folder, cache=tmp_path / "b", device="cpu").encode_texts(["red dog"]), whole)
