"""Duplicates into the trash, and only while what is kept is there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import LibraryBusy
from indexer.organize.discard import discard
from indexer.organize.dupes import Group, duplicates
from indexer.query import EVERYWHERE
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import Index

Trash = Callable[[str], None]


@pytest.fixture
def three(photos: Path, index: Index) -> list[Path]:
    """One photo at three paths, the first of which is the one to keep; and another."""
    paths = [photos / "a.png", photos / "a (1).png", photos / "a (2).png"]
    for path in paths:
        pictures.put(path, pictures.plain("red"))
    pictures.put(photos / "other.png", pictures.plain("blue"))
    index()
    return paths


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    (tmp_path / "trash").mkdir()
    return lambda path: Path(path).rename(tmp_path / "trash" / Path(path).name) and None


def groups_of(library: Library, encoder: FakeEncoder) -> list[Group]:
    return duplicates(library, lambda _: encoder, EVERYWHERE, exact=True).groups


def test_all_but_the_kept_go_and_the_library_knows(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash
) -> None:
    done = discard(library, groups_of(library, encoder), trash)
    assert [photo.path for photo in done.moved] == [str(path) for path in three[1:]] and done.left == []
    assert done.bytes == 2 * three[0].stat().st_size
    assert [path.exists() for path in three] == [True, False, False]
    assert library.files.count() == 2 and library.files.count_contents() == 2
    assert groups_of(library, encoder) == []


def test_they_are_not_left_out_from_then_on(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash, index: Index
) -> None:
    discard(library, groups_of(library, encoder), trash)
    three[1].write_bytes(three[0].read_bytes())
    index()
    assert library.files.count() == 3


def test_nothing_goes_when_the_kept_one_is_gone_or_changed(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash
) -> None:
    groups = groups_of(library, encoder)
    os.utime(three[0], (1, 1))
    done = discard(library, groups, trash)
    assert done.moved == [] and len(done.left) == 2
    assert done.left[0].reason == f"{three[0]}, which was to be kept, is not there, or has changed"
    three[0].unlink()
    assert discard(library, groups, trash).moved == []
    assert library.files.count() == 4


def test_one_that_changed_is_left_alone_and_the_others_go(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash
) -> None:
    groups = groups_of(library, encoder)
    three[1].write_bytes(b"something of its own by now")
    done = discard(library, groups, trash)
    assert [photo.path for photo in done.moved] == [str(three[2])]
    assert [(skip.path, skip.reason) for skip in done.left] == [
        (str(three[1]), "not there, or it has changed since it was indexed")
    ]
    assert three[1].exists()


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_another_name_of_the_kept_file_is_no_copy(
    link: Callable[[Path, Path], None],
    library: Library,
    encoder: FakeEncoder,
    three: list[Path],
    trash: Trash,
    index: Index,
) -> None:
    three[1].unlink()
    link(three[0], three[1])
    index()
    done = discard(library, groups_of(library, encoder), trash)
    assert [photo.path for photo in done.moved] == [str(three[2])]
    assert done.left[0].reason == f"it is the same file as {three[0]}, by another name"
    assert three[0].exists()


def test_what_the_trash_does_not_take_is_said_and_the_rest_goes_on(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash
) -> None:
    def full(path: str) -> None:
        if path == str(three[1]):
            raise PermissionError(13, "Permission denied")
        trash(path)

    done = discard(library, groups_of(library, encoder), full)
    assert [photo.path for photo in done.moved] == [str(three[2])]
    assert done.left[0].reason == "the trash did not take it: Permission denied"


def test_what_went_before_an_interruption_is_known(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash
) -> None:
    def interrupted(path: str) -> None:
        if path == str(three[2]):
            raise KeyboardInterrupt
        trash(path)

    with pytest.raises(KeyboardInterrupt):
        discard(library, groups_of(library, encoder), interrupted)
    assert library.files.count() == 3 and library.files.content_at(str(three[1])) is None


def test_while_another_writes_nothing_is_moved(
    library: Library, encoder: FakeEncoder, three: list[Path], trash: Trash
) -> None:
    groups = groups_of(library, encoder)
    with Library(library.path.parent) as other, other.writing(), pytest.raises(LibraryBusy):
        discard(library, groups, trash)
    assert all(path.exists() for path in three)
