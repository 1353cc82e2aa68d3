"""What a terminal can draw, asked of it once, and a picture in its language: Kitty's graphics, Sixel, half-blocks.

Kitty, Ghostty, WezTerm and Konsole know the first, iTerm2, foot, Windows Terminal and others the second. Everywhere
else a character is two pixels, one above the other. Protocols:
<https://sw.kovidgoyal.net/kitty/graphics-protocol/>, <https://vt100.net/docs/vt3xx-gp/chapter14.html>.
"""

import base64
import fcntl
import os
import re
import select
import struct
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Literal, TextIO

from PIL import Image

Way = Literal["kitty", "sixel", "blocks"]
ESC = "\x1b"
CELL = (10, 20)  # pixels of a character, where the terminal does not say
PATIENCE = 1.0  # seconds for an answer: over a slow line it takes a while, and then it must not land in the prompt
KITTY = f"{ESC}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA{ESC}\\"  # can you draw this pixel?
CELL_SIZE = f"{ESC}[16t"
WHAT_ARE_YOU = f"{ESC}[c"  # which every terminal answers, after the others
ANSWERED = re.compile(rb"\x1b\[\?([\d;]*)c")
KITTY_CAN = re.compile(rb"\x1b_Gi=31[^;]*;OK\x1b\\")
CELL_IS = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
SIXEL = b"4"  # among the attributes of a terminal
SIXEL_COLOUR = re.compile(r"#\d+;2;\d+;\d+;\d+")
INSIDE_OTHERS = ("tmux", "screen")  # terminals in a terminal: they take Kitty's question for a title
CHUNK = 4096  # bytes of a message of Kitty's
RAMP = (0, 95, 135, 175, 215, 255)  # of the 6 x 6 x 6 colours that follow the first 16 of 256


@dataclass(frozen=True, slots=True)
class Screen:
    """How large a terminal is, in characters, what a character is in pixels, and how it draws."""

    columns: int
    lines: int
    cell: tuple[int, int] = CELL
    way: Way = "blocks"
    true_colour: bool = True


def ask(out: TextIO, term: str) -> Screen | None:
    """What the terminal that `out` is can draw, `term` being what it is called ($TERM); None where it draws nothing.

    It is asked by escape sequences, and what it answers is read from it, whatever stdin is.
    """
    from rich.console import Console

    console = Console(file=out)
    if not out.isatty() or console.no_color or console.color_system is None:
        return None
    columns, lines, cell = _size(out.fileno())
    if not (columns and lines):
        return None
    way: Way = "blocks"
    if not term.startswith("linux"):
        way, answered = _asked(out, inside_another=term.startswith(INSIDE_OTHERS))
        cell = cell or answered
    return Screen(columns, lines, cell or CELL, way, console.color_system == "truecolor")


def resized(screen: Screen, out: TextIO) -> Screen:
    """The same after somebody drew at the window's corner."""
    columns, lines, cell = _size(out.fileno())
    return replace(screen, columns=columns or screen.columns, lines=lines or screen.lines, cell=cell or screen.cell)


def _size(terminal: int) -> tuple[int, int, tuple[int, int] | None]:
    """Columns, lines, and the pixels of a character, if it says."""
    rows, columns, width, height = struct.unpack("4H", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
    whole = columns and rows and width >= columns and height >= rows
    return columns, rows, (width // columns, height // rows) if whole else None


def _asked(out: TextIO, inside_another: bool) -> tuple[Way, tuple[int, int] | None]:
    question = ("" if inside_another else KITTY) + CELL_SIZE + WHAT_ARE_YOU
    out.flush()
    try:
        answer = _answer(out.fileno(), question.encode())
    except (OSError, termios.error):
        return "blocks", None
    size, attributes = CELL_IS.search(answer), ANSWERED.search(answer)
    cell = (int(size[2]), int(size[1])) if size and int(size[1]) and int(size[2]) else None
    if KITTY_CAN.search(answer):
        return "kitty", cell
    return ("sixel" if attributes and SIXEL in attributes[1].split(b";") else "blocks"), cell


def _answer(out: int, question: bytes) -> bytes:
    """What comes until the last of it is answered. b"" from a terminal that another job has."""
    terminal = os.open(os.ttyname(out), os.O_RDWR | os.O_NOCTTY)
    try:
        if not _is_ours(terminal):
            return b""
        with _quiet(terminal):
            os.write(terminal, question + b"\r\x1b[K")  # where a question was not understood, and shown
            return _read(terminal)
    finally:
        os.close(terminal)


def _is_ours(terminal: int) -> bool:
    """A job in the background that touched the terminal would be stopped."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # nobody's: there are no jobs
        return True


@contextmanager
def _quiet(terminal: int) -> Iterator[None]:
    """Answers are not shown, and are read as they come; those that come too late are dropped."""
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _read(terminal: int) -> bytes:
    answer, end = b"", time.monotonic() + PATIENCE
    while not ANSWERED.search(answer):
        left = end - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            break
        part = os.read(terminal, 4096)
        if not part:
            break
        answer += part
    return answer


# -- a picture


def fitting(size: tuple[int, int], columns: int, lines: int, cell: tuple[int, int]) -> tuple[int, int]:
    """Columns and lines of the largest picture of a size in pixels that has room in so many."""
    width, height = size[0] / cell[0], size[1] / cell[1]
    scale = min(columns / width, lines / height)
    return max(1, min(columns, round(width * scale))), max(1, min(lines, round(height * scale)))


def pixels(columns: int, lines: int, screen: Screen) -> tuple[int, int]:
    """Width and height of a picture that fills so many."""
    if screen.way == "blocks":
        return columns, 2 * lines
    return columns * screen.cell[0], lines * screen.cell[1]


def overlay(image: Image.Image, columns: int, lines: int, way: Way) -> str:
    """An RGB picture of `pixels`, drawn from the cursor on, by Kitty's way or Sixel. Where the cursor ends is open."""
    return _kitty(image, columns, lines) if way == "kitty" else _sixel(image)


def _sixel(image: Image.Image) -> str:
    """All colours first: xterm mixes up those that are said when pixels have come already."""
    from textual_image._sixel import SixelOptions, image_to_sixels  # its public door would ask the terminal, too

    drawn = image_to_sixels(image, SixelOptions(quantize="adaptive"))
    head, size, rest = re.split(r'("[\d;]+)', drawn, maxsplit=1)
    return f"{head}{size}{''.join(SIXEL_COLOUR.findall(rest))}{SIXEL_COLOUR.sub(_chosen, rest)}"


def _chosen(colour: re.Match[str]) -> str:
    return colour[0].partition(";")[0]


def _kitty(image: Image.Image, columns: int, lines: int) -> str:
    data = BytesIO()
    image.save(data, "PNG", compress_level=1)
    text = base64.standard_b64encode(data.getvalue()).decode("ascii")
    parts = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    head = f"a=T,f=100,c={columns},r={lines},C=1,q=2,"
    return "".join(
        f"{ESC}_G{head if number == 0 else ''}m={int(number < len(parts) - 1)};{part}{ESC}\\"
        for number, part in enumerate(parts)
    )


def blocks(image: Image.Image, true_colour: bool) -> list[str]:
    """An RGB picture of two pixels a character -> its lines, each ended by the usual colours."""
    if not true_colour:
        image = image.quantize(palette=_palette(), dither=Image.Dither.FLOYDSTEINBERG)
    lines = []
    for y in range(0, image.height, 2):
        line, before = "", ""
        for x in range(image.width):
            above, below = (_colour(image.getpixel((x, y + half))) for half in (0, 1))
            colours = f"{ESC}[38;{above};48;{below}m"
            line += ("" if colours == before else colours) + "▀"
            before = colours
        lines.append(line + f"{ESC}[0m")
    return lines


def _colour(pixel: object) -> str:
    """As xterm and its kin are told."""
    return f"2;{';'.join(map(str, pixel))}" if isinstance(pixel, tuple) else f"5;{16 + int(str(pixel))}"


@cache
def _palette() -> Image.Image:
    """The 240 colours that follow the first 16, which everybody changes."""
    cube = [level for red in RAMP for green in RAMP for blue in RAMP for level in (red, green, blue)]
    greys = [8 + 10 * step for step in range(24) for _ in range(3)]
    colours = cube + greys
    image = Image.new("P", (1, 1))
    image.putpalette(colours + colours[-3:] * 16)
    return image
