"""Runs of `pics index` that end early or are refused, what the next one finds, and how much memory one takes."""

import os
import shutil
import tracemalloc
from pathlib import Path

import pytest

from indexer.build import Progress, build
from indexer.errors import LibraryBusy, LibraryFull, OtherModel
from indexer.photo import Pixels, Vector
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index, counts, paths_of

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
    for numbers in (range(200), range(200, 1600)):
        for number in numbers:
            pictures.put(photos / str(number // 50) / f"{number}.png", 1)
        index()
        tracemalloc.start()
        assert counts(index()) == {"unchanged": numbers.stop}
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000  # bytes; 1,400 kept Files would be 400,000


def test_more_photos_than_are_handed_out_at_a_time_are_all_taken_in(
    index: Index, photos: Path, library: Library, encoder: FakeEncoder
) -> None:
    paths = pictures.put_scenes(photos, range(2100))
    assert counts(index()) == {"new": 2100}
    assert encoder.encoded == 2100
    assert paths_of(library) == set(map(str, paths))
