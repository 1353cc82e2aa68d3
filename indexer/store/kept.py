"""Codes kept in a file beside the library, so that who asks a large one need not wait until they are made.

The file holds nothing that the table of vectors does not: it is read where it is of this model, this version and this
table, chunk by chunk, and passed over otherwise. It may be deleted at any time. Its arrays are mapped, so that a
question has read of them what it compares, and no more.

    header      one line of JSON, padded so that what follows lies well in memory
    arrays      as the header lists them: name, kind of number, shape
    fine        a row for each place, to the end of the file: see fine.py
"""

import json
import math
import mmap
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Vector
from indexer.store.codes import FORMAT, PLANES, Coder, Codes, words_of
from indexer.store.fine import Fine, size_of
from indexer.store.vectors import CHUNK, Filling, Ids

VERSION = f"pics codes 1.{FORMAT}"
LINED_UP = 64  # bytes: where an array may begin
HEADER = 1 << 24  # a longer one is none of ours
GONE: Filling = (bytes(CHUNK // 8), bytes(CHUNK * 8), None)

Array = NDArray[Any]


@dataclass(slots=True)
class Kept:
    """Codes, and of which chunks of the table they are: where each one's places begin, and how it was filled."""

    codes: Codes
    begun_with: int
    start: dict[int, int]
    fillings: dict[int, Filling]
    fine: Fine | None = None

    def changed(self, fillings: Mapping[int, Filling]) -> list[int]:
        """The chunks that are filled otherwise by now, and those that came or went."""
        every = fillings.keys() | self.fillings.keys()
        return [number for number in every if fillings.get(number) != self.fillings.get(number)]

    def clear(self, numbers: Iterable[int]) -> None:
        """Takes chunks out of the codes, those that are in them."""
        for number in self.start.keys() & numbers:
            self.codes.clear(self.start[number], CHUNK)

    def put(self, start: int, at: Ids, ids: Ids, vectors: Vector) -> None:
        """Fills the chunk whose places begin at `start`: `at` some of them, counted from there, contents' vectors."""
        turned = self.codes.coder.turned(vectors)
        self.codes.put(start, CHUNK, at, ids, turned)
        if self.fine:
            try:
                self.fine.put(start, at, turned)
            except OSError:  # no room: it can be done without
                self.fine = None


class Beside:
    """The file of one model's codes. `model` says which vectors these are."""

    def __init__(self, path: Path, model: str, dim: int) -> None:
        self.path = path
        self._model = model
        self._dim = dim

    def begin(self, coder: Coder, count: int) -> Kept:
        """Of nothing yet, with room on disk for what is going to be written."""
        return Kept(Codes(coder), count, {}, {}, Fine(coder, self.path.parent))

    def read(self) -> Kept | None:
        """None where there is none, or not a whole one of this model and version."""
        try:
            with self.path.open("rb") as file:
                line = file.readline(HEADER)
                header = json.loads(line)
                if (header["version"], header["model"]) != (VERSION, self._model):
                    return None
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # what is changed, the file does not see
                arrays, end = _arrays(mapped, len(line), header["arrays"])
                kept = self._kept(header, arrays)
                if end + len(kept.codes.ids) * size_of(self._dim) != len(mapped):
                    raise ValueError("the file is longer or shorter than it says")
                kept.fine = Fine(kept.codes.coder, self.path.parent, os.dup(file.fileno()), end)
            return kept
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _kept(self, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Kept:
        """Raises LookupError for an array that is missing, ValueError for one of another shape."""
        dim, numbers = self._dim, header["chunks"]
        chunks, places = len(numbers), CHUNK * len(numbers)
        wanted = {
            "here": (chunks, CHUNK // 8),
            "rows": (chunks, CHUNK * 8),
            "rotation": (dim, dim),
            "mean": (dim,),
            "step": (dim,),
            "ids": (places,),
            "planes": (PLANES, words_of(dim), places),
            "factors": (PLANES, places),
        }
        if any(arrays[name].shape != shape for name, shape in wanted.items()):
            raise ValueError("an array is of another shape")
        coder = Coder(arrays["rotation"], arrays["mean"], arrays["step"])
        codes = Codes(coder, arrays["ids"], arrays["planes"], arrays["factors"])
        filled = zip(numbers, arrays["here"], arrays["rows"], header["born"], strict=True)
        fillings: dict[int, Filling] = {
            number: (here.tobytes(), ids.tobytes(), born and (bytes.fromhex(born[0]), born[1]))
            for number, here, ids, born in filled
            if number not in header["gone"]
        }
        start = {number: CHUNK * place for place, number in enumerate(numbers)}
        return Kept(codes, int(header["begun_with"]), start, fillings)

    def write(self, kept: Kept) -> None:
        """Whole or not at all: beside, then renamed. Where there is no room or no right to, it is done without."""
        if kept.fine is None:
            return
        numbers = list(kept.start)  # in the order of their places
        codes = kept.codes
        filled: list[tuple[bytes, bytes, Any]] = [kept.fillings.get(number, GONE) for number in numbers]
        arrays: dict[str, Array] = {
            "rotation": codes.coder.rotation,
            "mean": codes.coder.mean,
            "step": codes.coder.step,
            "here": _rows([here for here, _, _ in filled], CHUNK // 8),
            "rows": _rows([ids for _, ids, _ in filled], CHUNK * 8),
            "ids": codes.ids,
            "factors": codes.factors,
            "planes": codes.planes,
        }
        header = {
            "version": VERSION,
            "model": self._model,
            "begun_with": kept.begun_with,
            "chunks": numbers,
            "gone": [number for number in numbers if number not in kept.fillings],
            "born": [born and (born[0].hex(), born[1]) for _, _, born in filled],
            "arrays": [[name, array.dtype.str, array.shape] for name, array in arrays.items()],
        }
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            _write(aside, json.dumps(header), arrays.values(), kept.fine.chunks(len(numbers)))
            aside.replace(self.path)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    def remove(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _rows(parts: list[bytes], size: int) -> NDArray[np.uint8]:
    """uint8 (n, size)"""
    return np.frombuffer(b"".join(parts), np.uint8).reshape(-1, size)


def _write(path: Path, header: str, arrays: Iterable[Array], rows: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        line = len(header) + 1
        file.write(header.encode("ascii") + b" " * (-line % LINED_UP) + b"\n")
        for array in arrays:
            file.write(np.ascontiguousarray(array).data)
            file.write(bytes(-file.tell() % LINED_UP))
        file.writelines(rows)
        file.flush()
        os.fsync(file.fileno())


def _arrays(mapped: mmap.mmap, at: int, listed: list[tuple[str, str, list[int]]]) -> tuple[dict[str, Array], int]:
    """Also where they end. Raises ValueError for a file that is shorter than they are."""
    arrays: dict[str, Array] = {}
    for name, kind, shape in listed:
        arrays[name] = np.frombuffer(mapped, kind, math.prod(shape), at).reshape(shape)
        at += arrays[name].nbytes
        at += -at % LINED_UP
    return arrays, at
