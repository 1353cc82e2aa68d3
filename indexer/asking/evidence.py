"""What speaks for a photo and against it: its cosines with what is wanted, and a veto for what is not.

Unwanted vectors are not subtracted: that brings up whatever is least like them, and costs the wanted its place. Each
term is scored by itself instead, in deviations above what is unrelated to it, and a photo is vetoed that is about the
unwanted thing, or about it more than about the wanted one. Of two things in a picture a model sees mostly the larger:
"a cat and a bed" is asked for beside "a cat", and what is more like the former is vetoed too. tests/ranking measures
all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.asking.calibration import Floats, Kind, Scale, verdict
from indexer.photo import Vector
from indexer.query import Term, Verdict

ABOUT_IT = 2.25  # deviations above the unrelated, from which on a photo is about a thing
BEYOND = 1.25  # the same, beyond what likeness to the wanted explains: a dog is somewhat like a cat
PERHAPS = 1.0  # the same, where the photo is about the thing as much as about the wanted, but for
CONTRAST = 0.5
BOTH = 0.25  # deviations by which a photo is more like the wanted and the unwanted together than like the wanted, where
HINT = 0.25  # likeness to the unwanted alone counts for so much
THE_SAME = 0.999  # cosine, from which on two pictures are one, whatever the scale says
SURE = 99.0  # a surprise that settles it


@dataclass(frozen=True, slots=True)
class Scene:
    """Sentences in numbers: of all that is wanted, and of that with an unwanted thing. Unit vectors, float32 (dim,)."""

    without: Vector
    beside: Vector


@dataclass(frozen=True, slots=True)
class Aim:
    """A term in numbers: its unit vector, float32 (dim,), the scale of the cosines with it, its scene if unwanted.

    A taught `concept` in a term's words is an aim of its own, with the cosine from which on a photo is one of it.
    """

    term: Term
    vector: Vector
    scale: Scale | None
    scene: Scene | None = None
    concept: str | None = None
    boundary: float = 1.0

    @property
    def name(self) -> str:
        if self.concept is not None:
            return self.concept
        return self.term.picture.name if self.term.picture else str(self.term.words)

    def standard(self, cosines: Floats) -> Floats:
        return cosines if self.scale is None else self.scale.standard(cosines)

    def is_comparable_with(self, other: "Aim") -> bool:
        """Whether their vectors are of one kind: of texts, of pictures or of concepts."""
        return kind_of(self.term) == kind_of(other.term) and (self.concept is None) == (other.concept is None)


def kind_of(term: Term) -> Kind:
    return "words" if term.picture is None else "picture"


class Evidence:
    """Of n photos, by the numbers of a model: `vectors` (n, dim), zeros for a photo that it has not seen."""

    def __init__(self, vectors: Vector, wanted: Sequence[Aim], unwanted: Sequence[Aim], photos: int) -> None:
        self.wanted = wanted
        self.unwanted = unwanted
        self._photos = photos
        self._vectors = vectors
        self.seen: NDArray[np.bool_] = np.asarray(vectors.any(axis=1))
        self.cosines = [vectors @ aim.vector for aim in wanted]
        self._against = [vectors @ aim.vector for aim in unwanted]

    @cached_property
    def likeness(self) -> Floats:
        """(n,): how well each photo is what is wanted: of one term, in the order of the cosines."""
        return soft_minimum(self._standard, [aim.term.weight for aim in self.wanted])

    @cached_property
    def _standard(self) -> list[Floats]:
        return [aim.standard(cosines) for aim, cosines in zip(self.wanted, self.cosines, strict=True)]

    @cached_property
    def score(self) -> Floats:
        """(n,): the mean cosine, by the terms' weights."""
        mean: Floats = np.average(self.cosines, axis=0, weights=[aim.term.weight for aim in self.wanted])
        return mean

    @cached_property
    def verdicts(self) -> list[Verdict | None]:
        """None where nothing is known of the scale."""
        scales = [aim.scale for aim in self.wanted if aim.scale]
        if len(scales) < len(self.wanted) or not scales:
            return [None] * len(self.seen)
        surprises = [
            np.where(cosines >= THE_SAME, SURE, scale.surprise(cosines, self._photos))
            for scale, cosines in zip(scales, self.cosines, strict=True)
        ]
        return [verdict(value) for value in soft_minimum(surprises, [aim.term.weight for aim in self.wanted])]

    def above_veto(self) -> list[Floats]:
        """For each unwanted term (n,): by how much, in cosine, each photo is above (>= 0) or below its veto."""
        return [self._above(aim, cosines) for aim, cosines in zip(self.unwanted, self._against, strict=True)]

    def _above(self, aim: Aim, cosines: Floats) -> Floats:
        standard = aim.standard(cosines) * aim.term.weight
        above = np.maximum(standard - self._too_much(aim), self._above_together(aim, standard))
        return np.where(self.seen, above * (aim.scale.deviation if aim.scale else 1.0), -np.inf)

    def _too_much(self, aim: Aim) -> Floats:
        """(n,): from how much likeness to it on an unwanted thing is vetoed."""
        if aim.concept is not None:  # its examples say where it begins: a look-alike is not meant
            return np.full(len(self.seen), aim.standard(np.array([aim.boundary]))[0])
        if not self.wanted:
            return np.full(len(self.seen), ABOUT_IT)
        about = np.maximum(ABOUT_IT, self._explained(aim) + BEYOND)
        least: Floats = np.minimum(about, np.maximum(PERHAPS, self.likeness - CONTRAST))
        return least

    def _above_together(self, aim: Aim, standard: Floats) -> Floats:
        if aim.scene is None or aim.scale is None:
            return np.full(len(standard), -np.inf)
        more: Floats = self._vectors @ (aim.scene.beside - aim.scene.without) / aim.scale.deviation
        return more + HINT * (standard - self._explained(aim)) - BOTH

    def _explained(self, aim: Aim) -> Floats:
        """(n,): the likeness to an unwanted thing that comes of its being like a wanted one."""
        kinships = [
            _kinship(aim, wanted) * standard for wanted, standard in zip(self.wanted, self._standard, strict=True)
        ]
        return np.asarray(np.max(kinships, axis=0))


def _kinship(one: Aim, other: Aim) -> float:
    """How alike two terms are, beyond what two unrelated ones are: 0 to 1; 0 for a text and a picture."""
    if one.scale is None or not one.is_comparable_with(other):
        return 0.0
    return max(0.0, (float(one.vector @ other.vector) - one.scale.alike) / (1 - one.scale.alike))


def soft_minimum(values: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Terms' values of n photos -> (n,): near the lowest of them, for what lacks one term is not what was asked for.

    Of a single term it is the value itself. -log of the weighted mean of exp(-value).
    """
    shares = np.array(weights)[:, None] / sum(weights)
    stacked = np.stack(values)
    lowest = stacked.min(axis=0)
    result: Floats = lowest - np.log((shares * np.exp(lowest - stacked)).sum(axis=0))
    return result
