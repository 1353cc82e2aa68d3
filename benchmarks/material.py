"""What is measured upon: photos of 12 megapixels, tens of thousands of tiny pictures, a checkpoint, random vectors."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from bench.dng import dng
from bench.made import PHOTO, Kind, made, scene
from indexer.photo import File, ModelIdentity
from tests.fake_encoder import FakeEncoder

TINY_A_FOLDER = 500
DIM = 512
BARE = ".bare.dng"  # of a RAW photo without a preview

KINDS = (Kind("plain", 0.55, 1.0), Kind("busy", 0.75, 3.0))


class StandIn(FakeEncoder):
    """The fake encoder of the tests under the name of a real model: fills a library that the real one then finds."""

    def __init__(self, model: ModelIdentity) -> None:
        super().__init__(model.name, model.dim)
        self.revision = model.revision
        self.weights_hash = model.weights_hash
        self.preprocessing = model.preprocessing


def checkpoint(folder: Path) -> Path:
    """A CLIP of two thin layers with random weights, with the input and output of a B/32."""
    from tests.random_checkpoint import write

    return write(folder, image_size=224, patch_size=32, dim=DIM)


def photos(folder: Path, number: int, suffix: str = ".jpg") -> Path:
    """`number` different photos of 12 megapixels, by turns plain and busy, unless they are there already.

    A plain one has about 0.9 MB as JPEG and a busy one 3.2, as HEIC 0.5 and 2.9: the span of what phones write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.iterdir())) != number:
        pillow_heif.register_heif_opener()
        scenes = [scene((PHOTO[0] + 400, PHOTO[1] + 300), kind) for kind in KINDS]  # a margin to crop from
        for n in range(number):
            left, top = 16 * (n % 25), 16 * (n // 25 % 18)
            photo = scenes[n % 2].crop((left, top, left + PHOTO[0], top + PHOTO[1]))
            _save(photo, folder / f"{n:04}-{KINDS[n % 2].name}{suffix}")
    return folder


def _save(photo: Image.Image, path: Path) -> None:
    if path.name.endswith(BARE):
        path.write_bytes(dng(photo))
    elif path.suffix == ".dng":
        path.write_bytes(made(photo, "DNG").data)
    else:
        photo.save(path, quality=55 if path.suffix == ".heic" else 90)  # at 55, HEIC is as large as phones' is


def tiny(folder: Path, number: int) -> Path:
    """`number` different pictures of 23 bytes each in folders of 500, unless they are there already."""
    for n in range(0, number, TINY_A_FOLDER):
        inside = folder / f"{n // TINY_A_FOLDER:04}"
        if inside.exists():
            continue
        inside.mkdir(parents=True)
        for i in range(n, min(n + TINY_A_FOLDER, number)):
            (inside / f"IMG_{i:06}.ppm").write_bytes(b"P6 2 2 255\n" + i.to_bytes(4, "big") * 3)
    return folder


def files(folder: Path) -> Iterator[File]:
    """Every file below a folder: the bare walk, and what any rescan costs at least."""
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    info = entry.stat()
                    yield File(entry.path, info.st_size, info.st_mtime_ns, info.st_dev)


def unit_vectors(number: int, dim: int) -> NDArray[np.float32]:
    """float32 (number, dim), each of length 1, in every direction."""
    vectors = np.random.default_rng(0).standard_normal((number, dim), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def bunches(number: int, dim: int) -> Iterator[NDArray[np.float32]]:
    """`number` times float32 (dim,), of length 1: some twenty alike ones at a time, around a hundred subjects."""
    random = np.random.default_rng(0)
    subjects = random.standard_normal((100, dim), np.float32)
    count = number // 20 + 1
    middles = subjects[random.integers(100, size=count)] + 0.7 * random.standard_normal((count, dim), np.float32)
    for _ in range(number):
        vector = middles[random.integers(count)] + 0.4 * random.standard_normal(dim, np.float32)
        yield vector / np.linalg.norm(vector)


def imagined(folder: Path, number: int) -> Iterator[tuple[File, bytes]]:
    """Photos that are nowhere on the disk, and the SHA-256 that stands for their bytes."""
    for n in range(number):
        file = File(str(folder / f"{n // TINY_A_FOLDER:04}" / f"IMG_{n:06}.jpg"), 3_000_000 + n, 10**18 + n, 1)
        yield file, hashlib.sha256(b"%d" % n).digest()
