"""Batches of pictures and captions, and which of them belong together.

Most pictures show one thing, some a thing of a named colour or before a named colour, some two or three things, a few a
plain shape. A caption that names a thing is true of every picture of that thing; any other is true of its own alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from training import pictures
from training.captions import Speaker
from training.concepts import Concept
from training.pictograms import Pictograms
from training.pictures import COLOURS, SHAPES, SIDE, Place, Rgb
from training.sources import STYLES

GLYPHS = {style.name for style in STYLES if style.glyphs}
SCENES, COLOURED, ON_GROUND, PLAIN = 0.12, 0.04, 0.05, 0.02  # of all pictures; the rest shows one thing
T = TypeVar("T")
LAYOUTS = {
    2: (Place(0.27, 0.5, 0.5), Place(0.73, 0.5, 0.5)),
    3: (Place(0.25, 0.3, 0.45), Place(0.75, 0.3, 0.45), Place(0.5, 0.72, 0.45)),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A picture, its caption, the concepts that are in it, and those of which the caption is true whatever else is."""

    pixels: NDArray[np.uint8]
    caption: str
    shown: frozenset[int]
    meant: frozenset[int]
    general: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """n pictures uint8 (n, SIDE, SIDE, 3), n captions, and for each pair (picture, caption) what is true of it.

    `positive`: they belong together. `unclear`: the caption is about something in the picture, but not about the
    picture; neither pull nor push. Both bool (n, n). `shown` and `meant`: bool (n, concepts).
    """

    pixels: NDArray[np.uint8]
    captions: list[str]
    positive: NDArray[np.bool_]
    unclear: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    meant: NDArray[np.bool_]


class Examples:
    """An endless source of batches, the same for the same seed."""

    def __init__(self, concepts: list[Concept], pictograms: Pictograms, seed: int) -> None:
        self._concepts = concepts
        self._pictograms = pictograms
        self._random = np.random.default_rng(seed)
        self._speaker = Speaker(self._random)
        self._drawings = _by_concept(pictograms)
        self._called = _called(concepts)

    def batches(self, size: int) -> Iterator[Batch]:
        while True:
            yield _together([self._example(int(n)) for n in self._concepts_of_a_batch(size)], len(self._concepts))

    def _concepts_of_a_batch(self, size: int) -> NDArray[np.int64]:
        """Different ones as far as they go."""
        return self._random.permutation(len(self._concepts))[:size]

    def _example(self, n: int) -> Example:
        chance = self._random.random()
        if chance < SCENES:
            return self._scene(n)
        if chance < SCENES + COLOURED:
            return self._coloured(n)
        if chance < SCENES + COLOURED + ON_GROUND:
            return self._on_ground(n)
        if chance < SCENES + COLOURED + ON_GROUND + PLAIN:
            return self._plain()
        caption, name = self._speaker.of_thing(self._concepts[n])
        return Example(self._picture([n]), caption, frozenset([n]), self._called[name], general=True)

    def _scene(self, n: int) -> Example:
        others = self._random.permutation(len(self._concepts))[: self._random.integers(1, 3)]
        shown = list(dict.fromkeys([n, *map(int, others)]))
        if len(shown) == 1:
            return self._on_ground(n)
        caption = self._speaker.of_scene([self._concepts[k] for k in shown])
        return Example(self._picture(shown), caption, frozenset(shown), frozenset(shown), general=False)

    def _coloured(self, n: int) -> Example:
        colour = self._one(list(COLOURS))
        caption = self._speaker.of_coloured(self._concepts[n], colour)
        return Example(self._picture([n], colour), caption, frozenset([n]), frozenset([n]), general=False)

    def _on_ground(self, n: int) -> Example:
        colour = self._one(list(COLOURS))
        caption = self._speaker.of_ground(self._concepts[n], colour)
        return Example(self._picture([n], ground=colour), caption, frozenset([n]), frozenset([n]), general=False)

    def _plain(self) -> Example:
        """A shape or a colour; as concepts they are numbered behind the real ones."""
        colour, shape = self._one(list(COLOURS)), self._one([*SHAPES, None])
        caption = self._speaker.of_shape(shape, colour)
        number = frozenset([-1 - list(COLOURS).index(colour)])
        if shape is None:
            pixels = pictures.compose([], [], COLOURS[colour], self._random)
        else:
            ground = self._one([name for name in COLOURS if name != colour])
            drawn = (pictures.shape(shape, COLOURS[colour]), False, COLOURS[colour])
            pixels = pictures.compose([drawn], [self._place()], COLOURS[ground], self._random)
        return Example(pixels, caption, number, number, general=False)

    def _picture(self, shown: list[int], colour: str | None = None, ground: str | None = None) -> NDArray[np.uint8]:
        drawn = [self._drawing(n, COLOURS[colour] if colour else None) for n in shown]
        places = [self._place()] if len(shown) == 1 else [self._near(place) for place in LAYOUTS[len(shown)]]
        return pictures.compose(drawn, places, COLOURS[ground] if ground else None, self._random)

    def _drawing(self, n: int, colour: Rgb | None) -> tuple[NDArray[np.uint8], bool, Rgb | None]:
        number = self._one(self._drawings[n])
        return self._pictograms.drawings[number], self._pictograms.styles[number] in GLYPHS, colour

    def _place(self) -> Place:
        size = self._random.uniform(0.6, 1.0)
        slack = (1 - size) / 2 + 0.04
        x, y = self._random.uniform(-slack, slack, 2)
        return Place(0.5 + x, 0.5 + y, size)

    def _near(self, place: Place) -> Place:
        x, y = self._random.normal(0, 0.02, 2)
        return Place(place.x + x, place.y + y, place.size * self._random.uniform(0.85, 1.15))

    def _one(self, choices: list[T]) -> T:
        return choices[self._random.integers(len(choices))]


def _by_concept(pictograms: Pictograms) -> list[list[int]]:
    """For each concept its drawings; glyphs, of which there are many sets, count less than drawings in colour."""
    trained = {style.name for style in STYLES if style.training}
    found: dict[int, list[int]] = defaultdict(list)
    for number, (style, concept) in enumerate(zip(pictograms.styles, pictograms.concepts, strict=True)):
        if style in trained:
            found[int(concept)] += [number] * (1 if style in GLYPHS else 4)
    return [found[n] for n in range(len(found))]


def _called(concepts: list[Concept]) -> dict[str, frozenset[int]]:
    """Each name and keyword -> the concepts that have it."""
    called: dict[str, set[int]] = defaultdict(set)
    for n, concept in enumerate(concepts):
        for name in (*concept.english, *concept.japanese):
            called[name].add(n)
    return {name: frozenset(numbers) for name, numbers in called.items()}


def _together(examples: list[Example], concepts: int) -> Batch:
    about = np.array([[not p.shown.isdisjoint(c.meant) for c in examples] for p in examples])
    positive = np.array([[c.general and p.general and p.shown <= c.meant for c in examples] for p in examples])
    np.fill_diagonal(positive, True)
    pixels = np.stack([example.pixels for example in examples])
    assert pixels.shape[1:] == (SIDE, SIDE, 3)
    shown, meant = (_marked(sets, concepts) for sets in ([e.shown for e in examples], [e.meant for e in examples]))
    return Batch(pixels, [example.caption for example in examples], positive, about & ~positive, shown, meant)


def _marked(sets: list[frozenset[int]], concepts: int) -> NDArray[np.bool_]:
    """Sets of numbers -> bool (sets, concepts); colours and shapes, which have numbers below 0, are no concepts."""
    marked = np.zeros((len(sets), concepts), np.bool_)
    for row, numbers in zip(marked, sets, strict=True):
        row[[n for n in numbers if n >= 0]] = True
    return marked
