"""PIL picture -> uint8 pixels, exactly as the model's own processor makes them; pure, and safe in many threads.

    RGB on white -> resized (to a shortest side, a longest side, or squashed), with antialias -> centre crop -> uint8

Mean and standard deviation are left to the device. processors.py reads which recipe a checkpoint wants.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mlx_clip.errors import NotAnImage

if TYPE_CHECKING:
    from PIL import Image  # imported where a picture is at hand: an encoder that is asked in words needs none of it

__all__ = ["BICUBIC", "FILTERS", "Recipe", "Rounding", "Size", "open_image", "to_rgb"]

FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}  # Pillow's numbers
BICUBIC = 3

BARE = str.maketrans("", "", "() ")
LONG = 100  # times its width, or its height: from there on a picture is a strip

Rounding = Literal["transformers", "torchvision"]
Size = tuple[int, int]
"""Width and height, as Pillow has them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What preprocessing a checkpoint was trained with.

    `shortest` or `longest` scales that side to so many pixels, `squash` both sides to a size of their own; with none of
    them the picture keeps its size. `crop` cuts the middle out, on black where the picture is smaller. `rounding` says
    whose arithmetic that is: of half a pixel, transformers and torchvision make different wholes. `scale` and `shift`
    turn 0…255 into what the tower expects: a channel's x becomes x * scale + shift.
    """

    side: int
    shortest: int | None = None
    longest: int | None = None
    squash: Size | None = None
    crop: Size | None = None
    resample: int = BICUBIC
    rounding: Rounding = "transformers"
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def id(self) -> str:
        """Two recipes with the same id make the same numbers of a picture."""
        sizes = {"shortest": self.shortest, "longest": self.longest, "squash": self.squash, "crop": self.crop}
        ways = [f"{way}{size}" for way, size in sizes.items() if size]
        rounding = [] if self.rounding == "transformers" else [self.rounding]
        numbers = zlib.crc32(repr((self.scale, self.shift)).encode())
        return (
            "-".join(["rgb", *ways, *rounding, FILTERS[self.resample], f"{numbers:08x}"])
            .replace(", ", "x")
            .translate(BARE)
        )

    def __call__(self, image: "Image.Image") -> NDArray[np.uint8]:
        """Any picture -> uint8 (side, side, 3). Transparency is composited on white."""
        rgb = to_rgb(image)
        whole = self._resized(rgb.size)
        if self.crop is None:
            return np.array(rgb.resize(whole, self.resample))
        left, top = (self._margin(have, want) for have, want in zip(whole, self.crop, strict=True))
        inside = (max(left, 0), max(top, 0), min(left + self.crop[0], whole[0]), min(top + self.crop[1], whole[1]))
        part = _resized_part(rgb, whole, inside, self.resample)
        if part.size == self.crop:
            return np.array(part)
        from PIL import Image

        canvas = Image.new("RGB", self.crop)
        canvas.paste(part, (inside[0] - left, inside[1] - top))
        return np.array(canvas)

    def _resized(self, size: Size) -> Size:
        width, height = size
        if self.longest is not None:
            scale = self.longest / max(size)
            return max(round(width * scale), 1), max(round(height * scale), 1)
        if self.shortest is None:
            return self.squash or size
        if width <= height:
            return self.shortest, int(self.shortest * height / width)
        return int(self.shortest * width / height), self.shortest

    def _margin(self, have: int, want: int) -> int:
        """What is cut off before the crop; below nothing, what is put there."""
        if self.rounding == "transformers":
            return (have - want) // 2
        return round((have - want) / 2) if have >= want else -((want - have) // 2)


def _resized_part(image: "Image.Image", whole: Size, part: tuple[int, int, int, int], resample: int) -> "Image.Image":
    """The `part` of `image.resize(whole)`.

    Of a very long picture nothing else is computed, for whole it might not fit in memory. Pillow may then resize the
    sides in the other order, which rounds differently. Of a wide and large one nothing else is either, for it takes a
    quarter of the time or more: there Pillow keeps the order, and one value in thousands comes out one level off.
    """
    left, top, right, bottom = part
    if max(whole) <= LONG * min(whole) and not _is_wide_and_large(image.size, whole):
        return image.resize(whole, resample).crop(part)
    across, down = image.width / whole[0], image.height / whole[1]
    box = (left * across, top * down, min(right * across, image.width), min(bottom * down, image.height))
    return image.resize((right - left, bottom - top), resample, box)


def _is_wide_and_large(size: Size, whole: Size) -> bool:
    return size[0] > size[1] >= 2 * whole[1]


def to_rgb(image: "Image.Image") -> "Image.Image":
    """Any mode -> RGB. Transparency is composited on white, 16-bit grey is scaled to 8 bits and not clipped.

    Recent transformers do the first too (older ones drop the alpha channel), none does the second.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        image = _to_8_bits(image)
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        from PIL import Image

        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _to_8_bits(image: "Image.Image") -> "Image.Image":
    """16-bit grey in one of Pillow's integer modes. Mode I holds 8-bit grey too: then nothing is to be scaled."""
    from PIL import Image

    grey = np.asarray(image).astype(np.int64)
    deep = image.mode != "I" or grey.max(initial=0) > 255
    return Image.fromarray((grey.clip(0, 65535) // 257 if deep else grey.clip(0, 255)).astype(np.uint8))


def open_image(path: Path) -> "Image.Image":
    """A picture file, turned upright as its EXIF says. Raises NotAnImage."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image)
    except FileNotFoundError as error:
        raise NotAnImage(path, "no such file") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NotAnImage(path, f"cannot be read as a picture ({error})") from error
