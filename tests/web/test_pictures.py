"""Thumbnails that are kept on the disk, and pictures that were uploaded."""

import asyncio
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from indexer.errors import NotAPicture
from indexer.photo import File
from tests.pictures import bomb, broken, encoded, plain, put, scene
from web.pictures import Pictures, Side
from web.uploads import KEPT, Uploads

BYTES = bytes(range(32))


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Pictures]:
    pictures = Pictures(tmp_path / "thumbnails", most_bytes=10_000)
    yield pictures
    pictures.close()


@pytest.fixture
def photo(tmp_path: Path) -> File:
    path = put(tmp_path / "photo.png", scene(1, (1600, 900)))
    info = path.stat()
    return File(str(path), info.st_size, info.st_mtime_ns, info.st_dev)


def got(pictures: Pictures, photo: File, side: Side = 320) -> Image.Image | None:
    data = asyncio.run(pictures.get(BYTES, [photo], side))
    return None if data is None else Image.open(BytesIO(data))


def test_a_picture_has_the_side_asked_for_and_small_ones_are_kept(pictures: Pictures, photo: File) -> None:
    sizes = {side: made.size for side in (160, 640, 1280, 2560) if (made := got(pictures, photo, side))}
    assert sizes == {160: (160, 90), 640: (640, 360), 1280: (1280, 720), 2560: (1600, 900)}
    Path(photo.path).unlink()
    assert got(pictures, photo, 160) is not None and got(pictures, photo, 1280) is None


def test_one_that_has_changed_is_not_shown_as_what_it_was(pictures: Pictures, photo: File) -> None:
    put(Path(photo.path), plain("red"))
    assert got(pictures, photo) is None


def test_where_nothing_can_be_kept_it_is_made_anew(tmp_path: Path, photo: File) -> None:
    (tmp_path / "file").touch()
    pictures = Pictures(tmp_path / "file")
    assert got(pictures, photo) is not None and got(pictures, photo) is not None
    pictures.close()


def test_what_is_too_much_goes_the_longest_unseen_first(pictures: Pictures, tmp_path: Path) -> None:
    folder = tmp_path / "thumbnails" / "00"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}-320.jpg").write_bytes(bytes(3000))
        os.utime(folder / f"{number}-320.jpg", (number, number))
    asyncio.run(pictures.tidy())
    assert sorted(path.name for path in folder.iterdir()) == ["2-320.jpg", "3-320.jpg", "4-320.jpg"]


# -- uploads


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    uploads = Uploads()
    yield uploads
    uploads.close()


def test_an_upload_lies_where_it_can_be_searched_by_and_goes_with_the_server(uploads: Uploads) -> None:
    data = encoded(scene(1))
    name = uploads.keep(data)
    path = uploads.path(name)
    assert path is not None and path.read_bytes() == data and name == uploads.keep(data)
    thumbnail = uploads.thumbnail(name)
    assert thumbnail is not None and Image.open(BytesIO(thumbnail)).format == "JPEG"
    uploads.close()
    assert not path.exists()


def test_only_the_last_few_are_kept(uploads: Uploads) -> None:
    names = [uploads.keep(encoded(scene(number))) for number in range(KEPT + 3)]
    assert [uploads.path(name) is None for name in names] == [True] * 3 + [False] * KEPT
    paths = [path for name in names if (path := uploads.path(name))]
    assert len(list(paths[0].parent.iterdir())) == KEPT


@pytest.mark.parametrize("data", [*broken().values(), bomb()])
def test_what_is_no_picture_is_not_kept(uploads: Uploads, data: bytes) -> None:
    with pytest.raises(NotAPicture, match="the picture that was sent: "):
        uploads.keep(data)


@pytest.mark.parametrize("name", ["upload-0", "", "..", "/etc/passwd", "../upload-0"])
def test_a_name_that_was_not_given_leads_nowhere(uploads: Uploads, name: str) -> None:
    assert uploads.path(name) is None and uploads.thumbnail(name) is None
