"""A checkpoint -> a copy of our own, once: towers apart, in the precision of the device.

    manifest.json         what it is, of which repo and revision, and the hash of the weights it was made from
    config.json, preprocessor_config.json, tokenizer.json (or vocab.json, merges.txt)      as in the checkpoint
    text.safetensors      the text tower without its token table
    tokens.npy            the token table, apart so that a query can map it and read only its own rows
    image.safetensors     the image tower
    excerpt.json, merges*.npy      the tokenizer again, so that a query reads only what it needs (see vocabulary.py)

The checkpoint is not needed afterwards.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mlx_clip.backend import mx
from mlx_clip.checkpoint import CARRIED, Checkpoint, Tensors
from mlx_clip.copies import MANIFEST, Manifest, check_room, made_aside
from mlx_clip.errors import BadCheckpoint, DiskFull
from mlx_clip.progress import Progress, shown
from mlx_clip.vocabulary import write_excerpt

__all__ = ["IMAGE", "TEXT", "TOKENS", "convert"]

TEXT, IMAGE, TOKENS = "text.safetensors", "image.safetensors", "tokens.npy"


def convert(
    source: Path, target: Path, *, name: str, repo: str | None, revision: str, dtype: str, progress: Progress
) -> Manifest:
    """Makes the copy `target` of the checkpoint folder `source`; where another process was faster, its copy stands.

    Raises BadCheckpoint, UnsupportedModel, DiskFull.
    """
    checkpoint = Checkpoint.read(source)
    manifest = Manifest(
        name=name,
        repo=repo,
        revision=revision,
        family=checkpoint.config.family,
        weights_hash=checkpoint.weights_hash(),
        dtype=dtype,
    )
    with shown(progress, f"converting {name}", checkpoint.bytes, target), made_aside(target) as folder:
        _write_weights(checkpoint, folder, dtype, progress)
        _carry_over(checkpoint, folder)
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
    return manifest


def _write_weights(checkpoint: Checkpoint, folder: Path, dtype: str, progress: Progress) -> None:
    module, tensors = checkpoint.module, checkpoint.tensors
    check_room(folder, sum(tensor.size for tensor in tensors.values()) * np.dtype(dtype).itemsize)
    text = {name: tensor for name, tensor in tensors.items() if name.startswith(module.TEXT)}
    image = {name: tensor for name, tensor in tensors.items() if name.startswith(module.IMAGE)}
    tokens = {TOKENS: text.pop(module.TOKEN_TABLE)}
    for file, part in ((TOKENS, tokens), (TEXT, text), (IMAGE, image)):
        _write(folder / file, _in_precision(part, dtype, checkpoint.folder))
        progress.advance(sum(tensor.nbytes for tensor in part.values()))


def _in_precision(tensors: Tensors, dtype: str, source: Path) -> Tensors:
    """Read now, so that what is wrong with the source is not taken for a fault in writing."""
    converted = {name: tensor.astype(getattr(mx, dtype)) for name, tensor in tensors.items()}
    try:
        mx.eval(converted)
    except RuntimeError as error:
        raise BadCheckpoint(source, f"its weights cannot be read ({error})") from error
    return converted


def _write(file: Path, tensors: Tensors) -> None:
    if file.suffix == ".npy":
        np.save(file, np.array(tensors[file.name]))
        return
    try:
        mx.save_safetensors(str(file), tensors)
    except RuntimeError as error:
        raise DiskFull(file.parent.parent) from error


def _carry_over(checkpoint: Checkpoint, folder: Path) -> None:
    for name in CARRIED:
        if (checkpoint.folder / name).is_file():
            shutil.copyfile(checkpoint.folder / name, folder / name)
    write_excerpt(checkpoint.tokenizer.whole, folder)
