"""Draws the pictures that tests look at: every format, mode and orientation, and files that only pretend.

Nothing here is a photo, and everything is made when asked for.
"""

import random
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401  registers itself
from PIL import Image

pillow_heif.register_heif_opener()

Colour = tuple[int, int, int]
SIZE = (64, 48)
ORIENTATION = 0x0112
INVERSE_TURNS = {  # EXIF orientation -> how an upright picture lies in such a file
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
FORMATS: dict[str, tuple[str, dict[str, object]]] = {  # what bytes are -> a suffix they have, how to write them well
    "JPEG": (".jpg", {"quality": 95}),
    "PNG": (".png", {}),
    "WEBP": (".webp", {"quality": 95}),
    "TIFF": (".tiff", {}),
    "GIF": (".gif", {}),
    "BMP": (".bmp", {}),
    "HEIF": (".heic", {"quality": 95}),
    "AVIF": (".avif", {"quality": 95}),
    "JPEG2000": (".jp2", {}),
    "PPM": (".ppm", {}),
    "JXL": (".jxl", {"lossless": True}),
}
ANIMATED = ("GIF", "PNG", "WEBP")


def plain(colour: str | Colour, size: tuple[int, int] = SIZE) -> Image.Image:
    """One colour all over."""
    return Image.new("RGB", size, colour)


def gradient(size: tuple[int, int] = SIZE) -> Image.Image:
    """Red grows to the right and green downwards, so that no turn of it looks like another."""
    width, height = size
    pixels = np.full((height, width, 3), 96, np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)[None, :]
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    return Image.fromarray(pixels)


def scene(number: int, size: tuple[int, int] = (24, 16)) -> Image.Image:
    """Eight by eight fields of colour, other ones for each number."""
    fields = random.Random(number).randbytes(8 * 8 * 3)
    return Image.frombytes("RGB", (8, 8), fields).resize(size, Image.Resampling.NEAREST)


def encoded(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    """The bytes of a file; without options, as FORMATS has them."""
    out = BytesIO()
    image.save(out, format_, **(FORMATS.get(format_, ("", {}))[1] | options))
    return out.getvalue()


def put(path: Path, picture: Image.Image | bytes | int, format_: str = "PNG") -> Path:
    """Writes a picture (or the scene of a number, or plain bytes) to a path, making the folders above it."""
    if isinstance(picture, int):
        picture = scene(picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture if isinstance(picture, bytes) else encoded(picture, format_))
    return path


def put_scenes(folder: Path, numbers: range | list[int]) -> list[Path]:
    """One file for each number, in the order of their names."""
    return [put(folder / f"{number:04}.png", number) for number in numbers]


def turned(upright: Image.Image, orientation: int, format_: str = "JPEG") -> bytes:
    """A file whose EXIF says how to turn its pixels; turned so, they are `upright`."""
    turn = INVERSE_TURNS[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(upright if turn is None else upright.transpose(turn), format_, exif=exif.tobytes())


def animated(format_: str, *colours: str) -> bytes:
    """A moving picture of plain frames, the first colour first."""
    first, *others = (plain(colour) for colour in colours)
    return encoded(first, format_, save_all=True, append_images=others, duration=100)


def several(*colours: str) -> bytes:
    """An MPO: a JPEG with more pictures behind the first, as some cameras and phones write."""
    first, *others = (plain(colour) for colour in colours)
    out = BytesIO()
    first.save(out, "MPO", save_all=True, append_images=others)
    return out.getvalue()


def modes() -> Iterator[tuple[str, bytes, Colour]]:
    """(what it is, a file with pixels of that mode, the RGB colour it shows)."""
    yield "1 bit white", encoded(Image.new("1", SIZE, 1)), (255, 255, 255)
    yield "1 bit black", encoded(Image.new("1", SIZE, 0)), (0, 0, 0)
    yield "L", encoded(Image.new("L", SIZE, 77)), (77, 77, 77)
    yield "L, a grey declared transparent", encoded(Image.new("L", SIZE, 77), transparency=77), (255, 255, 255)
    yield "LA half transparent black", encoded(Image.new("LA", SIZE, (0, 128))), (127, 127, 127)
    yield "P", encoded(plain((10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)), (10, 200, 30)
    yield "P, its colour declared transparent", _clear_palette("GIF"), (255, 255, 255)
    yield "P, half transparent by a list", _half_clear_palette(), (127, 127, 255)
    yield "RGB, a colour declared transparent", encoded(plain("red"), transparency=(255, 0, 0)), (255, 255, 255)
    yield "RGBA opaque", encoded(Image.new("RGBA", SIZE, (200, 10, 20, 255))), (200, 10, 20)
    yield "RGBA clear", encoded(Image.new("RGBA", SIZE, (200, 10, 20, 0))), (255, 255, 255)
    yield "RGBA half", encoded(Image.new("RGBA", SIZE, (255, 0, 0, 128))), (255, 127, 127)
    yield "CMYK JPEG", encoded(Image.new("CMYK", SIZE, (0, 255, 255, 0)), "JPEG"), (254, 0, 0)
    yield "CMYK TIFF", encoded(Image.new("CMYK", SIZE, (255, 0, 0, 0)), "TIFF"), (0, 255, 255)
    yield "YCbCr TIFF", encoded(plain((10, 200, 30)).convert("YCbCr"), "TIFF"), (10, 200, 30)
    yield "LAB TIFF", encoded(Image.new("LAB", SIZE, (255, 128, 128)), "TIFF"), (255, 255, 255)
    yield "I;16 PNG", encoded(_grey16(0x8000)), (128, 128, 128)
    yield "I;16 PNG, white", encoded(_grey16(0xFFFF)), (255, 255, 255)
    yield "I;16 TIFF", encoded(_grey16(0x4000), "TIFF"), (64, 64, 64)
    yield "I;16B TIFF", encoded(_grey16(0x4000, ">u2"), "TIFF"), (64, 64, 64)
    yield "I, 16-bit values", encoded(Image.new("I", SIZE, 0x8000), "TIFF"), (128, 128, 128)


def wide_greys() -> Iterator[tuple[str, bytes]]:
    """(what it is, a file of 32-bit greys) that go from their darkest on the left to their brightest on the right."""
    ramp = np.tile(np.linspace(0.0, 1.0, SIZE[0], dtype=np.float32), (SIZE[1], 1))
    yield "F from 0 to 1", encoded(Image.fromarray(ramp), "TIFF")
    yield "F from -300 to 500", encoded(Image.fromarray(ramp * 800 - 300), "TIFF")
    yield "I beyond 16 bits", encoded(Image.fromarray((ramp * 1_000_000).astype(np.int32)), "TIFF")


def _grey16(value: int, dtype: str = "<u2") -> Image.Image:
    data = np.full((SIZE[1], SIZE[0]), value, dtype).tobytes()
    mode = "I;16" if dtype == "<u2" else "I;16B"
    return Image.frombytes(mode, SIZE, data)


def _clear_palette(format_: str) -> bytes:
    image = plain((10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    return encoded(image, format_, transparency=image.getpixel((0, 0)))


def _half_clear_palette() -> bytes:
    image = Image.new("P", SIZE, 0)
    image.putpalette([0, 0, 255] + [0] * 765)
    return encoded(image, transparency=bytes([128]))


def broken() -> dict[str, bytes]:
    """Files that are no whole picture, by what is wrong with them."""
    jpeg, png = encoded(gradient((256, 256)), "JPEG"), encoded(scene(1, (256, 256)))
    return {
        "nothing in it": b"",
        "text": b"Dear diary, today I took no photos.",
        "noise": random.Random(0).randbytes(4096),
        "a JPEG cut in half": jpeg[: len(jpeg) // 2],
        "a JPEG cut in its header": jpeg[:100],
        "a PNG cut in half": png[: len(png) // 2],
        "a PNG's first 8 bytes": png[:8],
        "zeros, as a disk leaves them after a crash": bytes(4096),
        "a HEIC cut in half": _half(encoded(scene(1, (256, 256)), "HEIF")),
        "an AVIF cut in half": _half(encoded(scene(1, (256, 256)), "AVIF")),
        "a WebP cut in half": _half(encoded(scene(1, (256, 256)), "WEBP")),
        "a JPEG XL cut in half": _half(encoded(scene(1, (256, 256)), "JXL")),
        "a TIFF cut in half": _half(encoded(scene(1, (256, 256)), "TIFF")),
    }


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(64))) + _chunk(b"IEND")


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_broken_exif() -> bytes:
    """A whole JPEG whose EXIF block is nonsense, as some editors leave it."""
    return encoded(gradient(), "JPEG", exif=b"Exif\0\0" + b"this is no TIFF header at all")


POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 64 48
%%EndComments
newpath 0 0 moveto 64 48 lineto stroke
showpage
"""
