"""The library on disk: photos and vectors go in whole or not at all, and come out as they went in."""

import signal
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import apsw
import numpy as np
import pytest

from indexer.errors import LibraryFull
from indexer.photo import File, Hit, Skip, Vector, is_within
from indexer.store.database import CACHE_KB, WAL_BYTES, Database
from indexer.store.known import KnownContents
from indexer.store.library import Library
from indexer.store.schema import migrate
from indexer.store.vectors import KNN_LIMIT, Vectors
from tests.indexer.conftest import MODEL, nearest, photo, put_photos, recording, unit, vector_at

X, Y, Z, W = np.eye(4, dtype=np.float32)


def paths(hits: list[Hit]) -> list[str]:
    return [hit.path for hit in hits]


def stored_vectors(path: Path) -> int:
    """How many vectors lie in a library's file."""
    database = Database(path, read_only=True)
    try:
        return Vectors(database, 1, 4).count()
    finally:
        database.close()


# -- photos in and out


def test_what_was_put_is_found_with_all_that_is_known_of_it(library: Library) -> None:
    assert put_photos(library, photo("/p/a.jpg", X), photo("/p/b.jpg", unit(1, 1, 0, 0))) == {"new": 2}
    first, second = nearest(library, X, 10)
    assert first == Hit(1, "/p/a.jpg", 1.0, 40, 30, "PNG", len("/p/a.jpg"))
    assert second.path == "/p/b.jpg"
    assert second.score == pytest.approx(0.5**0.5, abs=1e-6)


def test_a_vector_comes_back_bit_by_bit(library: Library) -> None:
    vector = unit(0.1, -0.2, 0.3, -0.4)
    put_photos(library, photo("/p/a.jpg", vector, b"bytes"))
    for stored in (library.vector_of(sha256(b"bytes").digest()), vector_at(library, "/p/a.jpg", (5, 1))):
        assert stored is not None
        assert stored.dtype == np.float32
        assert stored.tobytes() == vector.tobytes()


def test_a_vector_is_not_given_for_a_file_that_has_changed_or_bytes_that_are_not_there(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"bytes"))
    assert vector_at(library, "/p/a.jpg", (6, 1)) is None
    assert vector_at(library, "/p/a.jpg", (5, 2)) is None
    assert vector_at(library, "/p/b.jpg", (5, 1)) is None
    assert library.vector_of(sha256(b"other").digest()) is None


def test_a_copy_is_one_content_at_two_paths_and_ties(library: Library) -> None:
    done = put_photos(library, photo("/p/b.jpg", X, b"same"), photo("/p/a.jpg", X, b"same"), photo("/p/c.jpg", Y))
    assert done == {"new": 2, "copied": 1}
    assert (library.files.count(), library.files.count_contents(), stored_vectors(library.path)) == (3, 2, 2)
    assert [(hit.path, hit.score) for hit in nearest(library, X, 2)] == [("/p/a.jpg", 1.0), ("/p/b.jpg", 1.0)]


def test_known_bytes_are_recorded_at_a_new_path_without_a_vector(library: Library) -> None:
    with recording(library):
        library.put([photo("/p/a.jpg", X, b"same")])
        assert library.put_known([(File("/p/b.jpg", 4, 1, 7), sha256(b"same").digest(), False)]) == {"copied": 1}
        with pytest.raises(LookupError, match=r"/p/c\.jpg"):
            library.put_known([(File("/p/c.jpg", 4, 1, 7), sha256(b"never seen").digest(), False)])
    assert paths(nearest(library, X, 9)) == ["/p/a.jpg", "/p/b.jpg"]


def test_a_path_that_is_put_again_has_changed_and_is_there_once(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"before"))
    assert put_photos(library, photo("/p/a.jpg", Y, b"after")) == {"changed": 1}
    assert [(hit.path, hit.score) for hit in nearest(library, Y, 9)] == [("/p/a.jpg", 1.0)]


def test_two_unicode_spellings_of_a_path_are_one_file_that_is_named_as_the_disk_does(library: Library) -> None:
    composed = "/p/Été.jpg"
    on_disk = unicodedata.normalize("NFD", composed)
    put_photos(library, photo(on_disk, X, b"1"))
    assert put_photos(library, photo(composed, Y, b"2")) == {"changed": 1}
    assert library.files.count() == 1
    assert library.files.count("/p") == 1
    put_photos(library, photo(unicodedata.normalize("NFD", "/q/né.jpg"), Z))
    assert paths(nearest(library, Z, 1)) == [unicodedata.normalize("NFD", "/q/né.jpg")]
    assert vector_at(library, "/q/né.jpg", None) is not None


def test_formats_are_counted_by_content(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"1"), photo("/p/b.jpg", X, b"1"), photo("/p/c.jpg", Y, b"2"))
    assert library.files.formats() == {"PNG": 2}


def test_a_photo_is_forgotten_with_its_vector_unless_a_copy_is_left(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"same"), photo("/p/b.jpg", X, b"same"), photo("/q/c.jpg", Y))
    assert library.forget("/p/a.jpg") == 1
    assert (stored_vectors(library.path), paths(nearest(library, X, 1))) == (2, ["/p/b.jpg"])
    assert library.forget("/p") == 1
    assert (stored_vectors(library.path), paths(nearest(library, X, 9))) == (1, ["/q/c.jpg"])
    assert library.forget("/nowhere") == 0


def test_a_trigger_takes_the_vector_of_whatever_content_goes(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X), photo("/p/b.jpg", Y))
    database = Database(library.path)
    database.run("delete from file where path = '/p/a.jpg'")
    database.run("delete from content where id not in (select content_id from file)")
    database.close()
    assert stored_vectors(library.path) == 1


def test_skipped_photos_are_listed_by_path_each_with_its_last_reason(library: Library) -> None:
    library.files.skip([Skip("/p/b.jpg", "damaged"), Skip("/p/a.jpg", "empty file")])
    library.files.skip([Skip("/p/b.jpg", "cannot be read")])
    assert library.files.skipped() == [Skip("/p/a.jpg", "empty file"), Skip("/p/b.jpg", "cannot be read")]
    put_photos(library, photo("/p/b.jpg", X))
    assert library.files.skipped() == [Skip("/p/a.jpg", "empty file")]


def test_whether_bytes_are_known_can_be_asked_beside_a_writer(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"one"))
    known = KnownContents(library.path)
    with recording(library), library.transaction():
        assert known.has(sha256(b"one").digest())
        assert not known.has(sha256(b"two").digest())
    put_photos(library, photo("/p/b.jpg", Y, b"two"))
    assert known.has(sha256(b"two").digest())
    known.close()


# -- the nearest


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """6,000 photos in 3 folders, further from X by their number; every 100th lies in /p/rare."""
    angles = np.linspace(0.001, 3.1, 6000)
    with Library(tmp_path_factory.mktemp("crowd")) as library:
        library.adopt(MODEL)
        library.put(
            photo(f"/p/{'rare' if number % 100 == 99 else ('a', 'b')[number % 2]}/{number:04}.jpg", _at(angle))
            for number, angle in enumerate(angles)
        )
        yield library


def _at(angle: float) -> Vector:
    return np.array([np.cos(angle), np.sin(angle), 0, 0], np.float32)


@pytest.mark.parametrize("n", [1, 10, KNN_LIMIT, KNN_LIMIT + 1, 6000, 7000])
def test_any_number_of_hits_can_be_asked_for_and_they_come_best_first(crowd: Library, n: int) -> None:
    hits = nearest(crowd, X, n)
    assert len(hits) == min(n, 6000)
    assert [int(Path(hit.path).stem) for hit in hits] == list(range(min(n, 6000)))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("n", [1, 60, 61, KNN_LIMIT + 1])
def test_a_folder_gives_as_many_hits_as_it_has_however_far_they_are(crowd: Library, n: int) -> None:
    hits = nearest(crowd, X, n, ["/p/rare"])
    assert [int(Path(hit.path).stem) for hit in hits] == list(range(99, 6000, 100))[:n]


def test_folders_add_up_and_a_file_may_stand_for_a_folder(crowd: Library) -> None:
    assert len(nearest(crowd, X, 7000, ["/p/rare", "/p/b"])) == 3000
    assert len(nearest(crowd, X, 7000, ["/p/rare", "/p/rare/"])) == 60
    assert paths(nearest(crowd, X, 5, ["/p/rare/0199.jpg"])) == ["/p/rare/0199.jpg"]
    assert nearest(crowd, X, 5, ["/nowhere"]) == []
    assert len(nearest(crowd, X, 7000, ["/"])) == 6000


def test_a_copy_outside_the_folder_is_no_hit_in_it(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"same"), photo("/q/b.jpg", X, b"same"), photo("/q/c.jpg", Y))
    assert paths(nearest(library, X, 5, ["/q"])) == ["/q/b.jpg", "/q/c.jpg"]


SIBLINGS = (
    "a",
    "a b",
    "a0",
    "a%",
    "a_",
    "a.",
    "a!",
    "A",
    "a\x01",
    "aé",
    "á",
    "鳥",
    "a🙂",
    "a'",
    'a"',
    "a*",
    "a[b]",
)


@pytest.mark.parametrize("folder", SIBLINGS)
def test_a_folder_is_not_taken_for_a_sibling_with_a_name_like_it(library: Library, folder: str) -> None:
    inside = [f"/p/{folder}/1.jpg", f"/p/{folder}/deep/2.jpg", f"/p/{folder}/0/3.jpg", f"/p/{folder}/é/4.jpg"]
    others = [f"/p/{name}/1.jpg" for name in SIBLINGS if name != folder]
    put_photos(library, *(photo(path, X) for path in inside + others + [f"/p/{folder}.jpg"]))
    assert sorted(paths(nearest(library, X, 99, [f"/p/{folder}"]))) == sorted(inside)
    assert library.files.count(f"/p/{folder}") == 4
    assert all(is_within(path, f"/p/{folder}") for path in inside)
    siblings = [f"/p/{name}" for name in SIBLINGS if name != folder]
    for closed, gone in (([f"/p/{folder}"], len(others) + 1), (siblings, len(inside) + 1)):
        library.files.begin_scan()
        assert library.files.compare(["/p"], [7], closed).gone == gone
        library.files.end_scan()
    assert library.forget(f"/p/{folder}") == 4
    assert library.files.count() == len(others) + 1


def test_a_folder_is_found_in_either_unicode_form(library: Library) -> None:
    put_photos(library, photo(unicodedata.normalize("NFD", "/Été/ñ/1.jpg"), X))
    for form in ("NFC", "NFD"):
        assert len(nearest(library, X, 5, [unicodedata.normalize(form, "/Été/ñ")])) == 1


@pytest.mark.parametrize(
    ("vector", "sentence"),
    [
        (np.array([1, 0, 0, 0], np.float64), r"float32 \(4,\), not float64 \(4,\)"),
        (np.array([1, 0, 0], np.float32), r"float32 \(4,\), not float32 \(3,\)"),
        (np.array([[1, 0, 0, 0]], np.float32), r"not float32 \(1, 4\)"),
        (np.array([np.nan, 0, 0, 1], np.float32), "finite and of unit length"),
        (np.array([np.inf, 0, 0, 1], np.float32), "finite and of unit length"),
        (np.array([2, 0, 0, 0], np.float32), "finite and of unit length"),
        (np.zeros(4, np.float32), "finite and of unit length"),
    ],
)
def test_a_vector_that_would_spoil_the_table_is_refused(library: Library, vector: Vector, sentence: str) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    with pytest.raises(ValueError, match=sentence):
        put_photos(library, photo("/p/b.jpg", Y), photo("/p/c.jpg", vector))
    with pytest.raises(ValueError, match=sentence):
        nearest(library, vector, 1)
    assert paths(nearest(library, X, 9)) == ["/p/a.jpg"]  # nor is anything of its batch in


# -- all or nothing


@pytest.mark.parametrize("how", [KeyboardInterrupt, SystemExit, ValueError, GeneratorExit])
def test_a_batch_that_is_broken_off_leaves_nothing_of_itself(library: Library, how: type[BaseException]) -> None:
    put_photos(library, photo("/p/a.jpg", X))

    def batch() -> Iterator[object]:
        yield photo("/p/b.jpg", Y)
        yield photo("/p/a.jpg", Z, b"edited")
        raise how

    with pytest.raises(how), recording(library):
        library.put(batch())  # type: ignore[arg-type]
    assert (library.files.count(), library.files.count_contents(), stored_vectors(library.path)) == (1, 1, 1)
    assert put_photos(library, photo("/p/b.jpg", Y)) == {"new": 1}


def test_ctrl_c_in_the_middle_of_a_transaction_rolls_it_back(library: Library) -> None:
    with pytest.raises(KeyboardInterrupt), library.transaction():
        library.files.skip([Skip("/p/a.jpg", "damaged")])
        signal.raise_signal(signal.SIGINT)
    assert library.files.skipped() == []


def test_a_full_disk_is_a_sentence_and_what_was_in_is_safe(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db")
    migrate(database)
    database.run("insert into skipped (path, reason) values ('a', 'before')")
    database.run(f"pragma max_page_count = {database.value('pragma page_count') + 3}")
    with pytest.raises(LibraryFull) as full, database.transaction():
        for number in range(1000):
            database.run("insert into skipped (path, reason) values (?, ?)", f"{number}", "x" * 10_000)
    assert str(full.value) == (
        f"{tmp_path}/library.db: no space left on its disk. What was indexed is safe;"
        " make room and run the same command again"
    )
    assert database.rows("select path, reason from skipped") == [("a", "before")]
    database.run("insert into skipped (path, reason) values ('b', 'after')")
    database.close()


@pytest.mark.parametrize("page_size", [4096, 32_768])
def test_the_journal_is_as_long_whatever_the_size_of_pages(tmp_path: Path, page_size: int) -> None:
    path = tmp_path / "library.db"
    with closing(sqlite3.connect(path)) as begun:
        begun.executescript(f"pragma page_size = {page_size}; create table text (text text)")
    database = Database(path)
    for _ in range(WAL_BYTES * 3 // 2 // 1_000_000):
        database.run("insert into text values (?)", "x" * 1_000_000)
    assert WAL_BYTES <= path.with_name("library.db-wal").stat().st_size < WAL_BYTES * 1.1
    database.close()


def test_pages_take_no_more_memory_than_they_may_in_a_new_library_and_in_temporary_tables(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db")
    for table in ("main.some", "temp.other"):
        database.run(f"create table {table} (text text)")
        for number in range(100):
            database.run(f"insert into {table} values (?)", str(number % 10) * 300_000)
    held, _ = database._connection.status(apsw.SQLITE_DBSTATUS_CACHE_USED)
    assert held < 2 * 1.2 * 1024 * CACHE_KB
    database.close()
