"""A head does not flatter itself: its scale is that of photos it was not made with, in few and many dimensions."""

import numpy as np
import pytest

from indexer.asking.heads import Backdrop, distinct, learn
from indexer.photo import Vector

DIM = 128


def units(random: np.random.Generator, n: int) -> Vector:
    vectors = random.normal(size=(n, DIM)) * np.linspace(2, 0.2, DIM) + 3
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def like(random: np.random.Generator, one: Vector, n: int, noise: float) -> Vector:
    vectors = one + noise * random.normal(size=(n, DIM)) / DIM**0.5
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("sampled", [100, 150, 600])
def test_the_scale_is_that_of_photos_it_has_not_seen(sampled: int) -> None:
    """Also where there are fewer photos than numbers in a vector."""
    ratios = []
    for seed in range(8):
        random = np.random.default_rng(seed)
        sample, others = units(random, sampled), units(random, 4000)
        backdrop = Backdrop(sample, 4000)
        head = learn(backdrop, like(random, units(random, 1)[0], 4, 0.2), others[:0])
        linear = backdrop.head(like(random, units(random, 1)[0], 4, 0.2), others[:0], "linear")
        ratios.append(float(backdrop.scale(backdrop.scores(linear, "linear")).deviation / (others @ linear).std()))
        assert head.found == 4
    assert np.mean(ratios) == pytest.approx(1, abs=0.12)


def test_a_tenth_that_are_examples_hardly_widen_the_scale() -> None:
    random = np.random.default_rng(2)
    one, plain = units(random, 1)[0], units(random, 900)
    ones = like(random, one, 5, 0.2)
    alone = learn(Backdrop(plain, 1000), ones, ones[:0])
    among = learn(Backdrop(np.concatenate([plain, like(random, one, 100, 0.2)]), 1000), ones, ones[:0])
    assert alone.found == among.found == 5


def test_unlike_examples_are_not_found_again() -> None:
    random = np.random.default_rng(3)
    heads = [learn(Backdrop(units(random, 800), 100_000), units(random, 5), units(random, 0)) for _ in range(10)]
    assert np.mean([head.auc for head in heads]) == pytest.approx(0.5, abs=0.15)
    assert sum(head.found for head in heads) <= 1


def test_what_is_named_as_none_scores_lower_than_without() -> None:
    random = np.random.default_rng(4)
    one = units(random, 1)[0]
    look_alikes = like(random, like(random, one, 1, 0.5)[0], 6, 0.2)
    backdrop, ones = Backdrop(units(random, 500), 500), like(random, one, 4, 0.2)
    for way in ("prototype", "linear"):
        without = backdrop.scale(backdrop.scores(backdrop.head(ones, ones[:0], way), way))  # type: ignore[arg-type]
        before = without.standard(look_alikes[3:] @ backdrop.head(ones, ones[:0], way)).mean()  # type: ignore[arg-type]
        direction = backdrop.head(ones, look_alikes[:3], way)  # type: ignore[arg-type]
        after = backdrop.scale(backdrop.scores(direction, way)).standard(look_alikes[3:] @ direction).mean()  # type: ignore[arg-type]
        assert after < before - 1


def test_of_pictures_that_are_the_same_one_is_left() -> None:
    random = np.random.default_rng(5)
    three = units(random, 3)
    assert len(distinct(np.concatenate([three, three, like(random, three[0], 2, 0.001)]))) == 3
