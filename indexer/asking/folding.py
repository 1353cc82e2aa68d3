"""Hits that are nearly the same picture become one: copies, duplicates that were looked at, and bursts.

No picture is decoded. Of two that nobody laid side by side, a vector says how alike they are, and clocks say whether
they were taken in one go.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from indexer.asking.calibration import Scale
from indexer.photo import Facts, Hit
from indexer.store.library import Library

MOST = 2048  # hits that are folded
NEAR = 0.75  # of the way from what two unrelated pictures score to 1: resaved, cropped, of one burst, of one scene
SAME = 0.96  # the same, where no clock says that they belong together
BURST = 10.0  # seconds from one shot to the next
CLOCKS = ("EXIF DateTimeOriginal", "EXIF DateTimeDigitized", "XMP", "IPTC", "Takeout", "file name")
UNSCALED = 0.5  # cosine of the unrelated, where nothing is known of it; and
AT_MOST = 0.8  # the highest that is believed: where all photos are of one thing, none are unrelated


def alike(scale: Scale | None, share: float) -> float:
    """The cosine of two pictures that lies that share of the way between the unrelated and the same."""
    mean = min(scale.mean, AT_MOST) if scale else UNSCALED
    return mean + share * (1 - mean)


def moment(facts: Facts | None) -> datetime | None:
    """When a photo was taken, if that is known to the second, and of a clock that ran then."""
    if facts is None or facts.taken_at is None or facts.taken_from not in CLOCKS:
        return None
    return datetime.fromisoformat(facts.taken_at)


@dataclass(slots=True)
class Fold:
    """Pictures for which one hit stands, that of the `row`; and where and when those were taken that have a clock."""

    row: int
    members: set[int] = field(default_factory=set)
    taken: list[tuple[str | None, datetime]] = field(default_factory=list)


class Folding:
    """Folds hits by the vectors of one model; `scale` is what unrelated pictures score with it."""

    def __init__(self, library: Library, model: str, scale: Scale | None) -> None:
        self._library = library
        self._model = model
        self._near, self._same = alike(scale, NEAR), alike(scale, SAME)

    def folded(self, hits: Sequence[Hit]) -> list[Hit]:
        """The first hit of each kind, in their order; `similar` has the paths of the others.

        Those beyond the first MOST stay as they are.
        """
        hits, rest = hits[:MOST], hits[MOST:]
        facts = {hit.content_id: hit.facts for hit in hits}
        fold_of = self._folds(facts)
        together: dict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            together[fold_of[hit.content_id].row].append(hit)
        return [replace(first, similar=tuple(hit.path for hit in more)) for first, *more in together.values()] + [*rest]

    def _folds(self, facts: dict[int, Facts]) -> dict[int, Fold]:
        contents = list(facts)
        confirmed = self._confirmed(contents)
        vectors = self._library.vectors_of(contents, self._model)
        cosines = vectors @ vectors.T
        near = cosines >= self._near
        folds: list[Fold] = []
        fold_of = {}
        for row, content_id in enumerate(contents):
            own, same = facts[content_id], confirmed[content_id]
            close: list[bool] = near[row].tolist()  # most are not: they are passed over quickly
            fold = next(
                (
                    fold
                    for fold in folds
                    if (close[fold.row] or same) and self._belongs(fold, cosines[row, fold.row], own, same)
                ),
                None,
            )
            if fold is None:
                folds.append(fold := Fold(row))
            fold.members.add(content_id)
            if taken := moment(own):
                fold.taken.append((own.camera, taken))
            fold_of[content_id] = fold
        return fold_of

    def _confirmed(self, contents: Sequence[int]) -> dict[int, set[int]]:
        """By content those that a look found to be the same."""
        confirmed: dict[int, set[int]] = defaultdict(set)
        for one, other in self._library.looks.same_among(contents):
            confirmed[one].add(other)
            confirmed[other].add(one)
        return confirmed

    def _belongs(self, fold: Fold, cosine: float, facts: Facts, same: set[int]) -> bool:
        """Taken in one go with a picture that is folded already; where there is no clock, it must look the same."""
        if same & fold.members:
            return True
        if cosine < self._near:
            return False
        taken = moment(facts)
        if taken is None or not fold.taken:
            return cosine >= self._same
        return any(
            camera == facts.camera and abs((taken - then).total_seconds()) <= BURST for camera, then in fold.taken
        )
