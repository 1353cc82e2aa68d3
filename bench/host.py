"""Files -> pixels for a model, as `pics index` does it: read, hash, decode, resize; one core and all of them."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from PIL import Image

from bench.bandwidth import Disk
from bench.made import Made
from bench.stopwatch import Clock, usual
from bench.verdict import reading_bound
from indexer.decode import decode
from indexer.feed import Picture, Reader, feed
from indexer.photo import File, Pixels

MOST = 400  # pictures in a measured run

Prepare = Callable[[Image.Image], Pixels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Pictures a second, of so many `bytes` each. The seconds of one picture's steps are known of one core alone."""

    stage: ClassVar[str] = "host"
    format: str
    megapixels: float
    bytes: int
    source: str
    workers: int
    images_per_second: float
    hash: float | None = None
    decode: float | None = None
    prepare: float | None = None
    bound_by: str


def in_memory(made: Made, prepare: Prepare, side: int, budget: float, clock: Clock = time.perf_counter) -> Reading:
    """On one core, of bytes that are in memory already."""
    image = decode(made.data, side).image
    hashing = usual(lambda: hashlib.sha256(made.data).digest(), budget / 6, clock)
    decoding = usual(lambda: decode(made.data, side), budget / 2, clock)
    preparing = usual(lambda: prepare(image), budget / 3, clock)
    return Reading(
        format=made.format,
        megapixels=made.megapixels,
        bytes=len(made.data),
        source="memory",
        workers=1,
        images_per_second=1 / (hashing + decoding + preparing),
        hash=hashing,
        decode=decoding,
        prepare=preparing,
        bound_by="core",
    )


def from_files(
    alone: Reading,
    made: Made,
    folder: Path,
    prepare: Prepare,
    side: int,
    workers: int,
    disk: Disk,
    budget: float,
    clock: Clock = time.perf_counter,
) -> Reading:
    """By so many threads, of a file that the system remembers; `alone` is what one core made of the same in memory."""
    file = _written(folder / f"made.{made.format.lower()}", made.data)
    number = min(MOST, max(2 * workers, math.ceil(budget * workers * alone.images_per_second)))
    begun = clock()
    for outcome in feed([file] * number, Reader(prepare, side), workers):
        if not isinstance(outcome, Picture):
            raise TypeError(f"a made picture could not be read: {outcome}")
    rate = number / max(clock() - begun, 1e-9)
    return Reading(
        format=made.format,
        megapixels=made.megapixels,
        bytes=len(made.data),
        source="files",
        workers=workers,
        images_per_second=rate,
        bound_by=reading_bound(rate, alone.images_per_second, workers, len(made.data), disk.bytes_per_second),
    )


def _written(file: Path, data: bytes) -> File:
    if not file.exists():
        file.write_bytes(data)
    info = file.stat()
    return File(str(file), info.st_size, info.st_mtime_ns, info.st_dev)
