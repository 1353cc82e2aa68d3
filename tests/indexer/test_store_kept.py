"""Codes in a file beside a library are believed where they are of what is in it, and nowhere else."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.photo import ModelIdentity
from indexer.query import Filters
from indexer.store import fine, kept, warm
from indexer.store.fine import Fine
from indexer.store.kept import Beside
from indexer.store.library import Library
from indexer.store.vectors import CHUNK, Vectors
from tests.indexer.conftest import photo, recording
from tests.indexer.test_store_codes import like_photos

DIM = 64
MANY = 3 * CHUNK + 100
MODEL = ModelIdentity("example/wide", "0123456789abcdef", "5eed" * 16, DIM, "squash8")
VECTORS = like_photos(MANY + CHUNK, DIM)
QUERIES = VECTORS[:MANY:600]
FILE = "library.db-codes-1"


def put(library: Library, first: int, count: int, folder: str = "p") -> None:
    with recording(library, MODEL):
        library.put(
            photo(f"/{folder}/{n}.jpg", VECTORS[n], data=f"{folder} {n}".encode()) for n in range(first, first + count)
        )


@pytest.fixture(autouse=True)
def _worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "WORTH_KEEPING", 2 * CHUNK)
    monkeypatch.setattr(warm, "FEWEST", 2 * CHUNK)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library, and its codes."""
    folder = tmp_path_factory.mktemp("made")
    with Library(folder) as library, pytest.MonkeyPatch.context() as patch:
        patch.setattr(warm, "WORTH_KEEPING", 2 * CHUNK)
        patch.setattr(warm, "FEWEST", 2 * CHUNK)
        put(library, 0, MANY)
        library.keep_codes()
    assert {file.name for file in folder.iterdir()} >= {"library.db", FILE}
    return folder


@pytest.fixture
def home(tmp_path: Path, made: Path) -> Path:
    for name in ("library.db", FILE):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    return tmp_path


def answers(home: Path, k: int = 10) -> list[list[int]]:
    """As single questions are answered, each by a library that was just opened."""
    found = []
    for query in QUERIES:
        with Library(home) as library:
            found.append([content_id for content_id, _ in library.by_vector(query, k)])
    return found


def exact(home: Path, k: int = 10) -> list[list[int]]:
    with Library(home) as library:
        return [[content_id for content_id, _ in library._models.vectors().nearest(query, k)] for query in QUERIES]


def damaged(path: Path, change: "bytes | int") -> None:
    """Other bytes, or so many of the old ones."""
    data = path.read_bytes()
    path.write_bytes(data[:change] if isinstance(change, int) else change)


def rewritten(path: Path, **facts: object) -> None:
    """With other facts in the header, of the same length in the file."""
    line, _, rest = path.read_bytes().partition(b"\n")
    header = json.dumps(json.loads(line) | facts).encode()
    path.write_bytes(header.ljust(len(line)) + b"\n" + rest)


def test_a_single_question_is_answered_by_them(home: Path, coded: list[int]) -> None:
    assert answers(home) == exact(home)
    assert len(coded) == len(QUERIES)


def test_no_chunk_is_read_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vectors, "chunk", lambda *_: pytest.fail("a chunk was read"))
    monkeypatch.setattr(Vectors, "nearest", lambda *_: pytest.fail("all were compared"))
    with Library(home) as library:
        assert len(library.by_vector(QUERIES[0], 10)) == 10


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many were compared by their vectors in the table, each time."""
    numbers: list[int] = []
    real = Vectors.held
    monkeypatch.setattr(Vectors, "held", lambda self, some: (numbers.append(len(some)), real(self, some))[1])
    return numbers


def test_hardly_more_are_compared_exactly_than_are_asked_for(home: Path, compared: list[int]) -> None:
    assert answers(home, 40) == exact(home, 40)
    with Library(home) as library:
        library.keep_warm()
        nearest = [[number for number, _ in library.by_vector(query, 40)] for query in QUERIES]
    assert nearest == exact(home, 40)
    assert compared == [fine.left_over(40)] * 2 * len(QUERIES)


@pytest.mark.parametrize("k", [10, 300])
def test_nor_under_a_filter(home: Path, compared: list[int], k: int) -> None:
    some = Filters(folders=tuple(f"/p/{n}.jpg" for n in range(0, MANY, 8)))  # so few that codes have nothing to say
    with Library(home) as library, Library(home) as other:
        library.keep_warm()
        among = set(range(1, MANY + 1, 8))
        for query in QUERIES:
            ranked = [number for number, _ in other._models.vectors().nearest(query, MANY) if number in among]
            assert [number for number, _ in library.by_vector(query, k, some)] == ranked[:k]
    assert compared == [fine.left_over(k)] * len(QUERIES)


def test_chunks_that_were_filled_otherwise_since_are_looked_at_as_closely(home: Path, compared: list[int]) -> None:
    with Library(home) as library:
        library.keep_warm()
        library.by_vector(QUERIES[0], 10)
        library.forget("/p/3100.jpg")
        put(library, MANY, CHUNK)
        for query in [*QUERIES, *VECTORS[MANY::300]]:
            found = [number for number, _ in library.by_vector(query, 10)]
            assert found == [number for number, _ in library._models.vectors().nearest(query, 10)]
        library.keep_codes()
    assert answers(home) == exact(home)
    assert compared == [fine.left_over(10)] * len(compared)


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_file_that_is_cut_off_while_it_is_read_is_done_without(
    home: Path, monkeypatch: pytest.MonkeyPatch, compared: list[int], stays_open: bool
) -> None:
    real = Beside.read

    def cut_off(self: Beside) -> object:
        found = real(self)
        os.truncate(self.path, self.path.stat().st_size - 2 * CHUNK * DIM)
        return found

    monkeypatch.setattr(Beside, "read", cut_off)
    with Library(home) as library:
        if stays_open:
            library.keep_warm()
        assert [number for number, _ in library.by_vector(QUERIES[0], 10)] == exact(home)[0]
    assert compared[0] > fine.left_over(10)


def test_where_there_is_no_room_for_rows_on_disk_codes_are_asked_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch, coded: list[int]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (home / FILE).unlink()
    monkeypatch.setattr(Fine, "put", full)
    with Library(home) as library:
        library.keep_warm()
        assert [number for number, _ in library.by_vector(QUERIES[0], 10)] == exact(home)[0]
    assert coded
    assert not list(home.glob("*codes*"))


def test_where_photos_came_or_went_they_are_not_believed_until_they_are_brought_up_to_date(
    home: Path, coded: list[int]
) -> None:
    with Library(home) as library:
        put(library, MANY, 30)
    assert answers(home) == exact(home)
    assert not coded
    with Library(home) as library:
        library.forget("/p/411.jpg")
        put(library, MANY + 30, 1)  # may get the place, or the id, of one that went
        library.keep_codes()
    assert answers(home) == exact(home)
    assert coded


@pytest.fixture
def _one_in_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """One chunk of the four may be filled otherwise."""
    monkeypatch.setattr(warm, "STALE", 3)


@pytest.mark.usefixtures("_one_in_three")
def test_chunks_that_are_filled_otherwise_are_compared_whole_where_they_are_few(home: Path, coded: list[int]) -> None:
    before = (home / FILE).stat().st_mtime_ns
    with Library(home) as library:
        put(library, MANY, 30)
        library.forget(f"/p/{MANY - 1}.jpg")
        library.keep_codes()
    assert (home / FILE).stat().st_mtime_ns == before
    assert answers(home) == exact(home)
    assert len(coded) == len(QUERIES)
    with Library(home) as library:
        assert [number for number, _ in library.by_vector(VECTORS[MANY + 7], 1)] == [MANY + 8]
        put(library, MANY + 30, CHUNK - 30)  # the second chunk that is filled otherwise
    coded.clear()
    assert answers(home) == exact(home)
    assert not coded
    with Library(home) as library:
        library.keep_codes()
    assert (home / FILE).stat().st_mtime_ns > before
    assert answers(home) == exact(home)
    assert len(coded) == len(QUERIES)


@pytest.mark.usefixtures("_one_in_three")
@pytest.mark.parametrize(
    ("folders", "passing"),
    [
        (("/p",), range(1, MANY + 16)),
        (("/q", "/p/7.jpg", "/p/2000.jpg", "/p/3150.jpg"), [8, 2001, 3151, *range(MANY + 16, MANY + 31)]),
    ],
    ids=["codes are asked", "so few pass that codes have nothing to say"],
)
def test_a_filter_holds_there_too(home: Path, folders: tuple[str, ...], passing: Sequence[int]) -> None:
    with Library(home) as library:
        put(library, MANY, 15)
        put(library, MANY + 15, 15, "q")
    for query in [*QUERIES, VECTORS[MANY + 3], VECTORS[MANY + 20]]:
        with Library(home) as library:
            ranked = [number for number, _ in library._models.vectors().nearest(query, MANY + 30) if number in passing]
            found = library.by_vector(query, 10, Filters(folders=folders))
        assert [number for number, _ in found] == ranked[:10]


@pytest.mark.usefixtures("_one_in_three")
def test_what_went_leaves_room_for_what_is_there(home: Path, coded: list[int]) -> None:
    """A burst was just deleted: all that the codes would leave over."""
    near = VECTORS[MANY : MANY + 60] * 0.01 + QUERIES[0]
    burst = near / np.linalg.norm(near, axis=1, keepdims=True)
    with Library(home) as library:
        with recording(library, MODEL):
            library.put(photo(f"/burst/{n}.jpg", vector, data=b"%d" % n) for n, vector in enumerate(burst))
        (home / FILE).unlink()
        library.keep_codes()
    assert set(answers(home)[0]) - {1} <= set(range(MANY + 1, MANY + 61))
    with Library(home) as library:
        library.forget("/burst")
    coded.clear()
    assert answers(home) == exact(home)
    assert len(coded) == len(QUERIES)


@pytest.mark.usefixtures("_one_in_three")
def test_a_chunk_that_went_is_in_no_answer(home: Path, coded: list[int]) -> None:
    with Library(home) as library:
        for n in range(3 * CHUNK, MANY):
            library.forget(f"/p/{n}.jpg")
        assert library._database.value("select count(*) from vectors_1_chunks") == 3
    assert answers(home, 40) == exact(home, 40)
    assert coded


def test_they_are_brought_up_to_date_by_the_chunks_that_changed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = Vectors.chunk
    monkeypatch.setattr(Vectors, "chunk", lambda self, number: (read.append(number), real(self, number))[1])
    before = (home / FILE).stat().st_mtime_ns
    with Library(home) as library:
        library.keep_codes()
        assert not read
        assert (home / FILE).stat().st_mtime_ns == before
        put(library, MANY, 30)
        library.keep_codes()
    assert len(read) == 1


def test_those_of_another_model_under_the_same_number_are_not_believed(home: Path, coded: list[int]) -> None:
    with Library(home) as library:
        library._database.run("update model set weights_hash = ?", "beef" * 16)
    assert answers(home) == exact(home)
    assert not coded


def test_those_of_another_version_are_not_believed(home: Path, coded: list[int]) -> None:
    rewritten(home / FILE, version="pics codes 0")
    assert answers(home) == exact(home)
    assert not coded


@pytest.mark.parametrize(
    "change",
    [b"", b"\n", b"no header", b"[]\n", b"{}\n", b"\xff" * 99 + b"\n", 10, 500, 5000, -1, -100_000],
    ids=range(11),
)
def test_a_torn_file_is_passed_over_and_made_anew(home: Path, coded: list[int], change: "bytes | int") -> None:
    damaged(home / FILE, change)
    assert answers(home)[0] == exact(home)[0]
    assert not coded
    with Library(home) as library:
        library.keep_codes()
    assert answers(home)[0] == exact(home)[0]
    assert coded


@pytest.mark.parametrize(
    "facts",
    [
        {"arrays": []},
        {"chunks": [1]},
        {"born": []},
        {"gone": 5},
        {"arrays": [["ids", "<i8", [1]]]},
        {"begun_with": 0},
        {"begun_with": "x"},
    ],
    ids=repr,
)
def test_a_header_that_says_something_else_is_passed_over(home: Path, facts: dict[str, object]) -> None:
    rewritten(home / FILE, **facts)
    assert answers(home)[0] == exact(home)[0]


def test_a_file_with_more_in_it_is_passed_over(home: Path, coded: list[int]) -> None:
    damaged(home / FILE, (home / FILE).read_bytes() + b"\0")
    assert answers(home)[0] == exact(home)[0]
    assert not coded


def test_it_may_be_deleted_or_replaced_while_it_is_read(home: Path, coded: list[int]) -> None:
    with Library(home) as library, Library(home) as other:
        for change in (lambda: None, (home / FILE).unlink, other.keep_codes):
            change()
            assert [number for number, _ in library.by_vector(QUERIES[0], 10)] == exact(home)[0]
    assert len(coded) == 2


def test_a_library_that_stays_open_begins_with_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vectors, "sample", lambda *_: pytest.fail("codes were begun anew"))
    data = (home / FILE).read_bytes()
    with Library(home) as library:
        library.keep_warm()
        assert [number for number, _ in library.by_vector(QUERIES[3], 10)] == exact(home)[3]
        put(library, MANY, 50)
        assert library.by_vector(VECTORS[MANY + 7], 1)[0][1] == pytest.approx(1)
    assert (home / FILE).read_bytes() == data  # what follows a library in memory is not written


def test_a_library_that_stays_open_leaves_those_it_made(home: Path, coded: list[int]) -> None:
    (home / FILE).unlink()
    with Library(home) as library:
        library.keep_warm()
        library.by_vector(QUERIES[0], 10)
    assert answers(home) == exact(home)
    assert len(coded) == 1 + len(QUERIES)


def test_two_that_write_at_once_leave_one_whole_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second writes all of it while the first is about to rename."""
    (home / FILE).unlink()
    replaced = Path.replace

    def late(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replaced)
        with Library(home) as other:
            other.keep_codes()
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", late)
    with Library(home) as library:
        library.keep_codes()
    assert [file.name for file in home.glob("*codes*")] == [FILE]
    assert answers(home) == exact(home)


def test_a_full_disk_costs_the_file_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (home / FILE).unlink()
    monkeypatch.setattr(os, "fsync", full)
    with Library(home) as library:
        library.keep_codes()
    assert not list(home.glob("*codes*"))
    assert answers(home) == exact(home)


def test_a_small_library_has_none_and_loses_what_it_had(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "WORTH_KEEPING", MANY + 1)
    with Library(home) as library:
        library.keep_codes()
    assert not (home / FILE).exists()


def test_they_go_with_their_model(home: Path) -> None:
    other = replace(MODEL, name="example/other", weights_hash="beef" * 16)
    with Library(home) as library:
        library.keep(other)
        library.put_vectors(other.name, [(1, "/p/0.jpg", VECTORS[0])])
        library.use(other.name, anyway=True)
        library.drop(MODEL.name)
    assert not list(home.glob("*codes*"))


def test_what_is_read_is_what_was_written(home: Path) -> None:
    beside = Beside(home / FILE, f"{MODEL.weights_hash} {DIM} {MODEL.preprocessing}", DIM)
    first = beside.read()
    assert first
    first.fillings.pop(next(iter(first.fillings)))  # as where a chunk has gone
    beside.write(first)
    again = beside.read()
    assert again
    assert (again.begun_with, again.start, again.fillings) == (MANY, first.start, first.fillings)
    np.testing.assert_array_equal(again.codes.ids, first.codes.ids)
    np.testing.assert_array_equal(again.codes.planes, first.codes.planes)
    np.testing.assert_array_equal(again.codes.factors, first.codes.factors)
    assert kept.VERSION.encode() in (home / FILE).read_bytes()[:100]


@pytest.fixture(autouse=True)
def _nothing_is_left_aside(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.glob("*codes-1.*"))
