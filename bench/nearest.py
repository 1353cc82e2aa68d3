"""A question's vector -> the nearest of many: by every vector, and by codes once a library stays open."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from bench.bandwidth import Memory
from bench.stopwatch import Clock, usual
from bench.verdict import scanning_bound
from indexer.photo import NO_FACTS, Content, Facts, File, ModelIdentity, Vector
from indexer.store.codes import FIRST, PLANES
from indexer.store.library import Library

ANSWERS = 10
A_TRANSACTION = 10_000
ALIKE = 20  # vectors to a bunch


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Seconds for an answer among so many vectors. `bytes` are the fewest that have to be read for it."""

    stage: ClassVar[str] = "nearest"
    way: str
    vectors: int
    dim: int
    seconds: float
    bytes: int
    bytes_per_second: float
    of_memory: float
    bound_by: str


def askings(
    folder: Path,
    number: int,
    dim: int,
    memory: Memory,
    budget: float,
    clock: Clock = time.perf_counter,
    fewest: int | None = None,
) -> Iterator[Asking]:
    """In a library that is made below a folder; `memory` is what one core reads. Codes are kept from `fewest` on."""
    vectors = bunches(number, dim)
    question = vectors[number // 2]
    with Library(folder) as library:
        _fill(library, vectors)
        exact = usual(lambda: library.by_vector(question, ANSWERS), budget, clock)
        yield _asking("exact", number, dim, exact, 4 * dim * number, memory)
        library.keep_warm(fewest)
        library.by_vector(question, ANSWERS)  # the first one makes the codes
        coded = usual(lambda: library.by_vector(question, ANSWERS), budget, clock)
        bits = dim * number // 8
        yield _asking("codes", number, dim, coded, bits + bits * (PLANES - 1) // FIRST, memory)


def bunches(number: int, dim: int) -> Vector:
    """float32 (number, dim), of length 1: some that are alike, around a hundred subjects, as photos lie."""
    random = np.random.default_rng(0)
    subjects = random.standard_normal((100, dim), np.float32)
    count = number // ALIKE + 1
    middles = subjects[random.integers(100, size=count)] + 0.7 * random.standard_normal((count, dim), np.float32)
    vectors = middles[random.integers(count, size=number)] + 0.4 * random.standard_normal((number, dim), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _fill(library: Library, vectors: Vector) -> None:
    library.adopt(ModelIdentity("made", "1", "0" * 64, vectors.shape[1], "made"))
    for start in range(0, len(vectors), A_TRANSACTION):
        part = vectors[start : start + A_TRANSACTION]
        library.put((*_imagined(number), vector) for number, vector in enumerate(part, start))


def _imagined(number: int) -> tuple[File, Content, Facts]:
    """A photo that is nowhere."""
    content = Content(hashlib.sha256(b"%d" % number).digest(), 3_000_000 + number, 4000, 3000, "JPEG")
    return File(f"/made/{number // 500:05}/{number:08}.jpg", content.size, number, 1), content, NO_FACTS


def _asking(way: str, vectors: int, dim: int, seconds: float, size: int, memory: Memory) -> Asking:
    of_memory = size / seconds / memory.bytes_per_second
    return Asking(
        way=way,
        vectors=vectors,
        dim=dim,
        seconds=seconds,
        bytes=size,
        bytes_per_second=size / seconds,
        of_memory=of_memory,
        bound_by=scanning_bound(of_memory),
    )
