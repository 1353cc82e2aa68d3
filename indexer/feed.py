"""Files -> pixels ready for a model, in order, through an mlx-data stream whose threads read and decode.

read once -> SHA-256 -> (bytes the library has: done) -> decode -> prepare. The bytes of a file are in memory only
while one thread works on them; what waits for the model is `AHEAD` pictures a thread, already small. Nothing a file
can do makes a thread raise: an exception there would end the process (mlx-data 0.1).
"""

import atexit
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from indexer.decode import MAX_PIXELS, decode
from indexer.errors import NotAPicture
from indexer.photo import Content, File, Pixels, Skip

AHEAD = 8  # prepared pictures a thread may be ahead of the model
RESTING: deque[object] = deque(maxlen=8)
"""The last streams, whose threads fall asleep meanwhile. mlx-data 0.1 tells threads to end without taking the lock
under which they look for work: one that is just falling asleep would miss it, and be waited for without end.
"""
MAX_BYTES = 1 << 30  # a file larger than this is no photo, and would be read whole


@dataclass(frozen=True, slots=True)
class Picture:
    """A file with new bytes: what they are, and the model's pixels (h, w, 3)."""

    file: File
    content: Content
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Known:
    """A file whose bytes the library has already, by their SHA-256: a copy, or an old friend at a new place."""

    file: File
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Vanished:
    """A file that went, or changed under our hands, between the scan and the reading: the next run sees to it."""

    file: File


Outcome = Picture | Known | Vanished | Skip


class Reader:
    """Reads one file at a time into an Outcome. Holds no state: any number of threads may use one."""

    def __init__(
        self,
        prepare: Callable[[Image.Image], Pixels],
        side: int,
        is_known: Callable[[bytes], bool] = lambda _: False,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self._prepare = prepare
        self._side = side
        self._is_known = is_known
        self._max_pixels = max_pixels

    def read(self, file: File) -> Outcome:
        """Never raises."""
        try:
            return self._read(file)
        except FileNotFoundError:
            return Vanished(file)
        except OSError as error:
            return Skip(file.path, f"cannot be read: {error.strerror or error}")
        except NotAPicture as error:
            return Skip(file.path, str(error))
        except BaseException as error:  # noqa: BLE001  a bug (or a Rust panic) in a decoder costs one photo, not the run
            return Skip(file.path, f"cannot be decoded: {type(error).__name__}: {error}")

    def _read(self, file: File) -> Outcome:
        data, settled = _bytes_of(file)
        if not settled:
            return Vanished(file)
        if not data:
            return Skip(file.path, "empty file")
        sha256 = hashlib.sha256(data).digest()
        if self._is_known(sha256):
            return Known(file, sha256)
        picture = decode(data, self._side, self._max_pixels)
        content = Content(sha256, len(data), picture.width, picture.height, picture.format)
        return Picture(file, content, self._prepare(picture.image))


def feed(files: Sequence[File], reader: Reader, workers: int) -> Generator[Outcome, None, None]:
    """The outcome of each file, in order. Reads at most `workers * AHEAD` files ahead of the consumer.

    However the consumer ends, no thread is still reading when this generator is closed, or the process exits: a
    thread that needs the interpreter after its end would crash it.
    """
    if not files:
        return
    import mlx.data as dx  # 0.1 s, which a run that finds nothing new need not wait for

    outcomes: dict[int, Outcome] = {}
    stopped = threading.Event()

    def read(sample: dict[str, object]) -> dict[str, object]:
        row = int(np.asarray(sample["row"]))
        if not stopped.is_set():
            outcomes[row] = reader.read(files[row])
        return sample

    buffer = dx.buffer_from_vector([{"row": row} for row in range(len(files))])
    ahead = min(workers * AHEAD, len(files))  # asked to fetch more than there is, mlx-data fetches all of it again
    stream = buffer.sample_transform(read).ordered_prefetch(ahead, workers)

    def drain() -> None:
        stopped.set()
        for _ in stream:
            pass

    atexit.register(drain)
    try:
        for sample in stream:
            yield outcomes.pop(int(sample["row"]))
    finally:
        atexit.unregister(drain)
        drain()
        RESTING.append(stream)


def _bytes_of(file: File) -> tuple[bytes, bool]:
    """A file's bytes, and whether it stayed what the scan saw while they were read."""
    with Path(file.path).open("rb") as opened:
        before = os.fstat(opened.fileno())
        if before.st_size > MAX_BYTES:
            raise NotAPicture(f"{before.st_size / 1e9:.1f} GB is too large for a photo")
        data = opened.read()
        after = os.fstat(opened.fileno())
    sizes = {file.size, before.st_size, len(data), after.st_size}
    times = {file.mtime_ns, before.st_mtime_ns, after.st_mtime_ns}
    return data, len(sizes) == len(times) == 1
