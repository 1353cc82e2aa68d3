"""Groups: pictures of known drawings fall into them, and they are called what they show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.organize import groups as rooms
from indexer.organize.groups import grouped, silhouette
from indexer.organize.naming import names
from indexer.organize.vocabulary import Word
from indexer.photo import Vector


def unit(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def bunches(count: int, each: int, dim: int = 32, seed: int = 1) -> Vector:
    random = np.random.default_rng(seed)
    return unit(
        np.repeat(random.normal(size=(count, dim)), each, axis=0) + 0.35 * random.normal(size=(count * each, dim))
    )


def labels(vectors: Vector, k: int | None = None) -> np.ndarray:
    found = np.full(len(vectors), -1)
    for number, group in enumerate(grouped(vectors, k)):
        found[group.rows] = number
    return found


def test_pictures_of_ten_drawings_fall_into_about_ten_groups_of_one_drawing_each(drawings: dict[str, Vector]) -> None:
    from sklearn.metrics import adjusted_rand_score

    known, found = np.repeat(np.arange(10), 20), labels(np.concatenate(list(drawings.values())))
    assert 9 <= found.max() + 1 <= 12
    assert adjusted_rand_score(known, found) >= 0.9
    purity = sum(np.bincount(known[found == number]).max() for number in range(found.max() + 1)) / len(known)
    assert purity >= 0.95


@pytest.mark.parametrize("count", [2, 3, 6, 12])
def test_the_number_of_groups_is_found(count: int) -> None:
    assert len(grouped(bunches(count, 40))) == count


def test_among_many_photos_the_groups_of_the_sample_hold_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SAMPLE", 200)
    vectors = bunches(6, 400)
    found = labels(vectors)
    assert [len(set(found[start : start + 400].tolist())) for start in range(0, 2400, 400)] == [1] * 6


def test_every_photo_is_in_one_group_the_largest_first_the_most_central_first_and_always_the_same() -> None:
    vectors = np.concatenate([bunches(1, 50, seed=1), bunches(3, 10, seed=2)])
    found = grouped(vectors, 4)
    assert sorted(np.concatenate([group.rows for group in found]).tolist()) == list(range(80))
    assert [len(group.rows) for group in found] == [50, 10, 10, 10]
    cosines = vectors[found[0].rows] @ found[0].middle
    assert (np.diff(cosines) <= 1e-6).all()
    assert [group.rows.tolist() for group in grouped(vectors, 4)] == [group.rows.tolist() for group in found]


@settings(max_examples=25)
@given(n=st.integers(0, 12), k=st.none() | st.integers(1, 15))
def test_few_photos_and_more_groups_than_photos_are_fine(n: int, k: int | None) -> None:
    found = grouped(bunches(1, max(n, 1), seed=3)[:n], k)
    assert sum(len(group.rows) for group in found) == n
    assert len(found) <= max(1, min(k or n, n)) if n else not found


def test_photos_that_are_all_the_same_are_one_group() -> None:
    (group,) = grouped(np.repeat(bunches(1, 1), 30, axis=0))
    assert len(group.rows) == 30
    assert group.cohesion == pytest.approx(1, abs=1e-5)


def test_the_silhouette_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import silhouette_score

    vectors = bunches(4, 12)
    random = np.random.default_rng(1).integers(0, 4, 48).astype(np.int32)
    for parts in (random, (np.arange(48) // 12).astype(np.int32), np.array([9] + [3] * 47, np.int32)):
        expected = silhouette_score(vectors, parts, metric="cosine")
        assert silhouette(vectors @ vectors.T, parts) == pytest.approx(expected, abs=1e-4)


def test_a_group_is_called_what_sets_it_apart_and_no_two_have_the_same_first_word() -> None:
    axes = np.eye(6, dtype=np.float32)
    words = [Word(name) for name in ("photo", "dog", "cat", "boat", "leash", "night")]
    # every picture is a photo; the first twenty are dogs, ten of them on a leash, then come dogs with a boat, and cats
    pictures = [axes[0] + axes[1]] * 10 + [axes[0] + axes[1] + axes[4]] * 10
    pictures += [axes[0] + axes[1] + 0.8 * axes[3]] * 12 + [axes[0] + axes[2]] * 8
    vectors = unit(np.array(pictures))
    found = grouped(vectors, 4)
    named = {frozenset(group.rows.tolist()): of for group, of in zip(found, names(found, words, axes), strict=True)}
    firsts = [of[0].name for of in named.values()]
    assert len(set(firsts)) == 4
    assert named[frozenset(range(10, 20))][0].name == "leash"
    assert named[frozenset(range(20, 32))][0].name == "boat"
    assert named[frozenset(range(32, 40))] == (Word("cat"),)
    assert named[frozenset(range(10))][0].name == "dog"


def test_one_group_alone_is_called_what_it_is_most_like() -> None:
    axes = np.eye(3, dtype=np.float32)
    found = grouped(np.repeat(axes[1:2], 5, axis=0))
    assert names(found, [Word("dog"), Word("cat"), Word("boat")], axes) == [(Word("cat"),)]
