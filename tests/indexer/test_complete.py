"""The second pass: what lacks a model's vector gets it, whatever stands in the way of some, and nothing is lost."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from indexer import scan
from indexer.build import build
from indexer.complete import Completion, complete
from indexer.errors import LibraryBusy, LibraryFull, OtherModel
from indexer.photo import Pixels, Skip, identity
from indexer.settings import Progress
from indexer.store import lacking
from indexer.store.library import Library
from indexer.store.vectors import CHUNK
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index, counts, edit, nearest, photo, tell_library, unit, vector_at
from tests.indexer.test_build_ends import Interrupted


def other(dim: int = 5) -> FakeEncoder:
    return FakeEncoder("other", dim)


def outcome(completion: Completion) -> dict[str, int]:
    """The counts that are not zero."""
    names = ("lacking", "encoded", "away", "offline", "changed", "skipped")
    return {name: value for name in names if (value := getattr(completion, name))}


def found(library: Library, encoder: FakeEncoder, path: Path) -> str:
    """The path whose vector of this model is nearest to a picture."""
    with pictures.Image.open(path) as image:
        query = encoder.encode_pixels(np.stack([encoder.prepare(image)]))[0]
    return nearest(library, query, 1, model=encoder.name)[0].path


# -- what a pass does


def test_a_second_model_gets_the_vector_of_every_picture_and_the_first_keeps_its_own(
    index: Index, library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    paths = pictures.put_scenes(photos, range(10))
    index()
    before = [vector_at(library, str(path), None) for path in paths]
    second = other()
    done = complete(library, second, SETTINGS)
    assert (outcome(done), done.is_whole, done.in_use, done.model) == (
        {"lacking": 10, "encoded": 10},
        True,
        False,
        "other",
    )
    assert second.batches == [4, 4, 2]
    assert [found(library, second, path) for path in paths] == [str(path) for path in paths]
    assert [found(library, encoder, path) for path in paths] == [str(path) for path in paths]
    for path, vector in zip(paths, before, strict=True):
        assert np.array_equal(vector_at(library, str(path), None), vector)  # type: ignore[arg-type]
    assert library.model() == library.searchable("fake")


def test_its_vectors_are_those_that_a_library_of_that_model_alone_has(
    index: Index, library: Library, photos: Path, tmp_path: Path
) -> None:
    paths = pictures.put_scenes(photos, range(9))
    index()
    complete(library, other(), SETTINGS)
    with Library(tmp_path / "alone") as alone:
        build(alone, other(), [str(photos)], settings=SETTINGS)
        for path in paths:
            assert np.allclose(vector_at(library, str(path), None, "other"), vector_at(alone, str(path), None))  # type: ignore[arg-type]


def test_a_second_pass_has_nothing_to_do_reads_nothing_and_waits_for_nobody(
    index: Index, library: Library, home: Path, photos: Path
) -> None:
    pictures.put_scenes(photos, range(3))
    index()
    complete(library, other(), SETTINGS)
    shutil.rmtree(photos)
    again = other()
    with Library(home) as writer, writer.writing():
        done = complete(library, again, SETTINGS)
    assert (outcome(done), done.is_whole, again.prepared) == ({}, True, 0)


def test_only_what_is_new_is_encoded_by_the_next_pass(index: Index, library: Library, photos: Path) -> None:
    first, _, _ = pictures.put_scenes(photos, range(3))
    index()
    complete(library, other(), SETTINGS)
    pictures.put(photos / "new.png", 9)
    shutil.copy(first, photos / "copy.png")
    index()
    again = other()
    assert outcome(complete(library, again, SETTINGS)) == {"lacking": 1, "encoded": 1}
    assert again.encoded == 1


def test_copies_are_read_and_encoded_once(index: Index, library: Library, photos: Path) -> None:
    for number in range(6):
        pictures.put(photos / f"{number}.png", 1)
    index()
    again = other()
    assert outcome(complete(library, again, SETTINGS)) == {"lacking": 1, "encoded": 1}
    assert again.prepared == 1


def test_the_model_in_use_is_completed_after_it_was_taken_into_use_anyway(
    index: Index, library: Library, photos: Path
) -> None:
    pictures.put_scenes(photos, range(6))
    index()
    with pytest.raises(KeyboardInterrupt):
        complete(library, Stopped(1), SETTINGS)
    library.use("other", anyway=True)
    pictures.put(photos / "new.png", 9)
    assert counts(build(library, other(), settings=SETTINGS)) == {"unchanged": 6, "new": 1}
    done = complete(library, other(), SETTINGS)
    assert (outcome(done), done.in_use) == ({"lacking": 2, "encoded": 2}, True)
    assert library.lacking("fake") == 1  # and no other model is


def test_the_same_model_under_another_name_is_not_taken_in_twice(
    index: Index, library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos, range(3))
    index()
    again = other()
    complete(library, again, SETTINGS)
    for known in (encoder, again):
        alias = FakeEncoder("/some/folder", known.dim)
        alias.weights_hash = known.weights_hash
        done = complete(library, alias, SETTINGS)
        assert (outcome(done), done.model, done.in_use) == ({}, known.name, known is encoder)
    assert [kept.name for kept in library.models()] == ["fake", "other"]


def test_other_files_under_a_name_that_is_known_are_refused(index: Index, library: Library, photos: Path) -> None:
    pictures.put_scenes(photos, range(3))
    index()
    complete(library, other(), SETTINGS)
    with pytest.raises(OtherModel, match="`pics models drop other` lets go"):
        complete(library, other(dim=7), SETTINGS)
    assert library.lacking("other") == 0


def test_a_pass_in_an_empty_library_does_nothing(library: Library) -> None:
    assert outcome(complete(library, other(), SETTINGS)) == {}
    assert library.models() == []


def test_more_pictures_than_are_handed_out_at_a_time_are_all_completed(
    index: Index, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lacking, "SLICE", 7)
    for folder in ("a", "b"):
        pictures.put_scenes(photos / folder, range(30))
    index()
    for number in (0, 6, 7, 29):
        (photos / "a" / f"{number:04}.png").unlink()
    again = other()
    assert outcome(complete(library, again, SETTINGS)) == {"lacking": 30, "encoded": 30}
    assert again.encoded == again.prepared == 30


def test_progress_is_told_from_none_to_all(index: Index, library: Library, photos: Path) -> None:
    paths = pictures.put_scenes(photos, range(9))
    index()
    paths[3].unlink()
    told: list[Progress] = []
    complete(library, other(), SETTINGS, told.append)
    done = [progress.done for progress in told]
    assert (done, {(progress.stage, progress.total) for progress in told}) == (sorted(done), {("complete", 9)})
    assert done[-1] == 9


# -- what stands in the way


def test_a_picture_on_an_unplugged_drive_stays_missing_is_counted_and_comes_later(
    index: Index, library: Library, photos: Path, tmp_path: Path
) -> None:
    pictures.put_scenes(photos / "here", range(3))
    pictures.put_scenes(photos / "drive", range(3, 8))
    index()
    (photos / "drive").rename(tmp_path / "unplugged")
    for without in (8, 5):
        done = complete(library, other(), SETTINGS)
        assert done.lacking == without
        assert (done.away, done.skipped, done.is_whole) == (5, 0, False)
    (tmp_path / "unplugged").rename(photos / "drive")
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 5, "encoded": 5}


def test_a_picture_is_read_from_whichever_of_its_copies_is_there(index: Index, library: Library, photos: Path) -> None:
    for folder in ("a", "b", "c"):
        pictures.put_scenes(photos / folder, range(5))
    index()
    shutil.rmtree(photos / "a")
    edit(photos / "b" / "0000.png", 77)
    (photos / "b" / "0001.png").unlink()
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 5, "encoded": 5}


def test_bytes_that_are_not_those_that_were_indexed_get_no_vector_though_size_and_date_agree(
    index: Index, library: Library, photos: Path
) -> None:
    path, *_ = pictures.put_scenes(photos, range(3))
    index()
    before, size = path.stat(), len(path.read_bytes())
    indexed = sha256(path.read_bytes()).digest()
    new = pictures.encoded(pictures.scene(50))
    path.write_bytes(new + b"\0" * (size - len(new)) if len(new) <= size else new)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    tell_library(library, "update file set size = ? where path = ?", path.stat().st_size, str(path))
    done = complete(library, other(), SETTINGS)
    assert outcome(done) == {"lacking": 3, "encoded": 2, "changed": 1}
    assert library.vector_of(indexed, "other") is None


def test_an_edited_picture_is_left_to_the_next_look_at_its_folder(index: Index, library: Library, photos: Path) -> None:
    path, *_ = pictures.put_scenes(photos, range(3))
    index()
    edit(path, 50)
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 3, "encoded": 2, "changed": 1}
    index()
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 1, "encoded": 1}
    assert found(library, other(), path) == str(path)


class Failing(FakeEncoder):
    """A decoder fails on a picture that was read well before; which, the test says."""

    def prepare(self, image: "pictures.Image.Image") -> Pixels:
        if image.getpixel((0, 0)) == self.refused:
            raise RuntimeError("no memory for it")
        return super().prepare(image)

    refused: object = None


def test_a_picture_that_cannot_be_read_any_more_is_skipped_and_listed_until_it_reads(
    index: Index, library: Library, photos: Path
) -> None:
    paths = pictures.put_scenes(photos, range(5))
    index()
    failing = Failing("other", 5)
    failing.refused = pictures.scene(2).getpixel((0, 0))
    done = complete(library, failing, SETTINGS)
    assert outcome(done) == {"lacking": 5, "encoded": 4, "skipped": 1}
    assert library.files.skipped() == [Skip(str(paths[2]), "cannot be decoded: RuntimeError: no memory for it")]
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 1, "encoded": 1}
    assert library.files.skipped() == []


def test_a_picture_that_may_not_be_read_is_skipped(bound_folder: Path, encoder: FakeEncoder) -> None:
    path, _ = pictures.put_scenes(bound_folder / "photos", range(2))
    with Library(bound_folder / "home") as library:
        build(library, encoder, [str(bound_folder / "photos")], settings=SETTINGS)
        path.chmod(0)
        assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 2, "encoded": 1, "skipped": 1}
        assert library.files.skipped() == [Skip(str(path), "cannot be read: Permission denied")]


def test_a_picture_that_waits_in_the_cloud_is_counted_and_not_fetched(
    index: Index, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = pictures.put_scenes(photos, range(3))
    index()
    first.rename(photos / f".{first.name}.icloud")
    size = second.stat().st_size
    sizes = {path.stat().st_size for path in (second, third)}
    assert len(sizes) == 2
    monkeypatch.setattr(scan, "is_offline", lambda info: info.st_size == size)
    read: list[str] = []
    monkeypatch.setattr("indexer.feed.Path.open", _recording(read, Path.open))
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 3, "encoded": 1, "offline": 2}
    assert str(second) not in read
    assert str(third) in read


def _recording(read: list[str], opened: object) -> object:
    def record(self: Path, *how: object) -> object:
        read.append(str(self))
        return opened(self, *how)  # type: ignore[operator]

    return record


# -- passes that end early


class Stopped(Interrupted):
    """The second model, and after so many batches it is over."""

    def __init__(self, batches: int, how: type[BaseException] = KeyboardInterrupt) -> None:
        super().__init__(batches, how)
        FakeEncoder.__init__(self, "other", 5)


@pytest.mark.parametrize("how", [KeyboardInterrupt, RuntimeError, LibraryFull])
@pytest.mark.parametrize("batches", [0, 1, 3])
def test_a_pass_after_an_interrupted_one_encodes_only_the_rest(
    index: Index, library: Library, photos: Path, batches: int, how: type[BaseException]
) -> None:
    pictures.put_scenes(photos, range(20))
    index()
    with pytest.raises(how):
        complete(library, Stopped(batches, how), SETTINGS)
    assert library.lacking("other") == 20 - 4 * batches
    assert len(nearest(library, FakeEncoder().encode_texts(["red"])[0], 99)) == 20
    again = other()
    assert outcome(complete(library, again, SETTINGS)) == {"lacking": 20 - 4 * batches, "encoded": 20 - 4 * batches}
    assert again.encoded == 20 - 4 * batches


def test_a_full_disk_ends_a_pass_with_a_sentence_and_keeps_the_batches_before(
    index: Index, library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos, range(40))
    index()
    before = [photo(f"/p/{number}.jpg", unit(*[1.0] * encoder.dim)) for number in range(CHUNK - 10)]
    library.put(before)
    library.keep(identity(other()))
    numbers = [library.files.content_id(content.hash) or 0 for _, content, *_ in before]
    library.put_vectors("other", [(number, "", unit(1, 0, 0, 0, 0)) for number in numbers])
    library._database.run(f"pragma max_page_count = {library._database.value('pragma page_count')}")
    with pytest.raises(LibraryFull, match="What was indexed is safe"):
        complete(library, other(), SETTINGS)  # there is room for 10 vectors more, and batches are of 4
    assert library.lacking("other") == 32
    library._database.run("pragma max_page_count = 1000000")
    assert outcome(complete(library, other(), SETTINGS)) == {"lacking": 32, "encoded": 32}


def test_a_pass_while_another_writes_says_who_it_is_and_changes_nothing(
    index: Index, library: Library, home: Path, photos: Path
) -> None:
    pictures.put_scenes(photos, range(2))
    index()
    with Library(home) as writer, writer.writing(), pytest.raises(LibraryBusy, match=f"process {os.getpid()}"):
        complete(library, other(), SETTINGS)
    assert [kept.name for kept in library.models()] == ["fake"]
