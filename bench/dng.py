"""Writes RAW photos, after Adobe's DNG 1.4: what a sensor saw, a colour a pixel, and a preview of it.

    IFD0    the preview, and what is said of the photo
    SubIFD  what the sensor saw
Where there is no preview, IFD0 is what the sensor saw.
"""

import struct
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
Tags = dict[int, tuple[Any, ...]]
"""By number: the type as a letter of KINDS, and the values."""
KINDS = {"B": 1, "s": 2, "H": 3, "L": 4, "l": 10}  # BYTE, ASCII, SHORT, LONG, SRATIONAL
MILLION = 1_000_000
XYZ_TO_RGB = (3.240454, -1.537139, -0.498531, -0.969266, 1.876011, 0.041556, 0.055643, -0.204026, 1.057225)  # sRGB's
SAID: Tags = {
    271: ("s", b"pics\0"),  # Make
    272: ("s", b"Made\0"),  # Model
    50706: ("B", 1, 4, 0, 0),  # DNGVersion
    50708: ("s", b"pics Made\0"),  # UniqueCameraModel
    50721: ("l", *(part for number in XYZ_TO_RGB for part in (round(number * MILLION), MILLION))),  # ColorMatrix1
    50728: ("l", 1, 1, 1, 1, 1, 1),  # AsShotNeutral
    50778: ("H", 21),  # CalibrationIlluminant1: D65
}


class Preview(NamedTuple):
    jpeg: bytes
    size: Size


def dng(picture: Image.Image, preview: Preview | None = None, said: Tags | None = None) -> bytes:
    """A file in which a sensor saw an RGB picture; `said` are more tags of IFD0."""
    file = BytesIO(b"II*\0\0\0\0\0")
    file.seek(0, 2)
    sensor, first = _sensor(file, picture), SAID | (said or {})
    if preview is None:
        place = directory(file, sensor | first)
    else:
        inner = directory(file, sensor)
        place = directory(file, _preview(file, preview) | first | {330: ("L", inner)})  # SubIFDs
    file.seek(4)
    file.write(struct.pack("<L", place))
    return file.getvalue()


def mosaic(picture: Image.Image) -> NDArray[np.uint16]:
    """An RGB picture -> (h, w), linear: of each square of four pixels one red, two green and one blue."""
    curve = (65535 * (np.arange(256) / 255) ** 2.2).astype(np.uint16)
    rgb = curve[np.asarray(picture)]
    seen: NDArray[np.uint16] = rgb[..., 1].copy()
    seen[::2, ::2], seen[1::2, 1::2] = rgb[::2, ::2, 0], rgb[1::2, 1::2, 2]
    return seen


def directory(file: BytesIO, tags: Tags) -> int:
    """Appends a directory (IFD), what is too long for it before it; returns where it begins."""
    entries = b""
    for tag, (kind, *values) in sorted(tags.items()):
        data = values[0] if kind == "s" else struct.pack(f"<{len(values)}{kind}", *values)
        count = len(data) if kind == "s" else len(values) // (2 if kind == "l" else 1)
        place = data if len(data) <= 4 else struct.pack("<L", _append(file, data))
        entries += struct.pack("<HHL4s", tag, KINDS[kind], count, place)
    return _append(file, struct.pack("<H", len(tags)) + entries + bytes(4))


def _sensor(file: BytesIO, picture: Image.Image) -> Tags:
    cfa = {33421: ("H", 2, 2), 33422: ("B", 0, 1, 1, 2)}  # CFARepeatPatternDim, CFAPattern: RG over GB
    return _plane(file, picture.size, mosaic(picture).tobytes(), (16,), compression=1, colours=32803) | cfa


def _preview(file: BytesIO, preview: Preview) -> Tags:
    plane = _plane(file, preview.size, preview.jpeg, (8, 8, 8), compression=7, colours=6)
    return plane | {254: ("L", 1)}  # NewSubfileType: a smaller one


def _plane(file: BytesIO, size: Size, data: bytes, bits: tuple[int, ...], compression: int, colours: int) -> Tags:
    """The tags of pixels that are one strip, which is written."""
    return {
        254: ("L", 0),  # NewSubfileType
        256: ("L", size[0]),  # ImageWidth
        257: ("L", size[1]),  # ImageLength
        258: ("H", *bits),  # BitsPerSample
        259: ("H", compression),
        262: ("H", colours),  # PhotometricInterpretation
        273: ("L", _append(file, data)),  # StripOffsets
        277: ("H", len(bits)),  # SamplesPerPixel
        278: ("L", size[1]),  # RowsPerStrip
        279: ("L", len(data)),  # StripByteCounts
    }


def _append(file: BytesIO, data: bytes) -> int:
    """Where it begins: at an even number."""
    file.write(bytes(file.tell() % 2))
    place = file.tell()
    file.write(data)
    return place
