"""A library that stays open answers more quickly: codes of a model's vectors in memory, which follow what is written.

The table of sqlite-vec stays the truth. Its chunks are read again where their places are filled otherwise than when
they were last read; and every answer is scored by the vectors themselves. A question takes a fifth of what it takes
sqlite-vec at 140,000 vectors, and less beyond; below some thousand, sqlite-vec is quick enough.

What was made once is kept in a file beside the library (kept.py), which `pics index` writes anew when enough has
changed. Where there is one, what the codes leave over is looked at more closely on disk (fine.py) before the table is
asked.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from indexer.photo import Vector
from indexer.store import fine
from indexer.store.codes import Coder, Codes, left_over
from indexer.store.database import Condition, Version
from indexer.store.kept import Beside, Kept
from indexer.store.vectors import CHUNK, Filling, Ids, Vectors, likest, lookup, squares

FEWEST = 8_192  # vectors, from which on codes pay
SAMPLE = 8_192  # vectors that stand for all
GROWN = 2  # times as many, or as few, vectors as when codes were begun: what stood for all no longer does
WORTH_KEEPING = 65_536  # vectors, from which on a file of their codes saves a single question time
STALE = 32  # where no more than one chunk in so many is filled otherwise than the file says, the file will do
EXACT = 4  # where more than one in so many of all would be compared exactly anyway, it is sooner to compare all


class Warm:
    """The vectors of one model, held in codes from the first question on."""

    def __init__(self, vectors: Vectors, fewest: int | None = None, beside: Beside | None = None) -> None:
        self._vectors = vectors
        self._fewest = FEWEST if fewest is None else fewest
        self._beside = beside
        self._kept: Kept | None = None
        self._stale: list[int] = []  # chunks of which there are no codes: they are compared whole
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
            return likest(self._compared(query, contents, among), k)

    def _few(self, query: Vector, k: int, among: Condition | None) -> Ids | None:
        """Contents that pass, among which are the k nearest. None where they are so many that nothing is gained."""
        if self._kept is None:
            return None
        codes, passing = self._kept.codes, None if among is None else self._passing(among)
        n = codes.count if passing is None else len(passing)
        left = left_over(k, n)
        if passing is not None and n <= (fine.left_over(k) if self._kept.fine else left):
            return passing
        if left * EXACT > codes.count and (passing is None or n > left):
            return None
        return codes.ids[self._finest(self._kept, query, k, codes.few(query, k, passing))]

    def _finest(self, kept: Kept, query: Vector, k: int, places: Ids) -> Ids:
        """Of places those of the k nearest, and some more; all of them, where no closer look can be had."""
        if kept.fine:
            with suppress(OSError):
                return kept.fine.best(query, fine.left_over(k), places)
        return places

    def _passing(self, among: Condition) -> Ids:
        """Kept for the next page of the same question."""
        if self._passed is None or self._passed[0] != among:
            self._passed = among, self._vectors.ids_of(among)
        return self._passed[1]

    def _compared(self, query: Vector, contents: Ids, among: Condition | None) -> list[tuple[Ids, Vector]]:
        """Squared distances of contents, and of all that pass in the chunks that are stale."""
        passing = lookup(self._passing(among)) if self._stale and among is not None else None
        stale = []
        for number in self._stale:
            _, ids, vectors = self._vectors.chunk(number, passing)
            stale.append((ids, squares(vectors, query)))
            contents = np.setdiff1d(contents, ids)  # where so few pass that codes were not asked, these are among them
        held, vectors = self._vectors.held(contents.tolist())
        return [(contents[held], squares(vectors, query)), *stale]

    # -- following the library

    def _read(self, keep: bool = False) -> None:
        """Codes of what is in the table now. They are written beside it where they were begun anew, or as told."""
        count = self._vectors.count()
        if count < self._fewest:
            self._kept = None
            return
        kept = self._kept or (self._beside and self._beside.read())
        begun = not kept or not kept.begun_with / GROWN <= count <= kept.begun_with * GROWN
        self._kept = kept = self._begin(count) if begun or not kept else kept
        self._follow(kept)
        if self._beside and count >= WORTH_KEEPING and (begun or keep):
            self._beside.write(kept)
            written = self._beside.read()  # mapped: what was made in memory is let go
            self._kept = written if written and written.fillings == kept.fillings else kept

    def keep(self) -> None:
        """Sees to it that the codes beside the library are of what is in it now, or nearly."""
        with self._vectors.snapshot():
            found, fillings = self._beside and self._beside.read(), self._vectors.fillings()
            if not (found and _are_few(found.changed(fillings), fillings)):
                self._read(keep=True)

    def _begin(self, count: int) -> Kept:
        coder = Coder.of(self._vectors.sample(SAMPLE))
        if self._beside and count >= WORTH_KEEPING:
            return self._beside.begin(coder, count)
        return Kept(Codes(coder), count, {}, {})

    def _follow(self, kept: Kept) -> None:
        """Reads the chunks that are filled otherwise than when they were last read."""
        fillings = self._vectors.fillings()
        for number in sorted(fillings.keys() - kept.start.keys()):
            kept.start[number] = CHUNK * len(kept.start)
        kept.codes.room(CHUNK * len(kept.start))
        for number in kept.changed(fillings):
            at, ids, vectors = self._vectors.chunk(number)
            kept.put(kept.start[number], at, ids, vectors)
        kept.fillings = fillings


class Found(Warm):
    """For a single question: the codes beside the library, where they are of nearly all in it. It makes none."""

    def _read(self, keep: bool = False) -> None:  # noqa: ARG002  it keeps nothing
        self._kept, self._stale = None, []
        kept, fillings = self._beside and self._beside.read(), self._vectors.fillings()
        if kept and _are_few(changed := kept.changed(fillings), fillings):
            kept.clear(changed)
            self._kept, self._stale = kept, changed


def _are_few(changed: Sequence[int], fillings: Mapping[int, Filling]) -> bool:
    """Whether codes of all chunks but these will do."""
    return len(changed) * STALE <= len(fillings)
