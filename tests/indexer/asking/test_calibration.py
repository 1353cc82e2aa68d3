"""A cosine's worth: unrelated questions are hardly ever sure of themselves, however large the library is."""

import math

import numpy as np
import pytest

from indexer.asking.calibration import CHANCE, UNRELATED, mean_cosine, measured, verdict
from indexer.asking.evidence import soft_minimum
from indexer.photo import Vector

DIM = 96


def units(random: np.random.Generator, n: int, side: Vector) -> Vector:
    """Directions of which some are more usual than others, on one side of the sphere, as a model makes them."""
    vectors = random.normal(size=(n, DIM)) * np.linspace(2, 0.3, DIM) / 1.2 + 0.7 * side
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_unrelated_questions_are_sure_as_rarely_as_promised_in_small_and_large_libraries(seed: int) -> None:
    """Fourfold is allowed: sixty texts do not tell a distribution to the last per cent."""
    random = np.random.default_rng(seed)
    photo_side, text_side = random.normal(size=(2, DIM))
    photos = units(random, 30_000, photo_side)
    texts, questions = units(random, len(UNRELATED), text_side), units(random, 300, text_side)
    likely = []
    for n in (100, 1_000, 30_000):
        sample = photos[np.linspace(0, n - 1, min(n, 1024)).astype(int)]
        scale = measured(texts @ sample.T, len(sample), n, mean_cosine(texts))
        best = (questions @ photos[:n].T).max(axis=1)
        verdicts = [verdict(surprise) for surprise in scale.surprise(best, n)]
        assert verdicts.count("strong") <= 4 * CHANCE["strong"] * len(questions)
        likely.append(1 - verdicts.count("weak") / len(questions))
        assert likely[-1] <= 4 * CHANCE["likely"]
        raw = (best >= scale.mode + 2.25 * scale.spread).mean()
        assert n < 30_000 or raw > 2 * likely[-1], "the size of the library must matter"


def test_a_photo_far_above_the_unrelated_is_strong_and_one_among_them_weak() -> None:
    random = np.random.default_rng(4)
    scale = measured(random.normal(0.1, 0.03, (60, 500)), 500, 500, 0.0)
    assert [verdict(float(scale.surprise(np.array(cosine), 500))) for cosine in (0.30, 0.10)] == ["strong", "weak"]


def test_a_few_texts_that_are_related_after_all_change_little() -> None:
    random = np.random.default_rng(5)
    cosines = random.normal(0.1, 0.03, (60, 500))
    clean = measured(cosines, 500, 500, 0.0)
    cosines[:6, :20] += 0.3
    dirty = measured(cosines, 500, 500, 0.0)
    assert abs(dirty.mode - clean.mode) < 0.3 * 0.1
    assert dirty.spread < 2 * clean.spread


@pytest.mark.parametrize("photos", [1, 2, 3])
def test_a_library_of_a_few_photos_has_a_scale_of_numbers(photos: int) -> None:
    scale = measured(np.full((60, photos), 0.2), photos, photos, 0.0)
    assert all(math.isfinite(value) for value in (scale.mode, scale.spread, scale.growth, scale.deviation))


def test_the_verdicts_stand_where_chance_says() -> None:
    for name, chance in CHANCE.items():
        edge = -math.log(-math.log(1 - chance))
        assert verdict(edge + 1e-9) == name
        assert verdict(edge - 1e-9) != name


def test_the_unrelated_texts_are_short_distinct_and_of_two_languages() -> None:
    assert len(set(UNRELATED)) == len(UNRELATED) == 60
    assert sum(not text.isascii() for text in UNRELATED) == 20


def test_the_soft_minimum_is_the_value_of_one_and_near_the_lowest_of_several() -> None:
    one, two = np.array([1.0, 5.0, -2.0]), np.array([3.0, 0.0, -2.0])
    assert soft_minimum([one], [7.0]) == pytest.approx(one)
    both = soft_minimum([one, two], [1.0, 1.0])
    assert (both >= np.minimum(one, two) - 1e-9).all() and (both <= np.minimum(one, two) + math.log(2)).all()
    assert soft_minimum([one, two], [9.0, 1.0])[1] > both[1]
