"""What is typed into the shell: commands about numbered hits, searches, and what Tab offers; its history."""

import re
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from indexer.photo import Facts, Hit
from terminal import prompt
from terminal.prompt import Lines, Offers
from terminal.shell import ALONE, HELP, NUMBERED, Command, NotListed, candidates, chosen, dropped, explained, understood

HIT = Hit(1, "/p/a.jpg", 0.25, 6000, 4000, "JPEG", 9, "likely", ("picture 0.25",))


class Known:
    """Names of a library."""

    def models(self) -> list[str]:
        return ["pics-mini", "siglip2-b32-256"]

    def tags(self) -> list[str]:
        return ["dog", "hot dog", "犬"]

    def taught(self) -> list[str]:
        return ["Rex"]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("more 3", Command("more", (3,))),
        ("more 3 5", Command("more", (3, 5))),
        ("More  3, 5-7 6", Command("more", (3, 5, 6, 7))),
        ("more", Command("more")),
        ("less 2", Command("more", (), (2,))),
        ("more 3 5 less 2", Command("more", (3, 5), (2,))),
        ("similar 3", Command("similar", (3,))),
        ("open 8-5", Command("open", (5, 6, 7, 8))),
        ("show", Command("show")),
        (" why 4 ", Command("why", (4,))),
        ("more ３", Command("more", (3,))),
        ("next", Command("next")),
        ("exit", Command("quit")),
    ],
)
def test_a_command_is_about_hits_by_their_numbers(line: str, command: Command) -> None:
    assert understood(line) == command


@pytest.mark.parametrize(
    "line",
    [
        *("", "dog", "open door", "more snow", "more 3 dogs", "show jumping", "next year", "path", "less", "open"),
        *('"show"', "2 dogs", "more 3 less snow", "more - less 2", "similar a.jpg", "help 3", "why not", "more -1"),
    ],
)
def test_all_else_is_searched_for(line: str) -> None:
    assert understood(line) is None


def test_a_number_beyond_the_list_is_named_with_a_way_out() -> None:
    assert chosen([HIT], (1,), "path 1") == [(1, HIT)]
    with pytest.raises(NotListed, match=r'there is no hit 2019, the last is 1; to search for these words: "more 2019"'):
        chosen([HIT], (1, 2019), "more 2019\n")
    with pytest.raises(NotListed, match="there is no hit 0"):
        chosen([HIT], (0,), "open 0")
    with pytest.raises(NotListed, match="no hits yet"):
        chosen([], (1,), "open 1")


def test_a_picture_that_is_dropped_comes_quoted_or_with_backslashes(tmp_path: Path) -> None:
    path = tmp_path / "a dog's.jpg"
    path.touch()
    escaped = re.sub(r"([ '])", r"\\\1", str(path))
    for line in (f'"{path}"', f"{escaped} ", "/p/none.jpg"):
        assert dropped(line) in (str(path), "/p/none.jpg")
    for line in ("dog's", f"{escaped} dogs", '"/p/none"', "red dog"):
        assert dropped(line) is None


def test_why_says_what_spoke_for_a_hit_and_what_is_known_of_it() -> None:
    facts = Facts(taken_at="2019-07-14T09:30:00", camera="X-T3", place=("Fujinomiya", "Japan"), keywords=("sea", "sun"))
    hit = Hit(1, "/p/a.jpg", 0.25, 6000, 4000, "JPEG", 9, "likely", ("picture 0.25",), ("/p/b.jpg",), facts)
    assert list(explained(12, hit)) == [
        " 12  likely  0.250  /p/a.jpg  (+1 similar)\n",
        f"{' ' * 20}picture 0.25\n",
        "     2019-07-14 09:30 · X-T3 · Fujinomiya, Japan · 6000 x 4000 JPEG\n",
        "     keywords: sea, sun\n",
        "     similar: /p/b.jpg\n",
    ]


def test_the_help_names_every_command() -> None:
    assert {verb for verb in (*NUMBERED, *ALONE) if not re.search(rf"\b{verb}\b", HELP)} == {"help", "exit"}
    assert max(map(len, HELP.splitlines())) <= 120


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("--pl", ["--place"]),
        ("dogs --m", ["--min-size", "--min", "--model"]),
        ("--tag ", ["dog", '"hot dog"', "犬"]),
        ("--tag=ho", ['"hot dog"']),
        ('a --tag "ho', ['"hot dog"']),
        ("--model pics", ["pics-mini"]),
        ("--min l", ["likely"]),
        ("si", ["similar"]),
        ("dogs si", []),
        ("re", ["Rex"]),
        ("the red re", ["Rex"]),
    ],
)
def test_tab_offers_commands_options_and_their_values_and_names(before: str, offered: list[str]) -> None:
    found = candidates(before, Known())
    assert found is not None
    word, names = found
    assert names == offered
    assert before.endswith(word)


def test_tab_offers_paths_where_one_is_meant(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for before in ("--in ", "dogs --like=", "./", "~/Pic", f"dogs + {tmp_path}/fo"):
        assert candidates(before, Known()) is None
    document = Document(f"dogs --in {tmp_path}/fo")
    (offered,) = Offers(Known()).get_completions(document, CompleteEvent())
    assert document.text + offered.text == f"dogs --in {tmp_path}/folder"
    (replaced,) = Offers(Known()).get_completions(Document("--tag ho"), CompleteEvent())
    assert (replaced.text, replaced.start_position) == ('"hot dog"', -2)


def test_history_is_kept_the_last_lines_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt, "KEPT", 3)
    path = tmp_path / "shell_history"
    for line in ("one", "富士山", "two\nlines", "four"):
        Lines(path).store_string(line)
    assert list(Lines(path).load_history_strings()) == ["four", "two lines", "富士山"]
    assert path.read_text(encoding="utf-8").splitlines() == ["富士山", "two lines", "four"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_history_that_cannot_be_kept_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "none" / "shell_history"
    Lines(path).store_string("one")
    assert list(Lines(path).load_history_strings()) == []
