"""Options that take all pictures that follow, and concepts as a person reads of them."""

import math

import numpy as np
import pytest

from indexer.asking.calibration import Scale
from indexer.asking.concepts import Concept
from indexer.asking.heads import Head
from terminal.several import spread
from terminal.teaching import facts, line


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rex a b --not c d", "rex a b --not c --not d"),
        ("--not c d --json --model m", "--not c --not d --json --model m"),
        ("a --less b --not c d", "a --less b --not c --not d"),
        ("a --in b c", "a --in b c"),
        ("a b", "a b"),
    ],
)
def test_an_option_takes_what_follows_up_to_the_next(typed: str, meant: str) -> None:
    assert list(spread(typed.split())) == meant.split()


def concept(auc: float, found: int, of: int = 5) -> Concept:
    head = Head(np.zeros(2, np.float32), Scale(0, 0, 1, 1, 1, 1, 1, 1), "linear", auc, found, of, 0.5)
    return Concept("rex", of, 1, (), head)


@pytest.mark.parametrize(
    ("auc", "found", "said"),
    [
        (0.984, 5, "separates well (AUC 0.98; 5 of 5 found again)"),
        (0.96, 2, "separates somewhat (AUC 0.96; 2 of 5 found again)"),
        (0.71, 0, "does not separate (AUC 0.71; 0 of 5 found again): more examples, or --not"),
        (math.nan, 0, "there are too few other photos here to tell it from"),
    ],
)
def test_how_well_is_said_in_words(auc: float, found: int, said: str) -> None:
    assert line(concept(auc, found), "m") == f"rex: 5 examples, 1 that is none; {said}\n"


def test_without_its_pictures_nothing_is_told() -> None:
    lost = Concept("rex", 3, 0, ("/a.jpg", "/b.jpg"), None)
    assert line(lost, "m").startswith("rex: 3 examples; cannot be told with m: 2 of its pictures are not there")
    told = facts(lost, "m")
    assert (told["separates"], told["auc"], told["missing"]) == (None, None, ["/a.jpg", "/b.jpg"])
