"""PIL image -> uint8 pixels, exactly as the model's processor wants them. Pure, thread-safe, no MLX.

RGB (transparency over white) -> resize to the shortest side (or squash to a size), Pillow's resampling with antialias
-> centre crop -> uint8. Source: transformers/models/clip/image_processing_clip.py, its Pillow variant.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mlx_clip.errors import NotAnImage, UnsupportedModel

Pixels = NDArray[np.uint8]
Colour = tuple[float, float, float]
CLIP_MEAN: Colour = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD: Colour = (0.26862954, 0.26130258, 0.27577711)
WHITE = (255, 255, 255, 255)


@dataclass(frozen=True)
class Recipe:
    """How a model wants its pictures; sizes are (height, width) in pixels, `mean` and `std` of values in 0..1.

    Exactly one of `shortest` (keeps proportions, and crops) and `squash` is set.
    """

    shortest: int | None
    squash: tuple[int, int] | None
    crop: tuple[int, int] | None
    resample: Image.Resampling = Image.Resampling.BICUBIC
    scale: float = 1 / 255
    mean: Colour = CLIP_MEAN
    std: Colour = CLIP_STD

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], image_size: int) -> "Recipe":
        """Reads a parsed preprocessor_config.json; `image_size` is the side that the image tower takes.

        Raises UnsupportedModel naming the key that cannot be honoured.
        """
        shortest, squash = _resize(raw, image_size)
        crop = _pair(raw.get("crop_size", image_size), "crop_size") if raw.get("do_center_crop", True) else None
        if (crop or squash) != (image_size, image_size):
            key = "crop_size" if crop else "do_center_crop"
            raise UnsupportedModel(f"preprocessor_config.json: {key} gives no {image_size} x {image_size} picture")
        normalised = raw.get("do_normalize", True)
        return cls(
            shortest,
            squash,
            crop,
            _resampling(raw.get("resample", 3)),
            raw.get("rescale_factor", 1 / 255) if raw.get("do_rescale", True) else 1.0,
            _colour(raw.get("image_mean", CLIP_MEAN)) if normalised else (0.0, 0.0, 0.0),
            _colour(raw.get("image_std", CLIP_STD)) if normalised else (1.0, 1.0, 1.0),
        )

    @property
    def fingerprint(self) -> str:
        """A short identifier: two models of equal fingerprint see the same picture."""
        facts = [self.shortest, self.squash, self.crop, int(self.resample), self.scale, self.mean, self.std]
        size = f"{self.squash[0]}x{self.squash[1]}" if self.squash else f"shortest{self.shortest}"
        return f"{size}-{self.resample.name.lower()}-{sha256(json.dumps(facts).encode()).hexdigest()[:8]}"

    def prepare(self, image: Image.Image) -> Pixels:
        """A picture of any mode and size -> uint8 (height, width, 3)."""
        image = to_rgb(image)
        height, width = self.squash or _shortest_side(image, self.shortest or 0)
        return np.array(resized_crop(image, (height, width), self.crop or (height, width), self.resample))


def resized_crop(
    image: Image.Image, size: tuple[int, int], crop: tuple[int, int], resample: Image.Resampling
) -> Image.Image:
    """Resizes to `size` and cuts the centre `crop`, both (height, width), computing only what is kept.

    A crop larger than the resized picture is filled up with black, as in transformers.
    """
    height, width = size
    top, left = (height - crop[0]) // 2, (width - crop[1]) // 2
    low_y, low_x = max(top, 0), max(left, 0)
    high_y, high_x = min(low_y + crop[0], height), min(low_x + crop[1], width)
    across, down = image.width / width, image.height / height
    box = (low_x * across, low_y * down, min(high_x * across, image.width), min(high_y * down, image.height))
    kept = image.resize((high_x - low_x, high_y - low_y), resample, box)
    if kept.size == (crop[1], crop[0]):
        return kept
    canvas = Image.new("RGB", (crop[1], crop[0]))
    canvas.paste(kept, (max(-left, 0), max(-top, 0)))
    return canvas


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB. Transparency lies on white, where transformers would show what is hidden below it."""
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value * (1 / 256), "L")
    if image.has_transparency_data:
        canvas = Image.new("RGBA", image.size, WHITE)
        canvas.alpha_composite(image.convert("RGBA"))
        return canvas.convert("RGB")
    return image.convert("RGB")


def open_upright(path: Path) -> Image.Image:
    """A picture file, turned as its EXIF says. Raises NotAnImage."""
    try:
        with Image.open(path) as image:
            image.load()
            return ImageOps.exif_transpose(image)
    except FileNotFoundError as error:
        raise NotAnImage(f"{path}: no such file") from error
    except UnidentifiedImageError as error:
        raise NotAnImage(f"{path}: not a picture, or in a format that Pillow does not read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NotAnImage(f"{path}: cannot be read as a picture: {error}") from error


def _shortest_side(image: Image.Image, side: int) -> tuple[int, int]:
    """(height, width) with the shortest side as asked; the longer one is cut to whole pixels, not rounded."""
    short, long = sorted(image.size)
    longer = int(side * long / short)
    return (longer, side) if image.width <= image.height else (side, longer)


def _resize(raw: Mapping[str, Any], image_size: int) -> tuple[int | None, tuple[int, int] | None]:
    """The key `size`: an int or {shortest_edge} keeps proportions, {height, width} squashes."""
    if not raw.get("do_resize", True):
        raise UnsupportedModel("preprocessor_config.json: do_resize false is not supported: photos have any size")
    size = raw.get("size", image_size)
    if isinstance(size, int):
        return size, None
    if isinstance(size, Mapping) and set(size) == {"shortest_edge"}:
        return size["shortest_edge"], None
    return None, _pair(size, "size")


def _pair(size: object, key: str) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    if isinstance(size, Mapping) and set(size) == {"height", "width"}:
        return size["height"], size["width"]
    raise UnsupportedModel(f"preprocessor_config.json: {key} {size!r} is not supported")


def _resampling(number: object) -> Image.Resampling:
    try:
        return Image.Resampling(cast(int, number))
    except ValueError:
        raise UnsupportedModel(f"preprocessor_config.json: resample {number!r} is not one of Pillow's 0 to 5") from None


def _colour(values: object) -> Colour:
    if isinstance(values, list | tuple) and len(values) == 3:
        return (float(values[0]), float(values[1]), float(values[2]))
    raise UnsupportedModel(f"preprocessor_config.json: image_mean and image_std need 3 numbers, not {values!r}")
