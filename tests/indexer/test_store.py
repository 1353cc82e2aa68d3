"""The library on disk: photos, roots and vectors go in whole or not at all, and come out as they went in."""

import os
import shutil
import signal
import subprocess
import sys
import tracemalloc
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import apsw
import numpy as np
import pytest

from indexer.errors import LibraryBroken, LibraryBusy, LibraryFull, NothingIndexed, OtherModel
from indexer.photo import File, Hit, Skip, Vector, is_within
from indexer.store.database import Database
from indexer.store.library import KnownContents, Library
from indexer.store.schema import MIGRATIONS, VERSION, migrate
from indexer.store.vectors import KNN_LIMIT, Vectors
from tests.indexer.conftest import MODEL, REPOSITORY, photo, put_photos, recording, unit

X, Y, Z, W = np.eye(4, dtype=np.float32)
DATA = Path(__file__).parent / "data"


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
    first, second = library.nearest(X, 10)
    assert first == Hit("/p/a.jpg", 1.0, 40, 30, "PNG", len("/p/a.jpg"))
    assert second.path == "/p/b.jpg"
    assert second.score == pytest.approx(0.5**0.5, abs=1e-6)


def test_a_vector_comes_back_bit_by_bit(library: Library) -> None:
    vector = unit(0.1, -0.2, 0.3, -0.4)
    put_photos(library, photo("/p/a.jpg", vector, b"bytes"))
    for stored in (library.vector_of(sha256(b"bytes").digest()), library.vector_at("/p/a.jpg", (5, 1))):
        assert stored is not None
        assert stored.dtype == np.float32
        assert stored.tobytes() == vector.tobytes()


def test_a_vector_is_not_given_for_a_file_that_has_changed_or_bytes_that_are_not_there(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"bytes"))
    assert library.vector_at("/p/a.jpg", (6, 1)) is None
    assert library.vector_at("/p/a.jpg", (5, 2)) is None
    assert library.vector_at("/p/b.jpg", (5, 1)) is None
    assert library.vector_of(sha256(b"other").digest()) is None


def test_a_copy_is_one_content_at_two_paths_and_ties(library: Library) -> None:
    done = put_photos(library, photo("/p/b.jpg", X, b"same"), photo("/p/a.jpg", X, b"same"), photo("/p/c.jpg", Y))
    assert done == {"new": 2, "copied": 1}
    assert (library.files.count(), library.files.count_contents(), stored_vectors(library.path)) == (3, 2, 2)
    assert [(hit.path, hit.score) for hit in library.nearest(X, 2)] == [("/p/a.jpg", 1.0), ("/p/b.jpg", 1.0)]


def test_known_bytes_are_recorded_at_a_new_path_without_a_vector(library: Library) -> None:
    with recording(library):
        library.put([photo("/p/a.jpg", X, b"same")])
        assert library.put_known([(File("/p/b.jpg", 4, 1, 7), sha256(b"same").digest())]) == {"copied": 1}
        with pytest.raises(LookupError, match=r"/p/c\.jpg"):
            library.put_known([(File("/p/c.jpg", 4, 1, 7), sha256(b"never seen").digest())])
    assert paths(library.nearest(X, 9)) == ["/p/a.jpg", "/p/b.jpg"]


def test_a_path_that_is_put_again_has_changed_and_is_there_once(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"before"))
    assert put_photos(library, photo("/p/a.jpg", Y, b"after")) == {"changed": 1}
    assert [(hit.path, hit.score) for hit in library.nearest(Y, 9)] == [("/p/a.jpg", 1.0)]


def test_two_unicode_spellings_of_a_path_are_one_file_that_is_named_as_the_disk_does(library: Library) -> None:
    composed = "/p/Été.jpg"
    on_disk = unicodedata.normalize("NFD", composed)
    put_photos(library, photo(on_disk, X, b"1"))
    assert put_photos(library, photo(composed, Y, b"2")) == {"changed": 1}
    assert library.files.count() == 1
    assert library.files.count("/p") == 1
    put_photos(library, photo(unicodedata.normalize("NFD", "/q/né.jpg"), Z))
    assert paths(library.nearest(Z, 1)) == [unicodedata.normalize("NFD", "/q/né.jpg")]
    assert library.vector_at("/q/né.jpg", None) is not None


def test_formats_are_counted_by_content(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"1"), photo("/p/b.jpg", X, b"1"), photo("/p/c.jpg", Y, b"2"))
    assert library.files.formats() == {"PNG": 2}


def test_a_photo_is_forgotten_with_its_vector_unless_a_copy_is_left(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"same"), photo("/p/b.jpg", X, b"same"), photo("/q/c.jpg", Y))
    assert library.forget("/p/a.jpg") == 1
    assert (stored_vectors(library.path), paths(library.nearest(X, 1))) == (2, ["/p/b.jpg"])
    assert library.forget("/p") == 1
    assert (stored_vectors(library.path), paths(library.nearest(X, 9))) == (1, ["/q/c.jpg"])
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


@pytest.fixture
def crowd(library: Library) -> Library:
    """6,000 photos in 3 folders, further from X by their number; every 100th lies in /p/rare."""
    angles = np.linspace(0.001, 3.1, 6000)
    with recording(library):
        library.put(
            photo(f"/p/{'rare' if number % 100 == 99 else ('a', 'b')[number % 2]}/{number:04}.jpg", _at(angle))
            for number, angle in enumerate(angles)
        )
    return library


def _at(angle: float) -> Vector:
    return np.array([np.cos(angle), np.sin(angle), 0, 0], np.float32)


@pytest.mark.parametrize("n", [1, 10, KNN_LIMIT, KNN_LIMIT + 1, 6000, 7000])
def test_any_number_of_hits_can_be_asked_for_and_they_come_best_first(crowd: Library, n: int) -> None:
    hits = crowd.nearest(X, n)
    assert len(hits) == min(n, 6000)
    assert [int(Path(hit.path).stem) for hit in hits] == list(range(min(n, 6000)))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("n", [1, 60, 61, KNN_LIMIT + 1])
def test_a_folder_gives_as_many_hits_as_it_has_however_far_they_are(crowd: Library, n: int) -> None:
    hits = crowd.nearest(X, n, ["/p/rare"])
    assert [int(Path(hit.path).stem) for hit in hits] == list(range(99, 6000, 100))[:n]


def test_folders_add_up_and_a_file_may_stand_for_a_folder(crowd: Library) -> None:
    assert len(crowd.nearest(X, 7000, ["/p/rare", "/p/b"])) == 3000
    assert len(crowd.nearest(X, 7000, ["/p/rare", "/p/rare/"])) == 60
    assert paths(crowd.nearest(X, 5, ["/p/rare/0199.jpg"])) == ["/p/rare/0199.jpg"]
    assert crowd.nearest(X, 5, ["/nowhere"]) == []
    assert len(crowd.nearest(X, 7000, ["/"])) == 6000


def test_a_copy_outside_the_folder_is_no_hit_in_it(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"same"), photo("/q/b.jpg", X, b"same"), photo("/q/c.jpg", Y))
    assert paths(library.nearest(X, 5, ["/q"])) == ["/q/b.jpg", "/q/c.jpg"]


SIBLINGS = (
    "a",
    "a b",
    "a0",
    "a%",
    "a_",
    "a/",
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


@pytest.mark.parametrize("folder", [name for name in SIBLINGS if name != "a/"])
def test_a_folder_is_not_taken_for_a_sibling_with_a_name_like_it(library: Library, folder: str) -> None:
    inside = [f"/p/{folder}/1.jpg", f"/p/{folder}/deep/2.jpg", f"/p/{folder}/0/3.jpg", f"/p/{folder}/é/4.jpg"]
    others = [f"/p/{name}/1.jpg" for name in SIBLINGS if name.rstrip("/") != folder]
    put_photos(library, *(photo(path, X) for path in inside + others + [f"/p/{folder}.jpg"]))
    assert sorted(paths(library.nearest(X, 99, [f"/p/{folder}"]))) == sorted(inside)
    assert library.files.count(f"/p/{folder}") == 4
    assert all(is_within(path, f"/p/{folder}") for path in inside)
    assert library.forget(f"/p/{folder}") == 4
    assert library.files.count() == len(others) + 1


def test_a_folder_is_found_in_either_unicode_form(library: Library) -> None:
    put_photos(library, photo(unicodedata.normalize("NFD", "/Été/ñ/1.jpg"), X))
    for form in ("NFC", "NFD"):
        assert len(library.nearest(X, 5, [unicodedata.normalize(form, "/Été/ñ")])) == 1


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
        library.nearest(vector, 1)
    assert paths(library.nearest(X, 9)) == ["/p/a.jpg"]  # nor is anything of its batch in


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


# -- the model


def test_a_library_remembers_its_model(library: Library, home: Path) -> None:
    assert library.model() is None
    library.adopt(MODEL)
    with Library(home) as again:
        assert again.model() == MODEL


def test_another_name_for_the_same_model_is_the_same_model(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    library.check(replace(MODEL, name="/local/copy", revision="main"))


def test_another_model_is_refused_by_both_names_with_the_way_out(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    other = replace(MODEL, name="other/clip", weights_hash="abc")
    for ask in (library.check, library.adopt):
        with pytest.raises(OtherModel) as refused:
            ask(other)
        assert str(refused.value) == (
            "this library was made with model example/clip, not other/clip: their vectors cannot be compared."
            " Leave out --model to go on with example/clip, or start a second library:"
            " PICS_HOME=FOLDER pics index PHOTOS --model other/clip"
        )
    assert library.model() == MODEL


@pytest.mark.parametrize("change", [{"weights_hash": "abc"}, {"dim": 5}, {"preprocessing": "crop8"}])
def test_the_same_name_with_other_files_behind_it_is_refused(library: Library, change: dict[str, object]) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    with pytest.raises(OtherModel, match="the files of model example/clip have changed since this library was made"):
        library.check(replace(MODEL, **change))  # type: ignore[arg-type]


def test_a_library_without_a_vector_takes_another_model(library: Library) -> None:
    library.adopt(replace(MODEL, name="first", weights_hash="abc", dim=7))
    put_photos(library, photo("/p/a.jpg", X))
    assert library.model() == MODEL
    assert paths(library.nearest(X, 1)) == ["/p/a.jpg"]


# -- one writer


def test_a_second_writer_is_told_who_the_first_is(library: Library, home: Path) -> None:
    with Library(home) as second, library.writing():
        with pytest.raises(LibraryBusy) as busy, second.writing():
            pytest.fail("two writers at once")
        assert str(busy.value) == (
            f"this library is being written by process {os.getpid()}; wait until it is done (searching works meanwhile)"
        )
    with Library(home) as second, second.writing():
        pass


def test_the_lock_is_free_again_when_its_holder_failed(library: Library) -> None:
    with pytest.raises(KeyboardInterrupt), library.writing():
        raise KeyboardInterrupt
    with library.writing():
        pass


def test_a_lock_file_that_a_dead_process_left_holds_nobody_up(library: Library, home: Path) -> None:
    (home / "index.lock").write_text("process 1234567 and a long story about it")
    with library.writing():
        assert (home / "index.lock").read_text() == f"process {os.getpid()}"


def test_a_library_can_be_searched_while_it_is_written(library: Library, home: Path) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    with Library(home) as reader, library.writing(), recording(library), library.transaction():
        library.files.skip([Skip("/p/b.jpg", "damaged")])
        assert paths(reader.nearest(X, 5)) == ["/p/a.jpg"]
        assert reader.files.skipped() == []


def test_taking_in_a_scan_keeps_no_other_process_from_writing(library: Library) -> None:
    """A dry run looks at the disk for minutes on a slow drive; an index run beside it must be able to go on."""
    library.adopt(MODEL)
    library.files.begin_scan()

    def scan() -> Iterator[File]:
        yield File("/p/a.jpg", 1, 1, 7)
        other = apsw.Connection(
            str(library.path)
        )  # not sqlite3: two SQLites in a process do not see each other's locks
        other.execute("begin immediate")
        other.close()

    assert library.files.see(scan()) == 1
    library.files.end_scan()


OPEN = "import sys; from pathlib import Path; from indexer.store.library import Library; Library(Path(sys.argv[1]))"


def test_processes_that_open_a_new_library_at_once_all_succeed(tmp_path: Path) -> None:
    for number in range(3):
        command = [sys.executable, "-c", OPEN, str(tmp_path / str(number))]
        opening = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) for _ in range(4)]
        assert [process.communicate()[1] for process in opening] == [""] * 4


# -- libraries that are not there, not ours, not whole


def test_no_library_where_one_must_be_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NothingIndexed, match=r"^nothing is indexed yet: run `pics index FOLDER` first$"):
        Library(tmp_path / "none", must_exist=True)
    assert not (tmp_path / "none").exists()


def test_an_empty_library_has_nothing_indexed(library: Library) -> None:
    with pytest.raises(NothingIndexed):
        library.nearest(X, 1)


def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path) -> None:
    garbage = b"this is not a database, it is a letter to my aunt. " * 100
    (tmp_path / "library.db").write_bytes(garbage)
    with pytest.raises(LibraryBroken) as broken:
        Library(tmp_path)
    assert str(broken.value).startswith(f"{tmp_path}/library.db: not a library, or damaged")
    assert "your photos are untouched" in str(broken.value)
    assert (tmp_path / "library.db").read_bytes() == garbage


def test_a_library_with_its_end_cut_off_is_broken_and_says_so(library: Library, home: Path) -> None:
    put_photos(library, *(photo(f"/p/{number}.jpg", X) for number in range(200)))
    library.__exit__()
    data = (home / "library.db").read_bytes()
    (home / "library.db").write_bytes(data[: len(data) // 2])
    with pytest.raises(LibraryBroken, match="damaged"), Library(home) as cut:
        cut.nearest(X, 300)


def test_a_library_of_a_newer_version_is_left_as_it_is(home: Path) -> None:
    Library(home).__exit__()
    newer = Database(home / "library.db")
    newer.run(f"pragma user_version = {VERSION + 41}")
    newer.close()
    with pytest.raises(LibraryBroken) as broken:
        Library(home)
    assert str(broken.value) == (
        f"{home}/library.db: made by a newer pics (format {VERSION + 41}; this one knows {VERSION}). Update pics"
    )


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryBroken, match=r"cannot be made .*; set PICS_HOME to a folder that can"):
        Library(tmp_path / "file" / "home")


def test_a_folder_that_may_not_be_written_is_a_sentence(bound_folder: Path) -> None:
    home = bound_folder / "home"
    home.mkdir(mode=0o500)
    with pytest.raises(LibraryBroken, match=r"cannot be opened or written .* check the folder's permissions"):
        Library(home)


def test_a_lock_file_that_may_not_be_written_is_a_sentence(bound_folder: Path) -> None:
    with Library(bound_folder / "home") as library:
        (bound_folder / "home" / "index.lock").touch(mode=0o400)
        with pytest.raises(LibraryBroken), library.writing():
            pytest.fail("wrote without the lock")


# -- versions


def test_each_step_of_the_schema_is_recorded(home: Path) -> None:
    Library(home).__exit__()
    database = Database(home / "library.db")
    assert database.rows("select version from migration") == [(number + 1,) for number in range(len(MIGRATIONS))]
    assert database.value("pragma user_version") == VERSION
    assert database.value("pragma journal_mode") == "wal"
    database.close()


def test_a_step_that_was_broken_off_is_taken_again_whole(home: Path) -> None:
    """As after a crash between two statements of the first step: SQLite kept none of them."""
    home.mkdir()
    database = Database(home / "library.db")
    with pytest.raises(KeyboardInterrupt), database.transaction():
        database.run(MIGRATIONS[0][0])
        raise KeyboardInterrupt
    database.close()
    with Library(home) as library:
        assert put_photos(library, photo("/p/a.jpg", X)) == {"new": 1}


@pytest.fixture
def version_1(tmp_path: Path) -> Iterator[Library]:
    """A copy of the library that version 1 wrote (data/make_library_v1.py)."""
    (tmp_path / "v1").mkdir()
    shutil.copy(DATA / "library-v1.db", tmp_path / "v1" / "library.db")
    with Library(tmp_path / "v1") as library:
        yield library


def test_a_library_of_version_1_answers_as_it_did(version_1: Library) -> None:
    hits = version_1.nearest(np.array([1, 0, 0, 0], np.float32), 10)
    assert [(hit.path, round(hit.score, 6), hit.width, hit.height, hit.format, hit.size) for hit in hits] == [
        ("/photos/2019/harbour copy.jpg", 1.0, 4032, 3024, "JPEG", 7),
        ("/photos/2019/harbour.jpg", 1.0, 4032, 3024, "JPEG", 7),
        ("/photos/2020/sail.heic", 0.8, 3024, 4032, "HEIF", 4),
        ("/photos/2020/Été.png", 0.6, 800, 600, "PNG", 6),
        ("/photos/cat.png", 0.0, 640, 480, "PNG", 3),
    ]
    hits = version_1.nearest(np.array([0, 0, 0, 1], np.float32), 1, ["/photos/2020"])
    assert paths(hits) in (["/photos/2020/sail.heic"], ["/photos/2020/Été.png"])


def test_a_library_of_version_1_keeps_all_it_knew(version_1: Library) -> None:
    (root,) = version_1.roots.all()
    assert (root.path, root.exclude, root.volume) == ("/photos", ("*_small.jpg", "raw"), 7)
    assert version_1.roots.forgotten() == ["/photos/private"]
    assert version_1.files.skipped() == [Skip("/photos/broken.jpg", "damaged: image file is truncated")]
    assert version_1.model() == MODEL
    assert version_1.files.formats() == {"JPEG": 1, "HEIF": 1, "PNG": 2}


def test_a_library_of_version_1_takes_more_photos(version_1: Library) -> None:
    assert put_photos(version_1, photo("/photos/new.jpg", Z)) == {"new": 1}
    assert paths(version_1.nearest(Z, 1)) == ["/photos/new.jpg"]


# -- roots


@pytest.fixture
def rooted(library: Library) -> Library:
    library.roots.remember("/p", 7, ["*.gif"])
    library.roots.remember("/q/deep", 8)
    return library


def test_roots_come_back_in_the_order_of_their_paths(rooted: Library) -> None:
    assert [(root.path, root.exclude, root.volume, root.scanned_at) for root in rooted.roots.all()] == [
        ("/p", ("*.gif",), 7, None),
        ("/q/deep", (), 8, None),
    ]
    rooted.roots.looked_at("/p", 9)
    (p, _) = rooted.roots.all()
    assert p.volume == 9
    assert p.scanned_at is not None


def test_a_root_inside_another_is_not_remembered_and_one_around_it_takes_it_over(rooted: Library) -> None:
    rooted.roots.remember("/p/a", 7)
    rooted.roots.remember("/q", 8)
    assert [root.path for root in rooted.roots.all()] == ["/p", "/q"]


def test_a_path_knows_the_root_that_covers_it(rooted: Library) -> None:
    for path, root in (("/p", "/p"), ("/p/x/y.jpg", "/p"), ("/q/deep/x", "/q/deep")):
        covering = rooted.roots.covering(path)
        assert covering is not None
        assert covering.path == root
    assert [rooted.roots.covering(path) for path in ("/q", "/pp", "/p b", "/")] == [None] * 4


def test_globs_are_kept_until_they_are_replaced(rooted: Library) -> None:
    rooted.roots.remember("/p", 7)
    assert rooted.roots.all()[0].exclude == ("*.gif",)
    rooted.roots.remember("/p", 7, ["raw", "x'y"])
    assert rooted.roots.all()[0].exclude == ("raw", "x'y")
    rooted.roots.remember("/p", 7, [])
    assert rooted.roots.all()[0].exclude == ()


def test_a_root_that_is_forgotten_goes_and_a_folder_in_one_is_left_out(rooted: Library) -> None:
    rooted.roots.forget("/p/private")
    rooted.roots.forget("/q")
    assert [root.path for root in rooted.roots.all()] == ["/p"]
    assert rooted.roots.forgotten() == ["/p/private"]


def test_naming_a_forgotten_path_or_one_in_it_takes_it_back_and_naming_its_root_does_not(rooted: Library) -> None:
    rooted.roots.forget("/p/private")
    rooted.roots.forget("/p/old")
    rooted.roots.remember("/p", 7)
    assert rooted.roots.forgotten() == ["/p/old", "/p/private"]
    rooted.roots.remember("/p/private/2020", 7)
    assert rooted.roots.forgotten() == ["/p/old"]
    rooted.roots.remember("/p/old", 7)
    assert rooted.roots.forgotten() == []


# -- a scan against the library


def test_a_scan_is_held_against_the_library(library: Library) -> None:
    put_photos(library, *(photo(f"/p/{name}.jpg", X) for name in ("same", "edited", "touched", "gone")))
    library.files.begin_scan()
    seen = [
        File("/p/same.jpg", len("/p/same.jpg"), 1, 7),
        File("/p/edited.jpg", 99, 1, 7),
        File("/p/touched.jpg", len("/p/touched.jpg"), 2, 7),
        File("/p/new.jpg", 3, 1, 7),
        File("/p/cloud.jpg", 0, 0, 0, offline=True),
    ]
    assert library.files.see(seen) == 5
    diff = library.files.compare(["/p"], [7], [])
    assert (diff.unchanged, diff.new, diff.changed, diff.offline, diff.gone) == (1, 1, 2, 1, 1)
    (todo,) = library.files.todo()
    assert todo == [seen[1], seen[3], seen[2]]
    assert library.files.finish() == 1
    library.files.end_scan()
    assert library.files.count() == 3


def test_a_file_that_was_read_and_is_now_in_the_cloud_is_kept_as_it_is(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    library.files.begin_scan()
    library.files.see([File("/p/a.jpg", 0, 0, 0, offline=True)])
    diff = library.files.compare(["/p"], [7], [])
    assert (diff.unchanged, diff.offline, diff.todo, diff.gone) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("roots", "volumes", "closed", "gone"),
    [
        (["/p"], [7], [], 2),
        (["/p/a"], [7], [], 1),
        (["/p"], [8], [], 0),
        (["/p"], [], [], 0),
        ([], [7], [], 0),
        (["/p"], [7, 8], ["/p/a"], 1),
        (["/p"], [7], ["/p"], 0),
        (["/p"], [7], ["/p/ab"], 2),
    ],
)
def test_only_what_the_scan_could_have_seen_is_gone(
    library: Library, roots: list[str], volumes: list[int], closed: list[str], gone: int
) -> None:
    put_photos(library, photo("/p/a/1.jpg", X), photo("/p/b/2.jpg", Y), photo("/q/3.jpg", Z))
    library.files.begin_scan()
    assert library.files.compare(roots, volumes, closed).gone == gone


@pytest.mark.parametrize("number", [100, 1_000, 20_000])
def test_any_number_of_folders_may_be_unreadable(library: Library, number: int) -> None:
    put_photos(library, photo("/p/closed7/1.jpg", X), photo("/p/2.jpg", Y))
    library.files.begin_scan()
    closed = [f"/p/closed{each}" for each in range(number)]
    assert library.files.compare(["/p"], [7], closed).gone == 1


def test_any_number_of_roots_may_be_looked_at(library: Library) -> None:
    put_photos(library, photo("/p/7.jpg", X), photo("/p/x.jpg", Y))
    library.files.begin_scan()
    roots = [f"/p/{number}.jpg" for number in range(5_000)]
    assert library.files.compare(roots, [7], []).gone == 1
    assert library.files.finish() == 1


def test_a_scan_of_many_files_takes_no_memory_for_each(library: Library) -> None:
    library.files.begin_scan()
    tracemalloc.start()
    library.files.see(File(f"/p/{number // 100}/{number}.jpg", number, 1, 7) for number in range(50_000))
    library.files.compare(["/p"], [7], [])
    handed_out = sum(len(files) for files in library.files.todo())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    library.files.end_scan()
    assert handed_out == 50_000
    assert peak < 4_000_000  # bytes; a list of them all takes more than 10 MB
