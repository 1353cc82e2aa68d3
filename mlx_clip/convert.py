"""A Hugging Face checkpoint folder -> a copy of our own, once: towers apart, in the precision of the device.

    manifest.json         what it is, of which repo and revision, and the hash of the weights it was made from
    config.json, preprocessor_config.json, tokenizer.json (or vocab.json, merges.txt)      as in the checkpoint
    text.safetensors      the text tower without its token table
    tokens.npy            the token table, apart so that a query can map it and read only its own rows
    image.safetensors     the image tower

The checkpoint is not needed afterwards. A copy is written aside, synced and renamed: it is whole, or it is not there.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from errno import EDQUOT, EEXIST, ENOSPC, ENOTEMPTY
from pathlib import Path
from types import ModuleType

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten

from mlx_clip.config import ClipConfig, parse
from mlx_clip.copies import MANIFEST, Manifest, read_json
from mlx_clip.errors import BadCheckpoint, DiskFull
from mlx_clip.families import family
from mlx_clip.image import Recipe
from mlx_clip.progress import Progress, shown
from mlx_clip.tokenizer import Tokenizer

__all__ = ["CARRIED", "IMAGE", "INDEX", "TEXT", "TOKENS", "WEIGHTS", "convert", "read_config", "read_recipe"]

TEXT, IMAGE, TOKENS = "text.safetensors", "image.safetensors", "tokens.npy"
CONFIG, PREPROCESSING = "config.json", "preprocessor_config.json"
CARRIED = (CONFIG, PREPROCESSING, "tokenizer.json", "vocab.json", "merges.txt")
WEIGHTS, INDEX, TORCH = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"

Tensors = dict[str, mx.array]


def convert(source: Path, target: Path, name: str, repo: str | None, revision: str, progress: Progress) -> Manifest:
    """Makes `target` (…/<dtype>-v<FORMAT>) of the checkpoint in `source`.

    Raises BadCheckpoint, UnsupportedModel, DiskFull. When another process was faster, its copy stands.
    """
    config = read_config(source)
    read_recipe(source, config)
    Tokenizer(source, config.text.max_position_embeddings)
    files = _weight_files(source)
    module = family(config.family)
    tensors = _checked(_load(files), module, config, source)
    dtype = target.name.split("-")[0]
    with (
        shown(progress, f"converting {name}", sum(file.stat().st_size for file in files), target),
        _aside(target) as folder,
    ):
        _check_room(folder, sum(tensor.size for tensor in tensors.values()) * np.dtype(dtype).itemsize)
        _write_towers(folder, tensors, module, getattr(mx, dtype), progress)
        for carried in CARRIED:
            if (source / carried).is_file():
                shutil.copyfile(source / carried, folder / carried)
        manifest = Manifest(
            name=name, repo=repo, revision=revision, family=config.family, weights_hash=_hash(files), dtype=dtype
        )
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
    return manifest


def read_config(folder: Path) -> ClipConfig:
    try:
        return parse(read_json(folder / CONFIG))
    except FileNotFoundError as error:
        raise BadCheckpoint(folder, f"{CONFIG} is missing", "give the folder of a Hugging Face checkpoint") from error


def read_recipe(folder: Path, config: ClipConfig) -> Recipe:
    """A checkpoint that says nothing of its pictures takes CLIP's defaults at its own size."""
    try:
        preprocessing = read_json(folder / PREPROCESSING)
    except FileNotFoundError:
        preprocessing = {}
    return Recipe.from_config(preprocessing, config.image.image_size)


# -- reading


def _weight_files(folder: Path) -> list[Path]:
    """The safetensors of a checkpoint: one file, or the shards that its index names."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        files = sorted(
            {folder / Path(shard).name for shard in read_json(folder / INDEX).get("weight_map", {}).values()}
        )
        for missing in (file for file in files if not file.is_file()):
            raise BadCheckpoint(folder, f"{missing.name} is missing, which {INDEX} names")
        if files:
            return files
    if (folder / TORCH).is_file():
        raise BadCheckpoint(
            folder,
            f"its weights are in {TORCH} only, a format that runs code when it is read",
            "where transformers is installed, AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER) writes safetensors",
        )
    raise BadCheckpoint(folder, f"{WEIGHTS} is missing", "give the folder of a Hugging Face checkpoint")


def _load(files: list[Path]) -> Tensors:
    """Tensors by name, none of them read yet."""
    tensors: Tensors = {}
    for file in files:
        try:
            tensors |= mx.load(str(file), format="safetensors")
        except RuntimeError as error:
            raise BadCheckpoint(file, f"damaged or incomplete ({error})") from error
    return tensors


def _checked(tensors: Tensors, module: ModuleType, config: ClipConfig, source: Path) -> Tensors:
    """The same as the towers have them; every tensor has its place, and every place its tensor."""
    wanted = _shapes(module.TextTower(config)) | _shapes(module.ImageTower(config))
    found = {name: module.sanitize(name, tensor) for name, tensor in tensors.items() if not module.is_buffer(name)}
    for name in sorted(wanted.keys() - found.keys()):
        raise BadCheckpoint(source, f"its weights lack {name}")
    for name, tensor in sorted(found.items()):
        if name not in wanted:
            raise BadCheckpoint(source, f"its weights have {name}, for which {config.family} has no place")
        if tensor.shape != wanted[name]:
            raise BadCheckpoint(source, f"{name} has the shape {tensor.shape} where config.json says {wanted[name]}")
        if not mx.issubdtype(tensor.dtype, mx.floating):
            raise BadCheckpoint(
                source, f"{name} is {tensor.dtype}, not floating point", "use one that is not quantised"
            )
    return found


def _shapes(tower: mx.array) -> dict[str, tuple[int, ...]]:
    return {name: parameter.shape for name, parameter in tree_flatten(tower.parameters())}


def _hash(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


# -- writing


def _write_towers(folder: Path, tensors: Tensors, module: ModuleType, dtype: mx.Dtype, progress: Progress) -> None:
    text, image = ({n: t for n, t in tensors.items() if n.startswith(part)} for part in (module.TEXT, module.IMAGE))
    tokens = text.pop(module.TOKEN_TABLE)
    np.save(folder / TOKENS, np.array(tokens.astype(dtype)))
    progress.advance(tokens.nbytes)
    for name, tower in ((TEXT, text), (IMAGE, image)):
        try:
            mx.save_safetensors(str(folder / name), {key: tensor.astype(dtype) for key, tensor in tower.items()})
        except RuntimeError as error:
            raise DiskFull(folder.parent) from error
        progress.advance(sum(tensor.nbytes for tensor in tower.values()))


def _check_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed:
        raise DiskFull(folder.parent, needed)


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A folder beside `target` to write into, which becomes it when the block ends well."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        folder = Path(tempfile.mkdtemp(prefix=f"{target.name}.{os.getpid()}.", dir=target.parent))
        try:
            yield folder
            _sync(folder)
            _rename(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise DiskFull(target.parent) from error
        raise


def _rename(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno not in (EEXIST, ENOTEMPTY):  # someone else's copy is as good as ours
            raise
    _sync_entry(target.parent)


def _sync(folder: Path) -> None:
    for entry in (*folder.iterdir(), folder):
        _sync_entry(entry)


def _sync_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(target: Path) -> None:
    """Removes what conversions that were killed have left."""
    for left in target.parent.glob(f"{target.name}.*.*"):
        if not _is_running(int(left.name.split(".")[1])):
            shutil.rmtree(left, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
