"""Bytes -> upright RGB. The content decides the format, not the file's name.

open -> refuse more than `max_pixels` -> JPEG: decode at >= 2x the asked side (DCT scaling) -> first frame -> EXIF turn
-> RGB, transparency over white.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import cast

from PIL import Image, ImageOps, UnidentifiedImageError

from indexer.errors import NotAPicture

MAX_PIXELS = 256_000_000  # 768 MB as RGB: the largest panoramas pass, decompression bombs do not
# No more than these: to others belongs PostScript, which Pillow would hand to an interpreter. MPO comes with JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "DIB", "HEIF", "AVIF", "JPEG2000", "JXL", "PPM")
ORIENTATION = 0x0112  # EXIF
TURNED = frozenset({5, 6, 7, 8})  # orientations that swap width and height
WHITE = (255, 255, 255, 255)
MPO = "MPO"  # a JPEG with more pictures behind the first (some cameras, iPhones)


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upright RGB picture, its format, and the upright width and height of the original in pixels.

    `image` may be smaller than the original, but never than asked for.
    """

    image: Image.Image
    width: int
    height: int
    format: str


def decode(data: bytes, side: int = 0, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decodes the first picture in `data`. Raises NotAPicture with the reason.

    `side` is the shortest side in pixels that the caller needs; 0 asks for the picture whole. CMYK, palette and
    16-bit pictures become 8-bit RGB (16 bits are scaled, not cut), greys become grey RGB, and what is transparent
    lies on white.
    """
    _register_formats()
    with _reasons(), Image.open(BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise NotAPicture(
                f"{width} x {height} pixels is more than the limit of {max_pixels / 1e6:.0f} megapixels"
                " (raise it with --max-megapixels)"
            )
        format_ = "JPEG" if image.format == MPO else image.format or "?"
        if side and format_ == "JPEG":
            image.draft(None, (2 * side, 2 * side))
        image.load()
        if image.getexif().get(ORIENTATION) in TURNED:
            width, height = height, width
        return Decoded(to_rgb(ImageOps.exif_transpose(image)), width, height, format_)


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB, 8 bits a channel; transparency over white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scaled_grey(image).convert("RGB")
    if image.has_transparency_data:
        canvas = Image.new("RGBA", image.size, WHITE)
        canvas.alpha_composite(image.convert("RGBA"))
        return canvas.convert("RGB")
    return image.convert("RGB")


def _scaled_grey(image: Image.Image) -> Image.Image:
    """16-bit (and wider) grey -> 8 bits: by 256 where the values are 16-bit, else by their own range."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 256), "L")
    low, high = cast("tuple[float, float]", image.getextrema())
    if image.mode == "I" and low >= 0 and high < 65536:
        low, high = 0, 65536
    scale = 255 / (high - low) if high > low else 0.0
    return image.convert("F").point(lambda value: value * scale + (0.5 - low * scale)).convert("L")


@contextmanager
def _reasons() -> Iterator[None]:
    """Turns what the decoders raise into NotAPicture, with a reason of one line."""
    try:
        yield
    except NotAPicture:
        raise
    except UnidentifiedImageError as error:
        raise NotAPicture("not a picture, or in a format that is not supported") from error
    except MemoryError as error:
        raise NotAPicture("not enough memory to decode it") from error
    except Exception as error:
        raise NotAPicture(f"damaged: {' '.join(str(error).split()) or type(error).__name__}") from error


@cache
def _register_formats() -> None:
    """Teaches Pillow HEIC and JPEG XL, hushes it, and leaves the limit on pixels to `decode`."""
    import pillow_heif
    import pillow_jxl  # noqa: F401  registers itself

    warnings.filterwarnings("ignore", module=r"PIL\.")  # what matters of a damaged file is raised, not warned of
    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None
