"""A checkpoint -> a copy of our own, once: towers apart, in the precision of the device.

    manifest.json         what it is, of which repo and revision, and the hash of the weights it was made from
    config.json, preprocessor_config.json      in Hugging Face's form, whatever the checkpoint's was
    tokenizer.json (or the files that the checkpoint has instead)
    text.safetensors      the text tower without its token table
    tokens.npy            the token table, apart so that a query can map it and read only its own rows
    image.safetensors     the image tower
    excerpt.json, merges*.npy      the tokenizer again, so that a query reads only what it needs (see vocabulary.py)

A model that knows pictures only has neither tokens nor text. With 8 bits a weight, matrices and tokens are kept as
quantise.py says. The checkpoint is not needed afterwards.
"""

import json
import shutil
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlx_clip import tokenizer
from mlx_clip.backend import mx
from mlx_clip.checkpoint import CONFIG, PREPROCESSING, Checkpoint, Tensors
from mlx_clip.copies import MANIFEST, Manifest, check_room, made_aside
from mlx_clip.errors import BadCheckpoint, DiskFull
from mlx_clip.progress import Progress, shown
from mlx_clip.quantise import quantised, quantised_rows
from mlx_clip.vocabulary import write_excerpt

__all__ = ["IMAGE", "SCALES", "TEXT", "TOKENS", "convert"]

TEXT, IMAGE, TOKENS, SCALES = "text.safetensors", "image.safetensors", "tokens.npy", "token-scales.npy"


def convert(
    source: Path,
    target: Path,
    *,
    name: str,
    repo: str | None,
    revision: str,
    dtype: str,
    progress: Progress,
    bits: int | None = None,
    tokenizer_folder: Path | None = None,
) -> Manifest:
    """Makes the copy `target` of the checkpoint folder `source`; where another process was faster, its copy stands.

    `bits` (8, or None for whole numbers of `dtype`) is how each weight of a matrix is kept. `tokenizer_folder` is for a
    checkpoint that brings no tokenizer. Raises BadCheckpoint, UnsupportedModel, DiskFull.
    """
    checkpoint = Checkpoint.read(source, tokenizer_folder)
    manifest = Manifest(
        name=name,
        repo=repo,
        revision=revision,
        family=checkpoint.config.family,
        weights_hash=_hash(checkpoint, bits),
        dtype=dtype,
        bits=bits,
    )
    with shown(progress, f"converting {name}", checkpoint.bytes, target), made_aside(target) as folder:
        _write_weights(checkpoint, folder, dtype, bits, progress)
        _write_description(checkpoint, folder)
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
    return manifest


def _hash(checkpoint: Checkpoint, bits: int | None) -> str:
    """Rounded weights make other vectors: they are other weights."""
    whole = checkpoint.weights_hash()
    return sha256(f"{whole}:{bits}bit".encode()).hexdigest() if bits else whole


def _write_weights(checkpoint: Checkpoint, folder: Path, dtype: str, bits: int | None, progress: Progress) -> None:
    module, tensors = checkpoint.module, checkpoint.tensors
    width = bits // 8 if bits else np.dtype(dtype).itemsize
    check_room(folder, sum(tensor.size for tensor in tensors.values()) * width)
    text = {name: tensor for name, tensor in tensors.items() if name.startswith(getattr(module, "TEXT", "\0"))}
    image = {name: tensor for name, tensor in tensors.items() if name.startswith(module.IMAGE)}
    tokens = {TOKENS: text.pop(module.TOKEN_TABLE)} if text else {}
    for file, part in ((TOKENS, tokens), (TEXT, text), (IMAGE, image)):
        if part:
            _write(folder / file, _in_precision(part, dtype, checkpoint.folder), bits)
            progress.advance(sum(tensor.nbytes for tensor in part.values()))


def _in_precision(tensors: Tensors, dtype: str, source: Path) -> Tensors:
    """Read now, so that what is wrong with the source is not taken for a fault in writing."""
    converted = {name: tensor.astype(getattr(mx, dtype)) for name, tensor in tensors.items()}
    try:
        mx.eval(converted)
    except RuntimeError as error:
        raise BadCheckpoint(source, f"its weights cannot be read ({error})") from error
    return converted


def _write(file: Path, tensors: Tensors, bits: int | None) -> None:
    if file.suffix == ".npy":
        _write_tokens(file, np.array(tensors[file.name]), bits)
        return
    try:
        mx.save_safetensors(str(file), quantised(tensors) if bits else tensors)
    except RuntimeError as error:
        raise DiskFull(file.parent.parent) from error


def _write_tokens(file: Path, table: NDArray[Any], bits: int | None) -> None:
    if bits:
        table, scales = quantised_rows(table)
        np.save(file.with_name(SCALES), scales)
    np.save(file, table)


def _write_description(checkpoint: Checkpoint, folder: Path) -> None:
    for name, described in ((CONFIG, checkpoint.described), (PREPROCESSING, checkpoint.preprocessing)):
        (folder / name).write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    if checkpoint.tokenizer is None:
        return
    for name in tokenizer.FILES:
        if (checkpoint.tokenizer_folder / name).is_file():
            shutil.copyfile(checkpoint.tokenizer_folder / name, folder / name)
    if not (folder / tokenizer.SPIECE).is_file():
        write_excerpt(checkpoint.tokenizer.whole, folder)
