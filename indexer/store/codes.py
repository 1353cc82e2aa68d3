"""Vectors in three bits a number, held in memory and asked bit by bit: which few of them need to be compared exactly.

A vector less the mean of its library is turned (a random rotation, so that no number says more than another) and each
number is put on one of eight steps, of a size that fits it: 192 bytes for 512 numbers. The eight steps are three signs,
4 t + 2 u + v, and so the question's numbers are four; the product of two signs summed over all numbers is a count of
bits, which is what is quick. All vectors are scored by their first bit and the first two of the question; of a fifth of
them, the best, its other two and their second bit count too, of some of those the third. What is left over is for the
caller to score more finely: four times as many as are asked for, and some hundred.

A score is made unbiased by what the vector's own code makes of it, as in RaBitQ (Gao and Long, 2024).

Of the ten nearest 99.5 % or more were among what is left over where 160 are asked for, and of the 160 nearest 99.6 %:
1,000,000 vectors that lie as those of photos do, asked by words, by pictures near one of them and by one of them, with
and without filters (`python -m benchmarks million`). Of vectors that are nothing but noise, 99 %.
tests/indexer/test_store_codes.py measures it at a smaller size.
"""

import os

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Vector
from indexer.store.vectors import Ids, lookup

Words = NDArray[np.uint64]
Floats = NDArray[np.float32]

PLANES = 3  # bits of a number of a photo, the first the weightiest
STEP = 0.586  # deviations; for eight steps the one that loses least of what is normally distributed
ASKED_PLANES = 4  # bits of a number of the question
TWO, REST, ALL = slice(0, 2), slice(2, ASKED_PLANES), slice(0, ASKED_PLANES)  # of those
ROUNDS = (  # which bit of the photos that are left, by which of the question, comes to be counted
    [(0, TWO)],
    [(0, REST), (1, ALL)],
    [(2, ALL)],
)
FIRST, SECOND = 5, 32  # one in so many is scored by its first two bits, and by all three
LEAST, BY, ONE_IN = 600, 4, 600  # left over are so many, so many times as many as are asked for, and one in so many
WIDER = 4  # so many times as many as are left over, at the least, are scored by all three
MANY = 3  # where more than one in so many pass, all are scored: it is quicker than to pick them out
BLOCK = 32_768  # vectors scored at a time: what they take stays near the processor
THREADED = 6  # blocks that several threads share; fewer are done before a thread has begun
SEED = 5
FORMAT = 2  # of what a coder makes: one more where anything above is changed


class Coder:
    """Turns vectors of a library into codes, and questions into what codes are compared with.

    `rotation` is float32 (dim, dim); `mean` and `step` are float32 (dim,), of the vectors and of their turned numbers.
    """

    def __init__(self, rotation: Floats, mean: Floats, step: Floats) -> None:
        self.rotation = rotation
        self.mean = mean
        self.step = step
        self.dim = len(mean)
        self.words = words_of(self.dim)

    @classmethod
    def of(cls, sample: Vector) -> "Coder":
        """For vectors of which some, float32 (n, dim), stand for all."""
        dim = sample.shape[1]
        turn, _ = np.linalg.qr(np.random.default_rng(SEED).standard_normal((dim, dim)))
        rotation, mean = np.asarray(turn, np.float32), sample.mean(axis=0)
        turned = (sample - mean) @ rotation
        return cls(rotation, mean, np.maximum(turned.std(axis=0) * np.float32(STEP), np.float32(1e-6)))

    def turned(self, vectors: Vector) -> Floats:
        """float32 (n, dim) -> (n, dim): less the mean and turned, which is most of the work."""
        return np.asarray((vectors - self.mean) @ self.rotation, np.float32)

    def code(self, turned: Floats) -> tuple[Words, Floats]:
        """float32 (n, dim) -> bits, uint64 (PLANES, words, n), and a factor for each depth, float32 (PLANES, n)."""
        steps = _steps(np.asarray(turned / self.step, np.float32), PLANES)
        lengths = np.einsum("nd,nd->n", turned, turned)
        weighed = turned * self.step
        planes = np.empty((PLANES, self.words, len(turned)), np.uint64)
        factors = np.empty((PLANES, len(turned)), np.float32)
        along = np.zeros(len(turned), np.float32)
        for plane in range(PLANES):
            bits = _bit(steps, PLANES - 1 - plane)
            planes[plane] = self._packed(bits)
            along += np.einsum("nd,nd->n", weighed, bits * np.float32(2) - 1) * 2.0 ** (PLANES - 1 - plane)
            factors[plane] = lengths / np.maximum(along, 1e-9)
        return planes, factors

    def question(self, query: Vector) -> Words:
        """float32 (dim,) -> uint64 (ASKED_PLANES, words)."""
        turned = (query @ self.rotation) * self.step
        steps = _steps(turned / max(float(np.abs(turned).max()), 1e-9) * 2 ** (ASKED_PLANES - 1), ASKED_PLANES)
        return np.stack([self._packed(_bit(steps, ASKED_PLANES - 1 - plane)) for plane in range(ASKED_PLANES)])

    def _packed(self, bits: NDArray[np.uint8]) -> Words:
        """0 or 1, uint8 (n, dim) -> uint64 (words, n); (dim,) -> (words,)."""
        packed = np.packbits(bits, axis=-1)
        padding = [(0, 0)] * (bits.ndim - 1) + [(0, 8 * self.words - packed.shape[-1])]
        return np.ascontiguousarray(np.pad(packed, padding).view(np.uint64).T)


def words_of(dim: int) -> int:
    """How many uint64 hold a bit of each number."""
    return -(-dim // 64)


def _steps(values: Floats, bits: int) -> NDArray[np.uint8]:
    """Numbers, in steps from the middle -> on which step they are, from 0, of two to the power of `bits`."""
    half = 2 ** (bits - 1)
    return np.asarray(np.clip(np.floor(values), -half, half - 1) + half, np.uint8)


def _bit(steps: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    return np.asarray(steps >> number & 1, np.uint8)


class Codes:
    """Codes at numbered places. `ids` int64 (places,) says of which content; 0 where a place is empty.

    `planes` uint64 (PLANES, words, places) and `factors` float32 (PLANES, places) are as `Coder.code` makes them.
    """

    def __init__(
        self, coder: Coder, ids: Ids | None = None, planes: Words | None = None, factors: Floats | None = None
    ) -> None:
        self.coder = coder
        self.ids: Ids = np.zeros(0, np.int64) if ids is None else ids
        self.planes = np.zeros((PLANES, coder.words, 0), np.uint64) if planes is None else planes
        self.factors = np.zeros((PLANES, 0), np.float32) if factors is None else factors
        self.count = int(np.count_nonzero(self.ids))

    def room(self, places: int) -> None:
        """Makes room for so many in all."""
        more = places - len(self.ids)
        if more > 0:
            self.ids = np.concatenate([self.ids, np.zeros(more, np.int64)])
            self.factors = np.concatenate([self.factors, np.zeros((PLANES, more), np.float32)], axis=1)
            grown = np.zeros((PLANES, self.coder.words, places), np.uint64)
            for plane in range(PLANES):
                grown[plane, :, : self.planes.shape[2]] = self.planes[plane]
            self.planes = grown

    def put(self, start: int, size: int, at: Ids, ids: Ids, turned: Floats) -> None:
        """Fills `size` places from `start` on: `at` some of them, counted from there, contents by their turned vectors.

        The others are empty.
        """
        self.clear(start, size)
        self.ids[start + at] = ids
        self.count += len(ids)
        if len(ids):
            planes, factors = self.coder.code(turned)
            self.planes[:, :, start + at] = planes
            self.factors[:, start + at] = factors

    def clear(self, start: int, size: int) -> None:
        """Empties `size` places from `start` on."""
        span = self.ids[start : start + size]
        self.count -= int(np.count_nonzero(span))
        span[:] = 0

    def few(self, query: Vector, k: int, among: Ids | None = None) -> Ids:
        """Places of some contents, of a list of ids (None: of all), among which are the k most like a unit vector."""
        passing = self._passing(among)
        n = int(np.count_nonzero(passing))
        asked, wanted = self.coder.question(query), left_over(k, n)
        if n <= wanted:
            return np.flatnonzero(passing)
        left: Ids | None = None if n * MANY > len(passing) else np.flatnonzero(passing)
        scores = np.zeros(1, np.float32)
        cuts = (max(n // FIRST, 2 * WIDER * wanted), max(n // SECOND, WIDER * wanted), wanted)
        for depth, (parts, most) in enumerate(zip(ROUNDS, cuts, strict=True)):
            scores = sum((self._by(plane, asked, bits, left) for plane, bits in parts), start=scores)
            values = scores * (self.factors[depth] if left is None else self.factors[depth, left])
            if left is None:
                values[~passing] = -np.inf
            best = _best(values, min(most, n))
            left, scores = best if left is None else left[best], scores[best]
        assert left is not None
        return left

    def _passing(self, among: Ids | None) -> NDArray[np.bool_]:
        """(places,)"""
        if among is None:
            return self.ids > 0
        passes = lookup(among, int(self.ids.max(initial=0)))
        passes[0] = False
        return passes[self.ids]

    def _by(self, plane: int, asked: Words, by: slice, places: Ids | None) -> Floats:
        """float32 (n,): how like the question what is at n places is, None: at all, by one of their bits."""
        bits = self.planes[plane]
        weight = np.float32(2.0 ** (PLANES - 1 - plane + ASKED_PLANES - by.stop))
        scores = np.empty(bits.shape[1] if places is None else len(places), np.float32)

        def some(start: int) -> None:
            span = slice(start, start + BLOCK)
            block = bits[:, span] if places is None else bits.take(places[span], axis=1)
            scores[span] = self._agreement(block, asked[by]) * weight

        starts = range(0, len(scores), BLOCK)
        if len(starts) < THREADED:
            for start in starts:
                some(start)
        else:
            from concurrent.futures import ThreadPoolExecutor  # slow to import beside what is asked of a small library

            with ThreadPoolExecutor(os.cpu_count()) as threads:
                list(threads.map(some, starts))
        return scores

    def _agreement(self, block: Words, asked: Words) -> Floats:
        """uint64 (words, n) -> (n,): the products of two signs, summed over all numbers and bits of the question."""
        differing = np.zeros(block.shape[1], np.uint16)
        for question in asked:
            differing <<= np.uint16(1)
            differing += np.bitwise_count(block ^ question[:, None]).sum(axis=0, dtype=np.uint16)
        in_all = np.float32(self.coder.dim * (2 ** len(asked) - 1))
        return np.asarray(in_all - 2 * differing.astype(np.float32))


def left_over(k: int, n: int) -> int:
    """How many of n `few` leaves over, when k are asked for."""
    return BY * k + LEAST + n // ONE_IN


def _best(scores: Floats, most: int) -> Ids:
    """Where the highest of n scores are, in their order."""
    if most >= len(scores):
        return np.arange(len(scores))
    return np.sort(np.argpartition(scores, len(scores) - most)[len(scores) - most :])
