"""`teach` and `more` as a person types them: what they print, remember, refuse, and what `search` makes of it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Pics, draw
from tests.cli.test_json import documented

RED = [f"red {number}.png" for number in range(4)]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Pics:
    """A library of sixteen photos, in which "Rex" was taught by three reds, with a green and a blue that are none."""
    root = tmp_path_factory.mktemp("taught").resolve()
    for number, shade in enumerate((255, 235, 215, 195)):
        draw(root / "photos" / f"red {number}.png", f"rgb({shade},{number},0)")
    for number in range(12):
        draw(root / "photos" / f"other {number}.png", f"rgb({number * 7},{number * 20},{255 - number * 11})")
    pics = Pics(root / "home", checkpoint, root / "photos")
    assert pics.index(root / "photos").returncode == 0
    result = pics("teach", "Rex", *RED[:3], "--not", "other 3.png", "other 9.png")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Rex: 3 examples, 2 that are none; ")
    return pics


def test_what_was_taught_is_listed_in_figures(taught: Pics) -> None:
    (listed,) = taught.json("teach", "--list")
    known = {key: listed[key] for key in ("name", "examples", "not", "missing", "model", "of")}
    assert known == {"name": "Rex", "examples": 3, "not": 2, "missing": [], "model": str(taught.checkpoint), "of": 3}
    assert 0 <= listed["auc"] <= 1
    assert listed["separates"] in ("well", "somewhat", "not")
    assert {*listed} == documented("pics teach")[0]


def test_search_knows_the_name_and_says_so(taught: Pics) -> None:
    hits = taught.json("search", "a photo of rex", "-n", 4, "--only-pictures")
    assert {Path(hit["path"]).name for hit in hits[:3]} <= {*RED}
    assert all(hit["why"][0].startswith("Rex 0.") for hit in hits[:3])


def test_teaching_again_adds_and_forgetting_unlearns(taught: Pics) -> None:
    taught("teach", "mia", *(f"other {number}.png" for number in range(3)))
    (again,) = taught.json("teach", "MIA", "other 3.png")
    assert (again["name"], again["examples"]) == ("mia", 4)
    assert taught("teach", "--forget", "Mia").stderr.startswith("forgot Mia and its 4 examples")
    gone = taught("teach", "--forget", "mia")
    assert (gone.returncode, gone.stderr) == (2, "pics: mia: not taught; there are Rex\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["max", "red 0.png", "red 1.png"], "max: 2 of 3 examples"),
        (["max"], "name pictures of max"),
        ([], "say what to call it"),
        (["red 0.png", "red 1.png", "red 2.png", "red 3.png"], "the name comes first"),
        (["max", "red 0.png", "red 1.png", "nowhere.png"], "no such file"),
        (["max", "--list"], "stands alone"),
    ],
)
def test_what_cannot_be_taught_is_said(taught: Pics, words: list[str], said: str) -> None:
    result = taught("teach", *words)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_more_remembers_what_is_liked_and_what_was_shown(taught: Pics) -> None:
    nothing = taught("more")
    assert nothing.returncode == 2
    assert "`pics more IMG…`" in nothing.stderr
    first = taught("more", "red 0.png", "--less", "other 2.png", "other 5.png", "-n", 2, "--paths").stdout.splitlines()
    hits = taught.json("more", "-n", 2)
    assert {*hits[0]} == documented("pics more")[0]
    second = [hit["path"] for hit in hits]
    assert len({*first, *second}) == 4
    named = {"red 0.png", "other 2.png", "other 5.png"}
    assert not named & {Path(path).name for path in (*first, *second)}
    assert taught("more", "-n", 4, "--again", "--paths").stdout.splitlines()[0] == first[0]
    assert taught("more", "--forget").stderr.startswith("forgot what was said of 3 pictures")
    assert taught("more").returncode == 2


def test_more_finds_nothing_where_no_photo_passes(taught: Pics) -> None:
    result = taught("more", "red 0.png", "--format", "heic")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "nothing new: other filters, `--again` for what was shown before, or name more pictures\n"
