"""Hits as pictures: a contact sheet as wide as the terminal, a number and a name under each; or one, large."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image, ImageOps
from rich.cells import cell_len, chop_cells

from indexer.decode import decode
from indexer.errors import NotAPicture
from indexer.photo import is_offline
from terminal.answers import head
from terminal.graphics import ESC, Screen, blocks, fitting, overlay, pixels

if TYPE_CHECKING:
    from indexer.photo import Hit

TILE = 24  # columns at least
GAP = 2  # columns between two
SHAPE = 4 / 3  # of the room for a picture: most have it
READERS = 4  # pictures that are read at once
BOLD, DIM, PLAIN = f"{ESC}[1m", f"{ESC}[2m", f"{ESC}[0m"
CONTROL = dict.fromkeys((*range(32), *range(127, 160)), "\ufffd")


@dataclass(frozen=True, slots=True)
class Tile:
    """A hit's number and a picture of `columns` x `lines` characters; without one, `reason` says why."""

    number: int
    hit: "Hit"
    image: Image.Image | None = None
    columns: int = 0
    lines: int = 0
    reason: str = ""


def sheet(numbered: "Iterable[tuple[int, Hit]]", screen: Screen, explain: bool = False) -> Iterator[str]:
    """Text for the terminal, a row of pictures at a time."""
    across = max(1, (screen.columns + GAP) // (TILE + GAP))
    width = (screen.columns + GAP) // across - GAP
    height = max(1, min(round(width * screen.cell[0] / screen.cell[1] / SHAPE), screen.lines - 4))
    read = _tiles(numbered, width, height, screen)
    while tiles := list(islice(read, across)):
        whys = [f"{tile.number}  {'; '.join(tile.hit.why)}\n" for tile in tiles if explain and tile.hit.why]
        yield _row(tiles, width, screen) + "".join(whys) + "\n"


def large(number: int, hit: "Hit", screen: Screen) -> str:
    """One hit, as large as the terminal has room for, with a line to spare for what is known of it."""
    tiles = _tiles([(number, hit)], screen.columns, max(1, screen.lines - 4), screen)
    return _row(list(tiles), screen.columns, screen)


# -- reading


def _tiles(numbered: "Iterable[tuple[int, Hit]]", columns: int, lines: int, screen: Screen) -> Iterator[Tile]:
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(lambda each: _tile(each, columns, lines, screen), numbered)


def _tile(numbered: "tuple[int, Hit]", columns: int, lines: int, screen: Screen) -> Tile:
    number, hit = numbered
    try:
        if is_offline(Path(hit.path).stat()):
            return Tile(number, hit, reason="in iCloud")
        side = min(pixels(columns, lines, screen))
        image = decode(Path(hit.path).read_bytes(), side).image
    except OSError:
        return Tile(number, hit, reason="not there now")
    except NotAPicture:
        return Tile(number, hit, reason="cannot be read")
    columns, lines = fitting(image.size, columns, lines, screen.cell)
    return Tile(number, hit, ImageOps.fit(image, pixels(columns, lines, screen)), columns, lines)


# -- a row of the sheet


def _row(tiles: Sequence[Tile], width: int, screen: Screen) -> str:
    """Pictures stand on their captions; of a row of low ones nothing is left empty."""
    height = max([1, *(tile.lines for tile in tiles)])
    cells = [_cells(tile, width, height, screen) for tile in tiles]
    text = "".join((" " * GAP).join(line).rstrip(" ") + "\n" for line in zip(*cells, strict=True))
    return text if screen.way == "blocks" else text + _overlaid(tiles, width, screen)


def _cells(tile: Tile, width: int, height: int, screen: Screen) -> list[str]:
    """The lines of a tile, each `width` columns wide: room for a picture, or the picture, and two of caption."""
    room = [" " * width] * height
    if tile.image is None:
        room[-1] = _padded(tile.reason, width, DIM)
    elif screen.way == "blocks":
        drawn = [line + " " * (width - tile.columns) for line in blocks(tile.image, screen.true_colour)]
        room = [*room[tile.lines :], *drawn]
    number = f"{tile.number}  "
    more = f"  +{len(tile.hit.similar)}" if tile.hit.similar else ""
    said = _padded(f"{head(tile.hit).rstrip()}{more}", width - len(number))
    return [*room, f"{BOLD}{number}{PLAIN}{said}", _name(tile.hit.path, width)]


def _overlaid(tiles: Sequence[Tile], width: int, screen: Screen) -> str:
    """Back to each tile's room, which is on the screen now, and its picture drawn there."""
    drawn = [
        f"{ESC}7{ESC}[{tile.lines + 2}A{ESC}[{place * (width + GAP) + 1}G"
        f"{overlay(tile.image, tile.columns, tile.lines, screen.way)}{ESC}8"
        for place, tile in enumerate(tiles)
        if tile.image
    ]
    return "".join(drawn)


def _name(path: str, width: int) -> str:
    """The end of a path, that can be clicked on where a terminal knows how."""
    shown = shortened(path.translate(CONTROL), width)
    link = f"{ESC}]8;;file://{quote(path, errors='surrogateescape')}{ESC}\\"
    return f"{link}{DIM}{shown}{PLAIN}{ESC}]8;;{ESC}\\{' ' * (width - cell_len(shown))}"


def shortened(path: str, width: int) -> str:
    """`…/kyoto/fuji.jpg`: as many of the last folders as there is room for; of a long name, both ends."""
    if cell_len(path) <= width:
        return path
    *folders, name = path.split("/")
    if cell_len(name) > width:
        end = min(8, width // 3)
        tail = name[-end:]
        return f"{chop_cells(name, max(2, width - cell_len(tail) - 1))[0]}…{tail}"
    shown = name
    while folders and cell_len(f"…/{folders[-1]}/{shown}") <= width:
        shown = f"{folders.pop()}/{shown}"
    return f"…/{shown}" if cell_len(shown) + 2 <= width else shown


def _padded(text: str, width: int, style: str = "") -> str:
    shown = chop_cells(text, width)[0] if cell_len(text) > width else text
    return f"{style}{shown}{PLAIN if style else ''}{' ' * (width - cell_len(shown))}"
