"""One library, one model, one writer: what opens, what is refused, what an older version left."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from indexer.errors import LibraryBroken, LibraryBusy, NothingIndexed, OtherModel
from indexer.photo import File, Hit, Skip
from indexer.store.database import Database
from indexer.store.library import Library
from indexer.store.lock import Writer
from indexer.store.schema import MIGRATIONS, VERSION
from tests.indexer.conftest import MODEL, REPOSITORY, nearest, photo, put_photos, recording

X, Y, Z, W = np.eye(4, dtype=np.float32)


def paths(hits: list[Hit]) -> list[str]:
    return [hit.path for hit in hits]


# -- the model


def test_a_library_remembers_its_model(library: Library, home: Path) -> None:
    assert library.model() is None
    library.adopt(MODEL)
    with Library(home) as again:
        assert again.model() == MODEL


def test_another_name_for_the_same_model_is_the_same_model(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    copy = replace(MODEL, name="/local/copy", revision="main")
    for what_happens in (library.adopt, library.keep):
        what_happens(copy)
        assert [kept.identity for kept in library.models()] == [MODEL]
    assert library.kept_as(copy) == MODEL


def test_another_model_is_refused_by_both_names_with_the_way_out(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    other = replace(MODEL, name="other/clip", weights_hash="abc")
    with pytest.raises(OtherModel) as refused:
        library.adopt(other)
    assert str(refused.value) == (
        "this library is searched with model example/clip, not other/clip: their vectors cannot be compared."
        " `pics index --model other/clip` makes vectors of its own, `pics use other/clip` switches"
    )
    assert library.model() == MODEL


@pytest.mark.parametrize("change", [{"weights_hash": "abc"}, {"dim": 5}, {"preprocessing": "crop8"}])
def test_the_same_name_with_other_files_behind_it_is_refused(library: Library, change: dict[str, object]) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    for what_happens in (library.adopt, library.keep, library.kept_as):
        with pytest.raises(OtherModel, match=r"example/clip have changed since this library was made .*Leave out"):
            what_happens(replace(MODEL, **change))  # type: ignore[arg-type]


def test_a_library_without_a_vector_takes_another_model(library: Library) -> None:
    library.adopt(replace(MODEL, name="first", weights_hash="abc", dim=7))
    put_photos(library, photo("/p/a.jpg", X))
    assert library.model() == MODEL
    assert paths(nearest(library, X, 1)) == ["/p/a.jpg"]


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
        assert library.writer() == Writer(os.getpid())


def test_a_reader_sees_who_writes_and_how_far_that_is(library: Library, home: Path) -> None:
    with Library(home) as reader:
        assert reader.writer() is None
        with library.writing():
            assert reader.writer() == Writer(os.getpid())
            library.tell("index", 32, 140_000)
            assert reader.writer() == Writer(os.getpid(), "index", 32, 140_000)
        assert reader.writer() is None
        library.tell("index", 64, 140_000)
        assert reader.writer() is None, "who does not write has nothing to tell"


@pytest.mark.parametrize("left", ["", "process 7", "[]", '{"process": "x"}', '{"process": 4194305, "stage": "index"}'])
def test_what_a_dead_process_left_in_the_lock_is_nobody(library: Library, home: Path, left: str) -> None:
    (home / "index.lock").write_text(left)
    assert library.writer() is None


def test_a_library_can_be_searched_while_it_is_written(library: Library, home: Path) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    with Library(home) as reader, library.writing(), recording(library), library.transaction():
        library.files.skip([Skip("/p/b.jpg", "damaged")])
        assert paths(nearest(reader, X, 5)) == ["/p/a.jpg"]
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
    for number in range(2):
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
        nearest(library, X, 1)


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
        nearest(cut, X, 300)


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
        database.run(str(MIGRATIONS[0][0]))
        raise KeyboardInterrupt
    database.close()
    with Library(home) as library:
        assert put_photos(library, photo("/p/a.jpg", X)) == {"new": 1}


def test_a_library_of_version_1_answers_as_it_did(version_1: Library) -> None:
    hits = nearest(version_1, np.array([1, 0, 0, 0], np.float32), 10)
    assert [(hit.path, round(hit.score, 6), hit.width, hit.height, hit.format, hit.size) for hit in hits] == [
        ("/photos/2019/harbour copy.jpg", 1.0, 4032, 3024, "JPEG", 7),
        ("/photos/2019/harbour.jpg", 1.0, 4032, 3024, "JPEG", 7),
        ("/photos/2020/sail.heic", 0.8, 3024, 4032, "HEIF", 4),
        ("/photos/2020/Été.png", 0.6, 800, 600, "PNG", 6),
        ("/photos/cat.png", 0.0, 640, 480, "PNG", 3),
    ]
    hits = nearest(version_1, np.array([0, 0, 0, 1], np.float32), 1, ["/photos/2020"])
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
    assert paths(nearest(version_1, Z, 1)) == ["/photos/new.jpg"]
