"""Codes leave over the few vectors among which the nearest are: measured on vectors that lie as those of photos do."""

import numpy as np
import pytest

from indexer.photo import Vector
from indexer.store.codes import Coder, Codes, Ids, left_over

DIM = 128
MANY = 16_000
PAGE = 1000


def like_photos(count: int, dim: int = DIM, seed: int = 0) -> Vector:
    """A mean that all share, some subjects, few numbers that say most, and bursts: float32 (count, dim)."""
    rng = np.random.default_rng(seed)
    spread = (np.arange(1, dim + 1) ** -0.45).astype(np.float32)
    subjects = rng.normal(size=(120, dim)) * spread
    vectors = 0.75 * subjects[rng.zipf(1.4, count) % 120] + 0.5 * rng.normal(size=(count, dim)) * spread
    burst = np.flatnonzero(rng.random(count) < 0.2)[1:]
    vectors[burst] = vectors[burst - 1] + 0.05 * rng.normal(size=(len(burst), dim)) * spread
    turned = vectors @ np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return unit_rows(turned + np.linalg.norm(turned, axis=1).mean() * unit_rows(rng.normal(size=(1, dim))))


def like_noise(count: int, dim: int = DIM) -> Vector:
    return unit_rows(np.random.default_rng(0).normal(size=(count, dim)))


def unit_rows(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def like_words(vectors: Vector, seed: int = 3) -> Vector:
    """Questions as texts are: far from all photos, somewhat nearer to some."""
    rng = np.random.default_rng(seed)
    away = unit_rows(rng.normal(size=(1, vectors.shape[1])))
    middle = vectors.mean(axis=0)
    return unit_rows(0.5 * (vectors[rng.integers(0, len(vectors), 20)] - middle) + 0.8 * away + 0.2 * middle)


def codes_of(vectors: Vector) -> Codes:
    """Content 1 is the first."""
    codes = Codes(Coder.of(vectors[:: max(1, len(vectors) // 4096)]))
    for start in range(0, len(vectors), PAGE):
        some = vectors[start : start + PAGE]
        codes.room(start + PAGE)
        codes.put(start, PAGE, np.arange(len(some)), np.arange(len(some)) + start + 1, codes.coder.turned(some))
    return codes


def recall(codes: Codes, vectors: Vector, queries: Vector, k: int, best: int, among: Ids | None = None) -> float:
    """Of the `best` nearest the share that is left over where k are asked for."""
    allowed = np.arange(1, len(vectors) + 1) if among is None else among
    found = []
    for query in queries:
        nearest = allowed[np.argsort(-(vectors[allowed - 1] @ query))[:best]]
        left = codes.ids[codes.few(query, k, among)]
        assert len(left) == left_over(k, len(allowed))
        found.append(np.isin(nearest, left).mean())
    return float(np.mean(found))


@pytest.fixture(scope="module", params=[like_photos, like_noise])
def vectors(request: pytest.FixtureRequest) -> Vector:
    made: Vector = request.param(MANY)
    return made


@pytest.fixture(scope="module")
def codes(vectors: Vector) -> Codes:
    return codes_of(vectors)


@pytest.mark.parametrize("k", [10, 160, 1000])
def test_hardly_any_of_the_nearest_is_lost(codes: Codes, vectors: Vector, k: int) -> None:
    for queries in (vectors[77::800], like_words(vectors)):
        assert recall(codes, vectors, queries, k, min(k, 10)) >= 0.99
        assert recall(codes, vectors, queries, k, k) >= 0.99


@pytest.mark.parametrize("one_in", [2, 5])
def test_what_does_not_pass_is_never_left_over_and_what_is_near_among_the_rest_is(
    codes: Codes, vectors: Vector, one_in: int
) -> None:
    among = np.arange(one_in, MANY + 1, one_in)
    assert recall(codes, vectors, vectors[77::800], 160, 160, among) >= 0.99
    assert np.isin(codes.ids[codes.few(vectors[0], 160, among)], among).all()


def test_ids_that_are_not_here_pass_for_nothing() -> None:
    vectors = like_photos(2000, 64)
    codes = codes_of(vectors)
    few = codes.ids[codes.few(vectors[0], 10, np.array([3, 5, 10**6, 0]))]
    assert sorted(few.tolist()) == [3, 5]


def test_where_fewer_are_than_would_be_left_over_all_are_each_once() -> None:
    vectors = like_photos(700, 64)
    codes = codes_of(vectors)
    assert sorted(codes.ids[codes.few(vectors[0], 100)].tolist()) == list(range(1, 701))


@pytest.mark.parametrize("dim", [4, 63, 64, 100])
def test_any_length_of_vectors_will_do(dim: int) -> None:
    vectors = like_photos(2500, dim)
    assert recall(codes_of(vectors), vectors, vectors[:50], 10, 10) >= 0.99


def test_places_that_are_filled_anew_forget_what_was_there() -> None:
    vectors = like_photos(3000, 64)
    codes = codes_of(vectors)
    codes.put(0, PAGE, np.array([5, 7]), np.array([9001, 9002]), codes.coder.turned(vectors[[0, 1]]))
    assert codes.count == 2002
    left = codes.ids[codes.few(vectors[0], 10)]
    assert 9001 in left
    assert not np.isin(np.arange(1, PAGE + 1), left).any()


def test_vectors_that_are_all_the_same_are_no_harm() -> None:
    codes = codes_of(np.tile(like_photos(1, 64), (2000, 1)))
    assert len(set(codes.few(like_photos(1, 64)[0], 10).tolist())) == left_over(10, 2000)
