"""What was asked: words and pictures, wanted or not, which photos may answer, and how many answers are wanted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which photos may answer at all; what is not set lets everything through.

    `folders` are absolute paths. `after` (inclusive) and `before` (exclusive) are local times as in `Facts.taken_at`,
    or their beginnings. `cameras`, `places` and `formats` hold where one of them is part of the name, in any case.
    `tags` holds where a photo has one of them, by its whole name in English or Japanese, in any case.
    `near` is (latitude, longitude) in degrees, `within_km` the radius around it. `min_side` is of the shorter side, in
    pixels.
    """

    folders: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None
    cameras: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    near: tuple[float, float] | None = None
    within_km: float = 5.0
    formats: tuple[str, ...] = ()
    min_side: int | None = None
    shape: Literal["portrait", "landscape"] | None = None
    min_rating: int | None = None
    tags: tuple[str, ...] = ()


EVERYWHERE = Filters()
Verdict = Literal["strong", "likely", "weak"]
VERDICTS: tuple[Verdict, ...] = ("strong", "likely", "weak")
"""Best first."""


def reaches(sure: Verdict | None, minimum: Verdict | None) -> bool:
    """Whether it is as sure as that, at least; None: that is not asked for."""
    return minimum is None or (sure is not None and VERDICTS.index(sure) <= VERDICTS.index(minimum))


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Exactly one of `words` and `picture`, how much it weighs beside the others, and whether it is wanted or not."""

    words: str | None = None
    picture: Path | None = None
    weight: float = 1.0
    wanted: bool = True

    def __post_init__(self) -> None:
        if (self.words is None) == (self.picture is None):
            raise ValueError("a term has either words or a picture")
        if not self.weight > 0:
            raise ValueError("a term weighs more than nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """No term at all asks for the newest photos. `model` (none: the one in use) is the name of one with vectors here.

    `by_picture` asks what photos look like, `by_words` what is written of them; one of the two is asked at least.
    Nothing whose verdict is below `minimum` answers. `fold` makes one hit of a burst and of duplicates.
    """

    terms: tuple[Term, ...] = ()
    filters: Filters = EVERYWHERE
    limit: int = 10
    model: str | None = None
    by_picture: bool = True
    by_words: bool = True
    minimum: Verdict | None = None
    fold: bool = False

    def __post_init__(self) -> None:
        if not (self.by_picture or self.by_words):
            raise ValueError("a query asks pictures, words or both")

    @property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.wanted)

    @property
    def unwanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not term.wanted)
