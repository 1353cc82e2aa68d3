"""Progress on stderr: a bar with rate and time left on a terminal, a plain line now and then when piped."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from terminal.text import size

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from indexer.settings import Progress, Watch

PATIENCE = 5.0  # seconds between two lines of plain progress
HASTE = 0.3  # seconds between two times that others are told
DOING = {
    "scan": "looking",
    "index": "indexing",
    "inform": "reading",
    "complete": "completing",
    "compare": "comparing",
    "look": "laying pairs side by side",
    "words": "learning words",
    "tag": "tagging",
    "write": "writing",
    "eval": "asking",
    "group": "grouping",
    "project": "laying out",
    "draw": "drawing",
    "teach": "learning",
    "push": "sending",
    "pull": "fetching",
}


Tell = Callable[[str, int, int], None]
"""Takes a stage, and how many are done of how many."""


@contextmanager
def progress(tell: Tell | None = None) -> "Iterator[Watch]":
    """A watcher for what lasts, shown for the length of the block, and told to `tell` now and then."""
    also = Telling(tell).show if tell else None
    if not sys.stderr.isatty():
        yield _both(PlainLines(sys.stderr).show, also)
        return
    with IndexBar() as bar:
        yield _both(bar.show, also)


def _both(show: "Watch", also: "Watch | None") -> "Watch":
    if also is None:
        return show

    def each(progress: "Progress") -> None:
        show(progress)
        also(progress)

    return each


class Telling:
    """Tells others, at most every HASTE seconds."""

    def __init__(self, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._told = -math.inf

    def show(self, progress: "Progress") -> None:
        if self._clock() - self._told >= HASTE:
            self._told = self._clock()
            self._tell(progress.stage, progress.done, progress.total)


class PlainLines:
    """`indexing: 1,024 of 140,000 (93 a second)`, at most every PATIENCE seconds. Each stage has a rate of its own."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._stage = ""
        self._said = clock()

    def show(self, progress: "Progress") -> None:
        now = self._clock()
        if progress.stage != self._stage:
            self._stage, self._began, self._done_before = progress.stage, now, progress.done
        if now - self._said < PATIENCE:
            return
        self._said = now
        line = f"{DOING[progress.stage]}: {progress.done:,}"
        if progress.total:
            rate = (progress.done - self._done_before) / (now - self._began) if now > self._began else 0.0
            line += f" of {progress.total:,} ({rate:.0f} a second)"
        else:
            line += " photos"
        self._out.write(line + "\n")


class IndexBar:
    """A spinner while folders are walked, then a bar for each stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._stage = "scan"
        self._task = self._bars.add_task(DOING[self._stage], total=None, rate="")

    def __enter__(self) -> "IndexBar":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, progress: "Progress") -> None:
        if progress.stage != self._stage:
            self._stage = progress.stage
            self._bars.reset(self._task, total=progress.total or None, description=DOING[self._stage])
        task = self._bars.tasks[0]
        rate = f"{task.speed:.0f}/s" if task.speed and progress.total else ""
        self._bars.update(self._task, completed=progress.done, rate=rate)


class Transfer:
    """Shows a download or a conversion: what, how large, where to. Satisfies mlx_clip.Progress."""

    def __init__(self) -> None:
        self._bars: Bars | None = None

    def start(self, what: str, total_bytes: int | None, where: Path) -> None:
        of = f" ({size(total_bytes)})" if total_bytes else ""
        sys.stderr.write(f"{what}{of} to {where}\n")
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
            from rich.progress import Progress as Bars

            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            self._bars = Bars(*columns, console=Console(stderr=True), transient=True)
            self._bars.add_task(what, total=total_bytes)
            self._bars.start()

    def advance(self, n_bytes: int) -> None:
        if self._bars:
            self._bars.advance(self._bars.task_ids[0], n_bytes)

    def finish(self) -> None:
        if self._bars:
            self._bars.stop()
            self._bars = None
