"""A Hugging Face checkpoint -> MLX weights in the cache, once.

A converted copy needs its source no more. It lies in cache/SLUG/REVISION/DTYPE-vFORMAT/:

    manifest.json                              what it is, and the SHA-256 of the weights it was made from
    config.json, preprocessor_config.json      as in the checkpoint
    tokenizer.json or vocab.json, merges.txt   as in the checkpoint
    image.safetensors, text.safetensors        one file a tower, so that a text query reads no image tower
    tokens.npy                                 the text tower's token table, mapped: a query needs a few rows of it

It is written aside and renamed when whole: a conversion that is killed leaves nothing that could be taken for done.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from mlx_clip.config import ClipConfig
from mlx_clip.errors import BadCheckpoint, DiskFull
from mlx_clip.hub import DISK_FULL, HOW_TO_RESAVE, PICKLED, Progress, Source

if TYPE_CHECKING:
    import mlx.core as mx

FORMAT = 1
KEPT = ("config.json", "preprocessor_config.json", "tokenizer.json", "vocab.json", "merges.txt")
MANIFEST, IMAGE, TEXT, TOKENS = "manifest.json", "image.safetensors", "text.safetensors", "tokens.npy"
TOKEN_TABLE = "text_model.embeddings.token_embedding.weight"
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Manifest:
    """What a converted copy says of itself. `weights_hash` is the SHA-256 (hex) of the checkpoint's weights."""

    name: str
    repo: str | None
    revision: str
    weights_hash: str
    dtype: str
    dim: int
    format: int = FORMAT


@dataclass(frozen=True)
class Converted:
    """A converted copy on disk."""

    folder: Path
    manifest: Manifest

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def config(self) -> ClipConfig:
        return ClipConfig.from_dict(read_json(self.folder / "config.json"))


def place_of(source: Source, revision: str, dtype: str, cache: Path) -> Path:
    return cache / source.slug / revision / f"{dtype}-v{FORMAT}"


def ready(source: Source, dtype: str, cache: Path) -> Converted | None:
    """The converted copy of a source, if there is one."""
    if source.revision is None:
        return None
    return _open(place_of(source, source.revision, dtype, cache))


def all_ready(cache: Path) -> list[Converted]:
    """Every converted copy in a cache, by name."""
    found = [_open(path.parent) for path in cache.glob(f"*/*/*-v{FORMAT}/{MANIFEST}")]
    return sorted((copy for copy in found if copy), key=lambda copy: copy.manifest.name)


def convert(source: Source, checkpoint: Path, revision: str, dtype: str, cache: Path, progress: Progress) -> Converted:
    """Converts a checkpoint folder. Raises BadCheckpoint, UnsupportedModel, DiskFull."""
    target = place_of(source, revision, dtype, cache)
    config = ClipConfig.from_dict(read_json(checkpoint / "config.json"))
    files = weight_files(checkpoint)
    progress.start(f"converting {source.name} for MLX", sum(path.stat().st_size for path in files), target)
    with _written_aside(target) as aside:
        weights = _read(files)
        for name in KEPT:
            if (checkpoint / name).exists():
                shutil.copyfile(checkpoint / name, aside / name)
        _write_towers(weights, config, dtype, aside)
        manifest = Manifest(source.name, source.repo, revision, _hash(files, progress), dtype, config.projection_dim)
        (aside / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2))
    progress.finish()
    return Converted(target, manifest)


def weight_files(checkpoint: Path) -> list[Path]:
    """The safetensors of a checkpoint folder. Raises BadCheckpoint when there are none."""
    whole = checkpoint / "model.safetensors"
    files = [whole] if whole.exists() else sorted(checkpoint.glob("model-*.safetensors"))
    if not files:
        if (checkpoint / PICKLED).exists():
            raise BadCheckpoint(
                f"{checkpoint}: only {PICKLED}, which is not read (unpickling runs code). {HOW_TO_RESAVE}"
            )
        raise BadCheckpoint(f"{checkpoint}: no model.safetensors, so this is no checkpoint folder")
    return files


def read_json(path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadCheckpoint(f"{path.parent}: no {path.name}, so this is no checkpoint folder") from error
    except ValueError as error:
        raise BadCheckpoint(f"{path}: damaged: {error}") from error
    if not isinstance(parsed, dict):
        raise BadCheckpoint(f"{path}: damaged: not an object")
    return parsed


def _open(folder: Path) -> Converted | None:
    try:
        return Converted(folder, Manifest(**json.loads((folder / MANIFEST).read_text("utf-8"))))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _read(files: list[Path]) -> "dict[str, mx.array]":
    import mlx.core as mx

    from mlx_clip.families.clip import sanitize

    weights: dict[str, mx.array] = {}
    for path in files:
        try:
            weights |= cast("dict[str, mx.array]", mx.load(str(path)))
        except (RuntimeError, ValueError) as error:
            raise BadCheckpoint(f"{path}: damaged: {error}") from error
    return sanitize(weights)


def _write_towers(weights: "dict[str, mx.array]", config: ClipConfig, dtype: str, folder: Path) -> None:
    """One file a tower, after checking that tower and checkpoint fit exactly."""
    import mlx.core as mx
    import numpy as np

    from mlx_clip.families.clip import ImageTower, TextTower

    weights = {name: tensor.astype(getattr(mx, dtype)) for name, tensor in weights.items()}
    image = {
        name: tensor for name, tensor in weights.items() if name.startswith(("vision_model.", "visual_projection."))
    }
    text = {name: tensor for name, tensor in weights.items() if name.startswith(("text_model.", "text_projection."))}
    unknown = sorted(set(weights) - set(image) - set(text) - {"logit_scale"})
    if unknown:
        raise BadCheckpoint(f"the checkpoint has tensors that CLIP does not have: {', '.join(unknown[:5])}")
    for tower, tensors in ((ImageTower(config), image), (TextTower(config), text)):
        try:
            tower.load_weights(list(tensors.items()), strict=True)
        except ValueError as error:
            raise BadCheckpoint(f"the checkpoint's weights do not fit its config.json: {error}") from error
    table = text.pop(TOKEN_TABLE)
    mx.save_safetensors(str(folder / IMAGE), image)
    mx.save_safetensors(str(folder / TEXT), text)
    np.save(folder / TOKENS, np.array(table))


def _hash(files: list[Path], progress: Progress) -> str:
    digest = sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
                progress.advance(len(block))
    return digest.hexdigest()


@contextmanager
def _written_aside(target: Path) -> Iterator[Path]:
    """A folder beside `target` that becomes it when the block ends well, and vanishes when it does not."""
    _sweep(target)
    aside = target.with_name(f"{target.name}-{os.getpid()}-{uuid4().hex[:8]}{UNFINISHED}")
    try:
        aside.mkdir(parents=True)
        yield aside
        _settle(aside, target)
    except OSError as error:
        if error.errno == DISK_FULL:
            raise DiskFull(f"{target}: no space left for the converted model; make room and try again") from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _settle(aside: Path, target: Path) -> None:
    for path in aside.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    try:
        aside.rename(target)
    except OSError:
        if not (target / MANIFEST).exists():  # else another process was faster, with the same result
            raise


def _sweep(target: Path) -> None:
    """Removes what killed conversions left here; a folder of a process that lives is left alone."""
    for left in target.parent.glob(f"*{UNFINISHED}"):
        if not _alive(int(left.name.split("-")[-2])):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
