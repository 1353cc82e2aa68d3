"""PIL picture -> uint8 pixels, exactly as the model's own processor makes them; pure, and safe in many threads.

    RGB on white -> shortest side S, bicubic with antialias -> centre crop C x C -> uint8

Mean and standard deviation are left to the device.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mlx_clip.errors import NotAnImage, UnsupportedModel

__all__ = ["Recipe", "open_image", "to_rgb"]

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
PROCESSORS = ("CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor")
FILTERS = {filter_.value: filter_.name.lower() for filter_ in Image.Resampling}

BARE = str.maketrans("", "", "() ")
LONG = 100  # times its width, or its height: from there on a picture is a strip

Size = tuple[int, int]
"""Width and height, as Pillow has them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What preprocessing a checkpoint was trained with.

    `shortest` scales the shortest side to so many pixels, `squash` both sides to a size of their own; with neither the
    picture keeps its size. `crop` cuts the middle out, on black where the picture is smaller. `scale` and `shift`
    turn 0…255 into what the tower expects: a channel's x becomes x * scale + shift.
    """

    side: int
    shortest: int | None = None
    squash: Size | None = None
    crop: Size | None = None
    resample: int = Image.Resampling.BICUBIC
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def id(self) -> str:
        """Two recipes with the same id make the same numbers of a picture."""
        sizes = (f"shortest{self.shortest}", f"squash{self.squash}", f"crop{self.crop}")
        ways = [way for way, size in zip(sizes, (self.shortest, self.squash, self.crop), strict=True) if size]
        numbers = zlib.crc32(repr((self.scale, self.shift)).encode())
        return "-".join(["rgb", *ways, FILTERS[self.resample], f"{numbers:08x}"]).replace(", ", "x").translate(BARE)

    def __call__(self, image: Image.Image) -> NDArray[np.uint8]:
        """Any picture -> uint8 (side, side, 3). Transparency is composited on white."""
        rgb = to_rgb(image)
        whole = self._resized(rgb.size)
        if self.crop is None:
            return np.array(rgb.resize(whole, self.resample))
        left, top = ((have - want) // 2 for have, want in zip(whole, self.crop, strict=True))
        inside = (max(left, 0), max(top, 0), min(left + self.crop[0], whole[0]), min(top + self.crop[1], whole[1]))
        part = _resized_part(rgb, whole, inside, self.resample)
        if part.size == self.crop:
            return np.array(part)
        canvas = Image.new("RGB", self.crop)
        canvas.paste(part, (inside[0] - left, inside[1] - top))
        return np.array(canvas)

    def _resized(self, size: Size) -> Size:
        if self.shortest is None:
            return self.squash or size
        width, height = size
        if width <= height:
            return self.shortest, int(self.shortest * height / width)
        return int(self.shortest * width / height), self.shortest

    @classmethod
    def from_config(cls, config: Mapping[str, Any], side: int) -> "Recipe":
        """What preprocessor_config.json says, and CLIP's defaults where it is silent. Raises UnsupportedModel.

        `side` is the tower's input in pixels, which the recipe has to come out at.
        """
        _check_processor(config)
        shortest, squash = _resize(config, side)
        crop = _crop(config, side)
        if (out := crop or squash) != (side, side):
            raise UnsupportedModel("crop_size" if crop else "size", out, f"{side} x {side}, the model's image_size")
        scale, shift = _normalisation(config)
        return cls(side, shortest, squash, crop, _resample(config), scale, shift)


def _resized_part(image: Image.Image, whole: Size, part: tuple[int, int, int, int], resample: int) -> Image.Image:
    """The `part` of `image.resize(whole)`.

    Of a very long picture nothing else is computed, for whole it might not fit in memory. Pillow may then resize the
    sides in the other order, which rounds differently: so only there.
    """
    left, top, right, bottom = part
    if max(whole) <= LONG * min(whole):
        return image.resize(whole, resample).crop(part)
    across, down = image.width / whole[0], image.height / whole[1]
    box = (left * across, top * down, min(right * across, image.width), min(bottom * down, image.height))
    return image.resize((right - left, bottom - top), resample, box)


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB. Transparency is composited on white, 16-bit grey is scaled to 8 bits and not clipped.

    Recent transformers do the first too (older ones drop the alpha channel), none does the second.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        image = _to_8_bits(image)
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _to_8_bits(image: Image.Image) -> Image.Image:
    """16-bit grey in one of Pillow's integer modes. Mode I holds 8-bit grey too: then nothing is to be scaled."""
    grey = np.asarray(image).astype(np.int64)
    deep = image.mode != "I" or grey.max(initial=0) > 255
    return Image.fromarray((grey.clip(0, 65535) // 257 if deep else grey.clip(0, 255)).astype(np.uint8))


def open_image(path: Path) -> Image.Image:
    """A picture file, turned upright as its EXIF says. Raises NotAnImage."""
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image)
    except FileNotFoundError as error:
        raise NotAnImage(path, "no such file") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NotAnImage(path, f"cannot be read as a picture ({error})") from error


# -- preprocessor_config.json, key by key


def _check_processor(config: Mapping[str, Any]) -> None:
    for key in ("image_processor_type", "feature_extractor_type"):
        if config.get(key, PROCESSORS[0]) not in PROCESSORS:
            raise UnsupportedModel(key, config[key], PROCESSORS[0])
    for key in ("do_pad", "use_square_size"):
        if config.get(key):
            raise UnsupportedModel(key, config[key], False)


def _resize(config: Mapping[str, Any], side: int) -> tuple[int | None, Size | None]:
    """Shortest side, or size to squash to, or neither."""
    if not config.get("do_resize", True):
        return None, None
    match config.get("size", side):
        case int(shortest):
            return shortest, None
        case {"shortest_edge": int(shortest), **rest} if not rest:
            return shortest, None
        case {"height": int(height), "width": int(width), **rest} if not rest:
            return None, (width, height)
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
    resample = config.get("resample", Image.Resampling.BICUBIC.value)
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
