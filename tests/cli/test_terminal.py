"""What a person sees at a terminal: pictures, and `pics shell` with its history."""

import os
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import PLAIN, Pics, draw
from tests.cli.tmux import Tmux, needs_tmux, tmux

RED = "38;2;255;0;0"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Pics:
    """Eight plain photos in a library."""
    root = tmp_path_factory.mktemp("pictures").resolve()
    for colour in PLAIN:
        draw(root / "photos" / f"{colour}.png", colour)
    pics = Pics(root / "home", checkpoint, root)
    result = pics.index(root / "photos")
    assert result.returncode == 0, result.stderr
    return pics


@pytest.fixture
def viewed(pictures: Pics) -> Iterator[Path]:
    """Where a viewer, the system's own as far as `pics` knows, writes what it is to open."""
    programs, log = pictures.folder / "programs", pictures.folder / "viewed"
    programs.mkdir(exist_ok=True)
    for name in ("xdg-open", "open"):
        (programs / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {shlex.quote(str(log))}\n')
        (programs / name).chmod(0o755)
    yield log
    log.unlink(missing_ok=True)


@pytest.fixture
def window(pictures: Pics) -> Iterator[Tmux]:
    path = f"{pictures.folder / 'programs'}:{os.environ['PATH']}"
    with tmux(pictures.environment | {"PATH": path}) as it:
        it.run(f"cd {shlex.quote(str(pictures.folder))}; alias pics={shlex.quote(shlex.join(pictures.command()))}")
        it.clear()
        yield it


# -- to where there is no terminal


def test_what_is_piped_has_no_escapes_and_the_usual_lines(pictures: Pics) -> None:
    usual = pictures("search", "red")
    shown = pictures("search", "red", "--show", TERM="xterm-kitty", COLORTERM="truecolor")
    assert (shown.returncode, shown.stdout) == (0, usual.stdout)
    assert "\x1b" not in shown.stdout + shown.stderr
    assert shown.stderr == "pictures are drawn in a terminal only: here are the usual lines\n"


@pytest.mark.parametrize(
    "words", [("search", "red", "--json"), ("similar", "photos/red.png", "--paths"), ("more", "photos/red.png", "-0")]
)
def test_pictures_and_lines_for_programs_do_not_go_together(pictures: Pics, words: tuple[str, ...]) -> None:
    result = pictures(*words, "--show")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--show" in result.stderr


def test_open_calls_the_viewer_and_the_lines_come_too(pictures: Pics, viewed: Path) -> None:
    path = f"{pictures.folder / 'programs'}:{os.environ['PATH']}"
    result = pictures("search", "red", "--only-words", "--open", "--paths", PATH=path)
    red = str(pictures.folder / "photos" / "red.png")
    assert result.stdout == f"{red}\n"
    assert waited_for(viewed) == [red]


def waited_for(log: Path) -> list[str]:
    """What the viewer was called with; nobody waits for it to start."""
    end = time.monotonic() + 30
    while not log.exists() or not log.read_text().endswith("\n"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return log.read_text().splitlines()


# -- in a terminal


@needs_tmux
def test_a_terminal_shows_coloured_half_blocks_and_its_prompt_stays_clean(window: Tmux) -> None:
    title = window.title()
    shown = window.run("pics search red -n 3 --show")
    drawn = window.screen(colours=True)
    assert shown.count("▀") > 3 * 24 * 5 and RED in drawn
    *_, names, empty, prompt = shown.rstrip("\n").splitlines()
    assert re.findall(r"\w+\.png", names)[0] == "red.png" and empty == ""
    assert prompt.rstrip() == "$"
    assert window.title() == title
    window.type("echo typed after")
    assert "typed after" in window.until(lambda text: text.rstrip().endswith("$") and "\ntyped after" in text)


@needs_tmux
def test_pictures_fit_a_narrow_window(pictures: Pics) -> None:
    with tmux(pictures.environment, columns=30, lines=20) as window:
        window.run(f"alias pics={shlex.quote(shlex.join(pictures.command()))}")
        window.clear()
        shown = window.run("pics search red -n 2 --show")
    assert "red.png" in shown
    assert {line.rstrip() for line in shown.splitlines() if "▀" in line} == {"▀" * 30}


@needs_tmux
def test_the_shell_searches_recommends_draws_opens_and_remembers_what_was_typed(window: Tmux, viewed: Path) -> None:
    window.type("pics shell")
    window.until(lambda shown: shown.rstrip().endswith("pics>"))
    ask(window, "red", r"^  1  .*/red\.png")
    ask(window, "more 1", r"more 1\n  1  ")
    ask(window, "less 1", r"less 1\nnothing new")
    ask(window, "富士山 -n 1", r"富士山 -n 1\n  1  ")
    ask(window, "red -n 1", r"red -n 1\n  1  .*/red\.png")
    ask(window, "show", "▀▀▀▀")
    assert RED in window.screen(colours=True)
    ask(window, "show 1", "▀" * 60)
    window.type("open 1")
    assert waited_for(viewed)[0].endswith("/red.png")
    window.type("--pl", "Tab")
    window.until(lambda shown: "pics> --place" in shown)
    window.type("never asked", "C-c")
    window.until(lambda shown: shown.rstrip().endswith("pics>"))
    window.type("", "C-d")
    window.until(lambda shown: shown.rstrip().endswith("\n$"))

    window.clear()
    window.type("pics shell")
    window.until(lambda shown: shown.rstrip().endswith("pics>"))
    window.type("富", "Up")
    window.until(lambda shown: "pics> 富士山 -n 1" in shown)
    window.type("")
    window.until(lambda shown: re.search(r"\n  1  .*\n+pics>", shown) is not None)
    window.type("quit")
    window.until(lambda shown: shown.rstrip().endswith("\n$"))


def ask(window: Tmux, line: str, answer: str) -> None:
    """Types a line into the shell, and waits for what comes of it and the next prompt."""
    window.type(line)
    window.until(lambda shown: shown.rstrip().endswith("pics>") and re.search(answer, shown, re.MULTILINE) is not None)
