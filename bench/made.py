"""Made pictures: blobs of every size and the grain of a sensor, about as much detail as photos have."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pillow_heif
from PIL import Image

from bench.dng import Preview, Size, dng

PHOTO: Size = (4000, 3000)
TILE = 4  # so many mirrored times across and down: blobs are slow to make
ENCODINGS: dict[str, dict[str, Any]] = {
    "JPEG": {"format": "JPEG", "quality": 90},
    "HEIC": {"format": "HEIF", "quality": 60, "enc_params": {"preset": "ultrafast"}},  # x265 is slow enough
    "PNG": {"format": "PNG", "compress_level": 1},
    "WebP": {"format": "WEBP", "quality": 85, "method": 0},
    "DNG": {"format": "JPEG", "quality": 90},  # its preview
}


class Kind(NamedTuple):
    """How much of a photo is detail: `roughness` from one octave to the next finer one, `grain` in grey levels."""

    name: str
    roughness: float
    grain: float


USUAL = Kind("usual", 0.65, 2.0)


@dataclass(frozen=True, slots=True)
class Made:
    """A picture as a file would have it."""

    format: str
    data: bytes
    megapixels: float


def made(picture: Image.Image, encoding: str) -> Made:
    """One of ENCODINGS."""
    pillow_heif.register_heif_opener()
    file = BytesIO()
    picture.save(file, **ENCODINGS[encoding])
    data = dng(picture, Preview(file.getvalue(), picture.size)) if encoding == "DNG" else file.getvalue()
    return Made(encoding, data, picture.width * picture.height / 1e6)


def photo(size: Size = PHOTO, kind: Kind = USUAL) -> Image.Image:
    """A scene that is mirrored on, under grain that is not."""
    width, height = -(-size[0] // TILE), -(-size[1] // TILE)
    tile = np.asarray(scene((width, height), kind._replace(grain=0.0)), np.int16)
    row = np.concatenate([tile, tile[:, ::-1]] * (TILE // 2), axis=1)
    whole = np.concatenate([row, row[::-1]] * (TILE // 2), axis=0)
    grain = np.random.default_rng(1).standard_normal((*whole.shape[:2], 1), np.float32) * kind.grain
    picture = Image.fromarray((whole + grain).clip(0, 255).astype(np.uint8))
    return picture.crop((0, 0, *size))


def scene(size: Size, kind: Kind) -> Image.Image:
    """Blobs of every size, less colour than light in them, and grain."""
    random = np.random.default_rng(0)
    width, height = size
    canvas = np.zeros((height, width, 3), np.float32)
    for octave in range(2, 11):
        shape = (3 * 2**octave, 4 * 2**octave)
        if octave > 2 and shape > (height, width):
            break  # finer than a pixel
        light, colour = random.uniform(-100, 100, (*shape, 1)), random.uniform(-20, 20, (*shape, 3))
        blobs = Image.fromarray((light + colour + 128).astype(np.uint8))
        large = np.asarray(blobs.resize(size, Image.Resampling.BICUBIC), np.float32)
        canvas += (large - 128) * kind.roughness**octave
    canvas += random.standard_normal((height, width, 1), np.float32) * kind.grain
    return Image.fromarray((canvas + 128).clip(0, 255).astype(np.uint8))
