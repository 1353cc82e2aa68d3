"""What a terminal is asked, what becomes of its answers, and pictures in its language."""

import base64
import fcntl
import os
import pty
import re
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TextIO

import pytest
from PIL import Image

from terminal import graphics
from terminal.graphics import CELL, Screen, ask, blocks, fitting, overlay, pixels, resized

ATTRIBUTES, SIXEL = b"\x1b[?62;22c", b"\x1b[?62;4;22c"
KITTY = b"\x1b_Gi=31;OK\x1b\\"


class Terminal:
    """The other end of a pseudo-terminal: keeps what is written to it, and answers when it is asked what it is."""

    def __init__(self, answer: bytes, size: tuple[int, int, int, int]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", *size))
        self.out: TextIO = os.fdopen(theirs, "w")
        self.written = b""
        self._answer = answer
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                part = os.read(self._ours, 4096)
            except OSError:  # nobody has it open
                return
            if not part:
                return
            self.written += part
            if b"\x1b[c" in part:
                os.write(self._ours, self._answer)

    def mode(self) -> list[object]:
        return termios.tcgetattr(self.out.fileno())

    def close(self) -> None:
        self.out.close()
        self._thread.join(5)
        os.close(self._ours)


@contextmanager
def terminal(answer: bytes = ATTRIBUTES, size: tuple[int, int, int, int] = (40, 100, 0, 0)) -> Iterator[Terminal]:
    it = Terminal(answer, size)
    try:
        yield it
    finally:
        it.close()


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(
    ("answer", "way", "cell"),
    [
        (KITTY + b"\x1b[6;36;18t" + ATTRIBUTES, "kitty", (18, 36)),
        (KITTY + SIXEL, "kitty", CELL),
        (b"\x1b_Gi=31;ENOTSUPPORTED:\x1b\\" + SIXEL, "sixel", CELL),
        (b"\x1b[6;36;18t" + SIXEL, "sixel", (18, 36)),
        (ATTRIBUTES, "blocks", CELL),
        (b"typed ahead" + ATTRIBUTES, "blocks", CELL),
        (b"\x1b[6;0;0t\x1b[?4c", "sixel", CELL),
    ],
)
def test_a_terminal_says_how_it_draws(answer: bytes, way: str, cell: tuple[int, int]) -> None:
    with terminal(answer) as it:
        before = it.mode()
        assert ask(it.out, "xterm-256color") == Screen(100, 40, cell, way, True)  # type: ignore[arg-type]
        assert it.mode() == before


def test_a_window_that_knows_its_pixels_is_believed() -> None:
    with terminal(SIXEL, size=(50, 200, 2000, 1100)) as it:
        found = ask(it.out, "xterm")
        assert found == Screen(200, 50, (10, 22), "sixel", True)
        fcntl.ioctl(it.out.fileno(), termios.TIOCSWINSZ, struct.pack("4H", 20, 80, 0, 0))
        assert found and resized(found, it.out) == Screen(80, 20, (10, 22), "sixel", True)


def test_one_that_never_answers_gets_half_blocks_and_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics, "PATIENCE", 0.05)
    with terminal(b"") as it:
        before = it.mode()
        found = ask(it.out, "vt100")
        assert found and found.way == "blocks"
        assert it.mode() == before


@pytest.mark.parametrize("term", ["tmux-256color", "screen.xterm-256color"])
def test_a_terminal_in_a_terminal_is_not_asked_what_it_would_take_for_a_title(term: str) -> None:
    with terminal(SIXEL) as it:
        found = ask(it.out, term)
        assert found and found.way == "sixel"
        it.out.flush()
        assert b"\x1b[c" in it.written and b"\x1b_G" not in it.written


def test_a_job_in_the_background_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    with terminal(SIXEL) as it:
        found = ask(it.out, "xterm")
        assert found and found.way == "blocks"
        assert it.written == b""


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "unknown")])
def test_where_there_are_no_colours_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.delenv("COLORTERM")
    with terminal() as it:
        assert ask(it.out, value) is None
        assert it.written == b""


def test_a_terminal_of_a_name_nobody_knows_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-ghostty")
    monkeypatch.delenv("COLORTERM")  # as over ssh
    with terminal(KITTY + ATTRIBUTES) as it:
        assert ask(it.out, "xterm-ghostty") == Screen(100, 40, CELL, "kitty", False)


def test_what_is_no_terminal_is_not_asked() -> None:
    with open(os.devnull, "w") as out:  # noqa: PTH123
        assert ask(out, "xterm") is None


def test_a_window_without_a_size_draws_nothing() -> None:
    with terminal(size=(0, 0, 0, 0)) as it:
        assert ask(it.out, "xterm") is None


# -- pictures


def test_a_picture_fits_into_characters_with_its_shape() -> None:
    assert fitting((3000, 2000), 24, 20, (10, 20)) == (24, 8)
    assert fitting((2000, 3000), 24, 9, (10, 20)) == (12, 9)
    assert fitting((9000, 10), 24, 9, (10, 20)) == (24, 1)
    assert pixels(24, 8, Screen(80, 24, (10, 20), "kitty")) == (240, 160)
    assert pixels(24, 8, Screen(80, 24, (10, 20), "blocks")) == (24, 16)


def test_kitty_gets_a_png_in_messages_of_at_most_4096_bytes() -> None:
    image = Image.effect_noise((240, 160), 80).convert("RGB")
    drawn = overlay(image, 24, 8, "kitty")
    messages = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", drawn)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in messages) == drawn
    assert messages[0][0] == "a=T,f=100,c=24,r=8,C=1,q=2,m=1"
    assert [keys for keys, _ in messages[1:]] == ["m=1"] * (len(messages) - 2) + ["m=0"]
    assert all(len(data) <= 4096 for _, data in messages)
    data = base64.standard_b64decode("".join(data for _, data in messages))
    with Image.open(BytesIO(data)) as seen:
        assert seen.convert("RGB").tobytes() == image.tobytes()


def test_sixel_says_the_pixels_and_the_colour() -> None:
    drawn = overlay(Image.new("RGB", (20, 12), (255, 0, 51)), 2, 1, "sixel")
    assert drawn.startswith("\x1bP") and drawn.endswith("\x1b\\")
    assert '"1;1;20;12' in drawn
    assert drawn.count("#0;2;100;0;20") == 1  # per cent


def test_half_blocks_are_two_pixels_a_character_and_colours_are_said_when_they_change() -> None:
    image = Image.new("RGB", (3, 4), (200, 30, 40))
    image.paste((0, 0, 255), (0, 1, 3, 2))
    assert blocks(image, true_colour=True) == [
        "\x1b[38;2;200;30;40;48;2;0;0;255m▀▀▀\x1b[0m",
        "\x1b[38;2;200;30;40;48;2;200;30;40m▀▀▀\x1b[0m",
    ]


def test_with_256_colours_the_nearest_is_taken() -> None:
    image = Image.new("RGB", (1, 2), (95, 135, 175))
    image.putpixel((0, 1), (128, 128, 128))
    assert blocks(image, true_colour=False) == ["\x1b[38;5;67;48;5;244m▀\x1b[0m"]


def test_sixel_says_all_colours_before_the_first_pixel() -> None:
    drawn = overlay(Image.linear_gradient("L").resize((40, 40)).convert("RGB"), 4, 2, "sixel")
    colours, pixels_ = re.fullmatch(r'\x1bP0;0;0q"1;1;40;40((?:#\d+;2;\d+;\d+;\d+)+)(.*)\x1b\\', drawn, re.S).groups()  # type: ignore[union-attr]
    assert colours.count("#") > 30
    assert ";" not in pixels_ and set(re.findall(r"#\d+", pixels_)) == set(re.findall(r"#\d+", colours))
