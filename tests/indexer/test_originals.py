"""Small pictures are made of files that are as they were indexed, of the first that can be read."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.originals import is_as_indexed, originals, small_picture
from indexer.photo import File
from tests.pictures import encoded, plain, put, scene, turned

Touch = Callable[[Path], object]


def indexed(path: Path) -> File:
    info = path.stat()
    return File(str(path), info.st_size, info.st_mtime_ns, info.st_dev)


def later(path: Path) -> None:
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("happened", [Path.unlink, later, lambda path: put(path, plain("red", (9, 9)))])
def test_a_file_that_went_or_changed_is_no_original(tmp_path: Path, happened: Touch) -> None:
    one, other = (indexed(put(tmp_path / name, scene(1))) for name in ("1.png", "2.png"))
    assert list(originals([one, other])) == [Path(one.path), Path(other.path)]
    happened(Path(one.path))
    assert not is_as_indexed(one)
    assert list(originals([one, other])) == [Path(other.path)]


def test_the_first_that_can_be_read_is_shown(tmp_path: Path) -> None:
    files = [indexed(put(tmp_path / "1.png", b"no picture")), indexed(put(tmp_path / "2.png", plain("teal")))]
    small = small_picture(files, 32, 80)
    assert small is not None and (small.width, small.height) == (32, 24)
    assert small_picture(files[:1], 32, 80) is None
    assert small_picture([], 32, 80) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright_without_metadata(tmp_path: Path, orientation: int) -> None:
    upright = scene(7, (400, 300))
    small = small_picture([indexed(put(tmp_path / "1.jpg", turned(upright, orientation)))], 80, 90)
    assert small is not None
    image = Image.open(BytesIO(small.data))
    assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (80, 60), {})
    assert np.abs(np.asarray(image, float) - np.asarray(upright.resize((80, 60)), float)).mean() < 12


def test_heic_is_shown_as_jpeg_and_small_ones_stay_as_small_as_they_are(tmp_path: Path) -> None:
    small = small_picture([indexed(put(tmp_path / "1.heic", encoded(scene(3, (64, 48)), "HEIF")))], 320, 90)
    assert small is not None and (small.width, small.height) == (64, 48)
    assert small.data.startswith(b"\xff\xd8\xff")


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    files = [indexed(put(tmp_path / "1.png", scene(1, (100, 100))))]
    assert small_picture(files, 32, 80, max_pixels=9_999) is None
