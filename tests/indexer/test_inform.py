"""The pass for what is known besides pixels: it reads what no reader of today has, and loses nothing when it ends."""

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from indexer import inform as room
from indexer import scan
from indexer.errors import LibraryBusy, LibraryFull
from indexer.inform import inform
from indexer.metadata import METADATA_VERSION
from indexer.photo import Skip
from indexer.settings import Progress
from indexer.store import lacking
from indexer.store.library import Library
from tests import pictures
from tests.indexer.conftest import SETTINGS, Index, edit, tell_library, vector_at

CAMERA, MODEL_TAG = "FUJIFILM X-T3", 0x0110


def put_photos_of_a_camera(folder: Path, numbers: range) -> list[Path]:
    """JPEGs that name their camera and say which they are."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:04}.jpg" for number in numbers]
    for number, path in zip(numbers, paths, strict=True):
        exif = Image.Exif()
        exif[MODEL_TAG], exif[0x010E] = CAMERA, f"number {number}"
        pictures.scene(number).convert("RGB").save(path, exif=exif)
    return paths


def forget_facts(library: Library, reader: int | None = None) -> None:
    """Makes it a library from before facts were kept, or one of an older reader."""
    if reader is None:
        tell_library(library, "delete from metadata")
        tell_library(library, "delete from content_words")
    else:
        tell_library(library, "update metadata set reader = ?, camera = null", reader)


def known(library: Library) -> list[tuple[str | None, str | None]]:
    """(camera, caption) of every picture of which something is known, by id."""
    return [(facts.camera, facts.caption) for _, facts in sorted(library.facts(range(1, 1000)).items())]


def test_an_index_run_leaves_nothing_to_inform_of(index: Index, library: Library, photos: Path) -> None:
    put_photos_of_a_camera(photos, range(5))
    index()
    assert known(library) == [(CAMERA, f"number {number}") for number in range(5)]
    assert [match.fields for match in library.by_words("fujifilm", 1)] == [{"camera": ("fujifilm",)}]
    assert inform(library, SETTINGS) == 0


@pytest.mark.parametrize("reader", [None, METADATA_VERSION - 1])
def test_what_no_reader_of_today_has_seen_is_read(
    index: Index, library: Library, photos: Path, reader: int | None
) -> None:
    put_photos_of_a_camera(photos, range(7))
    index()
    before = known(library)
    forget_facts(library, reader)
    assert known(library) != before
    told: list[Progress] = []
    assert inform(library, SETTINGS, told.append) == 7
    assert known(library) == before
    assert len(library.by_words("fujifilm 6", 9)) == 7
    assert told[-1] == Progress("inform", 7, 7)
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)


def test_vectors_are_as_they_were_and_no_model_is_asked(index: Index, library: Library, photos: Path) -> None:
    (path, *_) = put_photos_of_a_camera(photos, range(3))
    index()
    before = vector_at(library, str(path), None)
    forget_facts(library)
    inform(library, SETTINGS)
    after = vector_at(library, str(path), None)
    assert before is not None
    assert after is not None
    assert before.tobytes() == after.tobytes()


def test_nothing_is_read_and_nobody_waited_for_where_nothing_is_lacking(
    index: Index, library: Library, home: Path, photos: Path
) -> None:
    put_photos_of_a_camera(photos, range(3))
    index()
    shutil.rmtree(photos)
    with Library(home) as writer, writer.writing():
        assert inform(library, SETTINGS) == 0
        forget_facts(library)
        with pytest.raises(LibraryBusy, match=f"process {os.getpid()}"):
            inform(library, SETTINGS)


def test_a_picture_whose_files_are_away_stays_for_later(
    index: Index, library: Library, photos: Path, tmp_path: Path
) -> None:
    put_photos_of_a_camera(photos / "here", range(2))
    put_photos_of_a_camera(photos / "drive", range(2, 5))
    index()
    forget_facts(library)
    (photos / "drive").rename(tmp_path / "unplugged")
    told: list[Progress] = []
    assert inform(library, SETTINGS, told.append) == 2
    assert told[-1] == Progress("inform", 5, 5)
    assert inform(library, SETTINGS) == 0
    (tmp_path / "unplugged").rename(photos / "drive")
    assert inform(library, SETTINGS) == 3
    assert library.lacking_facts(METADATA_VERSION) == 0
    assert library.files.skipped() == []


def test_a_copy_elsewhere_is_read_instead_of_a_file_that_is_gone_or_edited(
    index: Index, library: Library, photos: Path
) -> None:
    first, second = put_photos_of_a_camera(photos / "a", range(2))
    shutil.copytree(photos / "a", photos / "b")
    index()
    before = known(library)
    forget_facts(library)
    first.unlink()
    edit(second, 9)
    assert inform(library, SETTINGS) == 2
    assert known(library) == before


def test_other_bytes_than_were_indexed_say_nothing_of_it(index: Index, library: Library, photos: Path) -> None:
    (path,) = put_photos_of_a_camera(photos, range(1))
    index()
    forget_facts(library)
    before, data = path.stat(), path.read_bytes()
    path.write_bytes(data.replace(b"number 0", b"number 9"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert inform(library, SETTINGS) == 0
    assert known(library) == []


def test_a_picture_that_cannot_be_read_any_more_is_skipped_until_it_reads(
    index: Index, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = put_photos_of_a_camera(photos, range(2))
    index()
    forget_facts(library)

    def refuse(self: Path, *how: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *how)  # type: ignore[call-overload]

    opened = Path.open
    with monkeypatch.context() as closed:
        closed.setattr("indexer.feed.Path.open", refuse)
        assert inform(library, SETTINGS) == 1
    assert library.files.skipped() == [Skip(str(path), "cannot be read: Permission denied")]
    assert inform(library, SETTINGS) == 1
    assert library.files.skipped() == []


def test_a_picture_in_the_cloud_is_not_fetched(
    index: Index, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_photos_of_a_camera(photos, range(2))
    index()
    forget_facts(library)
    monkeypatch.setattr(scan, "is_offline", lambda _: True)
    assert inform(library, SETTINGS) == 0


@pytest.mark.parametrize("how", [KeyboardInterrupt, LibraryFull])
def test_a_pass_that_ends_early_keeps_its_batches_and_the_next_reads_the_rest(
    index: Index, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch, how: type[BaseException]
) -> None:
    put_photos_of_a_camera(photos, range(20))
    index()
    before = known(library)
    forget_facts(library)
    monkeypatch.setattr(room, "BATCH", 4)
    monkeypatch.setattr(lacking, "SLICE", 7)

    def stop(progress: Progress) -> None:
        if progress.done >= 11:
            raise how

    with pytest.raises(how):
        inform(library, SETTINGS, stop)
    assert library.lacking_facts(METADATA_VERSION) == 9
    assert inform(library, SETTINGS) == 9
    assert known(library) == before
