"""`pics shell`: query after query, and what is done with the numbered hits."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.shell import Session
from indexer.build import build
from indexer.photo import ModelIdentity
from indexer.store.library import Library
from tests.cli.conftest import Pics, draw
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS

Says = Callable[[str], tuple[list[str], str]]


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of forty colours, and a red one at two places; beside them, `home` holds their library."""
    folder = tmp_path_factory.mktemp("colours").resolve()
    photos = folder / "photos"
    for number in range(40):
        draw(photos / "many" / f"{number:02}.png", f"#{number * 6:02x}{255 - number * 5:02x}{number % 7 * 36:02x}")
    red = draw(photos / "even" / "red.png", "red")
    (photos / "odd").mkdir()
    (photos / "odd" / "red copy.png").write_bytes(red.read_bytes())
    with Library(folder / "home") as library:
        build(library, FakeEncoder(), [str(photos)], settings=SETTINGS)
    return photos


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def library(colours: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy, that may be written to."""
    shutil.copytree(colours.parent / "home", tmp_path / "home")
    with Library(tmp_path / "home") as library:
        yield library


@pytest.fixture
def opened() -> list[list[str]]:
    return []


@pytest.fixture
def says(library: Library, encoder: FakeEncoder, opened: list[list[str]], capsys: pytest.CaptureFixture[str]) -> Says:
    """Types a line; returns the lines that come, and what is said on stderr."""
    session = Session(library, lambda _: encoder, start=opened.append)

    def type_(line: str) -> tuple[list[str], str]:
        assert session.take(line)
        out, err = capsys.readouterr()
        return out.splitlines(), err

    return type_


def numbers(lines: list[str]) -> list[int]:
    return [int(line.split()[0]) for line in lines]


def names(lines: list[str]) -> list[str]:
    return [line.split("/")[-1].split("  (")[0] for line in lines]


def test_hits_have_numbers_and_the_next_go_on_from_there(says: Says) -> None:
    first, _ = says("red --unfold")
    assert numbers(first) == list(range(1, 11))
    assert names(first)[:2] == ["red.png", "red copy.png"]
    following, _ = says("next")
    assert numbers(following) == list(range(11, 21))
    assert not set(names(first)) & set(names(following))
    (path,) = says("path 11")[0]
    assert path in following[0]


def test_a_burst_is_one_hit_and_comes_once(says: Says) -> None:
    first, _ = says("red")
    assert names(first)[0] == "red.png" and "similar)" in first[0]
    following, _ = says("next")
    assert following and not set(names(first)) & set(names(following))


def test_the_end_of_the_hits_is_said_and_the_list_stays(says: Says) -> None:
    says("red -n 200 --unfold")
    lines, err = says("next")
    assert (lines, err) == ([], "there are no more hits\n")
    assert len(says("path 42")[0]) == 1


def test_all_that_search_understands_is_understood(says: Says, colours: Path) -> None:
    assert names(says(f"red --in {colours}/odd -n 1")[0]) == ["red copy.png"]
    assert names(says(f"{colours}/even/red.png + blue - white -n 3 --format png")[0])
    explained, _ = says("red -n 1 --explain")
    assert len(explained) == 2 and "picture" in explained[1]


def test_similar_goes_by_a_hit_or_a_picture_that_was_dropped(says: Says, colours: Path) -> None:
    says("red --only-words -n 1 --unfold")
    by_number, _ = says("similar 1")
    copy = colours / "odd" / "red copy.png"
    by_path, _ = says(f'"{copy}"')
    assert "red" in by_number[0] and "red" in by_path[0] and "1.000" in by_path[0]


def test_more_recommends_and_less_is_remembered(says: Says, library: Library) -> None:
    says("red")
    more, _ = says("more 1 2")
    assert numbers(more)
    assert len(library.opinions.of("liked")) == 2
    disliked = says("path 1")[0][0]
    less, _ = says("less 1")
    assert len(library.opinions.of("disliked")) == 1
    assert numbers(less) and disliked not in "".join(less)
    again, _ = says("more")
    assert not set(names(less)) & set(names(again))


def test_less_without_anything_liked_says_how_to_go_on(says: Says, library: Library) -> None:
    says("red")
    lines, err = says("less 3")
    assert lines == [] and "nothing is known that you like" in err
    assert len(library.opinions.of("disliked")) == 1


def test_open_calls_the_viewer_and_says_what_is_gone(says: Says, opened: list[list[str]]) -> None:
    says("red --unfold")
    first, second = says("path 1 2")[0]
    away = Path(second).rename(Path(second).with_suffix(".away"))
    _, err = says("open 1-2")
    away.rename(second)
    assert [command[1:] for command in opened] == [[first]]
    assert err == f"{second}: not there now, so that it cannot be opened\n"


def test_where_nothing_can_be_drawn_show_writes_lines(says: Says) -> None:
    listed, _ = says("red")
    lines, err = says("show 2")
    assert (lines, err) == (listed[1:2], "pictures are drawn in a terminal only: here are the usual lines\n")
    assert says("show")[0] == listed


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("open 5", "there are no hits yet"),
        ("show", "there are no hits yet"),
        ("next", "there are no hits yet"),
        ("red --plaice Kyoto", "did you mean `--place`?"),
        ("red --on July", "--on: 'July' is no date"),
        ("red --model none", "no picture here has a vector of this model"),
        ("./none.jpg", "no such file"),
        ("red --in /none", "no such file or folder"),
        ("red +", "nothing follows it"),
        ("red --on 1999", "nothing found"),
    ],
)
def test_what_goes_wrong_is_said_and_ends_nothing(says: Says, line: str, complaint: str) -> None:
    lines, err = says(line)
    assert lines == [] and complaint in err and "Traceback" not in err
    assert names(says("red -n 1")[0]) == ["red.png"]


def test_a_library_that_another_process_writes_to_answers_on(says: Says, library: Library) -> None:
    with sqlite3.connect(library.path, isolation_level=None) as other:
        other.execute("begin immediate")
        assert names(says("red -n 1")[0]) == ["red.png"]
        other.execute("rollback")
    other.close()


def test_photos_that_are_indexed_meanwhile_are_found(says: Says, library: Library, tmp_path: Path) -> None:
    says("cyan -n 1")
    new = draw(tmp_path / "photos" / "new.png", "cyan")
    with Library(library.path.parent) as other:
        build(other, FakeEncoder(), [str(new.parent)], settings=SETTINGS)
    assert names(says("cyan -n 1")[0]) == [new.name]


def test_the_model_is_loaded_once_for_all_that_is_asked(library: Library, encoder: FakeEncoder) -> None:
    loaded = []

    def load(model: ModelIdentity) -> FakeEncoder:
        loaded.append(model.name)
        return encoder

    session = Session(library, load)
    for line in ("never asked", "nor this", "nor that - those"):
        session.take(line)
    assert loaded == ["fake"]


def test_an_interrupted_search_ends_nothing(
    library: Library, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> FakeEncoder:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert Session(library, interrupted).take("never asked before")
    assert capsys.readouterr().err == "interrupted\n"


# -- the program


def test_lines_come_through_a_pipe(indexed: Pics) -> None:
    lines = "red\n\nmore 1\nfind me\nopen 99\nhelp\nquit\nred\n"
    result = indexed.typed(lines, "shell")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0].startswith("  1  ")
    assert "\x1b" not in result.stdout and "pics>" not in result.stdout
    assert result.stdout.count("Type what is in the photo") == 1 and result.stdout.endswith("leaves.\n")
    assert "there is no hit 99" in result.stderr


def test_bytes_that_are_no_text_end_nothing(indexed: Pics) -> None:
    done = subprocess.run(
        indexed.command("shell"), input=b"\xff\xfe\nred\n", env=indexed.environment, capture_output=True, check=False
    )
    assert done.returncode == 0 and b"red.png" in done.stdout


def test_a_shell_without_a_library_says_what_to_do(pics: Pics) -> None:
    result = pics.typed("red\n", "shell")
    assert (result.returncode, result.stdout) == (2, "")
    assert "nothing is indexed yet" in result.stderr
