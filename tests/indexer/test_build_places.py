"""Where `pics index` looks: drives that are not there, folders that may not be read or are to be left out."""

import shutil
from pathlib import Path

from indexer.build import build
from indexer.photo import Skip
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index, counts, edit, paths_of, tell_library

OTHER_VOLUME = 424242


# -- drives and folders that are not there


def test_a_root_that_is_not_there_keeps_its_photos_and_is_named(
    index: Index, photos: Path, tmp_path: Path, library: Library
) -> None:
    pictures.put_scenes(photos, range(3))
    pictures.put(photos / "broken.jpg", b"Dear diary")
    index()
    photos.rename(tmp_path / "unplugged")
    for run in ({}, {"remembered": True}):
        report = index(**run)
        assert counts(report) == {}
        assert [root.path for root in report.away] == [str(photos)]
        assert library.files.count() == 3
        assert len(library.files.skipped()) == 1
    (tmp_path / "unplugged").rename(photos)
    report = index(remembered=True)
    assert (counts(report), report.away) == ({"unchanged": 3, "skipped": 1}, [])


def test_an_empty_mount_point_keeps_the_photos_of_its_drive(index: Index, photos: Path, library: Library) -> None:
    paths = pictures.put_scenes(photos, range(3))
    index()
    tell_library(library, "update root set volume = ?", OTHER_VOLUME)
    tell_library(library, "update file set volume = ?", OTHER_VOLUME)
    for path in paths:
        path.unlink()
    report = index(remembered=True)
    assert [root.path for root in report.away] == [str(photos)]
    assert library.files.count() == 3
    assert counts(index(remembered=True)) == {}


def test_a_root_that_was_emptied_on_its_own_drive_has_lost_its_photos(
    index: Index, photos: Path, library: Library
) -> None:
    for path in [*pictures.put_scenes(photos, range(3)), pictures.put(photos / "broken.jpg", b"Dear diary")]:
        path.touch()
    index()
    shutil.rmtree(photos)
    photos.mkdir()
    report = index()
    assert (counts(report), report.away) == ({"gone": 3}, [])
    assert library.files.count() == 0
    assert library.files.skipped() == []


def test_a_drive_below_a_root_that_is_unplugged_keeps_its_photos(index: Index, photos: Path, library: Library) -> None:
    inside = pictures.put_scenes(photos / "drive", range(2))
    pictures.put(photos / "a.png", 5)
    index()
    tell_library(library, "update file set volume = ? where path like '%/drive/%'", OTHER_VOLUME)
    for path in inside:
        path.unlink()
    assert counts(index()) == {"unchanged": 1}
    assert library.files.count() == 3


def test_a_photo_deleted_after_its_drive_came_back_under_another_number_is_gone(
    index: Index, photos: Path, library: Library
) -> None:
    """Systems number drives anew each time they are plugged in."""
    paths = pictures.put_scenes(photos, range(3))
    index()
    tell_library(library, "update root set volume = ?", OTHER_VOLUME)
    tell_library(library, "update file set volume = ?", OTHER_VOLUME)
    assert counts(index()) == {"unchanged": 3}
    paths[0].unlink()
    assert counts(index()) == {"unchanged": 2, "gone": 1}
    assert paths_of(library) == set(map(str, paths[1:]))


def test_an_unreadable_folder_keeps_its_photos_and_is_named(bound_folder: Path, encoder: FakeEncoder) -> None:
    photos = bound_folder / "photos"
    pictures.put_scenes(photos / "closed" / "deep", range(3))
    open_path = pictures.put(photos / "open.png", 5)
    with Library(bound_folder / "home") as library:
        build(library, encoder, [str(photos)], settings=SETTINGS)
        (photos / "closed").chmod(0)
        open_path.unlink()
        report = build(library, encoder, settings=SETTINGS)
        assert counts(report) == {"gone": 1}
        assert report.left_out
        closed = Skip(str(photos / "closed"), "folder cannot be read: Permission denied")
        assert report.unreadable == library.files.skipped() == [closed]
        assert library.files.count() == 3
        (photos / "closed").chmod(0o700)
        assert counts(build(library, encoder, settings=SETTINGS)) == {"unchanged": 3}
        assert library.files.skipped() == []


def test_a_root_that_may_not_be_read_keeps_its_photos(bound_folder: Path, encoder: FakeEncoder) -> None:
    photos = bound_folder / "photos"
    pictures.put_scenes(photos, range(3))
    with Library(bound_folder / "home") as library:
        build(library, encoder, [str(photos)], settings=SETTINGS)
        photos.chmod(0)
        report = build(library, encoder, settings=SETTINGS)
        assert (counts(report), len(report.unreadable)) == ({}, 1)
        assert library.files.count() == 3


# -- what is to be left out


def test_a_forgotten_folder_stays_forgotten_until_it_is_named(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos / "private", range(3))
    pictures.put_scenes(photos / "public", range(3, 5))
    index()
    assert library.forget(str(photos / "private")) == 3
    for run in ({}, {"remembered": True}):
        assert counts(index(**run)) == {"unchanged": 2}
    assert counts(index(photos / "public")) == {"unchanged": 2}
    assert counts(index(photos / "private")) == {"new": 3}
    assert counts(index(remembered=True)) == {"unchanged": 5}
    assert [root.path for root in library.roots.all()] == [str(photos)]


def test_a_forgotten_photo_stays_forgotten_though_it_is_edited(index: Index, photos: Path, library: Library) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    index()
    library.forget(str(path))
    edit(path, 9)
    assert counts(index()) == {"unchanged": 1}
    assert counts(index(path)) == {"new": 1}
    assert counts(index()) == {"unchanged": 2}


def test_a_forgotten_root_is_not_looked_at_any_more(index: Index, photos: Path, tmp_path: Path) -> None:
    pictures.put_scenes(photos, range(2))
    pictures.put_scenes(tmp_path / "more", range(5, 8))
    index(photos, tmp_path / "more")
    with Library(tmp_path / "home") as library:
        assert library.forget(str(photos)) == 2
    assert counts(index(remembered=True)) == {"unchanged": 3}


def test_excludes_are_remembered_and_replaced_by_new_ones(index: Index, photos: Path, library: Library) -> None:
    for path in ("a.png", "a_small.png", "raw/b.png", "raw/b_small.png"):
        pictures.put(photos / path, len(path))
    assert counts(index(exclude=["*_small.png"]))["new"] == 2
    assert counts(index()) == {"unchanged": 2}
    assert counts(index(remembered=True)) == {"unchanged": 2}
    index(exclude=["raw"])
    assert paths_of(library) == {str(photos / "a.png"), str(photos / "a_small.png")}
    index(exclude=[])
    assert library.files.count() == 4


def test_the_excludes_of_a_root_hold_when_a_folder_in_it_is_named(index: Index, photos: Path, library: Library) -> None:
    pictures.put(photos / "2020" / "raw" / "a.png", 1)
    pictures.put(photos / "2020" / "b.png", 2)
    index(exclude=["2020/raw"])
    assert counts(index(photos / "2020")) == {"unchanged": 1}


def test_a_folder_around_remembered_ones_takes_them_over(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos / "a", range(2))
    pictures.put_scenes(photos / "b", range(2, 4))
    index(photos / "a", photos / "b")
    assert counts(index(photos)) == {"unchanged": 4}
    assert [root.path for root in library.roots.all()] == [str(photos)]
    assert encoder.encoded == 4


def test_a_folder_that_is_named_together_with_one_around_it_is_looked_at_once(
    index: Index, photos: Path, library: Library
) -> None:
    first, *_, last = pictures.put_scenes(photos, range(3))
    inside = pictures.put_scenes(photos / "0000.d", range(3, 6))
    for order in ((photos, photos / "0000.d"), (photos / "0000.d", photos)):
        index(*order)
    assert [root.path for root in library.roots.all()] == [str(photos)]
    for path in (first, last, inside[0]):
        path.unlink()
    assert counts(index(photos, photos / "0000.d")) == {"unchanged": 3, "gone": 3}
