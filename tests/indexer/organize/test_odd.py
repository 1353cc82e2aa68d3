"""What does not belong is found: among pictures of known drawings, strays of others."""

from pathlib import Path

import numpy as np
import pytest

from indexer.organize.gathered import gather
from indexer.organize.odd import STANDS_OUT, hits_of, odd
from indexer.photo import Vector
from indexer.query import EVERYWHERE, Filters
from indexer.store.library import Library

EACH = 20


def folder(drawings: dict[str, Vector], seed: int, copies: int = 1) -> tuple[Vector, set[int]]:
    """One to three kinds of pictures, 12 to 20 of each, and at the end strays of other kinds; the rows of these."""
    random = np.random.default_rng(seed)
    kinds = [list(drawings)[number] for number in random.permutation(len(drawings))]
    own = int(random.integers(1, 4))
    usual = np.concatenate([drawings[kind][: EACH - 4 * place] for place, kind in enumerate(kinds[:own])])
    strays = np.stack([drawings[kind][random.integers(EACH)] for kind in kinds[own : own + 2]])
    again = np.concatenate([strays] * copies) + 0.005 * random.normal(size=(2 * copies, strays.shape[1]))
    vectors = np.concatenate([usual, again / np.linalg.norm(again, axis=1, keepdims=True)]).astype(np.float32)
    return vectors, set(range(len(usual), len(vectors)))


@pytest.mark.parametrize("copies", [1, 2, 3], ids=["alone", "twice", "in bursts of three"])
def test_the_strays_of_twenty_folders_are_the_oddest_there(drawings: dict[str, Vector], copies: int) -> None:
    found = wanted = 0
    for seed in range(20):
        vectors, strays = folder(drawings, seed, copies)
        oddest = {stray.row for stray in odd(vectors, 0)[: len(strays)]}
        found, wanted = found + len(oddest & strays), wanted + len(strays)
    assert found / wanted >= 0.95


def test_a_smaller_kind_of_a_folder_is_not_odd(drawings: dict[str, Vector]) -> None:
    vectors = np.concatenate([drawings["airplane"], drawings["cat"], drawings["pizza"][:10]])
    assert not {stray.row for stray in odd(vectors)} & set(range(40, 50))


def test_few_pictures_stand_out_where_none_is_a_stray(drawings: dict[str, Vector]) -> None:
    flagged = [len(odd(vectors)) for vectors in drawings.values()]
    assert sum(flagged) <= 0.05 * EACH * len(drawings)


def test_scores_fall_and_usual_is_about_one(drawings: dict[str, Vector]) -> None:
    found = odd(np.concatenate(list(drawings.values())), 0)
    scores = [stray.score for stray in found]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == EACH * len(drawings)
    assert 0.6 < float(np.median(scores)) <= 1.0


def test_the_reason_tells_cosines_that_are_so() -> None:
    random = np.random.default_rng(1)
    near = np.eye(1, 16) + 0.05 * random.normal(size=(30, 16))
    vectors = np.concatenate([near, np.eye(1, 16, 5)]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stray = odd(vectors)[0]
    assert stray.row == 30
    cosines = np.sort(vectors[:30] @ vectors[30])[::-1]
    assert cosines[7] <= stray.alike <= cosines[4]
    assert stray.likest == int((vectors[:30] @ vectors[30]).argmax())
    assert stray.far
    assert len(stray.why) == 2
    assert f"{stray.alike:.2f}" in stray.why[0]


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_among_fewer_than_four_nothing_is_odd(n: int) -> None:
    assert odd(np.eye(4, dtype=np.float32)[:n]) == []


def test_pictures_that_are_all_the_same_have_no_stray() -> None:
    assert odd(np.repeat(np.eye(1, 8, dtype=np.float32), 40, axis=0), STANDS_OUT) == []


def test_every_path_of_a_stray_is_a_hit_that_says_what_is_most_like_it(album: Library) -> None:
    gathered = gather(album, EVERYWHERE)
    found = [stray for stray in odd(gathered.vectors, 0) if len(gathered.paths[stray.row]) > 1]
    hits = hits_of(album, gathered, found, EVERYWHERE)
    assert len(hits) == sum(len(gathered.paths[stray.row]) for stray in found) >= 4
    assert all(hit.why[-1].startswith("most like it: /") for hit in hits)
    inside = Filters(folders=(str(Path(hits[0].path).parent),))
    assert {Path(hit.path).parent for hit in hits_of(album, gathered, found, inside)} == {Path(hits[0].path).parent}
