"""What a person looks at: pictures drawn in the terminal, or opened in the system's viewer."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.wiring import say

if TYPE_CHECKING:
    from indexer.photo import Hit
    from terminal.graphics import Screen
    from terminal.options import Shown

Launch = Callable[[list[str]], object]


def answer(hits: "Sequence[Hit]", shown: "Shown", screen: "Screen | None") -> None:
    """Writes hits as they were asked for: drawn, or as lines; and opens them where that was asked for too."""
    from terminal.answers import lines

    sys.stdout.writelines(drawn(enumerate(hits, 1), screen, shown.explain) if screen else lines(hits, shown))
    sys.stdout.flush()
    if shown.open_them:
        open_in_viewer([hit.path for hit in hits])


def screen_here() -> "Screen | None":
    """What stdout can draw. None, and a sentence that says why, where it cannot.

    Asked before the work begins: what is typed ahead meanwhile could be taken for the answer.
    """
    if not sys.stdout.isatty():
        say("pictures are drawn in a terminal only: here are the usual lines")
        return None
    from terminal.graphics import ask

    screen = ask(sys.stdout, os.environ.get("TERM", ""))
    if screen is None:
        say("this terminal shows no colours (TERM and NO_COLOR say so): here are the usual lines")
    return screen


def drawn(numbered: "Iterable[tuple[int, Hit]]", screen: "Screen", explain: bool = False) -> Iterator[str]:
    """A row of pictures at a time, each written before the next is read."""
    from terminal.pictures import sheet

    for row in sheet(numbered, screen, explain):
        yield row
        sys.stdout.flush()


def launch(command: list[str]) -> None:
    """Starts it, and does not wait: a viewer may stay open."""
    import subprocess

    quiet = subprocess.DEVNULL
    subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def open_in_viewer(paths: Iterable[str], start: Launch = launch, platform: str = sys.platform) -> None:
    """Says what is not there, and what is too much."""
    from terminal.viewer import MOST, calls

    there = []
    for path in paths:
        if Path(path).exists():
            there.append(path)
        else:
            say(f"{path}: not there now, so that it cannot be opened")
    if len(there) > MOST:
        say(f"opening the first {MOST} of {len(there)}")
    for command in calls(there[:MOST], platform):
        try:
            start(command)
        except OSError as error:
            say(f"{command[0]}: cannot be started ({error.strerror}), so that nothing is opened")
            return
