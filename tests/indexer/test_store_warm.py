"""A library that is kept warm answers as one that is not, whatever is written to it meanwhile, and by whom."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.photo import ModelIdentity, Vector
from indexer.query import EVERYWHERE, Filters
from indexer.store import warm
from indexer.store.library import Library
from indexer.store.vectors import CHUNK, Vectors
from tests.indexer.conftest import photo, recording, tell_library, unit
from tests.indexer.test_store_codes import like_photos

DIM = 64
MANY = 3 * CHUNK + 100
WIDE = ModelIdentity("example/wide", "0123456789abcdef", "5eed" * 16, DIM, "squash8")
VECTORS = like_photos(MANY + 3 * CHUNK, DIM)
QUERIES = VECTORS[:MANY:211]


def put(library: Library, first: int, count: int, folder: str = "p") -> None:
    with recording(library, WIDE):
        library.put(
            photo(f"/{folder}/{n % 2}/{n}.jpg", VECTORS[n], data=f"{folder} {n}".encode())
            for n in range(first, first + count)
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library file to copy."""
    folder = tmp_path_factory.mktemp("made")
    with Library(folder) as library:
        put(library, 0, MANY)
    return folder / "library.db"


@pytest.fixture
def home(tmp_path: Path, made: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "library.db").write_bytes(made.read_bytes())
    return tmp_path / "home"


@pytest.fixture
def kept(home: Path) -> Iterator[Library]:
    with Library(home) as library:
        library.keep_warm(fewest=500)
        yield library


def agrees(library: Library, k: int = 20, filters: Filters = EVERYWHERE, queries: Vector = QUERIES) -> None:
    """With a library that was opened just now, but for a hundredth of what is found: never in a score."""
    with Library(library.path.parent) as cold:
        missed = 0
        for query in queries:
            found, expected = library.by_vector(query, k, filters), cold.by_vector(query, k, filters)
            assert len(found) == len(expected)
            scores = cold.all_vectors(filters)
            true = dict(zip(scores[0].tolist(), (scores[1] @ query).tolist(), strict=True))
            assert [score for _, score in found] == pytest.approx([true[number] for number, _ in found], abs=1e-5)
            assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
            missed += len({number for number, _ in expected} - {number for number, _ in found})
        assert missed <= 0.01 * k * len(queries)


def test_the_same_photos_come_in_the_same_order_with_the_same_scores(kept: Library, coded: list[int]) -> None:
    agrees(kept)
    with Library(kept.path.parent) as cold:
        for query in QUERIES[:5]:
            warm, exact = kept.by_vector(query, 10), cold.by_vector(query, 10)
            assert [number for number, _ in warm] == [number for number, _ in exact]
            assert [score for _, score in warm] == pytest.approx([score for _, score in exact], abs=1e-6)
    assert len(coded) == len(QUERIES) + 5


@pytest.mark.parametrize("k", [1, 100, 1000, MANY, MANY + 7, 4096, 5000])
def test_however_many_are_asked_for(kept: Library, k: int) -> None:
    agrees(kept, k, queries=QUERIES[:2])


def test_a_filter_holds(kept: Library, coded: list[int]) -> None:
    agrees(kept, 100, Filters(folders=("/p/1",)))
    assert not coded  # a quarter of so few would be compared exactly anyway
    agrees(kept, 20, Filters(folders=("/p/0/100.jpg", "/p/1/101.jpg")), QUERIES[:3])
    agrees(kept, 20, Filters(folders=("/elsewhere",)), QUERIES[:3])


def test_a_filter_holds_where_codes_are_asked(kept: Library, coded: list[int]) -> None:
    put(kept, MANY, 3 * CHUNK)
    agrees(kept, 1, Filters(folders=("/p/1",)), QUERIES)
    assert coded


def test_few_that_pass_are_found_without_a_look_at_all_others(
    kept: Library, coded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = Filters(folders=("/p/1", "/p/0/2.jpg"))
    expected = [kept.by_vector(query, 5, some) for query in QUERIES]
    monkeypatch.setattr(Vectors, "nearest", lambda *_: pytest.fail("all were compared"))
    assert [kept.by_vector(query, 5, some) for query in QUERIES] == expected
    assert coded
    few = Filters(folders=tuple(f"/p/{n % 2}/{n}.jpg" for n in range(1, 40)))
    assert {content for content, _ in kept.by_vector(QUERIES[0], 40, few)} == set(range(2, 41))


def test_what_another_process_adds_and_takes_away_is_seen(kept: Library, coded: list[int]) -> None:
    agrees(kept, queries=QUERIES[:2])
    with Library(kept.path.parent) as other:
        put(other, MANY, 300)
    agrees(kept, queries=VECTORS[MANY : MANY + 300 : 20])
    assert kept.by_vector(VECTORS[MANY + 7], 1)[0][1] == pytest.approx(1)
    with Library(kept.path.parent) as other:
        other.forget("/p/1")
        put(other, MANY + 300, 400)
    agrees(kept, 5, queries=VECTORS[MANY : MANY + 700 : 50])


def test_what_it_adds_and_takes_away_itself_is_seen(kept: Library, coded: list[int]) -> None:
    agrees(kept, queries=QUERIES[:2])
    put(kept, MANY, CHUNK + 50)
    agrees(kept, queries=VECTORS[MANY : MANY + CHUNK : 99])
    kept.forget("/p/0")
    agrees(kept, 1, queries=VECTORS[MANY : MANY + CHUNK : 99])
    assert coded


def test_a_photo_that_got_the_id_and_the_place_of_another_is_told_from_it(kept: Library) -> None:
    last = kept.by_vector(VECTORS[MANY - 1], 1)[0]
    with Library(kept.path.parent) as other:
        other.forget(f"/p/{(MANY - 1) % 2}/{MANY - 1}.jpg")
        put(other, MANY + 5, 1)
    found = kept.by_vector(VECTORS[MANY + 5], 1)
    assert found == [(last[0], pytest.approx(1))]


def test_one_that_shrinks_to_a_few_and_grows_again_is_asked_otherwise_each_time(
    kept: Library, coded: list[int]
) -> None:
    agrees(kept, queries=QUERIES[:2])
    asked = len(coded)
    kept.forget("/p")
    put(kept, 0, 200, "q")
    agrees(kept, queries=QUERIES[:2])
    assert len(coded) == asked
    put(kept, 200, MANY, "q")
    agrees(kept, queries=QUERIES)
    assert len(coded) > asked


def test_what_a_transaction_took_back_was_never_there(kept: Library) -> None:
    agrees(kept, queries=QUERIES[:2])

    class TakenBackError(Exception): ...

    with recording(kept, WIDE), pytest.raises(TakenBackError), kept._database.transaction():
        content = kept.files.add_content(photo("/p/x.jpg", VECTORS[MANY])[1])
        kept._models.vectors().add(content, VECTORS[MANY])
        kept.by_vector(VECTORS[MANY], 5)
        raise TakenBackError
    agrees(kept, queries=VECTORS[MANY : MANY + 3])


def test_a_photo_without_a_file_is_not_an_answer(kept: Library) -> None:
    tell_library(kept, "delete from file where path like '/p/1/%'")
    found = kept.by_vector(VECTORS[1], 20)
    assert len(found) == 20
    assert {hit.path.split("/")[2] for hit in kept.hits(found)} == {"0"}


def test_a_library_that_is_not_kept_warm_makes_no_codes(home: Path, coded: list[int]) -> None:
    with Library(home) as library:
        library.by_vector(VECTORS[0], 10)
    assert not coded


def test_to_keep_what_was_asked_is_no_reason_to_look_for_new_photos(
    kept: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.by_vector(VECTORS[0], 10)
    looked: list[bool] = []
    real = Vectors.fillings
    monkeypatch.setattr(Vectors, "fillings", lambda self: (looked.append(True), real(self))[1])
    kept.keep_words(WIDE.name, "a dog", VECTORS[5])
    kept.by_vector(VECTORS[5], 10)
    assert not looked
    put(kept, MANY, 1)
    kept.by_vector(VECTORS[5], 10)
    assert looked


def test_few_vectors_make_no_codes(home: Path, coded: list[int]) -> None:
    with Library(home) as library:
        library.keep_warm()
        agrees(library, queries=QUERIES[:2])
    assert warm.FEWEST > MANY
    assert not coded


# -- the rows themselves


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "forget", "ask"]), st.lists(st.integers(1, 60), max_size=20)), max_size=8
    )
)
def test_rows_are_those_of_the_table_whatever_was_added_and_removed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[int]]]
) -> None:
    with Library(tmp_path_factory.mktemp("rows")) as library:
        put(library, 0, 40)
        vectors = library._models.vectors()
        library.keep_warm(fewest=1)
        for number, (step, numbers) in enumerate(steps):
            if step == "add":
                put(library, 40 + number * 20, len(numbers), f"more {number}")
            elif step == "forget":
                library.let_go([f"/p/{n % 2}/{n}.jpg" for n in numbers])
            asked = [*numbers, 1, 2, 1, 10**9]
            rows = [
                library._database.value(f"select vector from {vectors._table} where content_id = ?", content)
                for content in asked
            ]
            expected = [np.zeros(DIM, np.float32) if row is None else np.frombuffer(row, np.float32) for row in rows]
            np.testing.assert_array_equal(library.vectors_of(asked), np.stack(expected))
            if count := vectors.count():
                with_filter = ("select id from content where id % 3", [])
                for among in (None, with_filter):
                    by_knn, by_blocks = (
                        ask(VECTORS[number], count, among) for ask in (vectors._by_knn, vectors._by_blocks)
                    )
                    assert dict(by_blocks) == pytest.approx(dict(by_knn), abs=1e-6)
                    assert by_blocks == sorted(by_blocks, key=lambda found: -found[1])
            one = vectors.get(asked[0])
            assert (one is None) == (rows[0] is None)
            assert one is None or np.array_equal(one, expected[0])


def test_no_rows_are_no_rows(kept: Library) -> None:
    assert kept.vectors_of([]).shape == (0, DIM)
    assert kept.vectors_of([10**9]).tolist() == [[0.0] * DIM]


def test_rows_are_of_one_moment_and_leave_no_transaction_open(kept: Library) -> None:
    kept.vectors_of([1, 2, 3])
    kept.by_vector(VECTORS[0], 3)
    assert kept._database.version is not None
    with pytest.raises(ValueError, match="unit length"):
        kept.by_vector(unit(*[1.0] * DIM) * 2, 3)
    assert kept._database.version is not None
