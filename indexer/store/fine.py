"""Vectors in eight bits a number, on disk: read for the few that the codes leave over, so that fewer still are left.

To read one from the table SQLite walks along the pages of its chunk; here its place says where it lies. It is read, not
mapped, for mapped pages count as memory, and the fifteen around them too.

What was written beside the library (kept.py) stays as it is. Chunks that were filled otherwise since lie in a file
without a name, which goes with its process.

A vector has a step of its own, and whole steps for numbers. Of the 160 nearest of a million all were among the best 180
by these, the ten nearest among the best 13.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Vector
from indexer.store.codes import Coder, Floats
from indexer.store.vectors import CHUNK, Ids

Rows = NDArray[np.uint8]
"""(n, 4 + dim): of a vector its step, float32, and its turned numbers in such steps, int8."""

MOST = 127  # steps of a vector's largest number
MORE, ONE_IN = 12, 10  # left over are so many more than are asked for, and one more for so many


class Fine:
    """Rows at numbered places. `written` is a file in which they lie from byte `begin` on; it is closed with this."""

    def __init__(self, coder: Coder, folder: Path, written: int | None = None, begin: int = 0) -> None:
        self._coder = coder
        self._size = size_of(coder.dim)
        self._folder = folder
        self._written, self._begin = written, begin
        self._since: int | None = None
        self._put: set[int] = set()  # numbers of chunks, in the order of their places
        if written is not None:
            finalize(self, os.close, written)

    def put(self, start: int, at: Ids, turned: Floats) -> None:
        """Fills the chunk whose places begin at `start`: `at` some of them, counted from there, turned vectors.

        Raises OSError where there is no room.
        """
        if self._since is None:
            self._since = _nameless(self._folder)
            finalize(self, os.close, self._since)
        chunk = np.zeros((CHUNK, self._size), np.uint8)
        chunk[at] = _rows(turned)
        _write(self._since, chunk.tobytes(), start * self._size)
        self._put.add(start // CHUNK)

    def best(self, query: Vector, most: int, places: Ids) -> Ids:
        """Of some places the `most` that are likest a unit vector, in the order of places. Raises OSError."""
        if most >= len(places):
            return places
        rows = self._at(places)
        scores = rows[:, 4:].view(np.int8).astype(np.float32) @ (query @ self._coder.rotation) * _step(rows)
        return np.sort(places[np.argpartition(scores, len(scores) - most)[len(scores) - most :]])

    def _at(self, places: Ids) -> Rows:
        since = np.isin(places // CHUNK, list(self._put))
        first = places * self._size + np.where(since, 0, self._begin)
        where = zip(since.tolist(), first.tolist(), strict=True)
        read = b"".join([self._read(is_since, self._size, byte) for is_since, byte in where])
        return np.frombuffer(read, np.uint8).reshape(-1, self._size)

    def chunks(self, count: int) -> Iterator[bytes]:
        """The rows of the first so many chunks, 1,024 at a time. Raises OSError."""
        size = CHUNK * self._size
        for number in range(count):
            is_since = number in self._put
            yield self._read(is_since, size, number * size + (0 if is_since else self._begin))

    def _read(self, is_since: bool, size: int, first: int) -> bytes:
        file = self._since if is_since else self._written
        read = b"" if file is None else os.pread(file, size, first)
        if len(read) < size:
            raise OSError("there is less in the file than there was")
        return read


def size_of(dim: int) -> int:
    """Bytes a row."""
    return 4 + dim


def _rows(turned: Floats) -> Rows:
    """float32 (n, dim) -> n rows."""
    step = np.maximum(np.abs(turned).max(axis=1, keepdims=True), np.float32(1e-6)) / np.float32(MOST)
    return np.hstack([step.view(np.uint8), np.rint(turned / step).astype(np.int8).view(np.uint8)])


def _step(rows: Rows) -> Floats:
    return np.ascontiguousarray(rows[:, :4]).view(np.float32)[:, 0]


def left_over(k: int) -> int:
    """How many `best` is to leave over, when k are asked for."""
    return k + MORE + k // ONE_IN


def _nameless(folder: Path) -> int:
    """A file that is gone when it is closed. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        return os.dup(file.fileno())


def _write(file: int, data: bytes, first: int) -> None:
    while data:
        written = os.pwrite(file, data, first)
        data, first = data[written:], first + written
