"""Progress on stderr: a bar with rate and time left on a terminal, a plain line now and then when piped."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from terminal.text import size

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from indexer.build import Progress, Watch

PATIENCE = 5.0  # seconds between two lines of plain progress


@contextmanager
def index_progress() -> "Iterator[Watch]":
    """A watcher for `build`, shown for the length of the block."""
    if not sys.stderr.isatty():
        yield PlainLines(sys.stderr).show
        return
    with IndexBar() as bar:
        yield bar.show


class PlainLines:
    """`indexing: 1,024 of 140,000 (93 a second)`, at most every PATIENCE seconds."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._started = self._said = clock()

    def show(self, progress: "Progress") -> None:
        now = self._clock()
        if now - self._said < PATIENCE:
            return
        self._said = now
        if progress.stage == "scan":
            line = f"looking: {progress.done:,} photos"
        else:
            rate = progress.done / (now - self._started)
            line = f"indexing: {progress.done:,} of {progress.total:,} ({rate:.0f} a second)"
        self._out.write(line + "\n")


class IndexBar:
    """A spinner while folders are walked, then a bar."""

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
        self._task = self._bars.add_task("looking", total=None, rate="")

    def __enter__(self) -> "IndexBar":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, progress: "Progress") -> None:
        if progress.stage == "scan":
            self._bars.update(self._task, completed=progress.done)
            return
        task = self._bars.tasks[0]
        if task.total is None:
            self._bars.reset(self._task, total=progress.total, description="indexing")
        rate = f"{task.speed:.0f}/s" if task.speed else ""
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
