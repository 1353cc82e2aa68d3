"""The recipe of `pics index`: what a run finds to do, does, leaves alone, and says."""

import os
import shutil
import tracemalloc
import unicodedata
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.build import Progress, Settings, build, compare
from indexer.errors import LibraryBusy, LibraryFull, NothingIndexed, OtherModel
from indexer.photo import Pixels, Skip, Vector
from indexer.store.database import Database
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index, counts, paths_of

OTHER_VOLUME = 424242


def wait_a_moment_on_the_clock(path: Path) -> None:
    """Gives an edited file another date, however coarse the file system's clock is."""
    info = path.stat()
    os.utime(path, ns=(info.st_mtime_ns + 1_000_000_000, info.st_mtime_ns + 1_000_000_000))


def edit(path: Path, picture: Image.Image | bytes | int) -> None:
    before = path.stat().st_mtime_ns
    pictures.put(path, picture)
    os.utime(path, ns=(before + 1_000_000_000, before + 1_000_000_000))


def tell_library(library: Library, sql: str, *values: object) -> None:
    """Changes a stored fact behind the library's back, as another day or another computer would have left it."""
    database = Database(library.path)
    database.run(sql, *values)
    database.close()


# -- what a run does


def test_a_first_run_takes_in_every_photo_and_a_second_finds_nothing_to_do(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    paths = pictures.put_scenes(photos, range(10))
    assert counts(index()) == {"new": 10}
    assert paths_of(library) == set(map(str, paths))
    assert (encoder.encoded, encoder.batches) == (10, [4, 4, 2])
    assert counts(index()) == {"unchanged": 10}
    assert (encoder.encoded, encoder.prepared) == (10, 10)


def test_a_run_without_a_path_looks_at_what_is_remembered(index: Index, photos: Path, tmp_path: Path) -> None:
    pictures.put_scenes(photos, range(2))
    pictures.put_scenes(tmp_path / "more", range(5, 8))
    index(photos, tmp_path / "more")
    pictures.put(photos / "new.png", 9)
    assert counts(index(remembered=True)) == {"unchanged": 5, "new": 1}


def test_a_run_with_nothing_named_and_nothing_remembered_says_what_to_do(index: Index) -> None:
    with pytest.raises(NothingIndexed):
        index(remembered=True)


def test_a_single_photo_can_be_named_whatever_it_is_called(index: Index, photos: Path, library: Library) -> None:
    pictures.put_scenes(photos, range(2))
    path = pictures.put(photos / "scan0001", 5)
    assert counts(index(path)) == {"new": 1}
    assert paths_of(library) == {str(path)}


def test_an_edited_photo_is_encoded_again_and_its_old_vector_goes(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    index()
    old = sha256(path.read_bytes()).digest()
    edit(path, 7)
    assert counts(index()) == {"changed": 1, "unchanged": 1}
    assert encoder.encoded == 3
    assert library.vector_of(old) is None
    assert library.vector_of(sha256(path.read_bytes()).digest()) is not None
    assert library.files.count_contents() == 2


def test_a_photo_that_was_only_touched_is_read_and_not_encoded(
    index: Index, photos: Path, encoder: FakeEncoder
) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    index()
    wait_a_moment_on_the_clock(path)
    assert counts(index()) == {"changed": 1, "unchanged": 1}
    assert encoder.encoded == 2
    assert counts(index()) == {"unchanged": 2}


def test_a_moved_photo_costs_no_encoding_and_its_old_path_goes(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    path, other = pictures.put_scenes(photos, range(2))
    index()
    (photos / "album").mkdir()
    path.rename(photos / "album" / "renamed.png")
    assert counts(index()) == {"moved": 1, "unchanged": 1}
    assert paths_of(library) == {str(photos / "album" / "renamed.png"), str(other)}
    assert encoder.encoded == 2


def test_a_moved_folder_moves_its_photos(index: Index, photos: Path, library: Library, encoder: FakeEncoder) -> None:
    pictures.put_scenes(photos / "a", range(9))
    index()
    (photos / "a").rename(photos / "b")
    assert counts(index()) == {"moved": 9}
    assert encoder.encoded == 9
    assert library.files.count(str(photos / "b")) == library.files.count() == 9


def test_a_copied_photo_costs_no_encoding_and_is_a_hit_of_its_own(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    index()
    shutil.copy(path, photos / "copy.png")
    assert counts(index()) == {"copied": 1, "unchanged": 2}
    assert (encoder.encoded, library.files.count(), library.files.count_contents()) == (2, 3, 2)


def test_copies_within_one_run_are_encoded_once(index: Index, photos: Path, encoder: FakeEncoder) -> None:
    for number in range(6):
        pictures.put(photos / f"{number}.png", 1)
    assert counts(index()) == {"new": 1, "copied": 5}
    assert encoder.encoded == 1


def test_a_deleted_photo_is_gone_with_its_vector(index: Index, photos: Path, library: Library) -> None:
    path, other = pictures.put_scenes(photos, range(2))
    index()
    path.unlink()
    assert counts(index()) == {"gone": 1, "unchanged": 1}
    assert paths_of(library) == {str(other)}
    assert library.files.count_contents() == 1


def test_a_deleted_copy_leaves_the_original_and_its_vector(index: Index, photos: Path, library: Library) -> None:
    pictures.put(photos / "a.png", 1)
    pictures.put(photos / "b.png", 1)
    index()
    (photos / "a.png").unlink()
    assert counts(index()) == {"gone": 1, "unchanged": 1}
    assert paths_of(library) == {str(photos / "b.png")}


def test_a_photo_moved_onto_a_deleted_ones_path_is_what_lies_there_now(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    first, second = pictures.put_scenes(photos, range(2))
    index()
    moved = second.read_bytes()
    os.utime(second, ns=(1, 1))
    second.rename(first)
    assert counts(index()) == {"changed": 1, "gone": 1}
    assert encoder.encoded == 2
    assert library.files.count_contents() == 1
    assert library.vector_of(sha256(moved).digest()) is not None


def test_two_photos_that_changed_places_are_both_right(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    first, second = pictures.put_scenes(photos, range(2))
    os.utime(second, ns=(1, 1))
    index()
    first.rename(photos / "aside")
    second.rename(first)
    (photos / "aside").rename(second)
    assert counts(index()) == {"changed": 2}
    assert encoder.encoded == 2
    query = encoder.encode_pixels(np.stack([encoder.prepare(pictures.scene(1))]))[0]
    assert library.nearest(query, 1)[0].path == str(first)


def test_an_edit_and_a_copy_of_the_old_bytes_in_one_run_cost_one_encoding(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    path = pictures.put(photos / "b.png", 1)
    index()
    for copy in ("a.png", "c.png"):  # one comes before the edited photo, one after it
        shutil.copy(path, photos / copy)
    edit(path, 2)
    assert counts(index()) == {"changed": 1, "copied": 2}
    assert encoder.encoded == 2
    assert (library.files.count(), library.files.count_contents()) == (3, 2)
    assert counts(index()) == {"unchanged": 3}


def test_a_move_between_two_roots_costs_no_encoding(
    index: Index, photos: Path, tmp_path: Path, library: Library, encoder: FakeEncoder
) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    more = tmp_path / "more"
    pictures.put(more / "x.png", 5)
    index(photos, more)
    path.rename(more / "y.png")
    assert counts(index(remembered=True)) == {"moved": 1, "unchanged": 2}
    assert encoder.encoded == 3
    assert str(more / "y.png") in paths_of(library)


def test_a_move_out_of_a_root_that_was_not_looked_at_is_a_copy_until_it_is(
    index: Index, photos: Path, tmp_path: Path, library: Library
) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    more = tmp_path / "more"
    pictures.put(more / "x.png", 5)
    index(photos, more)
    path.rename(more / "y.png")
    assert counts(index(more)) == {"copied": 1, "unchanged": 1}
    assert counts(index(photos)) == {"gone": 1, "unchanged": 1}
    assert library.files.count() == 3


def test_a_name_in_the_other_unicode_form_is_the_same_photo(index: Index, photos: Path) -> None:
    path = pictures.put(photos / "Été.png", 1)
    index()
    path.rename(photos / unicodedata.normalize("NFD", "Été.png"))
    assert counts(index()) == {"unchanged": 1}


def test_pictures_lie_upright_in_the_library(index: Index, photos: Path, library: Library) -> None:
    for orientation in range(1, 9):
        data = pictures.turned(pictures.gradient((64, 48)), orientation, "PNG")
        pictures.put(photos / f"{orientation}.png", data)
    index()
    query = library.vector_at(str(photos / "1.png"), None)
    assert query is not None
    hits = library.nearest(query, 8)
    assert [(hit.width, hit.height) for hit in hits] == [(64, 48)] * 8
    assert min(hit.score for hit in hits) > 0.9999


def test_files_that_only_pretend_do_not_keep_a_photo_of_any_format_out(
    index: Index, photos: Path, library: Library
) -> None:
    for format_, (suffix, _) in pictures.FORMATS.items():
        pictures.put(photos / f"good{suffix}", pictures.gradient(), format_)
    for number, data in enumerate(pictures.broken().values()):
        pictures.put(photos / f"broken{number}.jpg", data)
    report = index()
    assert counts(report) == {"new": len(pictures.FORMATS), "skipped": len(pictures.broken())}
    assert library.files.formats() == dict.fromkeys(pictures.FORMATS, 1)


# -- what stands in the way of reading


class Meddler(FakeEncoder):
    """Does something to a folder while its first picture is prepared: the scan is over, the reading is not."""

    def __init__(self, meddle: object) -> None:
        super().__init__()
        self._meddle = meddle

    def prepare(self, image: Image.Image) -> Pixels:
        if callable(self._meddle):
            meddle, self._meddle = self._meddle, None
            meddle()
        return super().prepare(image)


def test_photos_that_vanish_or_change_under_our_hands_are_no_error_and_are_seen_to_next_time(
    library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    paths = pictures.put_scenes(photos, range(60))
    meddler = Meddler(lambda: (paths[58].unlink(), edit(paths[59], 100)))
    report = build(library, meddler, [str(photos)], settings=SETTINGS)
    assert counts(report) == {"new": 58, "vanished": 2}
    assert not report.left_out
    assert library.files.skipped() == []
    assert counts(build(library, encoder, settings=SETTINGS)) == {"unchanged": 58, "new": 1}


def test_a_broken_photo_is_skipped_and_listed_until_it_reads(index: Index, photos: Path, library: Library) -> None:
    pictures.put_scenes(photos, range(2))
    path = pictures.put(photos / "broken.jpg", b"Dear diary")
    report = index()
    assert counts(report) == {"new": 2, "skipped": 1}
    assert report.left_out
    assert library.files.skipped() == [Skip(str(path), "not a picture, or in a format that is not supported")]
    assert counts(index()) == {"unchanged": 2, "skipped": 1}
    edit(path, 5)
    assert counts(index()) == {"unchanged": 2, "new": 1}
    assert library.files.skipped() == []


def test_a_broken_photo_is_no_longer_listed_when_it_is_deleted_or_excluded(
    index: Index, photos: Path, library: Library
) -> None:
    first, second = (pictures.put(photos / name, b"Dear diary") for name in ("a.jpg", "b.jpg"))
    index()
    assert len(library.files.skipped()) == 2
    first.unlink()
    index()
    assert [skip.path for skip in library.files.skipped()] == [str(second)]
    index(exclude=["b.*"])
    assert library.files.skipped() == []


def test_a_photo_that_becomes_broken_keeps_its_entry_and_is_listed(
    index: Index, photos: Path, library: Library
) -> None:
    path, other = pictures.put_scenes(photos, range(2))
    index()
    edit(path, b"Dear diary")
    for _ in range(2):
        assert counts(index()) == {"unchanged": 1, "skipped": 1}
        assert paths_of(library) == {str(path), str(other)}
        assert [skip.path for skip in library.files.skipped()] == [str(path)]
    edit(path, 9)
    assert counts(index()) == {"unchanged": 1, "changed": 1}
    assert library.files.skipped() == []


def test_a_photo_that_waits_in_the_cloud_is_counted_and_not_read(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos, range(2))
    pictures.put(photos / ".cloud.jpg.icloud", b"a property list")
    report = index()
    assert counts(report) == {"new": 2, "offline": 1}
    assert not report.left_out
    pictures.put(photos / "cloud.jpg", 5)
    (photos / ".cloud.jpg.icloud").unlink()
    assert counts(index()) == {"unchanged": 2, "new": 1}


def test_a_photo_that_goes_to_the_cloud_stays_in_the_library(index: Index, photos: Path, library: Library) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    index()
    path.rename(photos / f".{path.name}.icloud")
    assert counts(index()) == {"unchanged": 2}
    assert str(path) in paths_of(library)


def test_the_largest_picture_is_a_setting(library: Library, photos: Path, encoder: FakeEncoder) -> None:
    pictures.put(photos / "a.png", pictures.plain("red", (40, 30)))
    small = Settings(batch=4, workers=1, max_pixels=1000)
    assert counts(build(library, encoder, [str(photos)], settings=small)) == {"skipped": 1}
    assert counts(build(library, encoder, settings=SETTINGS)) == {"new": 1}


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


# -- looking without touching


def state(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.iterdir())}


def test_a_dry_run_says_what_there_is_to_do_and_changes_no_byte(
    photos: Path, home: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    paths = pictures.put_scenes(photos, range(6))
    with Library(home) as library:
        build(library, encoder, [str(photos)], settings=SETTINGS)
    edit(paths[0], 10)
    paths[1].unlink()
    pictures.put(photos / "new.png", 11)
    pictures.put(tmp_path / "more" / "new.png", 12)
    before = state(home)
    for named, expected in (
        ([], {"unchanged": 4, "changed": 1, "gone": 1, "new": 1}),
        ([photos, tmp_path / "more"], {"unchanged": 4, "changed": 1, "gone": 1, "new": 2}),
    ):
        with Library(home) as library:
            assert counts(compare(library, [str(path) for path in named])) == expected
        assert state(home) == before


def test_a_dry_run_takes_excludes_and_does_not_remember_them(index: Index, photos: Path, library: Library) -> None:
    pictures.put_scenes(photos, range(3))
    index()
    assert counts(compare(library, [str(photos)], ["0001.*"])) == {"unchanged": 2, "gone": 1}
    assert counts(compare(library)) == {"unchanged": 3}


def test_a_dry_run_of_an_empty_library_says_what_to_do(library: Library) -> None:
    with pytest.raises(NothingIndexed):
        compare(library)


def test_progress_is_told_from_none_to_all(library: Library, photos: Path, encoder: FakeEncoder) -> None:
    pictures.put_scenes(photos, range(9))
    pictures.put(photos / "broken.jpg", b"Dear diary")
    told: list[Progress] = []
    build(library, encoder, [str(photos)], settings=SETTINGS, watch=told.append)
    done = [progress.done for progress in told if progress.stage == "index"]
    assert done == sorted(done)
    assert done[-1] == 10
    assert {progress.total for progress in told if progress.stage == "index"} == {10}


# -- runs that end early


class Interrupted(FakeEncoder):
    """Ctrl-C comes while a batch is with the model."""

    def __init__(self, batches: int, how: type[BaseException] = KeyboardInterrupt) -> None:
        super().__init__()
        self._left = batches
        self._how = how

    def encode_pixels(self, pixels: Pixels) -> Vector:
        if self._left == 0:
            raise self._how
        self._left -= 1
        return super().encode_pixels(pixels)


@pytest.mark.parametrize("how", [KeyboardInterrupt, RuntimeError, LibraryFull])
@pytest.mark.parametrize("batches", [0, 1, 3])
def test_a_run_after_an_interrupted_one_encodes_only_the_rest(
    library: Library, photos: Path, encoder: FakeEncoder, batches: int, how: type[BaseException]
) -> None:
    pictures.put_scenes(photos, range(20))
    with pytest.raises(how):
        build(library, Interrupted(batches, how), [str(photos)], settings=SETTINGS)
    assert library.files.count() == 4 * batches
    report = build(library, encoder, settings=SETTINGS)
    assert (report.unchanged, report.new) == (4 * batches, 20 - 4 * batches)
    assert encoder.encoded == 20 - 4 * batches


def test_a_move_that_was_interrupted_is_finished_by_the_next_run(library: Library, photos: Path) -> None:
    pictures.put_scenes(photos / "a", range(8))
    build(library, FakeEncoder(), [str(photos)], settings=SETTINGS)
    (photos / "a").rename(photos / "b")
    pictures.put_scenes(photos / "c", range(10, 20))
    with pytest.raises(KeyboardInterrupt):
        build(library, Interrupted(1), settings=SETTINGS)
    again = FakeEncoder()
    build(library, again, settings=SETTINGS)
    assert again.encoded == 6
    assert library.files.count(str(photos / "b")) == 8
    assert library.files.count() == library.files.count_contents() == 18


def test_a_run_that_is_interrupted_while_it_looks_around_changes_nothing_and_the_next_starts_afresh(
    library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    (path,) = pictures.put_scenes(photos / "a", range(1))
    build(library, encoder, [str(photos)], settings=SETTINGS)
    for number in range(1001):
        pictures.put(photos / "b" / f"{number}.png", b"")

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    path.unlink()
    with pytest.raises(KeyboardInterrupt):
        build(library, encoder, watch=interrupt, settings=SETTINGS)
    assert library.files.count() == 1
    shutil.rmtree(photos / "b")
    assert counts(build(library, encoder, settings=SETTINGS)) == {"gone": 1}


def test_a_full_disk_ends_the_run_with_a_sentence_and_keeps_the_batches_before(
    library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos / ("a name that takes room " * 10), range(300))

    class Filling(FakeEncoder):
        def encode_pixels(self, pixels: Pixels) -> Vector:
            if len(self.batches) == 5:
                library._database.run(f"pragma max_page_count = {library._database.value('pragma page_count')}")
            return super().encode_pixels(pixels)

    with pytest.raises(LibraryFull, match="What was indexed is safe"):
        build(library, Filling(), [str(photos)], settings=SETTINGS)
    kept = library.files.count()
    assert kept >= 20
    assert kept % 4 == 0
    library._database.run("pragma max_page_count = 1000000")
    assert counts(build(library, FakeEncoder(), settings=SETTINGS)) == {"unchanged": kept, "new": 300 - kept}


def test_a_run_while_another_writes_says_who_it_is_and_changes_nothing(
    index: Index, photos: Path, home: Path, library: Library
) -> None:
    pictures.put_scenes(photos, range(2))
    with Library(home) as other, other.writing(), pytest.raises(LibraryBusy, match=f"process {os.getpid()}"):
        index()
    assert library.roots.all() == []
    assert counts(index()) == {"new": 2}


def test_a_run_with_another_model_is_refused_and_changes_nothing(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    path, _ = pictures.put_scenes(photos, range(2))
    index()
    path.unlink()
    with pytest.raises(OtherModel, match="fake, not other"):
        build(library, FakeEncoder("other"), [str(photos)], ["*.gif"], SETTINGS)
    assert library.files.count() == 2
    assert library.roots.all()[0].exclude == ()
    assert counts(index()) == {"unchanged": 1, "gone": 1}


def test_a_rescan_takes_no_memory_for_each_unchanged_photo(index: Index, photos: Path) -> None:
    peaks = []
    for numbers in (range(300), range(300, 3000)):
        for number in numbers:
            pictures.put(photos / str(number // 50) / f"{number}.png", 1)
        index()
        tracemalloc.start()
        assert counts(index()) == {"unchanged": numbers.stop}
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000  # bytes; 2,700 kept Files would be 800,000


def test_more_photos_than_are_handed_out_at_a_time_are_all_taken_in(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    paths = pictures.put_scenes(photos, range(2100))
    assert counts(index()) == {"new": 2100}
    assert encoder.encoded == 2100
    assert paths_of(library) == set(map(str, paths))
