"""DINOv2: pictures only, as transformers' `Dinov2Model` computes its first token. Made for what looks alike.

The table of positions is of a larger picture than the model is shown: it is resized once, when a checkpoint is
converted. Shapes as in clip.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlx_clip import config as base
from mlx_clip.backend import mx, nn
from mlx_clip.config import ModelConfig
from mlx_clip.errors import UnsupportedModel
from mlx_clip.layers import ALL, Block, Mask, Patches, Transformer, patch_matrix, renamed, with_first
from mlx_clip.processors import IMAGENET

__all__ = ["IMAGE", "ImageTower", "parse", "sanitize", "settled"]

IMAGE = ("embeddings.", "encoder.", "layernorm.")
POSITIONS = "embeddings.position_embeddings"
PREPROCESSING = {
    "image_processor_type": "BitImageProcessor",
    "size": {"shortest_edge": 256},
    "crop_size": 224,
    **IMAGENET,
}
NAMES = (
    ("encoder.layer.", "encoder.layers."),
    (".attention.attention.query.", ".self_attn.q_proj."),
    (".attention.attention.key.", ".self_attn.k_proj."),
    (".attention.attention.value.", ".self_attn.v_proj."),
    (".attention.output.dense.", ".self_attn.out_proj."),
    (".norm1.", ".layer_norm1."),
    (".norm2.", ".layer_norm2."),
    (".layer_scale1.lambda1", ".layer_scale1"),
    (".layer_scale2.lambda1", ".layer_scale2"),
    ("patch_embeddings.projection.", "patch_embeddings."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(base.ImageConfig):
    layer_norm_eps: float = 1e-6
    patch_size: int = 14


def parse(config: Mapping[str, Any]) -> ModelConfig:
    for key, supported in (("use_swiglu_ffn", False), ("qkv_bias", True)):
        if config.get(key, supported) != supported:
            raise UnsupportedModel(key, config[key], supported)
    wide = base.number("mlp_ratio", float, config.get("mlp_ratio", 4)) * config.get("hidden_size", 768)
    image = base.tower(ImageConfig, dict(config) | {"intermediate_size": wide}, "config")
    return ModelConfig(family="dinov2", text=None, image=image, dim=image.hidden_size)


def settled(config: dict[str, Any], preprocessing: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """At the size that pictures are cut to, which config.json does not say; as Meta does where nothing is said."""
    preprocessing = preprocessing or PREPROCESSING
    match preprocessing.get("crop_size"):
        case int(side) | {"height": int(side)}:
            return config | {"image_size": side}, preprocessing
    return config, preprocessing


class Embeddings(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.cls_token = mx.zeros((1, 1, config.hidden_size))
        self.position_embeddings = mx.zeros((1, config.patches + 1, config.hidden_size))
        self.patch_embeddings = Patches(config, bias=True)

    def __call__(self, pixels: mx.array) -> mx.array:
        return with_first(self.cls_token, self.patch_embeddings(pixels)) + self.position_embeddings


class ScaledBlock(Block):
    """Pre-norm, what each half adds scaled by a learnt factor for each number."""

    def __init__(self, config: base.TowerConfig) -> None:
        super().__init__(config)
        self.layer_scale1 = mx.ones((config.hidden_size,))
        self.layer_scale2 = mx.ones((config.hidden_size,))

    def __call__(self, x: mx.array, mask: Mask, at: slice = ALL) -> mx.array:
        normed = self.layer_norm1(x)
        x = x[:, at] + self.layer_scale1 * self.self_attn(normed[:, at], normed, mask)
        return x + self.layer_scale2 * self.mlp(self.layer_norm2(x))


class ImageTower(nn.Module):
    """(n, h, w, c) normalised pixels -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config.image)
        self.encoder = Transformer(config.image, ScaledBlock)
        self.layernorm = nn.LayerNorm(config.image.hidden_size, config.image.layer_norm_eps)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.layernorm(self.encoder.first(self.embeddings(pixels)))


def sanitize(tensors: dict[str, mx.array], config: ModelConfig) -> dict[str, mx.array]:
    """Names as in layers.py, patches as a matrix, positions of the size that is wanted; training's mask goes."""
    ours = {renamed(name, NAMES): tensor for name, tensor in tensors.items() if name != "embeddings.mask_token"}
    if (patches := "embeddings.patch_embeddings.weight") in ours:
        ours[patches] = patch_matrix(ours[patches])
    if POSITIONS in ours and ours[POSITIONS].shape[1] != config.image.patches + 1:
        ours[POSITIONS] = _resized(ours[POSITIONS], round(config.image.patches**0.5))
    return ours


def _resized(table: mx.array, side: int) -> mx.array:
    """(1, 1 + a², w) -> (1, 1 + side², w): the first row as it is, the others as a picture of a x a."""
    first, grid = np.array(table[0, :1].astype(mx.float32)), np.array(table[0, 1:].astype(mx.float32))
    old = round(len(grid) ** 0.5)
    weights = _bicubic(old, side)
    resized = np.einsum("ia,jb,abw->ijw", weights, weights, grid.reshape(old, old, -1), optimize=True)
    return mx.array(np.concatenate([first, resized.reshape(side * side, -1)])[None].astype(np.float32))


def _bicubic(old: int, new: int) -> NDArray[np.float64]:
    """(new, old) weights of torch's bicubic: Keys' kernel at -0.75, pixels by their middles, no antialias."""
    middles = (np.arange(new) + 0.5) * old / new - 0.5
    weights = np.zeros((new, old))
    for offset in range(-1, 3):
        at = np.floor(middles) + offset
        np.add.at(weights, (np.arange(new), at.clip(0, old - 1).astype(int)), _keys(middles - at))
    return weights


def _keys(x: NDArray[np.float64], a: float = -0.75) -> NDArray[np.float64]:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))
