"""What does not belong: pictures that lie farther from those like them than is usual there.

How far a picture lies is its mean distance to its 5th to 8th nearest: so two copies of a stray, or a burst of it, do
not keep each other company. That is held against the same of its neighbours, of which some lie close together, and
against what is usual among all (after Breunig's local outlier factor, 2000): so neither a smaller group of pictures is
odd, nor one whose pictures differ more, nor what lies beside a very dense one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexer.organize.gathered import Gathered
from indexer.organize.neighbours import nearest
from indexer.photo import NO_FACTS, Hit, Vector
from indexer.query import Filters
from indexer.settings import Watch
from indexer.store.library import Library

NEAREST = 8
STANDS_OUT = 1.4
CLOSE = 0.1  # of the neighbours' distances, the quantile that a picture's own is held against
NEVER_LESS = 0.1  # a distance between pictures of a burst: below it nothing is odd
FAR = 2.5  # robust deviations below the usual cosine with the middle
FEW = 4  # pictures among which nothing can be said


@dataclass(frozen=True, slots=True)
class Odd:
    """Of the picture in a `row`: how many times as far it lies from those like it as is usual (1.0: as usual).

    `alike` is its mean cosine with its nearest, `usual` that of most pictures, `likest` the row that is nearest. `far`
    says whether it also lies far from the `middle` of all, in cosines (the picture's, what is usual).
    """

    row: int
    score: float
    alike: float
    usual: float
    likest: int
    far: bool
    middle: tuple[float, float]

    @property
    def why(self) -> tuple[str, ...]:
        isolated = f"alone: those most like it are at {self.alike:.2f}, {self.usual:.2f} is usual"
        far = f"far from the middle of all: {self.middle[0]:.2f}, {self.middle[1]:.2f} is usual"
        return (isolated, far) if self.far else (isolated,)


def odd(vectors: Vector, at_least: float = STANDS_OUT, watch: Watch = lambda _: None) -> list[Odd]:
    """float32 (n, dim) of unit length -> those with at least such a score, the oddest first; none of fewer than 4."""
    if len(vectors) < FEW:
        return []
    k = min(NEAREST, max(1, (len(vectors) - 1) // 3))
    near = nearest(vectors, k, watch)
    outer = np.where(near.cosines > -1, near.cosines, near.cosines[:, :1])[:, k // 2 :]  # (n, about k / 2)
    distances = np.sqrt(np.maximum(0, 2 - 2 * outer)).mean(axis=1)
    around = np.quantile(distances[np.maximum(near.rows, 0)], CLOSE, axis=1)
    scores = distances / np.maximum(np.maximum(around, np.median(distances)), NEVER_LESS)
    alike, to_middle = outer.mean(axis=1), _to_middle(vectors)
    usual, usual_middle = float(np.median(alike)), float(np.median(to_middle))
    far = to_middle < usual_middle - FAR * 1.4826 * np.median(np.abs(to_middle - usual_middle))
    return [
        Odd(
            row=row,
            score=float(scores[row]),
            alike=float(alike[row]),
            usual=usual,
            likest=int(near.rows[row, 0]),
            far=bool(far[row]),
            middle=(float(to_middle[row]), usual_middle),
        )
        for row in np.argsort(-scores, kind="stable")[: int((scores >= at_least).sum())].tolist()
    ]


def _to_middle(vectors: Vector) -> NDArray[np.floating]:
    """(n,): each one's cosine with the mean of all."""
    middle = vectors.mean(axis=0)
    return np.asarray(vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-9)))


def hits_of(library: Library, gathered: Gathered, found: Sequence[Odd], filters: Filters) -> list[Hit]:
    """Every path of them in the folders, the oddest first, with the reason and the photo that is most like it."""
    by_id = {int(gathered.ids[stray.row]): stray for stray in found}
    facts = library.facts(list(by_id))
    return [
        replace(
            hit,
            why=(*by_id[hit.content_id].why, f"most like it: {gathered.paths[by_id[hit.content_id].likest][0]}"),
            facts=facts.get(hit.content_id, NO_FACTS),
        )
        for hit in library.hits([(content_id, stray.score) for content_id, stray in by_id.items()], filters)
    ]
