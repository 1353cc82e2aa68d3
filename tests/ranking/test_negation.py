"""Negation works: the excluded leaves the first ten, the wanted stays; subtracting vectors costs it its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mlx_clip
from demo.tour import ALBUM
from tests.ranking.negation import ORDERS, Trial, album, imagined, outcome, subtracted, vetoed


@pytest.mark.parametrize(("noise", "alike"), [(1.0, 0.4), (1.0, 0.8), (1.4, 0.4)])
def test_in_imagined_libraries_the_excluded_leaves_and_the_wanted_stays(noise: float, alike: float) -> None:
    trials = list(imagined(30, noise, alike))
    plain, veto, whole = (outcome(trials, ORDERS[name]) for name in ("plain", "veto", "- 1"))
    assert plain.excluded > 1
    assert veto.excluded < 0.2 * plain.excluded
    assert veto.left >= 0.95 and veto.stayed >= 0.92 and veto.kept == 1.0
    assert veto.stayed > whole.stayed + 0.05


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Trial]]:
    encoder = mlx_clip.load("pics-mini", cache=tmp_path_factory.mktemp("models"))
    yield album(encoder, sorted(Path(path) for path in ALBUM.rglob("*.jpg") if path.stem != "broken"))


def test_in_the_album_the_excluded_leaves_and_the_wanted_stays_at_its_place(trials: list[Trial]) -> None:
    """What subtracting takes from most: the first of the wanted keeps its place."""
    veto, half, whole = (outcome(trials, order) for order in (vetoed, subtracted(0.5), subtracted(1.0)))
    assert veto.left >= 0.9 and veto.stayed >= 0.9 and veto.kept >= 0.95
    assert half.left < 0.65 and half.kept < 0.85
    assert whole.stayed < 0.85 and whole.kept < 0.6
