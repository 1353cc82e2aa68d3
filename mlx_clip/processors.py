"""preprocessor_config.json -> the recipe for pictures, with each processor's own defaults. Nothing is guessed."""

from collections.abc import Mapping
from typing import Any

from mlx_clip.errors import UnsupportedModel
from mlx_clip.image import BICUBIC, FILTERS, Recipe, Size

__all__ = ["IMAGENET", "MEAN", "STD", "recipe"]

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # CLIP's
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
PROCESSORS: dict[str, dict[str, Any]] = {
    "CLIPImageProcessor": {},
    "CLIPFeatureExtractor": {},
    "ChineseCLIPImageProcessor": {},
    "ChineseCLIPFeatureExtractor": {},
    "SiglipImageProcessor": {"size": "square", "do_center_crop": False, "image_mean": 0.5, "image_std": 0.5},
    "BitImageProcessor": {},
    "CLYPImageProcessor": {"size": "longest", "rounding": "torchvision", **IMAGENET},
    "OpenCLIP": {"rounding": "torchvision"},
}
"""What each does where the file is silent, as far as it is not what CLIP's does."""


def recipe(config: Mapping[str, Any], side: int) -> Recipe:
    """`side` is the tower's input in pixels, which the recipe has to come out at. Raises UnsupportedModel."""
    config = _defaults(config) | dict(config)
    shortest, longest, squash = _resize(config, side)
    crop = _crop(config, side)
    if (out := crop or squash) != (side, side):
        raise UnsupportedModel("crop_size" if crop else "size", out, f"{side} x {side}, the model's image_size")
    scale, shift = _normalisation(config)
    rounding = config.get("rounding", "transformers")
    return Recipe(side, shortest, longest, squash, crop, _resample(config), rounding, scale, shift)


def _defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    for key in ("do_pad", "use_square_size"):
        if config.get(key):
            raise UnsupportedModel(key, config[key], False)
    for key in ("image_processor_type", "feature_extractor_type"):
        name = str(config.get(key, "CLIPImageProcessor"))
        if (known := name.removesuffix("Fast").removesuffix("Pil")) not in PROCESSORS:
            raise UnsupportedModel(key, name, ", ".join(PROCESSORS))
        if PROCESSORS[known]:
            return PROCESSORS[known]
    return {}


def _resize(config: Mapping[str, Any], side: int) -> tuple[int | None, int | None, Size | None]:
    """Shortest side, longest side, or size to squash to, or none of them."""
    if not config.get("do_resize", True):
        return None, None, None
    match config.get("size", side):
        case int(shortest):
            return shortest, None, None
        case "longest":
            return None, side, None
        case "square":
            return None, None, (side, side)
        case {"shortest_edge": int(shortest), **rest} if not rest:
            return shortest, None, None
        case {"height": int(height), "width": int(width), **rest} if not rest:
            return None, None, (width, height)
        case other:
            raise UnsupportedModel("size", other, "a number, shortest_edge, or height and width")


def _crop(config: Mapping[str, Any], side: int) -> Size | None:
    if not config.get("do_center_crop", True):
        return None
    match config.get("crop_size", side):
        case int(edge):
            return edge, edge
        case {"height": int(height), "width": int(width), **rest} if not rest:
            return width, height
        case other:
            raise UnsupportedModel("crop_size", other, "a number, or height and width")


def _resample(config: Mapping[str, Any]) -> int:
    resample = config.get("resample", BICUBIC)
    if resample not in FILTERS:
        raise UnsupportedModel("resample", resample, "0 to 5")
    return int(resample)


def _normalisation(config: Mapping[str, Any]) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """(x * factor - mean) / std as one scale and one shift a channel."""
    factor = config.get("rescale_factor", 1 / 255) if config.get("do_rescale", True) else 1.0
    if not config.get("do_normalize", True):
        return (factor, factor, factor), (0.0, 0.0, 0.0)
    mean, std = (_channels(config, key, default) for key, default in (("image_mean", MEAN), ("image_std", STD)))
    r, g, b = ((factor / s, -m / s) for m, s in zip(mean, std, strict=True))
    return (r[0], g[0], b[0]), (r[1], g[1], b[1])


def _channels(config: Mapping[str, Any], key: str, default: tuple[float, ...]) -> tuple[float, ...]:
    match config.get(key, default):
        case int(grey) | float(grey):
            return (grey,) * 3
        case [r, g, b]:
            return r, g, b
        case other:
            raise UnsupportedModel(key, other, "one number, or three")
