"""From a few examples a direction: a photo is the more like them the higher its cosine with it.

Two ways are tried, and the one that finds more of the examples again when they are held out is taken:

- The prototype: from the middle of the library to the middle of the examples.
- The linear head: the same, but what the library varies in anyway, and the examples among themselves, counts less. It
  is the ridge regression of examples against the rest, in closed form; held-out examples then cost next to nothing.

What a photo scores that has to do with none of it is told from a sample of the library. Each sampled photo is scored as
if the head had been made without it, else many numbers and few photos would make it too sure of itself.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from indexer.asking.calibration import LIKELY, Floats, Scale
from indexer.photo import Vector

Way = Literal["prototype", "linear"]

RIDGE = 2.0  # of the mean variance of the library's numbers: higher is nearer to the prototype
FEWEST_OTHERS = 8  # photos of a library that tell what is usual in it
THE_SAME = 0.999  # cosine of two pictures that count as one
QUARTILE = 0.6745  # of the normal distribution, in deviations
POORER = 0.25  # of held-out examples score less than what a photo must score to be left out as one of them
RARE = 2.0  # deviations above what is usual, that a photo must score all the same


@dataclass(frozen=True, slots=True)
class Head:
    """A direction, float32 (dim,) of unit length, the scale of the cosines with it, and how well it separates.

    `auc` is the chance that a held-out example scores higher than some photo of the library, `found` how many of `of`
    held-out examples were likely or strong. `boundary` is the cosine from which on a photo is taken for an example.
    """

    direction: Vector
    scale: Scale
    way: Way
    auc: float
    found: int
    of: int
    boundary: float


class Backdrop:
    """What photos of the library look like, told from a sample: float32 (n, dim) of unit vectors; `photos` in all."""

    def __init__(self, sample: Vector, photos: int) -> None:
        self.sample = sample.astype(np.float64)
        self.photos = max(photos, 2)
        self.mean = self.sample.mean(axis=0) if len(sample) else np.zeros(sample.shape[1])

    def without(self, pictures: Vector) -> "Backdrop":
        """The others."""
        known = (self.sample @ pictures.T.astype(np.float64)).max(axis=1, initial=-1) >= THE_SAME
        return Backdrop(self.sample[~known], self.photos) if known.any() else self

    def head(self, ones: Vector, others: Vector, way: Way) -> Vector:
        """float32 (dim,) of unit length: towards n examples, away from the library and from m that are none."""
        if way == "prototype":
            return _unit(self._difference(ones, others))
        within = self._within(ones, others)
        difference = self._inverse @ self._difference(ones, others)
        beside = self._inverse @ within.T
        small = np.linalg.solve(np.eye(len(within)) + within @ beside, within @ difference)
        return _unit(difference - beside @ small)  # Woodbury: as if `within` had been in what was inverted

    def scores(self, direction: Vector, way: Way) -> Floats:
        """(n,): the cosines of the sample, each as if it had not been there when the head was made."""
        if way == "prototype":
            return np.asarray(self.sample @ direction)
        return np.asarray((self._centred @ direction) * self._without_itself + self.mean @ direction)

    def scale(self, scores: Floats) -> Scale:
        """Of a normal distribution with the sample's median and quartiles: a tenth that are examples do no harm."""
        from statistics import NormalDist  # what it imports, a search without a taught name need not wait for

        low, middle, high = (float(np.quantile(scores, quantile)) for quantile in (0.25, 0.5, 0.75))
        deviation = max(middle - low, high - middle, 1e-4) / QUARTILE
        reach = max(NormalDist().inv_cdf(1 - 1 / self.photos), 1.0)  # of the best of so many, in deviations
        of_the_best = middle + deviation * reach, deviation / reach, deviation * math.sqrt(2)
        return Scale(0.0, middle, deviation, *of_the_best, self.photos, self.photos)

    def _difference(self, ones: Vector, others: Vector) -> Floats:
        away = (self.mean + others.mean(axis=0)) / 2 if len(others) else self.mean
        return np.asarray(ones.mean(axis=0, dtype=np.float64) - away)

    def _within(self, ones: Vector, others: Vector) -> Floats:
        """Rows whose squares add up to what examples vary in, and what is no example."""
        rows = [(ones - ones.mean(axis=0)) / math.sqrt(2 * len(ones))]
        if len(others):
            middle = others.mean(axis=0)
            rows += [(others - middle) / math.sqrt(4 * len(others)), (middle - self.mean)[None] / math.sqrt(8)]
        return np.concatenate(rows)

    @cached_property
    def _centred(self) -> Floats:
        return np.asarray(self.sample - self.mean)

    @cached_property
    def _inverse(self) -> Floats:
        """(dim, dim)"""
        covariance = self._centred.T @ self._centred / (2 * len(self.sample))
        dim = len(covariance)
        ridge = RIDGE * max(float(np.trace(covariance)) / dim, 1e-9)
        return np.asarray(np.linalg.inv(covariance + ridge * np.eye(dim)))

    @cached_property
    def _without_itself(self) -> Floats:
        """(n,): by how much more a photo would have scored had it not been of the library (Sherman-Morrison)."""
        leverage = np.einsum("nd,nd->n", self._centred @ self._inverse, self._centred) / (2 * len(self.sample))
        return np.asarray(1 / np.maximum(1 - leverage, 0.1))


def learn(backdrop: Backdrop, ones: Vector, others: Vector) -> Head:
    """The better of the two ways, from three examples or more, float32 (n, dim), and any that are none."""
    backdrop = backdrop.without(np.concatenate([ones, others]))
    if len(backdrop.sample) < FEWEST_OTHERS:
        return _untold(backdrop, ones)
    return max((_learnt(backdrop, ones, others, way) for way in get_args(Way)), key=lambda head: (head.found, head.auc))


def _learnt(backdrop: Backdrop, ones: Vector, others: Vector, way: Way) -> Head:
    held_out = [_held_out(backdrop, ones, number, others, way) for number in range(len(ones))]
    aucs, surprises, standards = (np.array(values) for values in zip(*held_out, strict=True))
    direction = backdrop.head(ones, others, way)
    scores = backdrop.scores(direction, way)
    scale = backdrop.scale(scores)
    boundary = _boundary(scale, standards, backdrop.photos)
    return Head(direction, scale, way, float(aucs.mean()), int((surprises >= LIKELY).sum()), len(ones), boundary)


def _held_out(backdrop: Backdrop, ones: Vector, number: int, others: Vector, way: Way) -> tuple[float, float, float]:
    """How an example fares with a head of the others: the part of the library below it, its surprise, its standard."""
    direction = backdrop.head(np.delete(ones, number, axis=0), others, way)
    scores, own = backdrop.scores(direction, way), np.array([ones[number] @ direction])
    scale = backdrop.scale(scores)
    surprise, standard = scale.surprise(own, backdrop.photos), scale.standard(own)
    return float(np.mean(scores < own)), float(surprise[0]), float(standard[0])


def _boundary(scale: Scale, held_out: Floats, photos: int) -> float:
    """What most held-out examples reach, or what is likely, if that is less; hardly any photo of the library does."""
    as_examples = scale.mean + scale.deviation * max(RARE, float(np.quantile(held_out, POORER)))
    return min(as_examples, scale.cosine(LIKELY, photos))


def _untold(backdrop: Backdrop, ones: Vector) -> Head:
    """In a library of next to nothing but examples: what is most like them, and no telling how much that says."""
    direction = _unit(ones.mean(axis=0, dtype=np.float64))
    scale = Scale(0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1, backdrop.photos)
    return Head(direction, scale, "prototype", math.nan, 0, len(ones), 1.0)


def distinct(vectors: Vector) -> Vector:
    """Of pictures that are the same but for how they were saved, one: held out, it would find its twin."""
    kept: list[Vector] = []
    for vector in vectors:
        if not kept or float(np.max(np.stack(kept) @ vector)) < THE_SAME:
            kept.append(vector)
    return np.stack(kept) if kept else vectors


def _unit(vector: Floats) -> Vector:
    length = float(np.linalg.norm(vector))
    if length < 1e-9:  # the examples are the library
        return np.asarray(np.eye(1, len(vector))[0], np.float32)
    return np.asarray(vector / length, np.float32)
