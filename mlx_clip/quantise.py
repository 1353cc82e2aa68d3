"""8 bits a weight: a model in half the room of float16, at a small loss. A choice of size, not of speed.

A matrix (m, k) is kept as MLX does: each 64 weights of a row share a scale and a bias. On a GPU it stays so in memory;
on a CPU, where MLX multiplies by such a matrix a hundred times slower, it is made whole again as it is loaded. The
table of tokens is kept a row at a time: a scale, and whole numbers up to 127.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlx_clip.backend import mx, nn

__all__ = ["BITS", "quantise_tower", "quantised", "quantised_rows", "whole"]

BITS, GROUP = 8, 64
PARTS = (".scales", ".biases")

Tensors = dict[str, mx.array]


def quantised(tensors: Tensors) -> Tensors:
    """The weights of matrices in three parts each: `….weight`, `….scales`, `….biases`; all else as it is."""
    kept: Tensors = {}
    for name, tensor in tensors.items():
        if not _is_matrix(name, tensor):
            kept[name] = tensor
            continue
        stem = name.removesuffix(".weight")
        parts = mx.quantize(tensor, group_size=GROUP, bits=BITS)
        kept |= zip((name, stem + ".scales", stem + ".biases"), parts, strict=True)
    return kept


def whole(tensors: Tensors) -> Tensors:
    """`quantised` undone, but for the rounding."""
    kept = {name: tensor for name, tensor in tensors.items() if not name.endswith(PARTS)}
    for name in [name for name in tensors if name.endswith(".scales")]:
        stem = name.removesuffix(".scales")
        scales, biases = tensors[name], tensors[stem + ".biases"]
        kept[stem + ".weight"] = mx.dequantize(kept[stem + ".weight"], scales, biases, group_size=GROUP, bits=BITS)
    return kept


def quantise_tower(tower: nn.Module, tensors: Tensors) -> None:
    """Gives a tower such matrices as the tensors hold; where they hold none, it stays as it is."""
    stems = {name.removesuffix(".scales") for name in tensors if name.endswith(".scales")}
    nn.quantize(tower, group_size=GROUP, bits=BITS, class_predicate=lambda name, _: name in stems)


def _is_matrix(name: str, tensor: mx.array) -> bool:
    """Of a linear layer, and not of positions or of patches, which are few and near the pixels."""
    linear = name.endswith(".weight") and tensor.ndim == 2 and "embed" not in name
    return linear and tensor.shape[1] % GROUP == 0


def quantised_rows(table: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(rows, w) -> int8 (rows, w) and float32 (rows, 1); their product is the table again."""
    scales = np.abs(table).max(axis=1, keepdims=True).astype(np.float32) / 127
    scales[scales == 0] = 1
    return np.round(table / scales).astype(np.int8), scales
