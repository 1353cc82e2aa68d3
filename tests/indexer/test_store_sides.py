"""Side files in the library: how a scan differs from what it holds, and which photos lie beside them."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from indexer.photo import File, SideFile
from indexer.store.library import Library
from tests.indexer.conftest import MODEL, photo, put_photos

X, Y, Z, W = np.eye(4, dtype=np.float32)
VOLUME = 7


def side(folder: str, name: str, size: int = 1, mtime_ns: int = 1, volume: int = VOLUME, **how: bool) -> SideFile:
    return SideFile(folder, name, size, mtime_ns, volume, **how)


def look(
    library: Library, *sides: SideFile, roots: tuple[str, ...] = ("/p",), closed: tuple[str, ...] = ()
) -> dict[str, list[str]]:
    """Holds a scan that found some side files, and no photos, against the library; returns what is new in it."""
    library.files.begin_scan()
    library.sides.begin_scan()
    library.sides.see(sides)
    library.files.compare(roots, [VOLUME], closed)
    library.sides.compare([VOLUME], [])
    return dict(library.sides.news())


def kept(library: Library) -> list[tuple[object, ...]]:
    return library._database.rows("select folder, name, size, mtime_ns, volume from side")


@pytest.fixture
def sided(library: Library) -> Iterator[Library]:
    """A library that knows three side files in two folders."""
    library.adopt(MODEL)
    look(library, side("/p/a", "1.xmp"), side("/p/a", "2.json"), side("/p/b", "3.xmp"))
    library.sides.settle()
    yield library
    library.files.end_scan()
    library.sides.end_scan()


def test_what_is_new_changed_or_gone_is_news_and_the_rest_is_not(sided: Library) -> None:
    found = (
        side("/p/a", "1.xmp"),
        side("/p/a", "2.json", mtime_ns=2),
        side("/p/a", "4.xmp"),
        side("/p/c", "5.xmp", readable=False),
    )
    assert look(sided, *found) == {"/p/a": ["2.json", "4.xmp"], "/p/b": ["3.xmp"]}
    sided.sides.settle()
    assert kept(sided) == [tuple(each[:5]) for each in found[:3]]
    assert look(sided, *found) == {}


def test_nothing_is_kept_before_it_is_settled(sided: Library) -> None:
    before = kept(sided)
    assert look(sided, side("/p/a", "4.xmp")) != {}
    assert kept(sided) == before


def test_what_is_there_and_cannot_be_read_stays_as_it_was(sided: Library) -> None:
    hidden = [side(*each[:2], size=0, volume=0, readable=False) for each in kept(sided)]  # type: ignore[arg-type]
    assert look(sided, *hidden) == {}
    before = kept(sided)
    sided.sides.settle()
    assert kept(sided) == before


def test_another_number_of_the_same_drive_is_kept_and_no_news(sided: Library) -> None:
    found = [side(*each[:4], volume=8) for each in kept(sided)]  # type: ignore[arg-type]
    assert look(sided, *found) == {}
    sided.sides.settle()
    assert {each[4] for each in kept(sided)} == {8}


@pytest.mark.parametrize(
    ("roots", "closed", "gone"),
    [
        (("/p",), (), ["/p/a", "/p/b"]),
        (("/p/a",), (), ["/p/a"]),
        (("/p/ab", "/q"), (), []),
        (("/p/a/1.jpg",), (), []),
        ((), (), []),
        (("/p",), ("/p/a",), ["/p/b"]),
        (("/p",), ("/p",), []),
        (("/p",), ("/p/a/1.jpg",), ["/p/a", "/p/b"]),
    ],
)
def test_only_what_the_scan_could_have_seen_is_gone(
    sided: Library, roots: tuple[str, ...], closed: tuple[str, ...], gone: list[str]
) -> None:
    assert list(look(sided, roots=roots, closed=closed)) == gone


def test_what_lay_on_a_drive_that_was_not_seen_is_not_gone(sided: Library) -> None:
    sided._database.run("update side set volume = 8 where folder = '/p/b'")
    assert list(look(sided)) == ["/p/a"]


def test_the_photos_of_a_folder_are_those_in_it_that_are_as_they_were(library: Library) -> None:
    same, edited, deep, gone = (f"/p/a/{name}" for name in ("same.jpg", "edited.jpg", "b/deep.jpg", "gone.jpg"))
    put_photos(library, *(photo(path, X) for path in (same, edited, deep, gone, "/p/ab/other.jpg", "/p/a.jpg")))
    library.files.begin_scan()
    library.sides.begin_scan()
    library.files.see([File(path, len(path) + (path == edited), 1, 7) for path in (same, edited, deep)])
    library.sides.see([side("/p/a", "same.xmp")])
    library.files.compare(["/p/a"], [VOLUME], [])
    library.sides.compare([VOLUME], [])
    assert [path for path, _ in library.sides.photos_in("/p/a")] == [same]
    assert [[path for path, _ in files] for files in library.sides.leaving()] == [[edited, gone]]
    library.files.end_scan()
    library.sides.end_scan()


def test_photos_at_the_top_of_the_disk_have_a_folder_too(library: Library) -> None:
    put_photos(library, photo("/a.jpg", X), photo("/p/b.jpg", Y))
    look(library, side("", "a.xmp"), roots=("/",))
    library._database.run("delete from leaving")
    assert list(library.sides.news()) == [("", ["a.xmp"])]
    assert [path for path, _ in library.sides.photos_in("")] == ["/a.jpg"]


def test_a_library_without_side_files_is_not_compared(library: Library) -> None:
    put_photos(library, photo("/p/gone.jpg", X))
    assert look(library) == {}
    assert list(library.sides.leaving()) == []


def test_pictures_that_are_noted_are_read_again_and_keep_their_facts(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X), photo("/p/b.jpg", Y))
    library.put_facts(3, [(number, "/p", facts) for number, facts in library.facts([1, 2]).items()])
    look(library, side("/p", "a.xmp"))
    library.sides.note([1, 1])
    assert library.lacking_facts(3) == 0
    library.sides.settle()
    assert library.lacking_facts(1) == 1
    assert library.facts([1, 2]).keys() == {1, 2}


def test_a_scan_of_many_side_files_takes_no_memory_for_each(library: Library) -> None:
    library.files.begin_scan()
    library.sides.begin_scan()
    tracemalloc.start()
    library.sides.see(side(f"/p/{number // 100}", f"{number}.xmp") for number in range(50_000))
    library.files.compare(["/p"], [VOLUME], [])
    library.sides.compare([VOLUME], [])
    names = sum(len(names) for _, names in library.sides.news())
    library.sides.settle()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert names == 50_000
    assert peak < 1_000_000  # bytes; a list of them all takes more than 10 MB


@pytest.mark.parametrize("older", [1, 2, 3], indirect=True)
def test_a_library_of_an_earlier_version_has_room_for_side_files(older: Library) -> None:
    assert kept(older) == []
    assert list(look(older, side("/photos/2019", "harbour.xmp"), roots=("/photos",))) == ["/photos/2019"]
    older.sides.settle()
    assert len(kept(older)) == 1
    older.files.end_scan()
    older.sides.end_scan()
