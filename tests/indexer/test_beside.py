"""A side file that comes, changes or goes is noticed, and the photos it speaks of are read again; no others are."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import scan
from indexer.build import Report, Run, build, compare
from indexer.errors import LibraryFull, NoSuchPath
from indexer.inform import inform
from indexer.metadata import METADATA_VERSION, sidecars
from indexer.photo import SideFile
from indexer.scan import Choice, Scan, photo_roots, sides_in
from indexer.settings import Progress
from indexer.store.library import Library
from tests import headers, pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index, counts, edit, tell_library, vector_at

OTHER_VOLUME = 424242
Update = Callable[..., tuple[Report, int]]


def keywords(*words: str) -> bytes:
    return headers.xmp(headers.bag("dc:subject", *words))


def say(path: Path, *words: str) -> Path:
    """Writes a side file that says some words, at a time of its own."""
    before = path.stat().st_mtime_ns if path.exists() else 1_700_000_000_000_000_000
    path.parent.mkdir(parents=True, exist_ok=True)
    named = headers.takeout(people=[{"name": word} for word in words])
    path.write_bytes(named if path.suffix == ".json" else keywords(*words))
    os.utime(path, ns=(before + 1_000_000_000, before + 1_000_000_000))
    return path


def said(library: Library, path: Path) -> set[str]:
    """The keywords and people of the photo at a path."""
    found = library.files.content_at(str(path))
    assert found is not None
    (facts,) = library.facts([found[0]]).values()
    return {*facts.keywords, *facts.people}


def finds(library: Library, word: str) -> list[str]:
    """The names of the photos in which a word is found."""
    ranked = [(match.content_id, match.rank) for match in library.by_words(word, 99)]
    return [Path(hit.path).name for hit in library.hits(ranked)]


@pytest.fixture
def update(index: Index, library: Library) -> Update:
    """What `pics index` does: the report of its first pass, and of how many pictures the second read the headers."""

    def run(*paths: Path, **how: object) -> tuple[Report, int]:
        return index(*paths, **how), inform(library, SETTINGS)

    return run


def numbers(done: tuple[Report, int]) -> tuple[int, int]:
    """(photos to be read again, pictures read)."""
    return done[0].read_again, done[1]


# -- coming, changing, going


@pytest.mark.parametrize("side", ["a.xmp", "A.XMP", "a.jpg.xmp", "a.jpg.json", "a.jpg.supplemental-metadata.json"])
def test_a_side_file_that_comes_changes_and_goes_is_noticed(
    update: Update, library: Library, photos: Path, encoder: FakeEncoder, side: str
) -> None:
    path = pictures.put(photos / "a.jpg", 1)
    pictures.put(photos / "ab.jpg", 2)
    update()
    vector = vector_at(library, str(path), None)
    for words in (("harbour", "dawn"), ("harbour",), ("quay", "dawn")):
        say(photos / side, *words)
        done = update()
        assert (counts(done[0]), numbers(done)) == ({"unchanged": 2}, (1, 1))
        assert said(library, path) == set(words)
        assert [finds(library, word) for word in words] == [["a.jpg"]] * len(words)
    assert finds(library, "harbour") == []
    assert numbers(update()) == (0, 0)
    (photos / side).unlink()
    assert numbers(update()) == (1, 1)
    assert (said(library, path), finds(library, "quay"), finds(library, "dawn")) == (set(), [], [])
    assert numbers(update()) == (0, 0)
    assert encoder.encoded == 2
    after = vector_at(library, str(path), None)
    assert vector is not None and after is not None
    assert vector.tobytes() == after.tobytes()


def test_what_is_new_is_read_once_with_its_side_files(update: Update, library: Library, photos: Path) -> None:
    for number, path in enumerate(pictures.put_scenes(photos, range(4))):
        say(path.with_suffix(".xmp"), f"word{number}")
    assert numbers(update()) == (0, 0)
    assert [finds(library, f"word{number}") for number in range(4)] == [[f"{number:04}.png"] for number in range(4)]
    assert numbers(update()) == (0, 0)
    new = pictures.put(photos / "new.png", 9)
    say(photos / "new.xmp", "new")
    say(photos / "0000.xmp", "other")
    done = update()
    assert (counts(done[0]), numbers(done)) == ({"unchanged": 4, "new": 1}, (1, 1))
    assert said(library, new) == {"new"}


def test_an_edited_photo_is_read_once_with_its_side_file(update: Update, library: Library, photos: Path) -> None:
    path = pictures.put(photos / "a.png", 1)
    say(photos / "a.xmp", "harbour")
    update()
    edit(path, 2)
    say(photos / "a.xmp", "dawn")
    done = update()
    assert (counts(done[0]), numbers(done)) == ({"changed": 1}, (0, 0))
    assert said(library, path) == {"dawn"}


def test_the_json_of_an_original_speaks_of_its_edited_version_too(
    update: Update, library: Library, photos: Path
) -> None:
    original, edited = pictures.put(photos / "a.jpg", 1), pictures.put(photos / "a-edited.jpg", 2)
    pictures.put(photos / "b.jpg", 3)
    update()
    say(photos / "a.jpg.supplemental-metadata.json", "Hanako")
    assert numbers(update()) == (2, 2)
    assert said(library, original) == said(library, edited) == {"Hanako"}


def test_a_side_file_that_speaks_of_no_photo_has_none_read_again(update: Update, photos: Path) -> None:
    pictures.put(photos / "a.png", 1)
    update()
    for name in ("metadata.json", "b.xmp", "a.txt"):
        say(photos / name, "harbour")
    say(photos / "deep" / "a.xmp", "harbour")
    assert numbers(update()) == (0, 0)


def test_names_are_compared_without_regard_to_unicode_form(update: Update, library: Library, photos: Path) -> None:
    path = pictures.put(photos / "e\u0301te\u0301" / "cafe\u0301.jpg", 1)
    update()
    say(path.parent / "caf\u00e9.jpg.xmp", "harbour")
    assert numbers(update()) == (1, 1)
    assert said(library, path) == {"harbour"}
    (path.parent / "caf\u00e9.jpg.xmp").unlink()
    assert numbers(update()) == (1, 1)
    assert said(library, path) == set()


def test_a_photo_that_was_named_by_itself_has_its_side_files_looked_at(
    update: Update, library: Library, photos: Path
) -> None:
    path = pictures.put(photos / "a.png", 1)
    pictures.put(photos / "b.png", 2)
    update(path)
    side = say(photos / "a.xmp", "harbour")
    say(photos / "b.xmp", "dawn")
    assert numbers(update(remembered=True)) == (1, 1)
    assert said(library, path) == {"harbour"}
    assert numbers(update(remembered=True)) == (0, 0)
    side.unlink()
    assert numbers(update(path)) == (1, 1)
    assert said(library, path) == set()


def test_of_a_folder_that_is_not_looked_at_no_side_file_is_gone(update: Update, library: Library, photos: Path) -> None:
    first, second = (pictures.put(photos / name / "x.png", number) for number, name in enumerate("ab"))
    beside = [say(path.with_suffix(".xmp"), "harbour") for path in (first, second)]
    update()
    for side in beside:
        side.unlink()
    assert numbers(update(photos / "b")) == (1, 1)
    assert (said(library, first), said(library, second)) == ({"harbour"}, set())
    assert numbers(update(first)) == (1, 1)
    assert said(library, first) == set()


# -- copies


def test_the_side_files_of_all_copies_count(update: Update, library: Library, photos: Path) -> None:
    first, second = (pictures.put(photos / folder / "x.png", 1) for folder in "ab")
    say(photos / "b" / "x.xmp", "harbour")
    assert update()[1] == 1
    assert said(library, first) == {"harbour"}
    say(photos / "a" / "x.png.json", "Hanako")
    assert numbers(update()) == (1, 1)
    say(photos / "b" / "x.xmp", "dawn")
    assert numbers(update()) == (1, 1)
    assert said(library, second) == {"Hanako", "dawn"}
    assert numbers(update()) == (0, 0)


def test_a_copy_brings_its_side_file_and_takes_it_away(update: Update, library: Library, photos: Path) -> None:
    first = pictures.put(photos / "a" / "x.png", 1)
    update()
    copy = pictures.put(photos / "b" / "y.png", 1)
    say(photos / "b" / "y.xmp", "harbour")
    done = update()
    assert (counts(done[0]), numbers(done)) == ({"unchanged": 1, "copied": 1}, (0, 1))
    assert said(library, first) == {"harbour"}
    copy.unlink()
    done = update()
    assert (counts(done[0]), numbers(done)) == ({"unchanged": 1, "gone": 1}, (0, 1))
    assert (said(library, first), finds(library, "harbour")) == (set(), [])


def test_a_photo_that_moves_leaves_the_words_of_its_side_file_behind_and_finds_others(
    update: Update, library: Library, photos: Path
) -> None:
    path = pictures.put(photos / "a" / "x.png", 1)
    pictures.put(photos / "a" / "y.png", 2)
    say(photos / "a" / "x.xmp", "harbour")
    update()
    moved = photos / "b" / "x.png"
    moved.parent.mkdir()
    path.rename(moved)
    done = update()
    assert (counts(done[0]), done[1]) == ({"unchanged": 1, "moved": 1}, 1)
    assert said(library, moved) == set()
    (photos / "a" / "x.xmp").rename(photos / "b" / "x.xmp")
    assert numbers(update()) == (1, 1)
    assert said(library, moved) == {"harbour"}
    (photos / "b").rename(photos / "c")
    done = update()
    assert counts(done[0]) == {"unchanged": 1, "moved": 1}
    assert said(library, photos / "c" / "x.png") == {"harbour"}
    assert numbers(update()) == (0, 0)


def test_the_side_files_of_a_copy_on_a_drive_that_is_away_count_again_when_it_is_back(
    update: Update, library: Library, photos: Path, tmp_path: Path
) -> None:
    drive, here = tmp_path / "drive", pictures.put(photos / "x.png", 1)
    pictures.put(drive / "x.png", 1)
    pictures.put(drive / "y.png", 2)
    for path in (drive / "x.xmp", drive / "y.xmp"):
        say(path, "harbour")
    update(photos, drive)
    drive.rename(tmp_path / "unplugged")
    say(photos / "x.xmp", "dawn")
    assert numbers(update(remembered=True)) == (1, 1)
    assert said(library, here) == {"dawn"}
    assert numbers(update(remembered=True)) == (0, 0)
    (tmp_path / "unplugged").rename(drive)
    assert numbers(update(remembered=True)) == (1, 1)
    assert said(library, here) == {"dawn", "harbour"}
    assert numbers(update(remembered=True)) == (0, 0)


def test_what_a_forgotten_copy_had_beside_it_is_forgotten_too(update: Update, library: Library, photos: Path) -> None:
    here = pictures.put(photos / "a" / "x.png", 1)
    copy = pictures.put(photos / "b" / "x.png", 1)
    say(photos / "b" / "x.xmp", "harbour")
    for path in (photos / "b", copy):
        update(photos, photos / "b")
        update(copy)
        assert said(library, here) == {"harbour"}
        library.forget(str(path))
        assert update()[1] == 1
        assert said(library, here) == set()
        assert finds(library, "harbour") == []
    library.forget(str(photos))
    assert library._database.value("select count(*) from side") == 0


PHOTOS = ("x.png", "y.png")
SIDES = ("x.xmp", "x.png.json", "y.xmp")
places = st.tuples(st.sampled_from("ab"), st.sampled_from(PHOTOS + SIDES))
changes = st.tuples(st.sampled_from(("write", "go", "move")), places, st.integers(0, 3))
runs = st.tuples(st.lists(changes, min_size=1, max_size=3), st.sampled_from(("", "", "", "a", "ends")))


@given(st.lists(changes, max_size=9), st.lists(runs, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_after_any_changes_the_library_knows_what_a_new_one_would(
    first: list[tuple[str, tuple[str, str], int]],
    then: list[tuple[list[tuple[str, tuple[str, str], int]], str]],
) -> None:
    with TemporaryDirectory() as home, Library(Path(home, "library")) as library:
        photos, clock = Path(home, "photos"), iter(range(1, 999))
        for folder in "ab":
            pictures.put(photos / folder / "x.png", 1)
        for steps, where in ((first, ""), *then, ([], "")):
            for what, (folder, name), number in steps:
                change(photos, what, photos / folder / name, number, next(clock))
            with suppress(NoSuchPath):
                build(library, FakeEncoder(), photo_roots([photos / where.replace("ends", "")]), settings=SETTINGS)
            if where != "ends":  # before its second pass
                inform(library, SETTINGS)
        with Library(Path(home, "new")) as new:
            build(new, FakeEncoder(), [str(photos)], settings=SETTINGS)
            inform(new, SETTINGS)
            for path in sorted(photos.rglob("*.png")):
                assert said(library, path) == said(new, path), path
        assert library.lacking_facts(METADATA_VERSION) == 0


def change(photos: Path, what: str, path: Path, number: int, clock: int) -> None:
    """One step, at a time of its own."""
    with suppress(FileNotFoundError):
        if what == "go":
            path.unlink()
        elif what == "move":
            path.rename(photos / ("b" if path.parent.name == "a" else "a") / path.name)
        else:
            pictures.put(path, number // 2) if path.suffix == ".png" else say(path, f"word{number}")
            os.utime(path, ns=(0, clock * 1_000_000_000))


# -- ends, and dry runs


@pytest.mark.parametrize("how", [KeyboardInterrupt, LibraryFull])
def test_a_run_that_ends_before_it_read_anything_has_the_next_read_it(
    update: Update, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch, how: type[BaseException]
) -> None:
    path, new = pictures.put(photos / "a.png", 1), photos / "new.png"
    update()
    say(photos / "a.xmp", "harbour")
    say(photos / "new.xmp", "dawn")
    pictures.put(new, 2)
    with monkeypatch.context() as ended:
        ended.setattr(Run, "read_and_encode", lambda _: (_ for _ in ()).throw(how))
        with pytest.raises(how):
            update()
    assert said(library, path) == set()
    assert inform(library, SETTINGS) == 1
    assert said(library, path) == {"harbour"}
    done = update()
    assert (counts(done[0]), numbers(done)) == ({"unchanged": 1, "new": 1}, (0, 0))
    assert said(library, new) == {"dawn"}


def test_a_run_that_ends_while_it_takes_note_has_the_next_take_it(
    update: Update, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures.put(photos / "a.png", 1)
    update()
    side = say(photos / "a.xmp", "harbour")
    run = library._database.run

    def stop(sql: str, *values: object) -> int:
        if "into side" in sql:
            raise KeyboardInterrupt
        return run(sql, *values)

    for words in ({"harbour"}, set()):
        with monkeypatch.context() as ended:
            ended.setattr(library._database, "run", stop)
            with pytest.raises(KeyboardInterrupt):
                update()
        assert library.lacking_facts(METADATA_VERSION) == 0
        assert numbers(update()) == (1, 1)
        assert said(library, path) == words
        side.unlink(missing_ok=True)


def test_a_dry_run_says_how_many_and_changes_nothing(update: Update, library: Library, photos: Path) -> None:
    pictures.put_scenes(photos, range(3))
    update()
    say(photos / "0001.xmp", "harbour")
    before = list(library._database._connection.serialize("main"))
    report = compare(library, [str(photos)])
    assert (counts(report), report.read_again) == ({"unchanged": 3}, 1)
    assert list(library._database._connection.serialize("main")) == before
    assert library.lacking_facts(METADATA_VERSION) == 0
    assert numbers(update()) == (1, 1)


def test_of_a_library_from_before_side_files_were_kept_the_photos_that_have_some_are_read_once_more(
    update: Update, library: Library, photos: Path
) -> None:
    paths = pictures.put_scenes(photos, range(5))
    for path in paths[:2]:
        say(path.with_suffix(".xmp"), "harbour")
    update()
    tell_library(library, "delete from side")
    say(paths[0].with_suffix(".xmp"), "dawn")
    assert numbers(update()) == (2, 2)
    assert [said(library, path) for path in paths[:3]] == [{"dawn"}, {"harbour"}, set()]
    assert numbers(update()) == (0, 0)


def test_the_pass_tells_how_far_it_is(index: Index, library: Library, photos: Path) -> None:
    for path in pictures.put_scenes(photos, range(5)):
        say(path.with_suffix(".xmp"), "harbour")
    index()
    for number in (1, 3):
        say(photos / f"{number:04}.xmp", "dawn")
    index()
    told: list[Progress] = []
    assert inform(library, SETTINGS, told.append) == 2
    assert told[-1] == Progress("inform", 2, 2)


# -- what cannot be seen, or read


def test_side_files_on_a_drive_that_is_unplugged_are_not_gone(
    update: Update, library: Library, photos: Path, tmp_path: Path
) -> None:
    path = pictures.put(photos / "drive" / "a.png", 1)
    pictures.put(photos / "b.png", 2)
    say(photos / "drive" / "a.xmp", "harbour")
    update()
    tell_library(library, "update file set volume = ? where path like '%/drive/%'", OTHER_VOLUME)
    tell_library(library, "update side set volume = ?", OTHER_VOLUME)
    (photos / "drive").rename(tmp_path / "unplugged")
    assert numbers(update()) == (0, 0)
    assert said(library, path) == {"harbour"}
    (tmp_path / "unplugged").rename(photos / "drive")
    assert numbers(update()) == (0, 0)
    (photos / "drive" / "a.xmp").unlink()
    assert numbers(update()) == (1, 1)
    assert said(library, path) == set()


def test_side_files_in_a_folder_that_may_not_be_read_are_not_gone(bound_folder: Path, encoder: FakeEncoder) -> None:
    photos = bound_folder / "photos"
    path = pictures.put(photos / "closed" / "a.png", 1)
    say(photos / "closed" / "a.xmp", "harbour")
    with Library(bound_folder / "home") as library:
        for mode in (0o700, 0, 0o400, 0o700):
            (photos / "closed").chmod(mode)
            report = build(library, encoder, [str(photos)], settings=SETTINGS)
            assert (report.read_again, inform(library, SETTINGS)) == (0, 0)
            assert said(library, path) == {"harbour"}


def test_a_side_file_that_may_not_be_read_is_noted_and_tried_again(bound_folder: Path, encoder: FakeEncoder) -> None:
    photos = bound_folder / "photos"
    path = pictures.put(photos / "a.png", 1)
    side, other = say(photos / "a.xmp", "harbour"), say(photos / "a.png.json", "Hanako")
    side.chmod(0)

    def update() -> tuple[int, int]:
        return numbers((build(library, encoder, [str(photos)], settings=SETTINGS), inform(library, SETTINGS)))

    with Library(bound_folder / "home") as library:
        for done in ((0, 0), (1, 1), (1, 1)):
            assert update() == done
            assert said(library, path) == {"Hanako"}
            (facts,) = library.facts([1]).values()
            assert facts.notes == ("a.xmp: cannot be read: Permission denied",)
            assert library.sides.kept_in(str(photos)) == [other.name]
        side.chmod(0o600)
        assert update() == (1, 1)
        assert said(library, path) == {"harbour", "Hanako"}
        assert update() == (0, 0)


def in_the_cloud(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Makes some side files look as macOS shows those that iCloud keeps, and reading them a fault."""
    places = set()
    for name in names:
        info = Path(name).stat()
        places.add((info.st_dev, info.st_ino))

    def is_offline(info: os.stat_result) -> bool:
        return (info.st_dev, info.st_ino) in places

    monkeypatch.setattr(scan, "HAS_FLAGS", True)
    monkeypatch.setattr(scan, "is_offline", is_offline)
    monkeypatch.setattr(sidecars, "is_offline", is_offline)


def test_a_side_file_that_goes_to_the_cloud_is_not_gone_and_not_fetched(
    update: Update, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures.put(photos / "a.png", 1)
    side = say(photos / "a.xmp", "harbour")
    update()
    with monkeypatch.context() as cloud:
        in_the_cloud(cloud, str(side))
        assert numbers(update()) == (0, 0)
        say(photos / "a.png.json", "Hanako")
        assert numbers(update()) == (1, 1)
        assert said(library, path) == {"Hanako"}
        assert numbers(update()) == (0, 0)
    assert numbers(update()) == (1, 1)
    assert said(library, path) == {"harbour", "Hanako"}


def test_a_side_file_that_is_in_the_cloud_from_the_first_is_read_when_it_is_here(
    update: Update, library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures.put(photos / "a.png", 1)
    side = say(photos / "a.xmp", "harbour")
    with monkeypatch.context() as cloud:
        in_the_cloud(cloud, str(side))
        for _ in range(2):
            assert numbers(update()) == (0, 0)
            assert said(library, path) == set()
    assert numbers(update()) == (1, 1)
    assert said(library, path) == {"harbour"}


def test_the_placeholder_of_a_side_file_stands_for_it(update: Update, library: Library, photos: Path) -> None:
    path = pictures.put(photos / "a.png", 1)
    side, placeholder = say(photos / "a.xmp", "harbour"), photos / ".a.xmp.icloud"
    update()
    side.rename(placeholder)
    assert numbers(update()) == (0, 0)
    assert said(library, path) == {"harbour"}
    say(photos / "a.png.json", "Hanako")
    assert numbers(update()) == (1, 1)
    (facts,) = library.facts([1]).values()
    assert facts.notes == ("a.xmp: in iCloud only",)
    placeholder.rename(side)
    assert numbers(update()) == (1, 1)
    assert said(library, path) == {"harbour", "Hanako"}


def test_side_files_that_are_left_out_are_not_read_and_those_let_in_again_are(
    update: Update, library: Library, photos: Path
) -> None:
    path = pictures.put(photos / "a.png", 1)
    say(photos / "a.xmp", "harbour")
    say(photos / "a.png.json", "Hanako")
    update(exclude=["*.json"])
    assert said(library, path) == {"harbour"}
    say(photos / "a.png.json", "Hanako", "Taro")
    assert numbers(update()) == (0, 0)
    assert numbers(update(exclude=["a.xmp"])) == (1, 1)
    assert said(library, path) == {"Hanako", "Taro"}
    assert numbers(update(exclude=[])) == (1, 1)
    assert said(library, path) == {"harbour", "Hanako", "Taro"}
    library.forget(str(photos / "a.xmp"))
    assert numbers(update()) == (1, 1)
    assert said(library, path) == {"Hanako", "Taro"}
    assert numbers(update()) == (0, 0)


# -- the scan


def sides(found: Path, **options: object) -> list[str]:
    """The names of the side files that a scan finds, an asterisk behind those that cannot be read."""
    scanned = [side for side in Scan(str(found), **options) if isinstance(side, SideFile)]  # type: ignore[arg-type]
    assert all(Path(side.folder).is_dir() for side in scanned)
    return sorted(side.name + "*" * (not side.readable) for side in scanned)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        pictures.put(folder / name, b"not opened")


def test_a_scan_finds_side_files_where_there_are_photos(photos: Path) -> None:
    touch(photos, "a.jpg", "a.xmp", "a.JPG.JSON", "b.Xmp", "._a.xmp", ".b.json", "a.xmp.txt", "jsonl", "c.jsonl")
    touch(photos, "code/package.json", "code/deep/tsconfig.json", "@eaDir/a.xmp", "deep/b.png", "deep/z.xmp")
    (photos / "folder.xmp").mkdir()
    os.mkfifo(photos / "pipe.xmp")
    (photos / "loose.xmp").symlink_to(photos / "gone")
    (photos / "link.xmp").symlink_to(photos / "code" / "package.json")
    assert sides(photos) == ["a.JPG.JSON", "a.xmp", "b.Xmp", "link.xmp", "z.xmp"]


def test_a_side_file_is_described_by_its_stat(photos: Path) -> None:
    touch(photos, "a.jpg", "a.xmp")
    os.utime(photos / "a.xmp", ns=(1, 1_234_567_890_123_456_789))
    _, side = Scan(str(photos))
    assert side == (str(photos), "a.xmp", 10, 1_234_567_890_123_456_789, photos.stat().st_dev, True)
    assert list(sides_in(str(photos), Choice(str(photos)))) == [side]


def test_a_side_file_in_the_cloud_is_there_and_not_readable(photos: Path) -> None:
    touch(photos, ".a.jpg.icloud", ".a.xmp.icloud", "b.json", ".c.txt.icloud", ".icloud")
    assert sides(photos) == ["a.xmp*", "b.json"]
    assert sides(photos, exclude=["a.xmp"]) == sides(photos, forgotten=[str(photos / "a.xmp")]) == ["b.json"]


def test_side_files_whose_photos_cannot_be_seen_are_there_and_not_readable(bound_folder: Path) -> None:
    touch(bound_folder, "b/1.jpg", "b/1.xmp")
    (bound_folder / "b").chmod(0o400)
    assert sides(bound_folder) == ["1.xmp*"]


def test_a_side_file_whose_name_is_no_unicode_is_nobodys(photos: Path) -> None:
    touch(photos, "a.jpg", "a.xmp")
    with suppress(OSError):  # macOS refuses it
        Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.xmp")).write_bytes(b"x")
    scanned = Scan(str(photos))
    assert [side.name for side in scanned if isinstance(side, SideFile)] == ["a.xmp"]
    assert scanned.unreadable == []


def test_globs_leave_out_side_files_as_they_do_photos(photos: Path) -> None:
    touch(photos, "2020/a.jpg", "2020/a.xmp", "b.jpg", "b.xmp", "b.json")
    assert sides(photos, exclude=["*.json"]) == ["a.xmp", "b.xmp"]
    assert sides(photos, exclude=["2020/a.xmp"]) == ["b.json", "b.xmp"]
    assert [side.name for side in sides_in(str(photos), Choice(str(photos), ["*.json"]))] == ["b.xmp"]


def test_a_folder_that_is_gone_with_its_side_files_is_let_go(update: Update, library: Library, photos: Path) -> None:
    pictures.put(photos / "a" / "x.png", 1)
    pictures.put(photos / "b" / "y.png", 2)
    for path in (photos / "a" / "x.xmp", photos / "b" / "y.xmp"):
        say(path, "harbour")
    update()
    shutil.rmtree(photos / "a")
    done = update()
    assert (counts(done[0]), numbers(done)) == ({"unchanged": 1, "gone": 1}, (0, 0))
    assert library._database.rows("select folder, name from side") == [(str(photos / "b"), "y.xmp")]
