"""Rows on disk say more finely than codes which vectors are near, wherever a chunk of them lies."""

import os
from pathlib import Path

import numpy as np
import pytest

from indexer.photo import Vector
from indexer.store.codes import Coder, Ids
from indexer.store.fine import Fine, left_over, size_of
from indexer.store.vectors import CHUNK
from tests.indexer.test_store_codes import like_noise, like_photos, like_words, unit_rows

DIM = 128
MANY = 6 * CHUNK
EVERYWHERE = np.arange(MANY)
VECTORS = like_photos(MANY)
CODER = Coder.of(VECTORS)


def put(fine: Fine, vectors: Vector, *chunks: int) -> Fine:
    for chunk in chunks:
        fine.put(chunk * CHUNK, np.arange(CHUNK), CODER.turned(vectors[chunk * CHUNK : (chunk + 1) * CHUNK]))
    return fine


def written(fine: Fine, path: Path, chunks: int) -> Fine:
    """Read from a file, in which something else comes first."""
    path.write_bytes(b"xyz" + b"".join(fine.chunks(chunks)))
    return Fine(CODER, path.parent, os.open(path, os.O_RDONLY), 3)


def all_found(fine: Fine, vectors: Vector, queries: Vector, k: int, places: Ids = EVERYWHERE) -> bool:
    for query in queries:
        nearest = places[np.argsort(-(vectors[places] @ query))[:k]]
        best = fine.best(query, left_over(k), places)
        assert len(best) == min(left_over(k), len(places))
        if not np.isin(nearest, best).all():
            return False
    return True


@pytest.mark.parametrize("vectors", [VECTORS, like_noise(MANY)], ids=["photos", "noise"])
def test_all_of_the_nearest_are_left_over(tmp_path: Path, vectors: Vector) -> None:
    fine = put(Fine(CODER, tmp_path), vectors, *range(6))
    for k in (1, 10, 160, 1000, MANY):
        assert all_found(fine, vectors, np.concatenate([vectors[::1500], like_words(vectors)[:5]]), k)
        assert all_found(fine, vectors, vectors[::1500], k, EVERYWHERE[5::9])


def test_vectors_that_lie_far_from_all_others_are_told_from_each_other(tmp_path: Path) -> None:
    """As pictures of a single colour do: their numbers are larger than those of photos."""
    vectors = VECTORS.copy()
    rng = np.random.default_rng(1)
    vectors[:300] = unit_rows(-4 * VECTORS.mean(axis=0) + 0.1 * rng.normal(size=(300, DIM)))
    assert all_found(put(Fine(CODER, tmp_path), vectors, *range(6)), vectors, vectors[:300:60], 20)


def test_rows_in_the_file_and_rows_that_came_since_are_one(tmp_path: Path) -> None:
    fine = written(put(Fine(CODER, tmp_path), VECTORS, 0, 1, 2, 3, 4), tmp_path / "rows", 5)
    other = np.roll(VECTORS, 7, axis=0)
    put(fine, other, 5, 1)
    now = VECTORS.copy()
    for chunk in (1, 5):
        now[chunk * CHUNK : (chunk + 1) * CHUNK] = other[chunk * CHUNK : (chunk + 1) * CHUNK]
    assert all_found(fine, now, now[::600], 10)
    assert all_found(written(fine, tmp_path / "again", 6), now, now[::600], 10)


def test_what_came_since_is_in_no_file_that_anyone_sees(tmp_path: Path) -> None:
    put(Fine(CODER, tmp_path), VECTORS, 0)
    assert not list(tmp_path.iterdir())


def test_files_are_closed_with_it(tmp_path: Path) -> None:
    rows = written(put(Fine(CODER, tmp_path), VECTORS, 0), tmp_path / "rows", 1)
    put(rows, VECTORS, 0)
    files = (rows._written, rows._since)
    del rows
    for file in files:
        assert file is not None
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(file)


def test_a_file_that_ends_too_soon_is_an_error(tmp_path: Path) -> None:
    fine = written(put(Fine(CODER, tmp_path), VECTORS, 0, 1), tmp_path / "rows", 2)
    os.truncate(tmp_path / "rows", 3 + 2 * CHUNK * size_of(DIM) - 1)
    assert len(fine.best(VECTORS[0], 5, np.arange(2 * CHUNK - 1))) == 5
    with pytest.raises(OSError, match="less in the file"):
        fine.best(VECTORS[0], 5, np.arange(2 * CHUNK))
    with pytest.raises(OSError, match="less in the file"):
        list(fine.chunks(2))


def test_places_that_were_never_filled_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="less in the file"):
        Fine(CODER, tmp_path).best(VECTORS[0], 1, EVERYWHERE[:9])
