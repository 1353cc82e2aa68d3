"""`pics dupes` as it is typed, and folding as it is seen."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Pics, draw


@pytest.fixture
def doubled(pics: Pics, tmp_path: Path) -> Pics:
    """Two photos of which there are copies, and one of which there is none."""
    folder = tmp_path / "photos"
    for name, size in (("large", (640, 480)), ("little", (90, 60)), ("alone", (320, 240))):
        draw(folder / f"{name}.png", {"large": "gold", "little": "green", "alone": "blue"}[name], size)
    (folder / "backup").mkdir()
    for name in ("large", "little"):
        (folder / "backup" / f"{name}.png").write_bytes((folder / f"{name}.png").read_bytes())
    (folder / "little (1).png").write_bytes((folder / "little.png").read_bytes())
    result = pics.index(folder)
    assert result.returncode == 0, result.stderr
    return pics


def names(text: str) -> list[str]:
    return [str(Path(line).relative_to(Path(line).parents[1])) for line in text.splitlines()]


def test_groups_are_shown_with_what_to_keep_and_why(doubled: Pics) -> None:
    result = doubled("dupes", "--exact")
    assert result.returncode == 0
    first, kept, *others = next(part.splitlines() for part in result.stdout.split("\n\n") if "little.png" in part)
    assert first.startswith("copies  3 photos, ")
    assert kept.startswith("  keep  1.000") and kept.endswith("photos/little.png  (its name is no copy's)")
    assert [line.rsplit("/", 1)[1] for line in others] == ["little.png", "little (1).png"]
    assert "2 groups: 3 photos could go, which frees " in result.stderr


def test_for_programs_a_group_is_an_object_and_paths_are_those_that_could_go(doubled: Pics) -> None:
    groups = doubled.json("dupes")
    assert [Path(group["path"]).name for group in groups] == [Path(group["keep"]).name for group in groups]
    little = next(group for group in groups if group["keep"].endswith("little.png"))
    assert (little["kind"], little["score"], len(little["photos"])) == ("copies", 1.0, 3)
    assert [photo["keep"] for photo in little["photos"]] == [True, False, False]
    assert little["reclaimable"] == sum(photo["size"] for photo in little["photos"][1:])
    going = names(doubled("dupes", "--paths").stdout)
    assert sorted(going) == ["backup/large.png", "backup/little.png", "photos/little (1).png"]
    assert doubled("dupes", "--print0").stdout.count("\0") == 3


def test_where_there_are_none_the_exit_code_is_1(doubled: Pics) -> None:
    result = doubled("dupes", "--in", doubled.folder.parent / "photos" / "backup", "--exact")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no duplicates" in result.stderr


def test_nothing_is_moved_without_being_told_to(doubled: Pics, tmp_path: Path) -> None:
    result = doubled("dupes", "--trash", XDG_DATA_HOME=str(tmp_path / "data"))
    assert result.returncode == 2 and "--yes" in result.stderr
    assert len(list((tmp_path / "photos").rglob("*.png"))) == 6


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the trash of a desktop that follows freedesktop.org")
def test_what_goes_to_the_trash_lies_there_and_the_kept_ones_stay(doubled: Pics, tmp_path: Path) -> None:
    data = tmp_path / "data"
    result = doubled("dupes", "--trash", "--yes", "--exact", XDG_DATA_HOME=str(data))
    assert result.returncode == 0, result.stderr
    assert "3 photos moved to the trash" in result.stderr
    assert sorted(path.name for path in (tmp_path / "photos").rglob("*.png")) == [
        "alone.png",
        "large.png",
        "little.png",
    ]
    assert len(list((data / "Trash" / "files").iterdir())) == 3
    assert doubled("dupes", "--exact").returncode == 1
    (status,) = doubled.json("status")
    assert (status["photos"], status["distinct"]) == (3, 3)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="the trash of a desktop that follows freedesktop.org")
@pytest.mark.parametrize(("answer", "left"), [("n\n", 6), ("y\n", 3)])
def test_a_person_is_asked_first(doubled: Pics, tmp_path: Path, answer: str, left: int) -> None:
    us, theirs = pty.openpty()
    os.write(us, answer.encode())
    result = subprocess.run(
        doubled.command("dupes", "--trash", "--exact"),
        env=doubled.environment | {"XDG_DATA_HOME": str(tmp_path / "data")},
        cwd=doubled.folder,
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(us)
    os.close(theirs)
    assert result.returncode == 0, result.stderr
    assert "Move these 3 photos (" in result.stderr
    assert len(list((tmp_path / "photos").rglob("*.png"))) == left


def test_people_see_copies_folded_and_programs_see_every_path(doubled: Pics) -> None:
    query = ("search", "dog", "--only-pictures")
    lines = doubled(*query).stdout.splitlines()
    assert len(lines) == 3
    assert sum(line.endswith("  (+1 similar)") for line in lines) == 1
    assert sum(line.endswith("  (+2 similar)") for line in lines) == 1
    assert len(doubled(*query, "--unfold").stdout.splitlines()) == 6
    assert len(doubled(*query, "--paths").stdout.splitlines()) == 6
    assert len(doubled(*query, "--paths", "--fold").stdout.splitlines()) == 3
    assert all(hit["similar"] == [] for hit in doubled.json(*query)) and len(doubled.json(*query)) == 6
    assert sorted(len(hit["similar"]) for hit in doubled.json(*query, "--fold")) == [0, 1, 2]
