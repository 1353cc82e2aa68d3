"""Each photo's nearest: all of them among few photos, nearly all among many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.organize import neighbours
from indexer.organize.neighbours import nearest
from indexer.photo import Vector


def unit(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def photos(n: int, dim: int = 32, seed: int = 1) -> Vector:
    """Bunches of alike pictures around a hundred subjects."""
    random = np.random.default_rng(seed)
    subjects = random.normal(size=(100, dim))
    bunches = subjects[random.integers(100, size=n // 20 + 1)] + 0.7 * random.normal(size=(n // 20 + 1, dim))
    return unit(bunches[random.integers(len(bunches), size=n)] + 0.4 * random.normal(size=(n, dim)))


def by_comparing_all(vectors: Vector, k: int) -> np.ndarray:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    return np.argsort(-cosines, axis=1)[:, :k]


def test_among_many_nearly_all_are_found_as_by_comparing_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "FEW", 100)
    vectors = photos(4000)
    expected = by_comparing_all(vectors, 5)
    found = nearest(vectors, 5)
    shared = [len(set(a) & set(b)) for a, b in zip(expected, found.rows, strict=True)]
    assert np.mean(shared) > 0.97 * 5
    assert np.mean(found.rows[:, 0] == expected[:, 0]) > 0.99


def test_the_cosines_are_those_of_the_rows_and_the_best_comes_first() -> None:
    vectors = photos(300)
    found = nearest(vectors, 4)
    told = np.einsum("nd,nkd->nk", vectors, vectors[found.rows])
    np.testing.assert_allclose(found.cosines, told, atol=1e-6)
    assert (np.diff(found.cosines, axis=1) <= 0).all()
    assert not (found.rows == np.arange(300)[:, None]).any()


@given(n=st.integers(0, 40), k=st.integers(1, 8))
def test_few_photos_are_all_compared_and_what_is_lacking_is_minus_one(n: int, k: int) -> None:
    vectors = photos(max(n, 1))[:n]
    found = nearest(vectors, k)
    assert found.rows.shape == (n, k)
    known = min(k, max(0, n - 1))
    assert (found.rows[:, known:] == -1).all()
    if known:
        best = by_comparing_all(vectors, known)
        np.testing.assert_allclose(
            found.cosines[:, :known], np.take_along_axis(vectors @ vectors.T, best, axis=1), atol=1e-6
        )


def test_many_that_are_the_same_do_not_hang_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "FEW", 100)
    vectors = np.concatenate([photos(600), np.repeat(photos(1), 2000, axis=0)])
    found = nearest(vectors, 3)
    assert (found.cosines[600:] > 0.999).all()
