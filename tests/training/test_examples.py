"""Which captions are true of which pictures."""

import numpy as np

from training.concepts import Concept
from training.examples import Batch, Example, Examples, _together
from training.pictograms import Pictograms

PIXELS = np.zeros((64, 64, 3), np.uint8)


def example(shown: set[int], meant: set[int] | None = None, general: bool = True) -> Example:
    return Example(PIXELS, "", frozenset(shown), frozenset(shown if meant is None else meant), general)


def batch(*examples: Example) -> Batch:
    return _together(list(examples), concepts=4)


def test_a_name_is_true_of_every_picture_of_its_thing() -> None:
    made = batch(example({0}), example({0}), example({1}))
    assert made.positive.tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert not made.unclear.any()


def test_a_keyword_is_true_of_all_things_that_have_it() -> None:
    made = batch(example({0}, meant={0, 1}), example({1}))
    assert made.positive.tolist() == [[True, False], [True, True]]


def test_a_scene_belongs_to_its_caption_and_is_no_example_against_its_parts() -> None:
    made = batch(example({0, 1}, general=False), example({0}), example({2}))
    assert made.positive.tolist() == np.eye(3, dtype=bool).tolist()
    assert made.unclear.tolist() == [[False, True, False], [True, False, False], [False, False, False]]


def test_colours_are_no_concepts() -> None:
    made = batch(example({-3}, general=False), example({2}))
    assert made.shown.tolist() == [[False] * 4, [False, False, True, False]]


def test_a_batch_has_pictures_captions_and_what_they_are_about(concepts: list[Concept], pictograms: Pictograms) -> None:
    made = next(Examples(concepts, pictograms, seed=1).batches(16))
    assert made.pixels.shape == (len(made.captions), 64, 64, 3) and made.pixels.dtype == np.uint8
    assert np.diag(made.positive).all() and not (made.positive & made.unclear).any()
