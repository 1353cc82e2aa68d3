"""What a model's image tower is like, told by its card alone; and how much work it is, and how many bytes it moves.

For what is asked of a model that is not here, such as how quick it would be. A card says the family, the sizes and the
work for one picture; of the towers that are built, one alone is so much work.
"""

from typing import Any, NamedTuple

from mlx_clip.catalog import Card
from mlx_clip.config import ModelConfig
from mlx_clip.errors import UnknownModel

__all__ = ["described", "traffic", "work"]

NEAR = 0.02  # part of its work by which a tower may miss what a card says


class Shape(NamedTuple):
    """A transformer: its width, that of its feed-forward layers, its depth and its heads."""

    width: int
    wide: int
    layers: int
    heads: int


SHAPES = (
    Shape(192, 768, 6, 3),  # pics-mini
    Shape(256, 1024, 10, 4),  # TinyCLIP 8M
    Shape(384, 1536, 12, 6),  # S
    Shape(512, 2048, 12, 8),  # TinyCLIP 39M, 40M
    Shape(640, 2560, 12, 10),  # TinyCLIP 61M
    Shape(768, 3072, 12, 12),  # B
    Shape(768, 2048, 12, 12),  # B of EVA-02, whose feed-forward layers have gates
    Shape(1024, 4096, 24, 16),  # L
    Shape(1152, 4304, 27, 16),  # So400m
    Shape(1280, 5120, 32, 16),  # H
)


def described(card: Card) -> dict[str, Any]:
    """A config.json of such a model. Its activation is the family's, where the checkpoint's may be another.

    Raises UnknownModel where no tower is so much work.
    """
    found = next((shape for shape in SHAPES if _fits(shape, card)), None)
    if found is None:
        raise UnknownModel(card.name, "it is not here, and its card does not tell what its tower is like")
    return _config(card, found)


def _config(card: Card, shape: Shape) -> dict[str, Any]:
    tower = {
        "hidden_size": shape.width,
        "intermediate_size": shape.wide,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "image_size": card.image_size,
        "patch_size": card.patch_size,
    }
    text = {"hidden_size": card.dim, "num_attention_heads": shape.heads} if card.family == "siglip" else {}
    nested = {"projection_dim": card.dim, "vision_config": tower, "text_config": text}
    return {"model_type": card.family, **(tower if card.family == "dinov2" else nested)}


def _fits(shape: Shape, card: Card) -> bool:
    flop = _work(card.family, shape, card.image_size, card.patch_size)
    return abs(flop / 1e9 - card.gflops) <= NEAR * card.gflops


def work(config: ModelConfig) -> float:
    """FLOP for one picture, of matrices and attention: a multiplication and its addition are two."""
    return _work(config.family, _shape(config), config.image.image_size, config.image.patch_size)


def _shape(config: ModelConfig) -> Shape:
    image = config.image
    return Shape(image.hidden_size, image.intermediate_size, image.num_hidden_layers, image.num_attention_heads)


def _positions(family: str, side: int, patch: int) -> int:
    return (side // patch) ** 2 + (0 if family == "siglip" else 1)


def _work(family: str, shape: Shape, side: int, patch: int) -> float:
    positions = _positions(family, side, patch)
    width, wide = shape.width, shape.wide
    matrices = 4 * width * width + (3 if family == "clyp" else 2) * width * wide
    layer = 2 * positions * matrices + 4 * positions * positions * width
    patches = 2 * positions * width * 3 * patch**2
    head = 2 * positions * 2 * width * width + 4 * width * wide if family == "siglip" else 0
    return float(shape.layers * layer + patches + head)


def traffic(config: ModelConfig, weights: float, batch: int, size: int) -> float:
    """The fewest bytes that a batch moves: the bytes of the `weights` once, and each product's inputs and output.

    `size` is a number's in bytes. What lies between two products is taken to cost nothing.
    """
    shape, image = _shape(config), config.image
    positions = _positions(config.family, image.image_size, image.patch_size)
    of_position = shape.layers * (12 * shape.width + (3 if config.family == "clyp" else 2) * shape.wide)
    pixels = 3 * image.image_size**2
    return weights + batch * (size * (of_position * positions + pixels) + pixels)
