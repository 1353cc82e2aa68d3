"""All vectors at once, as they lie in sqlite-vec's own tables: the same as one by one."""

import numpy as np

from indexer.photo import Vector
from indexer.query import Filters
from indexer.store.library import Library
from indexer.store.vectors import CHUNK
from tests.indexer.conftest import photo, put_photos

MANY = 2 * CHUNK + 300


def random_photos(library: Library, count: int = MANY) -> Vector:
    """Puts them at /p/even/N.jpg and /p/odd/N.jpg; returns their vectors."""
    vectors = np.random.default_rng(3).normal(size=(count, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    put_photos(library, *(photo(f"/p/{('even', 'odd')[n % 2]}/{n}.jpg", v) for n, v in enumerate(vectors)))
    return vectors


def test_all_vectors_come_in_the_order_of_their_ids_as_they_were_put(library: Library) -> None:
    vectors = random_photos(library)
    ids, found = library.all_vectors()
    assert (np.diff(ids) > 0).all()
    np.testing.assert_array_equal(found, vectors)
    np.testing.assert_array_equal(found[::500], library.vectors_of(ids[::500].tolist()))


def test_of_those_that_pass_a_filter_no_others_come(library: Library) -> None:
    vectors = random_photos(library)
    _, found = library.all_vectors(Filters(folders=("/p/odd",)))
    np.testing.assert_array_equal(found, vectors[1::2])
    ids, none = library.all_vectors(Filters(folders=("/elsewhere",)))
    assert ids.shape == (0,) and none.shape == (0, 4)


def test_what_was_forgotten_is_not_among_them_and_what_took_its_room_is(library: Library) -> None:
    vectors = random_photos(library)
    library.forget("/p/even")
    late = np.array([0.6, 0.8, 0, 0], np.float32)
    put_photos(library, *(photo(f"/late/{n}.jpg", late) for n in range(CHUNK)))
    ids, found = library.all_vectors()
    assert len(set(ids.tolist())) == len(ids) == MANY // 2 + CHUNK
    np.testing.assert_array_equal(found[: MANY // 2], vectors[1::2])
    np.testing.assert_array_equal(found[MANY // 2 :], np.tile(late, (CHUNK, 1)))
