"""Files -> pixels ready for a model, in order, through an mlx-data stream whose threads read and decode.

read once -> SHA-256 -> (bytes the library has: done) -> decode -> what it says of itself -> prepare. The bytes of a
file are in memory only while one thread works on them; what waits for the model is `AHEAD` pictures a thread (or a
batch, where that is more), already small. Nothing a file can do makes a thread raise: an exception there would end the
process (mlx-data 0.1).
"""

import atexit
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from PIL import Image

from indexer import metadata
from indexer.decode import MAX_PIXELS, decode, header
from indexer.errors import NotAPicture
from indexer.header import Header
from indexer.metadata import Folders, Side, Unread, has_sides, sides_of
from indexer.photo import Content, Facts, File, Pixels, Skip
from indexer.scan import whereabouts

AHEAD = 8  # prepared pictures a thread may be ahead of the model
RESTING: deque[object] = deque(maxlen=8)
"""The last streams, whose threads fall asleep meanwhile. mlx-data 0.1 tells threads to end without taking the lock
under which they look for work: one that is just falling asleep would miss it, and be waited for without end.
"""
MAX_BYTES = 1 << 30  # a file larger than this is no photo, and would be read whole


@dataclass(frozen=True, slots=True)
class Picture:
    """A file with new bytes: what they are, the model's pixels (h, w, 3), and what the photo says of itself."""

    file: File
    content: Content
    pixels: Pixels
    facts: Facts
    has_sides: bool = False
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Informed:
    """A file of which the header alone was read: its bytes by their SHA-256, and what they say of themselves."""

    file: File
    sha256: bytes
    facts: Facts
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A file whose bytes the library has already, by their SHA-256: a copy, or an old friend at a new place."""

    file: File
    sha256: bytes
    has_sides: bool = False


@dataclass(frozen=True, slots=True)
class Vanished:
    """A file that went, or changed under our hands, between the scan and the reading: the next run sees to it."""

    file: File


Outcome = Picture | Known | Vanished | Skip
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reads(Protocol[T_co]):
    """What `feed` hands files to, from several threads at once. `read` must not raise."""

    def read(self, file: File) -> T_co: ...


class Teller:
    """Knows what photos say of themselves, and what the files beside them say, whose folders it lists once each."""

    def __init__(self, leaves_out: Callable[[str], bool]) -> None:
        self._folders = Folders(leaves_out)

    def has_sides(self, file: File) -> bool:
        return has_sides(file.path, self._folders)

    def facts(self, found: Header, file: File, copies: Sequence[str] = ()) -> tuple[Facts, tuple[Unread, ...]]:
        """By a photo's header, its side files and those of its copies; and which of these could not all be read."""
        sides: list[Side] = []
        unread = []
        for path in (file.path, *copies):
            if path in copies and whereabouts(path) == "away":
                unread.append(Unread(path))
                continue
            beside = sides_of(path, self._folders)
            if later := tuple(side.name for side in beside if side.later):
                unread.append(Unread(path, later))
            sides += beside
        return metadata.read(found, file.path, sides, file.mtime_ns), tuple(unread)


class Reader:
    """Reads one file at a time into an Outcome. Keeps nothing but lists of side files: any number of threads may use
    one, and one is made for each run. Side files for which `leaves_out` is true are none.
    """

    def __init__(
        self,
        prepare: Callable[[Image.Image], Pixels],
        side: int,
        is_known: Callable[[bytes], bool] = lambda _: False,
        max_pixels: int = MAX_PIXELS,
        leaves_out: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._prepare = prepare
        self._side = side
        self._is_known = is_known
        self._max_pixels = max_pixels
        self._teller = Teller(leaves_out)

    def read(self, file: File) -> Outcome:
        """Never raises."""
        return _outcome(file, self._read)

    def _read(self, file: File, data: bytes, sha256: bytes) -> Outcome:
        is_sided = self._teller.has_sides(file)
        if self._is_known(sha256):
            return Known(file, sha256, is_sided)
        picture = decode(data, self._side, self._max_pixels)
        content = Content(sha256, len(data), picture.width, picture.height, picture.format)
        facts, unread = self._teller.facts(picture.header, file)
        return Picture(file, content, self._prepare(picture.image), facts, is_sided, unread)


class HeaderReader:
    """Reads what one photo at a time says of itself, and decodes no pixels; else as Reader.

    `copies_of` gives the other paths of the photo at a path: their side files count too.
    """

    def __init__(
        self,
        leaves_out: Callable[[str], bool] = lambda _: False,
        copies_of: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        self._teller = Teller(leaves_out)
        self._copies_of = copies_of

    def read(self, file: File) -> Informed | Vanished | Skip:
        """Never raises."""
        return _outcome(file, self._read)

    def _read(self, file: File, data: bytes, sha256: bytes) -> Informed:
        found, *_ = header(data)
        return Informed(file, sha256, *self._teller.facts(found, file, self._copies_of(file.path)))


def _outcome(file: File, read: Callable[[File, bytes, bytes], T]) -> T | Vanished | Skip:
    """What is read of a file's bytes and their SHA-256, or why it is not. Never raises."""
    try:
        data, settled = _bytes_of(file)
        if not settled:
            return Vanished(file)
        if not data:
            raise NotAPicture("empty file")
        return read(file, data, hashlib.sha256(data).digest())
    except FileNotFoundError:
        return Vanished(file)
    except OSError as error:
        return Skip(file.path, f"cannot be read: {error.strerror or error}")
    except NotAPicture as error:
        return Skip(file.path, str(error))
    except BaseException as error:  # noqa: BLE001  a bug (or a Rust panic) in a decoder costs one photo, not the run
        return Skip(file.path, f"cannot be decoded: {type(error).__name__}: {error}")


def feed(files: Sequence[File], reader: Reads[T], workers: int, batch: int = 1) -> Generator[T, None, None]:
    """The outcome of each file, in order. Reads at most `workers * AHEAD` files ahead of the consumer, or a `batch` and
    one for each thread, where that is more: while a batch is encoded, the next one gets ready.

    However the consumer ends, no thread is still reading when this generator is closed, or the process exits: a
    thread that needs the interpreter after its end would crash it.
    """
    if not files:
        return
    import mlx.data as dx  # 0.1 s, which a run that finds nothing new need not wait for

    outcomes: dict[int, T] = {}
    left = dict(enumerate(files))  # a stream that rests holds none of it
    stopped = threading.Event()

    def read(sample: dict[str, object]) -> dict[str, object]:
        row = int(np.asarray(sample["row"]))
        if not stopped.is_set():
            outcomes[row] = reader.read(left.pop(row))
        return sample

    buffer = dx.buffer_from_vector([{"row": row} for row in range(len(files))])
    # asked to fetch more than there is, mlx-data fetches all of it again
    ahead = min(max(workers * AHEAD, batch + workers), len(files))
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
