"""A library that stays open answers more quickly: codes of a model's vectors in memory, which follow what is written.

The table of sqlite-vec stays the truth. Its chunks are read again where their places are filled otherwise than when
they were last read; and every answer is scored by the vectors themselves. A question takes a fifth of what it takes
sqlite-vec at 140,000 vectors, and less beyond; below some thousand, sqlite-vec is quick enough.

What was made once is kept in a file beside the library (kept.py), which `pics index` brings up to date.
"""

import numpy as np

from indexer.photo import Vector
from indexer.store.codes import Coder, Codes, left_over
from indexer.store.database import Condition, Version
from indexer.store.kept import Beside, Kept
from indexer.store.vectors import CHUNK, Filling, Ids, Vectors

FEWEST = 8_192  # vectors, from which on codes pay
SAMPLE = 8_192  # vectors that stand for all
GROWN = 2  # times as many, or as few, vectors as when codes were begun: what stood for all no longer does
WORTH_KEEPING = 65_536  # vectors, from which on a file of their codes saves a single question time
EXACT = 4  # where more than one in so many of all would be compared exactly anyway, sqlite-vec does it sooner


class Warm:
    """The vectors of one model, held in codes from the first question on."""

    def __init__(self, vectors: Vectors, fewest: int | None = None, beside: Beside | None = None) -> None:
        self._vectors = vectors
        self._fewest = FEWEST if fewest is None else fewest
        self._beside = beside
        self._codes: Codes | None = None
        self._begun_with = 0
        self._start: dict[int, int] = {}  # of a chunk of the table, the first of its places in the codes
        self._fillings: dict[int, Filling] = {}  # as they were read
        self._version: Version | None = None
        self._passed: tuple[Condition, Ids] | None = None  # the last filter, and what passes it

    def nearest(self, query: Vector, k: int, among: Condition | None = None) -> list[tuple[int, float]]:
        """As `Vectors.nearest`; a hundredth of what is near may be missing, and what is there has its exact score."""
        self._vectors.check(query)
        version = self._vectors.version
        if version is None:  # whatever is seen now may be taken back
            return self._vectors.nearest(query, k, among)
        with self._vectors.snapshot():
            if version != self._version:
                self._read()
                self._version, self._passed = version, None
            contents = self._few(query, k, among)
            if contents is None:
                return self._vectors.nearest(query, k, among)
            return self._scored(query, k, contents)

    def _few(self, query: Vector, k: int, among: Condition | None) -> Ids | None:
        """Contents that pass, among which are the k nearest. None where they are so many that nothing is gained."""
        if self._codes is None:
            return None
        passing = None if among is None else self._passing(among)
        n = self._codes.count if passing is None else len(passing)
        left = left_over(k, n)
        if passing is not None and n <= left:
            return passing
        return None if left * EXACT > self._codes.count else self._codes.few(query, k, passing)

    def _passing(self, among: Condition) -> Ids:
        """Kept for the next page of the same question."""
        if self._passed is None or self._passed[0] != among:
            self._passed = among, self._vectors.ids_of(among)
        return self._passed[1]

    def _scored(self, query: Vector, k: int, contents: Ids) -> list[tuple[int, float]]:
        held, vectors = self._vectors.held(contents.tolist())
        vectors -= query
        squares = np.einsum("nd,nd->n", vectors, vectors)
        best = np.argsort(squares, kind="stable")[:k]
        cosines = 1.0 - squares[best].astype(np.float64) / 2.0
        return list(zip(contents[held][best].tolist(), cosines.tolist(), strict=True))

    # -- following the library

    def _read(self, keep: bool = False) -> None:
        """Codes of what is in the table now. They are written beside it where they were begun anew, or as told."""
        count = self._vectors.count()
        if count < self._fewest:
            self._codes = None
            return
        if self._codes is None and self._beside and (kept := self._beside.read()):
            self._take(kept)
        begun = self._codes is None or not self._begun_with / GROWN <= count <= self._begun_with * GROWN
        if begun:
            self._take(Kept(Codes(Coder.of(self._vectors.sample(SAMPLE))), count, {}, {}))
        changed = self._follow()
        if self._beside and count >= WORTH_KEEPING and (begun or (keep and changed)):
            self._beside.write(Kept(self._codes_now, self._begun_with, self._start, self._fillings))

    def keep(self) -> None:
        """Sees to it that the codes beside the library are of what is in it now."""
        with self._vectors.snapshot():
            self._read(keep=True)

    def _take(self, kept: Kept) -> None:
        self._codes, self._begun_with = kept.codes, kept.begun_with
        self._start, self._fillings = kept.start, kept.fillings

    @property
    def _codes_now(self) -> Codes:
        assert self._codes
        return self._codes

    def _follow(self) -> bool:
        """Reads the chunks that are filled otherwise than when they were last read; returns whether there were any."""
        codes, fillings = self._codes_now, self._vectors.fillings()
        every = fillings.keys() | self._fillings.keys()
        changed = [number for number in every if fillings.get(number) != self._fillings.get(number)]
        for number in sorted(fillings.keys() - self._start.keys()):
            self._start[number] = CHUNK * len(self._start)
        codes.room(CHUNK * len(self._start))
        for number in changed:
            codes.put(self._start[number], CHUNK, *self._vectors.chunk(number))
        self._fillings = fillings
        return bool(changed)


class Found(Warm):
    """For a single question: the codes beside the library, where they are of just what is in it. It makes none."""

    def _read(self, keep: bool = False) -> None:  # noqa: ARG002  it keeps nothing
        kept = self._beside and self._beside.read()
        self._codes = None
        if kept and kept.fillings == self._vectors.fillings():
            self._take(kept)
