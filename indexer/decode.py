"""Bytes -> upright RGB, and the header beside it. The content decides the format, not the file's name.

open -> refuse more than `max_pixels` -> JPEG: decode at >= 2x the asked side (DCT scaling) -> first frame -> header
-> EXIF turn -> RGB, transparency over white. Of a RAW photo (raw.py) its preview is decoded so, where that is enough.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import cast

from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from indexer.errors import NotAPicture
from indexer.header import LARGEST, Header, drop_boundless_exif, exif_of, header_of, header_of_cr3, header_of_tiff
from indexer.raw import AS_TIFF, Raw
from indexer.raw import format_of as raw_format_of

MAX_PIXELS = 256_000_000  # 768 MB as RGB: the largest panoramas pass, decompression bombs do not
# No more than these: to others belongs PostScript, which Pillow would hand to an interpreter. MPO comes with JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "DIB", "HEIF", "AVIF", "JPEG2000", "JXL", "PPM")
ORIENTATION = 0x0112  # EXIF
TURNED = frozenset({5, 6, 7, 8})  # orientations that swap width and height
WHITE = (255, 255, 255, 255)
MPO = "MPO"  # a JPEG with more pictures behind the first (some cameras, iPhones)
PNG = b"\x89PNG\r\n\x1a\n"
TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})  # PNG's chunks of text
SAID_OF_ALL = TEXTS | {b"eXIf"}  # PNG's chunks of metadata, which may stand before the pixels or behind


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upright RGB picture, its format, and the upright width and height of the original in pixels.

    `image` may be smaller than the original, but never than asked for (of a RAW photo: than half the original, unless
    it cannot be developed). `header` is what else the file carries.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    header: Header


def decode(data: bytes, side: int = 0, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decodes the first picture in `data`. Raises NotAPicture with the reason.

    `side` is the shortest side in pixels that the caller needs; 0 asks for the picture whole. CMYK, palette and
    16-bit pictures become 8-bit RGB (16 bits are scaled, not cut), greys become grey RGB, and what is transparent
    lies on white.
    """
    try:
        return _decode(data, side, max_pixels)
    except NotAPicture as error:
        if (bare := _without_texts(data)) is None:
            raise
        decoded = _decode(bare, side, max_pixels)
        return replace(decoded, header=_with_note(decoded.header, f"texts: {error}"))


def header(data: bytes) -> tuple[Header, int, int, str]:
    """The header of the first picture in `data`, its upright width and height in pixels, and its format.

    Decodes no pixels, but JPEG XL's, which its decoder does on opening, and an eighth of a RAF's preview. Raises
    NotAPicture with the reason.
    """
    try:
        return _header(_texts_first(data))
    except NotAPicture as error:
        if (bare := _without_texts(data)) is None:
            raise
        found, width, height, format_ = _header(bare)
        return _with_note(found, f"texts: {error}"), width, height, format_


def _decode(data: bytes, side: int, max_pixels: int) -> Decoded:
    if raw_format := raw_format_of(data):
        return _decode_raw(data, raw_format, side, max_pixels)
    with _opened(data) as (image, note):
        width, height = image.size
        _load(image, side, max_pixels)
        found = _with_note(header_of(image, data), note)
        width, height = _upright(image, width, height)
        return Decoded(to_rgb(_turned(image)), width, height, _format_of(image), found)


def _load(image: Image.Image, side: int, max_pixels: int) -> None:
    _refuse_more_than(max_pixels, *image.size)
    if side and image.format in ("JPEG", MPO):
        image.draft(None, (2 * side, 2 * side))
    image.load()


def _refuse_more_than(max_pixels: int, width: int, height: int) -> None:
    if width * height > max_pixels:
        raise NotAPicture(
            f"{width} x {height} pixels is more than the limit of {max_pixels / 1e6:.0f} megapixels"
            " (raise it with --max-megapixels)"
        )


def _decode_raw(data: bytes, format_: str, side: int, max_pixels: int) -> Decoded:
    """By its preview, where that has the side that is asked for, or half of the photo's; else it is developed."""
    with _reasons(), Raw(data, format_) as raw:
        _refuse_more_than(max_pixels, *raw.sensor)
        image, found = _preview(raw, side, max_pixels)
        half = min(raw.width, raw.height) // 2
        if image is None or min(image.size) < min(side or half, half):
            image = _developed(raw, image)
        return Decoded(to_rgb(image), raw.width, raw.height, format_, _raw_header(data, format_) or found)


def _preview(raw: Raw, side: int, max_pixels: int) -> tuple[Image.Image | None, Header]:
    """Upright, at least twice the side where it is that large, and what it says of itself."""
    try:
        with _opened(raw.preview() or b"") as (image, note):
            _load(image, side, max_pixels)
            return raw.upright(image), _with_note(header_of(image), note)
    except NotAPicture:
        return None, Header()


def _developed(raw: Raw, preview: Image.Image | None) -> Image.Image:
    """A preview that is too small is better than nothing."""
    try:
        return raw.developed()
    except NotAPicture:
        if preview is None:
            raise
        return preview


def _header(data: bytes) -> tuple[Header, int, int, str]:
    if raw_format := raw_format_of(data):
        with _reasons(), Raw(data, raw_format) as raw:
            found = _raw_header(data, raw_format) or _preview(raw, 1, MAX_PIXELS)[1]
            return found, raw.width, raw.height, raw_format
    with _opened(data) as (image, note):
        upright = image.size if image.format == "TIFF" else _upright(image, *image.size)  # Pillow turns TIFF's itself
        return _with_note(header_of(image, data), note), *upright, _format_of(image)


def _raw_header(data: bytes, format_: str) -> Header | None:
    """None: of the few kinds that have no EXIF but that of their preview."""
    _register_formats()  # no warnings of what is damaged
    if format_ == "CR3":
        return header_of_cr3(data)
    return header_of_tiff(data) if format_ in AS_TIFF else None


@contextmanager
def _opened(data: bytes) -> Iterator[tuple[Image.Image, str | None]]:
    """The picture, its header read, and a note where something in that had to be dropped."""
    _register_formats()
    with _reasons(), Image.open(BytesIO(data), formats=FORMATS) as image:
        yield image, drop_boundless_exif(image)


def _upright(image: Image.Image, width: int, height: int) -> tuple[int, int]:
    return (height, width) if exif_of(image).get(ORIENTATION) in TURNED else (width, height)


def _turned(image: Image.Image) -> Image.Image:
    """Upright. Most photos are, and Pillow would copy these too."""
    if image.format in ("JPEG", MPO) and exif_of(image).get(ORIENTATION, 1) == 1:
        return image
    return ImageOps.exif_transpose(image)


def _format_of(image: Image.Image) -> str:
    return "JPEG" if image.format == MPO else image.format or "?"


def _with_note(found: Header, note: str | None) -> Header:
    return replace(found, notes=(*found.notes, note)) if note else found


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of each chunk of a PNG, as far as their lengths make sense."""
    at = len(PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], at, end
        at = end


def _without_texts(data: bytes) -> bytes | None:
    """A PNG without its text chunks, for one of them may be all that is wrong with it. None when there are none."""
    if not data.startswith(PNG):
        return None
    chunks = list(_chunks(data))
    if not any(kind in TEXTS for kind, _, _ in chunks):
        return None
    return PNG + b"".join(data[start:end] for kind, start, end in chunks if kind not in TEXTS)


def _texts_first(data: bytes) -> bytes:
    """A PNG with what it says of itself behind its pixels put before them, where opening it finds it."""
    if not data.startswith(PNG):
        return data
    chunks = list(_chunks(data))
    pixels = next((number for number, (kind, _, _) in enumerate(chunks) if kind == b"IDAT"), len(chunks))
    late = [chunk for chunk in chunks[pixels:] if chunk[0] in SAID_OF_ALL]
    if not late:
        return data
    order = [*chunks[:pixels], *late, *(chunk for chunk in chunks[pixels:] if chunk[0] not in SAID_OF_ALL)]
    return PNG + b"".join(data[start:end] for _, start, end in order)


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
    """Teaches Pillow HEIC, JPEG XL and long texts, hushes it, and leaves the limit on pixels to `decode`."""
    import pillow_heif
    import pillow_jxl  # noqa: F401  registers itself

    warnings.filterwarnings("ignore", module=r"PIL\.")  # what matters of a damaged file is raised, not warned of
    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_CHUNK = LARGEST  # of a compressed one: ComfyUI's workflows are larger than Pillow's 1 MB
