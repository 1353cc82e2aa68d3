"""Progress: a bar where there is a terminal, plain lines where there is none."""

import io
import os
import pty
import subprocess
from pathlib import Path

import pytest

from indexer.settings import Progress
from terminal.progress import PlainLines, Telling, Transfer
from tests.cli.conftest import Pics


def test_plain_progress_says_a_line_only_now_and_then() -> None:
    now, said = [0.0], io.StringIO()
    lines = PlainLines(said, clock=lambda: now[0])
    for number in range(1, 101):
        now[0] = number * 0.2
        lines.show(Progress("index", number, 100))
    assert said.getvalue().splitlines() == [
        "indexing: 25 of 100 (5 a second)",
        "indexing: 50 of 100 (5 a second)",
        "indexing: 75 of 100 (5 a second)",
        "indexing: 100 of 100 (5 a second)",
    ]


def test_each_stage_has_a_rate_of_its_own() -> None:
    now, said = [0.0], io.StringIO()
    lines = PlainLines(said, clock=lambda: now[0])
    for seconds, progress in (
        (100, Progress("scan", 1000, 0)),
        (110, Progress("index", 4, 100)),
        (120, Progress("index", 54, 100)),
        (130, Progress("complete", 1000, 90_000)),
        (140, Progress("complete", 2000, 90_000)),
    ):
        now[0] = seconds
        lines.show(progress)
    assert said.getvalue().splitlines() == [
        "looking: 1,000 photos",
        "indexing: 4 of 100 (0 a second)",
        "indexing: 54 of 100 (5 a second)",
        "completing: 1,000 of 90,000 (0 a second)",
        "completing: 2,000 of 90,000 (100 a second)",
    ]


def test_others_are_told_now_and_then() -> None:
    now, told = [0.0], list[tuple[str, int, int]]()
    telling = Telling(lambda stage, done, total: told.append((stage, done, total)), clock=lambda: now[0])
    for number in range(100):
        now[0] = number * 0.125
        telling.show(Progress("index", number, 100))
    assert told[:3] == [("index", 0, 100), ("index", 3, 100), ("index", 6, 100)] and len(told) == 34


def test_a_transfer_says_what_how_large_and_where_to(capsys: pytest.CaptureFixture[str]) -> None:
    transfer = Transfer()
    transfer.start("downloading laion/CLIP", 605_157_884, Path("/models"))
    transfer.advance(1_000)
    transfer.finish()
    assert capsys.readouterr() == ("", "downloading laion/CLIP (605 MB) to /models\n")


def test_on_a_terminal_a_bar_is_drawn_on_stderr_and_wiped_away(pics: Pics, photos: Path) -> None:
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        pics.command("index", photos, "--model", pics.checkpoint),
        env=pics.environment | {"TERM": "xterm-256color", "COLUMNS": "100"},
        cwd=pics.folder,
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
    )
    os.close(follower)
    drawn = b""
    while block := _read(leader):
        drawn += block
    stdout, _ = running.communicate(timeout=60)
    assert stdout == "8 new, 1 copied\n"
    assert b"indexing" in drawn and b"9/9" in drawn
    assert b"\x1b[2K" in drawn  # the line is erased: nothing is left on the screen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says EIO when the other end is closed
        return b""
