"""How quickly bytes come: from memory to one core and to all, and from a disk that does not have them in memory."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from bench.stopwatch import Clock, best

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Memory:
    """What so many cores read together."""

    stage: ClassVar[str] = "memory"
    workers: int
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Disk:
    """`cached` where the system does not let its memory of the file be passed over: then it is that which was read."""

    stage: ClassVar[str] = "disk"
    bytes_per_second: float
    cached: bool


def memory(workers: int, size: int, budget: float, clock: Clock = time.perf_counter) -> Memory:
    """Reads `size` bytes, larger than any cache had better be."""
    numbers = np.ones(size // 8, np.uint64)
    parts = np.array_split(numbers, workers)
    if workers == 1:
        seconds = best(lambda: np.bitwise_or.reduce(numbers), budget, clock)
        return Memory(1, numbers.nbytes / seconds)
    with ThreadPoolExecutor(workers) as threads:
        seconds = best(lambda: list(threads.map(np.bitwise_or.reduce, parts)), budget, clock)
    return Memory(workers, numbers.nbytes / seconds)


def disk(folder: Path, size: int, clock: Clock = time.perf_counter) -> Disk:
    """Writes `size` bytes below a folder, has the system forget them, and reads them again."""
    file = folder / "bytes"
    written = os.urandom(BLOCK)
    with file.open("wb", buffering=0) as stream:
        passing = _uncached(stream.fileno())
        for _ in range(max(1, size // BLOCK)):
            stream.write(written)
        os.fsync(stream.fileno())
        _forget(stream.fileno())
    begun, total = clock(), 0
    with file.open("rb", buffering=0) as stream:
        _uncached(stream.fileno())
        while block := stream.read(BLOCK):
            total += len(block)
    seconds = clock() - begun
    file.unlink()
    return Disk(total / max(seconds, 1e-9), cached=not passing)


def _uncached(descriptor: int) -> bool:
    """Whether a file's bytes can be had past the system's memory; on macOS they are from now on."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_NOCACHE, 1)
        return True
    return hasattr(os, "posix_fadvise")


def _forget(descriptor: int) -> None:
    advise: Callable[..., None] | None = getattr(os, "posix_fadvise", None)
    if advise:
        advise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
