"""What the library remembers to look into, and a scan held against it."""

import tracemalloc
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.photo import File
from indexer.store.library import Library
from tests.indexer.conftest import MODEL, photo, put_photos

X, Y, Z, W = np.eye(4, dtype=np.float32)


# -- roots


@pytest.fixture
def rooted(library: Library) -> Library:
    library.roots.remember("/p", 7, ["*.gif"])
    library.roots.remember("/q/deep", 8)
    return library


def test_roots_come_back_in_the_order_of_their_paths(rooted: Library) -> None:
    assert [(root.path, root.exclude, root.volume, root.scanned_at) for root in rooted.roots.all()] == [
        ("/p", ("*.gif",), 7, None),
        ("/q/deep", (), 8, None),
    ]
    rooted.roots.looked_at("/p", 9)
    (p, _) = rooted.roots.all()
    assert p.volume == 9
    assert p.scanned_at is not None


def test_a_root_inside_another_is_not_remembered_and_one_around_it_takes_it_over(rooted: Library) -> None:
    rooted.roots.remember("/p/a", 7)
    rooted.roots.remember("/q", 8)
    assert [root.path for root in rooted.roots.all()] == ["/p", "/q"]


def test_a_path_knows_the_root_that_covers_it(rooted: Library) -> None:
    for path, root in (("/p", "/p"), ("/p/x/y.jpg", "/p"), ("/q/deep/x", "/q/deep")):
        covering = rooted.roots.covering(path)
        assert covering is not None
        assert covering.path == root
    assert [rooted.roots.covering(path) for path in ("/q", "/pp", "/p b", "/")] == [None] * 4


def test_globs_are_kept_until_they_are_replaced(rooted: Library) -> None:
    rooted.roots.remember("/p", 7)
    assert rooted.roots.all()[0].exclude == ("*.gif",)
    rooted.roots.remember("/p", 7, ["raw", "x'y"])
    assert rooted.roots.all()[0].exclude == ("raw", "x'y")
    rooted.roots.remember("/p", 7, [])
    assert rooted.roots.all()[0].exclude == ()


def test_a_root_that_is_forgotten_goes_and_a_folder_in_one_is_left_out(rooted: Library) -> None:
    rooted.roots.forget("/p/private")
    rooted.roots.forget("/q")
    assert [root.path for root in rooted.roots.all()] == ["/p"]
    assert rooted.roots.forgotten() == ["/p/private"]


def test_naming_a_forgotten_path_or_one_in_it_takes_it_back_and_naming_its_root_does_not(rooted: Library) -> None:
    rooted.roots.forget("/p/private")
    rooted.roots.forget("/p/old")
    rooted.roots.remember("/p", 7)
    assert rooted.roots.forgotten() == ["/p/old", "/p/private"]
    rooted.roots.remember("/p/private/2020", 7)
    assert rooted.roots.forgotten() == ["/p/old"]
    rooted.roots.remember("/p/old", 7)
    assert rooted.roots.forgotten() == []


# -- a scan against the library


def test_a_scan_is_held_against_the_library(library: Library) -> None:
    put_photos(library, *(photo(f"/p/{name}.jpg", X) for name in ("same", "edited", "touched", "gone")))
    library.files.begin_scan()
    seen = [
        File("/p/same.jpg", len("/p/same.jpg"), 1, 7),
        File("/p/edited.jpg", 99, 1, 7),
        File("/p/touched.jpg", len("/p/touched.jpg"), 2, 7),
        File("/p/new.jpg", 3, 1, 7),
        File("/p/cloud.jpg", 0, 0, 0, offline=True),
    ]
    assert library.files.see(seen) == 5
    diff = library.files.compare(["/p"], [7], [])
    assert (diff.unchanged, diff.new, diff.changed, diff.offline, diff.gone) == (1, 1, 2, 1, 1)
    (todo,) = library.files.todo()
    assert todo == [seen[1], seen[3], seen[2]]
    assert library.files.finish() == 1
    library.files.end_scan()
    assert library.files.count() == 3


def test_a_file_that_was_read_and_is_now_in_the_cloud_is_kept_as_it_is(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    library.files.begin_scan()
    library.files.see([File("/p/a.jpg", 0, 0, 0, offline=True)])
    diff = library.files.compare(["/p"], [7], [])
    assert (diff.unchanged, diff.offline, diff.todo, diff.gone) == (1, 0, 0, 0)


FACTS = st.tuples(st.integers(1, 2), st.just(1), st.integers(7, 8))  # size, mtime_ns, volume
NAMES = [
    "a/1",
    "a/2",
    "a/ü",
    "a/3",
    "b/1",
    "b/u\u0308",
    "b/2",
    "c",
]  # spelled as the library does, and not


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), FACTS), st.dictionaries(st.sampled_from(NAMES), FACTS), st.randoms())
def test_a_scan_means_what_holding_each_file_against_the_library_means(
    kept: dict[str, tuple[int, int, int]], found: dict[str, tuple[int, int, int]], chance: Random
) -> None:
    order = list(kept)
    chance.shuffle(order)  # files follow each other by their ids in any order
    with TemporaryDirectory() as home, Library(Path(home)) as library:
        library.adopt(MODEL)
        for name in order:
            _, *rest = photo(f"/p/{name}", X)
            put_photos(library, (File(f"/p/{name}", *kept[name]), *rest))
        library.files.begin_scan()
        assert library.files.see(File(f"/p/{name}", *facts) for name, facts in found.items()) == len(found)
        diff = library.files.compare(["/p"], [7], [])
        same = [name for name in found if kept.get(name, ())[:2] == found[name][:2]]
        changed = [name for name in found if name in kept and name not in same]
        gone = [name for name, (*_, volume) in kept.items() if name not in found and volume == 7]
        new = len(found) - len(same) - len(changed)
        assert (diff.unchanged, diff.new, diff.changed, diff.gone) == (len(same), new, len(changed), len(gone))
        todo = [file.path for files in library.files.todo() for file in files]
        assert sorted(todo) == sorted(f"/p/{name}" for name in found if name not in same)
        assert library.files.seen_within("/p/a") == any(name.startswith("a/") for name in found)
        assert library.files.finish() == len(gone)
        left = library._database.rows("select coalesce(spelling, path), volume from file")
        assert {path: volume for path, volume in left if path[3:] in same} == {
            f"/p/{name}": found[name][2] for name in same
        }
        library.files.end_scan()


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_spellings_of_a_path_the_one_that_is_as_it_was_counts(library: Library, first: int) -> None:
    put_photos(library, photo("/p/\u00fc.jpg", X))
    spellings = [File("/p/\u00fc.jpg", len("/p/\u00fc.jpg".encode()), 1, 7), File("/p/u\u0308.jpg", 99, 9, 7)]
    library.files.begin_scan()
    assert library.files.see([spellings[first]]) == 1
    library.files.see([spellings[1 - first]])
    diff = library.files.compare(["/p"], [7], [])
    assert (diff.unchanged, diff.todo, diff.gone) == (1, 0, 0)


def test_a_file_that_is_seen_twice_is_one(library: Library) -> None:
    put_photos(library, *(photo(f"/p/{number}.jpg", X) for number in range(5)))
    seen = [File(f"/p/{number}.jpg", len("/p/0.jpg"), 1, 7) for number in range(5)]
    library.files.begin_scan()
    library.files.see(seen[1:4])
    assert library.files.see(seen[:3]) == 4
    diff = library.files.compare(["/p"], [7], [])
    assert (diff.unchanged, diff.todo, diff.gone) == (4, 0, 1)


@pytest.mark.parametrize(
    ("roots", "volumes", "closed", "gone"),
    [
        (["/p"], [7], [], 2),
        (["/p/a"], [7], [], 1),
        (["/p"], [8], [], 0),
        (["/p"], [], [], 0),
        ([], [7], [], 0),
        (["/p"], [7, 8], ["/p/a"], 1),
        (["/p"], [7], ["/p"], 0),
        (["/p"], [7], ["/p/ab"], 2),
    ],
)
def test_only_what_the_scan_could_have_seen_is_gone(
    library: Library, roots: list[str], volumes: list[int], closed: list[str], gone: int
) -> None:
    put_photos(library, photo("/p/a/1.jpg", X), photo("/p/b/2.jpg", Y), photo("/q/3.jpg", Z))
    library.files.begin_scan()
    assert library.files.compare(roots, volumes, closed).gone == gone


@pytest.mark.parametrize("number", [100, 1_000, 20_000])
def test_any_number_of_folders_may_be_unreadable(library: Library, number: int) -> None:
    put_photos(library, photo("/p/closed7/1.jpg", X), photo("/p/2.jpg", Y))
    library.files.begin_scan()
    closed = [f"/p/closed{each}" for each in range(number)]
    assert library.files.compare(["/p"], [7], closed).gone == 1


def test_any_number_of_roots_may_be_looked_at(library: Library) -> None:
    put_photos(library, photo("/p/7.jpg", X), photo("/p/x.jpg", Y))
    library.files.begin_scan()
    roots = [f"/p/{number}.jpg" for number in range(5_000)]
    assert library.files.compare(roots, [7], []).gone == 1
    assert library.files.finish() == 1


def test_a_scan_of_many_files_takes_no_memory_for_each(library: Library) -> None:
    library.files.begin_scan()
    tracemalloc.start()
    library.files.see(File(f"/p/{number // 100}/{number}.jpg", number, 1, 7) for number in range(50_000))
    library.files.compare(["/p"], [7], [])
    handed_out = sum(len(files) for files in library.files.todo())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    library.files.end_scan()
    assert handed_out == 50_000
    assert peak < 4_000_000  # bytes; a list of them all takes more than 10 MB
