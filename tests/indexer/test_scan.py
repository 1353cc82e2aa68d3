"""Folders -> files: what is found, what is left out, what is said of the rest."""

import os
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest

from indexer.errors import NoSuchPath
from indexer.photo import SF_DATALESS, is_offline
from indexer.scan import Scan, is_placeholder, is_unicode, outermost, photo_roots

NFC = "Été"
NFD = unicodedata.normalize("NFD", NFC)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="this file system takes names that macOS refuses")


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"not opened")


def found(start: Path, **options: object) -> list[str]:
    """The paths below `start` that a scan finds, sorted."""
    return sorted(os.path.relpath(file.path, start) for file in Scan(str(start), **options))  # type: ignore[arg-type]


# -- what is a photo


def test_photos_are_found_at_any_depth_and_other_files_are_not(photos: Path) -> None:
    touch(photos, "a.jpg", "b/c.png", "b/d/e/f/g.heic", "notes.txt", "jpg", "b/movie.mov", "archive.jpg.zip", "no-dot")
    assert found(photos) == ["a.jpg", "b/c.png", "b/d/e/f/g.heic"]


@pytest.mark.parametrize(
    "suffix",
    [
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp"),
        *("heic", "heif", "avif", "jp2", "jxl", "ppm", "pgm", "pbm"),
    ],
)
def test_a_suffix_is_known_in_any_case(photos: Path, suffix: str) -> None:
    touch(photos, f"lower.{suffix}", f"upper.{suffix.upper()}", f"title.{suffix.title()}")
    assert len(found(photos)) == 3


def test_a_file_is_described_by_its_stat(photos: Path) -> None:
    touch(photos, "a.jpg")
    os.utime(photos / "a.jpg", ns=(1, 1_234_567_890_123_456_789))
    (file,) = Scan(str(photos))
    assert file == (str(photos / "a.jpg"), 10, 1_234_567_890_123_456_789, photos.stat().st_dev, False)


def test_a_named_file_is_taken_whatever_its_suffix(photos: Path) -> None:
    touch(photos, "scan0001")
    assert found(photos / "scan0001") == ["."]


def test_a_folder_whose_name_ends_like_a_photo_is_walked_and_not_taken(photos: Path) -> None:
    touch(photos, "best.jpg/inside.jpg")
    assert found(photos) == ["best.jpg/inside.jpg"]


def test_a_pipe_that_is_named_like_a_photo_is_left_alone(photos: Path) -> None:
    os.mkfifo(photos / "pipe.jpg")
    assert found(photos) == []
    assert found(photos / "pipe.jpg") == []


def test_the_volumes_that_were_seen_are_known_afterwards(photos: Path) -> None:
    touch(photos, "a/b.jpg")
    scan = Scan(str(photos))
    assert scan.volumes == set()
    list(scan)
    assert scan.volumes == {photos.stat().st_dev}


# -- what is left out


def test_hidden_files_and_the_litter_of_other_programs_are_left_out(photos: Path) -> None:
    touch(photos, "._a.jpg", ".DS_Store", ".hidden.jpg", ".trash/a.jpg", "@eaDir/a.jpg", "x/#recycle/b.jpg")
    touch(photos, "$RECYCLE.BIN/c.jpg", "x/seen.jpg")
    assert found(photos) == ["x/seen.jpg"]


def test_a_hidden_folder_is_walked_when_it_is_named(photos: Path) -> None:
    touch(photos, ".secret/a.jpg")
    assert found(photos / ".secret") == ["a.jpg"]


@pytest.mark.parametrize("name", ["Holiday.photoslibrary", "OLD.PHOTOSLIBRARY"])
def test_a_photos_library_shows_its_originals_only(photos: Path, name: str) -> None:
    touch(photos / name, "originals/A/1.heic", "Masters/2009/2.jpg", "resources/derivatives/1_small.jpg", "top.jpg")
    assert found(photos) == [f"{name}/Masters/2009/2.jpg", f"{name}/originals/A/1.heic"]
    assert found(photos / name) == ["Masters/2009/2.jpg", "originals/A/1.heic"]


def test_a_glob_leaves_out_by_name_files_and_folders_alike(photos: Path) -> None:
    touch(photos, "a.jpg", "a_small.jpg", "deep/b_small.jpg", "thumbs/c.jpg", "deep/thumbs/d.jpg")
    assert found(photos, exclude=["*_small.jpg", "thumbs"]) == ["a.jpg"]


def test_a_glob_leaves_out_by_path_below_the_root(photos: Path) -> None:
    touch(photos, "2019/raw/a.jpg", "2020/raw/b.jpg", "2020/c.jpg")
    assert found(photos, exclude=["2020/raw"]) == ["2019/raw/a.jpg", "2020/c.jpg"]
    assert found(photos, exclude=["2020/raw/"]) == ["2019/raw/a.jpg", "2020/c.jpg"]


def test_a_glob_by_path_is_held_against_the_root_when_the_scan_starts_below_it(photos: Path) -> None:
    touch(photos, "2020/raw/b.jpg", "2020/c.jpg")
    assert found(photos / "2020", exclude=["2020/raw"], root=str(photos)) == ["c.jpg"]
    assert found(photos / "2020", exclude=["2020/raw"], root=f"{photos}/") == ["c.jpg"]


@pytest.mark.parametrize(("typed", "on_disk"), [(NFC, NFD), (NFD, NFC)])
def test_a_glob_matches_a_name_in_either_unicode_form(photos: Path, typed: str, on_disk: str) -> None:
    touch(photos, f"{on_disk}/a.jpg", "b.jpg")
    assert found(photos, exclude=[typed]) == ["b.jpg"]


def test_a_glob_by_path_counts_from_a_root_that_is_spelled_in_the_other_unicode_form(photos: Path) -> None:
    touch(photos, f"{NFD}/2020/raw/a.jpg", f"{NFD}/2020/b.jpg")
    root = str(photos / NFC)
    assert found(photos / NFD / "2020", exclude=["2020/raw"], root=root) == ["b.jpg"]


def test_what_was_forgotten_is_left_out_in_either_unicode_form(photos: Path) -> None:
    touch(photos, f"{NFD}/a.jpg", "b.jpg", "c.jpg")
    assert found(photos, forgotten=[str(photos / NFC), str(photos / "b.jpg")]) == ["c.jpg"]


# -- links


def test_a_link_that_leads_back_up_ends(photos: Path) -> None:
    touch(photos, "a/b/c.jpg")
    (photos / "a" / "b" / "up").symlink_to(photos)
    (photos / "a" / "self").symlink_to(photos / "a")
    assert found(photos) == ["a/b/c.jpg"]


def test_a_folder_that_two_links_lead_to_is_walked_once(photos: Path, tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.jpg", "deep/b.jpg")
    (photos / "one").symlink_to(tmp_path / "elsewhere")
    (photos / "two").symlink_to(tmp_path / "elsewhere")
    assert len(found(photos)) == 2


def test_a_folder_keeps_its_real_path_though_a_link_to_it_sorts_first(photos: Path) -> None:
    touch(photos, "real/deep/a.jpg")
    (photos / "a-link").symlink_to(photos / "real")
    (photos / "b-link").symlink_to(photos / "real" / "deep")
    assert found(photos) == ["real/deep/a.jpg"]


def test_a_start_that_is_a_link_is_followed_and_keeps_its_name(photos: Path, tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.jpg")
    (photos / "link").symlink_to(tmp_path / "elsewhere")
    assert [file.path for file in Scan(str(photos / "link"))] == [str(photos / "link" / "a.jpg")]


def test_a_link_to_nowhere_is_left_out_without_a_word(photos: Path) -> None:
    touch(photos, "b.jpg")
    (photos / "a.jpg").symlink_to(photos / "gone.jpg")
    (photos / "c").symlink_to(photos / "gone")
    scan = Scan(str(photos))
    assert [file.path for file in scan] == [str(photos / "b.jpg")]
    assert scan.unreadable == []


def test_a_link_to_itself_does_not_hide_the_photos_beside_it(photos: Path) -> None:
    touch(photos, "a.jpg", "c/d.jpg", "z.jpg")
    (photos / "b.jpg").symlink_to(photos / "b.jpg")
    (photos / "ring").symlink_to(photos / "ring")
    assert found(photos) == ["a.jpg", "c/d.jpg", "z.jpg"]


def test_a_link_into_a_closed_folder_does_not_hide_the_photos_beside_it(bound_folder: Path) -> None:
    touch(bound_folder, "closed/secret/x.jpg", "photos/a.jpg", "photos/z.jpg")
    (bound_folder / "photos" / "b.jpg").symlink_to(bound_folder / "closed" / "secret" / "x.jpg")
    (bound_folder / "photos" / "c").symlink_to(bound_folder / "closed" / "secret")
    (bound_folder / "closed").chmod(0)
    assert found(bound_folder / "photos") == ["a.jpg", "z.jpg"]


# -- what cannot be read


def test_a_folder_that_may_not_be_read_is_named_and_the_others_are_walked(bound_folder: Path) -> None:
    touch(bound_folder, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    (bound_folder / "b").chmod(0)
    scan = Scan(str(bound_folder))
    assert [Path(file.path).name for file in sorted(scan)] == ["1.jpg", "3.jpg"]
    assert [(skip.path, skip.reason) for skip in scan.unreadable] == [
        (str(bound_folder / "b"), "folder cannot be read: Permission denied")
    ]


def test_files_of_a_folder_that_can_be_listed_and_not_entered_are_named_each(bound_folder: Path) -> None:
    touch(bound_folder, "b/1.jpg", "b/2.jpg", "c/3.jpg")
    (bound_folder / "b").chmod(0o400)
    scan = Scan(str(bound_folder))
    assert [Path(file.path).name for file in scan] == ["3.jpg"]
    assert [skip.path for skip in scan.unreadable] == [str(bound_folder / "b" / name) for name in ("1.jpg", "2.jpg")]


def test_a_folder_that_goes_while_the_scan_runs_is_no_fault(photos: Path) -> None:
    touch(photos, "a.jpg", "b/c.jpg")
    scan = Scan(str(photos))
    files = iter(scan)
    assert next(files).path == str(photos / "a.jpg")
    (photos / "b" / "c.jpg").unlink()
    (photos / "b").rmdir()
    assert list(files) == []
    assert scan.unreadable == []


@linux_only
def test_a_name_that_is_no_unicode_is_said_and_not_taken(photos: Path) -> None:
    touch(photos, "a.jpg")
    Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.jpg")).write_bytes(b"x")
    scan = Scan(str(photos))
    assert [file.path for file in scan] == [str(photos / "a.jpg")]
    assert [(skip.path, skip.reason) for skip in scan.unreadable] == [
        (f"{photos}/caf\\xe9.jpg", "its name is not valid Unicode: rename it")
    ]


@linux_only
def test_a_named_file_whose_name_is_no_unicode_is_said_and_not_taken(photos: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.jpg"))
    path.write_bytes(b"x")
    scan = Scan(str(path))
    assert list(scan) == []
    assert [skip.path for skip in scan.unreadable] == [f"{photos}/caf\\xe9.jpg"]


@linux_only
def test_photos_in_a_folder_whose_name_is_no_unicode_are_said_and_not_taken(photos: Path) -> None:
    folder = os.fsencode(photos) + b"/caf\xe9"
    os.mkdir(folder)  # noqa: PTH102  pathlib takes no bytes
    Path(os.fsdecode(folder + b"/a.jpg")).write_bytes(b"x")
    scan = Scan(str(photos))
    assert list(scan) == []
    assert [skip.path for skip in scan.unreadable] == [f"{photos}/caf\\xe9/a.jpg"]


def test_unicode_is_all_that_can_be_written_down() -> None:
    assert all(map(is_unicode, ("a.jpg", NFC, NFD, "鳥.png", "🙂.gif", "")))
    assert not is_unicode(os.fsdecode(b"caf\xe9.jpg"))


# -- the cloud


def test_a_file_whose_bytes_are_in_the_cloud_is_offline() -> None:
    assert is_offline(SimpleNamespace(st_flags=SF_DATALESS))
    assert is_offline(SimpleNamespace(st_flags=SF_DATALESS | 0x20))
    assert not is_offline(SimpleNamespace(st_flags=0x20))
    assert not is_offline(SimpleNamespace())


def test_a_placeholder_stands_for_its_photo_and_is_offline(photos: Path) -> None:
    touch(photos, ".IMG_1.HEIC.icloud", "x/.b.jpg.icloud", ".notes.txt.icloud", ".icloud", "c.jpg")
    files = sorted(Scan(str(photos)))
    assert [(os.path.relpath(file.path, photos), file.offline) for file in files] == [
        ("IMG_1.HEIC", True),
        ("c.jpg", False),
        ("x/b.jpg", True),
    ]


@pytest.mark.parametrize("leave_out", [{"exclude": ["*.heic"]}, {"exclude": ["a.heic"]}, {"forgotten": ["a.heic"]}])
def test_a_placeholder_of_a_photo_that_is_left_out_is_left_out(photos: Path, leave_out: dict[str, list[str]]) -> None:
    touch(photos, ".a.heic.icloud")
    if "forgotten" in leave_out:
        leave_out = {"forgotten": [str(photos / "a.heic")]}
    assert found(photos, **leave_out) == []


@pytest.mark.parametrize(
    ("name", "stands"),
    [(".a.jpg.icloud", True), ("a.jpg.icloud", False), (".a.txt.icloud", False), (".icloud", False), (".jpg", False)],
)
def test_a_placeholder_is_known_by_its_name(name: str, stands: bool) -> None:
    assert is_placeholder(name) is stands


# -- roots


def test_roots_are_absolute_and_each_once(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(photos, "a/1.jpg")
    (photos / "link").symlink_to(photos / "a")
    monkeypatch.chdir(photos)
    assert photo_roots([Path("a"), Path("./a"), photos / "a" / ".." / "a", Path("link")]) == [str(photos / "a")]


def test_a_root_inside_another_is_dropped_and_a_sibling_of_like_name_is_not(photos: Path) -> None:
    touch(photos, "a/deep/1.jpg", "a b/2.jpg", "ab/3.jpg")
    named = [photos / "a" / "deep", photos / "a b", photos / "a", photos / "ab"]
    assert photo_roots(named) == [str(photos / name) for name in ("a b", "a", "ab")]


def test_a_folder_that_does_not_exist_is_an_error_that_names_it(photos: Path) -> None:
    with pytest.raises(NoSuchPath, match=r"photoz: no such file or folder; check the spelling, or plug in its drive"):
        photo_roots([photos, photos / "photoz"])


def test_a_folder_whose_name_begins_with_a_tilde_is_a_folder(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(photos, "~backup/1.jpg")
    monkeypatch.chdir(photos)
    assert photo_roots([Path("~backup")]) == [str(photos / "~backup")]


@pytest.mark.parametrize(
    ("roots", "left"),
    [
        (["/a", "/a/b", "/a b", "/a/b/c", "/ab"], ["/a", "/a b", "/ab"]),
        (["/a/b", "/a"], ["/a"]),
        (["/x", "/x"], ["/x"]),
        (["/"], ["/"]),
        (["/", "/a"], ["/"]),
        ([f"/{NFC}", f"/{NFD}/x"], [f"/{NFC}"]),
        ([f"/{NFC}", f"/{NFD}"], [f"/{NFC}"]),
        ([], []),
    ],
)
def test_the_outermost_roots_remain(roots: list[str], left: list[str]) -> None:
    assert outermost(roots) == left
