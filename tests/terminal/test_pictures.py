"""Pictures in a terminal that has no graphics: two coloured pixels a character."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

from PIL import Image

SCRIPT = (
    "import sys; from pathlib import Path; from terminal.pictures import show; show([Path(sys.argv[1])], sys.stdout)"
)
COLOUR_OF_A_PIXEL = b"38;2;200;30;40"  # red, green, blue, as xterm and its kin are told


def test_a_terminal_shows_the_colours_of_a_picture(tmp_path: Path) -> None:
    assert COLOUR_OF_A_PIXEL in shown_in_a_terminal(tmp_path, rows=40, columns=80)


def test_a_terminal_that_does_not_know_its_size_shows_none(tmp_path: Path) -> None:
    assert shown_in_a_terminal(tmp_path, rows=0, columns=0) == b""


def shown_in_a_terminal(folder: Path, rows: int, columns: int) -> bytes:
    Image.new("RGB", (48, 48), (200, 30, 40)).save(folder / "red.png")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, "-c", SCRIPT, folder / "red.png"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, env=environment) as child:
        os.close(theirs)
        shown = everything(ours)
    assert child.returncode == 0
    return shown


def everything(terminal: int) -> bytes:
    """What is written to it until nobody has it open; Linux calls that an error."""
    read = b""
    with os.fdopen(terminal, "rb", buffering=0) as file, suppress(OSError):
        while part := file.read(4096):
            read += part
    return read
