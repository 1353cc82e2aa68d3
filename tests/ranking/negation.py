"""Wanted, but not that: the veto beside subtracting vectors, on imagined libraries and on the album of the demo."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.asking.calibration import UNRELATED, mean_cosine, measured
from indexer.asking.encoding import sentence
from indexer.asking.evidence import Aim, Evidence, Scene
from indexer.photo import Vector
from indexer.query import Term

THINGS, DIM = 60, 128
ALONE, TOGETHER, OTHERS = 15, 30, 900  # photos of what is wanted alone, with the unwanted, of neither or only that
FIRST = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """Photos (n, dim), the vectors of what is wanted, of what is not and of both in a sentence.

    And which photos show either: bool (n,).
    """

    photos: Vector
    wanted: Vector
    unwanted: Vector
    together: Vector
    unrelated: Vector
    shows_wanted: NDArray[np.bool_]
    shows_unwanted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the first ten, the mean numbers: with the unwanted, of the wanted alone, of neither.

    `left` is the part of the excluded in the first ten of the plain order that left them, `stayed` the part of the
    wanted that stayed, `kept` that of the trials in which the first of the wanted lost no place.
    """

    excluded: float
    wanted: float
    nonsense: float
    left: float
    stayed: float
    kept: float


Order = Callable[[Trial], "NDArray[np.intp]"]


def plain(trial: Trial) -> "NDArray[np.intp]":
    return np.argsort(-(trial.photos @ trial.wanted), kind="stable")


def subtracted(share: float) -> Order:
    """As rclip does, with the whole of it."""
    return lambda trial: np.argsort(-(trial.photos @ (trial.wanted - share * trial.unwanted)), kind="stable")


def vetoed(trial: Trial) -> "NDArray[np.intp]":
    """As `search` does."""
    n = len(trial.photos)
    scale = measured(trial.unrelated @ trial.photos.T, n, n, mean_cosine(trial.unrelated))
    wanted = Aim(Term(words="wanted"), trial.wanted, scale)
    scene = Scene(trial.wanted, trial.together)
    unwanted = Aim(Term(words="unwanted", wanted=False), trial.unwanted, scale, scene)
    evidence = Evidence(trial.photos, [wanted], [unwanted], n)
    (above,) = evidence.above_veto()
    return np.lexsort((-evidence.likeness, above >= 0))


ORDERS: dict[str, Order] = {"plain": plain, "- 0.5": subtracted(0.5), "- 1": subtracted(1.0), "veto": vetoed}


def outcome(trials: Sequence[Trial], order: Order) -> Outcome:
    counts, left, stayed, kept = [], [], [], []
    for trial in trials:
        ranked, before = order(trial), plain(trial)
        alone = trial.shows_wanted & ~trial.shows_unwanted
        first, first_before = ranked[:FIRST], before[:FIRST]
        neither = ~trial.shows_wanted & ~trial.shows_unwanted
        counts.append([shows[first].sum() for shows in (trial.shows_unwanted, alone, neither)])
        left += [place not in first for place in first_before if trial.shows_unwanted[place]]
        stayed += [place in first for place in first_before if alone[place]]
        if alone.any():
            kept.append(alone[ranked].argmax() <= alone[before].argmax())
    return Outcome(*map(float, (*np.mean(counts, axis=0), np.mean(left), np.mean(stayed), np.mean(kept))))


# -- imagined libraries


def imagined(trials: int, noise: float, alike: float, seed: int = 1) -> Iterator[Trial]:
    """Photos of up to three of sixty things with noise; in half of the trials, the two are of one kind (`alike`)."""
    random = np.random.default_rng(seed)
    for number in range(trials):
        kinds = _units(random, THINGS // 6).repeat(6, axis=0)
        things = _unit(_units(random, THINGS) + alike * kinds)
        photo_side, text_side = _units(random, 2)
        a, b = random.choice(6, 2, replace=False) if number % 2 else random.choice(THINGS, 2, replace=False)
        shown = _shown(random, a, b)
        mix = (shown * random.uniform(0.6, 1.0, shown.shape)) @ things / np.sqrt(shown.sum(axis=1, keepdims=True))
        photos = _unit(mix + 0.7 * photo_side + noise * _units(random, len(shown)))
        texts = _unit(things + 0.7 * text_side + 0.3 * _units(random, THINGS))
        together = _unit(_unit(things[[a]] + things[[b]]) + 0.7 * text_side + 0.3 * _units(random, 1))[0]
        unrelated = _unit(_units(random, len(UNRELATED)) + 0.7 * text_side)
        yield Trial(photos, texts[a], texts[b], together, unrelated, shown[:, a] > 0, shown[:, b] > 0)


def _shown(random: np.random.Generator, a: int, b: int) -> NDArray[np.float64]:
    """(photos, things) of 0 and 1."""
    rest = [thing for thing in range(THINGS) if thing != a]
    rows = np.zeros((ALONE + TOGETHER + OTHERS, THINGS))
    rows[: ALONE + TOGETHER, a] = 1
    rows[ALONE : ALONE + TOGETHER, b] = 1
    for row in rows[ALONE + TOGETHER :]:
        row[random.choice(rest, random.integers(1, 4), replace=False)] = 1
    return rows


def _units(random: np.random.Generator, n: int) -> Vector:
    return _unit(random.normal(size=(n, DIM)))


def _unit(vectors: Any) -> Vector:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


# -- the album


def album(encoder: Any, pictures: Sequence[Path]) -> list[Trial]:
    """Every ordered pair of things that a picture of the demo shows together, by its name: `dog-cat.jpg`."""
    stems = [path.stem.removesuffix("-2") for path in pictures]
    known = {stem for stem in stems if any(other != stem and stem in other for other in stems)}
    shown = [[thing for thing in known if f"-{thing}-" in f"-{stem}-"] for stem in stems]
    shown = [[thing for thing in own if not any(thing != o and thing in o for o in own)] for own in shown]
    pairs = sorted({(a, b) for own in shown for a in own for b in own if a != b})
    vectors, unrelated = encoder.encode_images(pictures), encoder.encode_texts(list(UNRELATED))
    things, said = sorted(known), [[thing.replace("-", " ") for thing in pair] for pair in pairs]
    texts = dict(zip(things, encoder.encode_texts([thing.replace("-", " ") for thing in things]), strict=True))
    together = encoder.encode_texts([sentence(pair) for pair in said])
    has = {thing: np.array([thing in own for own in shown]) for thing in things}
    return [
        Trial(vectors, texts[a], texts[b], both, unrelated, has[a], has[b])
        for (a, b), both in zip(pairs, together, strict=True)
    ]
