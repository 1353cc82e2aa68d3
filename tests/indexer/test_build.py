"""The recipe of `pics index`: what a run finds to do, does, leaves alone, and says."""

import os
import shutil
import time
import unicodedata
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.build import Progress, Settings, build, compare
from indexer.errors import NothingIndexed
from indexer.photo import Pixels, Skip, Vector
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import (
    SETTINGS,
    Index,
    counts,
    edit,
    nearest,
    paths_of,
    vector_at,
    wait_a_moment_on_the_clock,
)

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


class PatientEncoder(FakeEncoder):
    """Goes on with a batch only when all of the next one is prepared, or a long time has passed."""

    def __init__(self, number: int, batch: int) -> None:
        super().__init__()
        self._number = number
        self._batch = batch
        self.was_ready: list[bool] = []

    def encode_pixels(self, pixels: Pixels) -> Vector:
        wanted = min(self.encoded + len(pixels) + self._batch, self._number)
        deadline = time.monotonic() + 10
        while self.prepared < wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        self.was_ready.append(self.prepared >= wanted)
        return super().encode_pixels(pixels)


@pytest.mark.parametrize(("workers", "batch"), [(1, 4), (2, 32), (1, 40)])
def test_while_a_batch_is_encoded_the_next_one_gets_ready(
    library: Library, photos: Path, workers: int, batch: int
) -> None:
    pictures.put_scenes(photos, range(100))
    encoder = PatientEncoder(100, batch)
    build(library, encoder, [str(photos)], settings=Settings(batch=batch, workers=workers))
    assert encoder.was_ready == [True] * -(-100 // batch)


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
    assert encoder.encoded == encoder.prepared == 9  # none was decoded again
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
    assert nearest(library, query, 1)[0].path == str(first)


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
    query = vector_at(library, str(photos / "1.png"), None)
    assert query is not None
    hits = nearest(library, query, 8)
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
