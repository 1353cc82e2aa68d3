"""`pics tag`, as it is typed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from demo.tour import ALBUM
from terminal.tagging import Instead
from tests.cli.conftest import Pics
from tests.cli.test_json import documented, keys

pytest.importorskip("pyexiv2")


@pytest.fixture(scope="module")
def drawings_home(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A library of six drawings, tagged by pics-mini from a few words; not to be written to."""
    folder = tmp_path_factory.mktemp("drawings")
    (folder / "photos").mkdir()
    for name in ("dog-2", "penguin", "penguin-2", "strawberry", "key", "bus"):
        shutil.copy(ALBUM / f"{name}.jpg", folder / "photos")
    (folder / "words.tsv").write_text("dog\t犬\npenguin\tペンギン\nstrawberry\n", "utf-8")
    pics = Pics(folder / "home", checkpoint, folder)
    assert pics("index", "photos", "--model", "pics-mini").returncode == 0
    assert pics("tag", "--vocabulary", "words.tsv").returncode == 0
    return folder


@pytest.fixture
def tagged(drawings_home: Path, checkpoint: Path) -> Pics:
    return Pics(drawings_home / "home", checkpoint, drawings_home)


@pytest.fixture
def own(drawings_home: Path, tmp_path: Path, checkpoint: Path) -> Iterator[Pics]:
    """One that may be written to; side files beside the drawings go again."""
    shutil.copytree(drawings_home / "home", tmp_path / "home")
    yield Pics(tmp_path / "home", checkpoint, drawings_home)
    for side in (drawings_home / "photos").glob("*.xmp"):
        side.unlink()


def names(tagged: Pics, *words: object) -> set[str]:
    return {Path(hit["path"]).name for hit in tagged.json(*words)}


def test_photos_are_tagged_and_what_was_done_is_told(tagged: Pics) -> None:
    (done,) = tagged.json("tag", "--vocabulary", "words.tsv")
    assert done == {"model": "pics-mini", "words": 3, "pictures": 6, "tagged": 4, "tags": 4}
    assert keys([done]) == documented("pics tag")[0]


def test_tags_are_listed_with_how_many_have_them(tagged: Pics) -> None:
    assert "        2  penguin (ペンギン)\n" in tagged("tag", "--list").stdout
    rows = tagged.json("tag", "--list")
    assert {"name": "dog", "japanese": "犬", "pictures": 1, "given": 0} in rows
    assert keys(rows) == documented("pics tag")[1]
    nothing = tagged("tag", "--list", "--format", "png")
    assert (nothing.returncode, nothing.stdout) == (1, "") and "pics tag" in nothing.stderr


def test_hits_tell_their_tags_and_are_filtered_by_them(tagged: Pics) -> None:
    assert names(tagged, "search", "--tag", "ペンギン") == {"penguin.jpg", "penguin-2.jpg"}
    assert names(tagged, "search", "anything", "--tag", "DOG", "--tag", "strawberry") == {"dog-2.jpg", "strawberry.jpg"}
    assert {tuple(hit["tags"]) for hit in tagged.json("search", "--tag", "dog")} == {("dog",)}
    assert tagged("search", "犬", "--tag", "cat", "--only-words").returncode == 1


def test_tags_are_suggested_for_pictures_in_the_library_and_others(tagged: Pics, tmp_path: Path) -> None:
    other = shutil.copy(ALBUM / "penguin-snowman.jpg", tmp_path / "other.jpg")
    result = tagged("tag", "--suggest", "photos/dog-2.jpg", "--vocabulary", "words.tsv")
    assert result.returncode == 0 and result.stdout.startswith("0.9") and "dog (犬)" in result.stdout
    rows = tagged.json("tag", "--suggest", "photos/dog-2.jpg", other, "--vocabulary", "words.tsv")
    assert {row["path"] for row in rows} >= {"photos/dog-2.jpg"}
    assert keys(rows) == documented("pics tag")[2]


def test_a_person_gives_and_takes_tags(own: Pics) -> None:
    result = own("tag", "--add", "our garden", "--remove", "ペンギン", "photos/penguin.jpg", "photos/key.jpg")
    assert (result.returncode, result.stdout) == (0, "")
    assert names(own, "search", "--tag", "our garden") == {"penguin.jpg", "key.jpg"}
    assert own("tag", "--vocabulary", "words.tsv").returncode == 0
    assert names(own, "search", "--tag", "penguin") == {"penguin-2.jpg"}
    assert own("tag", "--add", "all of them", "--in", "photos").returncode == 0
    assert "        6  all of them  (6 by you)\n" in own("tag", "--list").stdout


def test_xmp_is_shown_then_written_then_taken_away(own: Pics) -> None:
    photos = own.folder / "photos"
    rows = own.json("tag", "--write-xmp", "--dry-run")
    assert keys(rows) == documented("pics tag")[3] and all(row["dry_run"] for row in rows)
    assert not list(photos.glob("*.xmp"))
    written = own("tag", "--write-xmp")
    assert written.returncode == 0 and f"{photos}/dog-2.jpg.xmp: +dog\n" in written.stdout
    assert len(list(photos.glob("*.xmp"))) == 4
    own("index")
    assert {tuple(hit["keywords"]) for hit in own.json("search", "--tag", "dog")} == {("dog",)}
    assert f"{photos}/dog-2.jpg.xmp: -dog\n" in own("tag", "--remove-xmp").stdout
    assert not list(photos.glob("*.xmp"))


def test_what_cannot_be_written_is_told_and_is_exit_code_3(own: Pics) -> None:
    side = own.folder / "photos" / "dog-2.jpg.xmp"
    side.write_text("<x>")
    result = own("tag", "--write-xmp")
    assert (
        result.returncode == 3 and "not well-formed" in result.stderr and "1 photo left as they were" in result.stderr
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--list", "--suggest", "photos/key.jpg"], "only one of"),
        (["--min-confidence", "1.5"], "--min-confidence"),
        (["--vocabulary", "none.tsv"], "none.tsv: cannot be read"),
        (["--add", "dog", "none.jpg"], "not in the library"),
        (["--suggest", "none.jpg"], "no such file"),
        (["--model", "nothing"], "nothing"),
    ],
)
def test_what_cannot_be_done_is_exit_code_2_with_a_sentence(tagged: Pics, words: list[str], complaint: str) -> None:
    result = tagged("tag", *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert complaint in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("instead", "set_", "complaint"),
    [
        (Instead(listed=True, write_xmp=True), set(), "only one of"),
        (Instead(), {"images"}, "goes with --suggest"),
        (Instead(suggest=True), set(), "of which picture"),
        (Instead(add=["dog"]), set(), "say which photos"),
        (Instead(add=["dog"]), {"images", "narrowed"}, "say which photos"),
        (Instead(listed=True), {"dry_run"}, "goes with --write-xmp"),
        (Instead(), {"into_file"}, "goes with --write-xmp"),
    ],
)
def test_options_that_do_not_go_together_are_refused(instead: Instead, set_: set[str], complaint: str) -> None:
    with pytest.raises(typer.BadParameter, match=complaint):
        instead.check(**{name: name in set_ for name in ("images", "narrowed", "dry_run", "into_file")})
