"""The dry run of a model: measured on what lies in the library, and nothing of it kept."""

import time
from pathlib import Path

import pytest

from indexer import plan as room_of_plan
from indexer.complete import complete
from indexer.photo import Pixels, Vector
from indexer.plan import BATCH, SAMPLE, Candidate, Pace, Plan, measure, plan
from indexer.store.library import Library
from indexer.store.vectors import room
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index
from tests.indexer.test_build import state
from tests.indexer.test_complete import other


def test_a_plan_says_how_many_pictures_how_long_and_how_much_room(index: Index, library: Library, photos: Path) -> None:
    pictures.put_scenes(photos, range(60))
    pictures.put(photos / "copy.png", 1)
    index()
    foreseen = plan(library, Candidate("other", True, 5), FakeEncoder("other", 5, 0.02), settings=SETTINGS)
    assert foreseen.seconds is not None
    assert 60 * 0.02 / BATCH < foreseen.seconds < 60
    assert foreseen == Plan("other", 60, foreseen.seconds, True, room(60, 5), 0)


def test_a_plan_changes_no_byte_of_the_library(index: Index, library: Library, home: Path, photos: Path) -> None:
    pictures.put_scenes(photos, range(20))
    index()
    library.__exit__()
    before = state(home)
    with Library(home) as again:
        plan(again, Candidate("other", True, 5), other(), settings=SETTINGS)
    assert state(home) == before


def test_only_what_is_lacking_counts(index: Index, library: Library, photos: Path) -> None:
    pictures.put_scenes(photos, range(20))
    index()
    complete(library, other(), SETTINGS)
    assert plan(library, Candidate("other", True, 5), other()) == Plan("other", 0, 0.0, False, 0, 0)
    pictures.put(photos / "new.png", 50)
    index()
    assert plan(library, Candidate("other", True, 5), other()).pictures == 1


def test_a_sample_is_read_from_all_over_the_library_and_its_beginning_is_not_counted(
    index: Index, library: Library, photos: Path
) -> None:
    pictures.put_scenes(photos, range(200))
    index()
    encoder = other()
    assert measure(library, "other", encoder, SETTINGS) is not None
    assert encoder.prepared == encoder.encoded == len(range(0, 200, 5)) <= SAMPLE
    with library.pictures_without("other") as lacking:
        names = [Path(wanted.file.path).stem for wanted in lacking.sample(SAMPLE)]
    assert names == [f"{number:04}" for number in range(0, 200, 5)]


class Cold(FakeEncoder):
    """Its first batch takes long, as where weights are loaded."""

    def encode_pixels(self, pixels: Pixels) -> Vector:
        time.sleep(0.5 if not self.batches else 0.0)
        return super().encode_pixels(pixels)


def test_the_first_batch_is_not_counted(index: Index, library: Library, photos: Path) -> None:
    pictures.put_scenes(photos, range(20))
    index()
    pace = measure(library, "other", Cold("other", 5), SETTINGS)
    assert pace is not None
    assert pace.encoding < 0.5 / BATCH


def test_a_slow_model_is_not_tried_on_more_than_it_takes(
    index: Index, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.put_scenes(photos, range(48))
    index()
    monkeypatch.setattr(room_of_plan, "LONG_ENOUGH", 0.05)
    slow = FakeEncoder("other", 5, 0.1)
    pace = measure(library, "other", slow, SETTINGS)
    assert pace is not None
    assert slow.batches == [BATCH]
    assert pace.encoding >= 0.1 / BATCH


def test_what_is_reckoned_from_another_model_takes_so_many_times_its_encoding_and_the_same_reading() -> None:
    assert Pace(waiting=0.5, encoding=0.25).seconds(100, work=4) == pytest.approx(150)


def test_a_model_that_is_not_here_is_reckoned_and_what_must_come_is_counted(
    index: Index, library: Library, photos: Path, encoder: FakeEncoder
) -> None:
    pictures.put_scenes(photos, range(20))
    index()
    candidate = Candidate("other", False, 5, download_bytes=1000, copy_bytes=500)
    foreseen = plan(library, candidate, encoder, work=3.0, settings=SETTINGS)
    assert foreseen.seconds is not None
    assert foreseen == Plan("other", 20, foreseen.seconds, False, room(20, 5) + 1500, 1000)
    assert plan(library, candidate, None) == Plan("other", 20, None, False, room(20, 5) + 1500, 1000)
    assert plan(library, Candidate("other", False, None), None) == Plan("other", 20, None, False, None, 0)


def test_where_no_picture_can_be_read_the_time_is_not_known(
    index: Index, library: Library, photos: Path, tmp_path: Path
) -> None:
    pictures.put_scenes(photos, range(5))
    index()
    photos.rename(tmp_path / "unplugged")
    foreseen = plan(library, Candidate("other", True, 5), other(), settings=SETTINGS)
    assert (foreseen.pictures, foreseen.seconds, foreseen.measured) == (5, None, False)


def test_a_library_of_a_few_pictures_can_be_measured(index: Index, library: Library, photos: Path) -> None:
    pictures.put_scenes(photos, range(2))
    index()
    assert measure(library, "other", other(), SETTINGS) is not None
