"""A contact sheet in a terminal: its rows, captions, and what cannot be drawn."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from rich.cells import cell_len

from indexer.photo import Hit
from terminal import pictures
from terminal.graphics import Screen
from terminal.pictures import large, sheet, shortened

SCREEN = Screen(80, 24)
RED, GREEN = (200, 30, 40), (20, 160, 60)
CONTROLS = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;;.*?\x1b\\")


def a_hit(folder: Path, name: str = "red.png", size: tuple[int, int] = (400, 300), colour: object = RED) -> Hit:
    path = folder / name
    Image.new("RGB", size, colour).save(path)  # type: ignore[arg-type]
    return Hit(1, str(path), 0.312, *size, "PNG", 9, "likely", ("picture 0.31",))


def plain(text: str) -> list[str]:
    return CONTROLS.sub("", text).splitlines()


def test_as_many_stand_beside_each_other_as_have_room_and_no_line_is_longer(tmp_path: Path) -> None:
    hits = [a_hit(tmp_path, f"{number}.png") for number in range(5)]
    for columns, across in ((80, 3), (30, 1), (10, 1), (200, 7)):
        rows = list(sheet(enumerate(hits, 1), Screen(columns, 50)))
        assert len(rows) == -(-len(hits) // across)
        lines = [line for row in rows for line in plain(row)]
        assert max(map(cell_len, lines)) <= columns
        assert lines[-1] == ""


def test_a_picture_stands_on_its_number_its_verdict_and_its_name(tmp_path: Path) -> None:
    hit = replace(a_hit(tmp_path), similar=("/a", "/b"))
    (row,) = sheet([(7, hit)], SCREEN)
    *picture, said, name, empty = plain(row)
    assert {line.strip() for line in picture} == {"▀" * 24}
    assert "38;2;200;30;40;48;2;200;30;40" in row
    assert said.split() == ["7", "likely", "0.312", "+2"]
    assert name.endswith("/red.png") and empty == ""
    assert f"\x1b]8;;file://{hit.path}\x1b\\" in row


def test_a_low_row_leaves_nothing_empty_and_a_low_picture_stands_on_its_caption(tmp_path: Path) -> None:
    wide = a_hit(tmp_path, "wide.png", (1200, 200), GREEN)
    (low,) = sheet([(1, wide)], SCREEN)
    (high,) = sheet([(1, wide), (2, a_hit(tmp_path))], SCREEN)
    assert len(plain(low)) < len(plain(high))
    pictures = plain(high)[:-3]
    assert pictures[0].startswith(" ") and pictures[-1].startswith("▀")


def test_what_cannot_be_read_leaves_its_caption_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, damaged, away = (a_hit(tmp_path, f"{name}.png") for name in ("gone", "damaged", "away"))
    Path(gone.path).unlink()
    Path(damaged.path).write_bytes(b"no picture")
    monkeypatch.setattr(pictures, "is_offline", lambda info: info.st_size == Path(away.path).stat().st_size)
    (row,) = sheet(enumerate([gone, damaged, away], 1), SCREEN)
    reasons, said, names, _ = plain(row)
    assert re.split(r" {2,}", reasons.strip()) == ["not there now", "cannot be read", "in iCloud"]
    assert said.split() == ["1", "likely", "0.312", "2", "likely", "0.312", "3", "likely", "0.312"]
    assert "▀" not in row and all(name in names for name in ("gone.png", "damaged.png", "away.png"))


def test_pictures_stand_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 200), RED)
    image.paste(GREEN, (0, 0, 200, 200))  # its left half; turned as its EXIF says, its upper half
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    (row,) = sheet([(1, replace(a_hit(tmp_path), path=str(tmp_path / "turned.png")))], SCREEN)
    lines = row.splitlines()[:-3]
    assert "38;2;20;160;60" in lines[0] and "38;2;200;30;40" in lines[-1]


def test_graphics_are_drawn_over_room_that_was_made_for_them(tmp_path: Path) -> None:
    screen = Screen(80, 24, (10, 20), "sixel")
    (row,) = sheet(enumerate([a_hit(tmp_path), a_hit(tmp_path, "b.png", (200, 300))], 1), screen)
    room, *drawn = row.split("\x1b7")
    assert "▀" not in room
    lines = plain(room)
    assert [line.strip() for line in lines[:-2]] == [""] * 9
    places = [re.match(r"\x1b\[(\d+)A\x1b\[(\d+)G\x1bP.*\x1b\\\x1b8", each, re.DOTALL) for each in drawn]
    assert [each and each.groups() for each in places] == [("11", "1"), ("11", "28")]
    assert '"1;1;240;180' in drawn[0] and '"1;1;120;180' in drawn[1]


def test_reasons_stand_below_their_row(tmp_path: Path) -> None:
    (row,) = sheet([(3, a_hit(tmp_path))], SCREEN, explain=True)
    assert plain(row)[-2] == "3  picture 0.31"


def test_one_picture_fills_the_window(tmp_path: Path) -> None:
    lines = plain(large(1, a_hit(tmp_path, size=(300, 400)), SCREEN))
    assert len(lines) == 22
    assert {line.strip() for line in lines[:-2]} == {"▀" * 30}


@pytest.mark.parametrize(
    ("path", "width", "shown"),
    [
        ("/a/b.jpg", 24, "/a/b.jpg"),
        ("/photos/2019/kyoto/fuji.jpg", 20, "…/kyoto/fuji.jpg"),
        ("/photos/IMG_20190714_093000_BURST012.jpg", 20, "IMG_20190714_…12.jpg"),
        ("/写真/富士山と五重塔と桜の花.jpg", 20, "富士山と五…の花.jpg"),
        ("/a/1234567890123456789.jpg", 23, "1234567890123456789.jpg"),
    ],
)
def test_of_a_path_its_end_is_shown(path: str, width: int, shown: str) -> None:
    assert shortened(path, width) == shown
    assert cell_len(shown) <= width


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (row,) = sheet([(1, replace(a_hit(tmp_path), path="/p/\x1b]0;title\x07\x9b31m.jpg"))], SCREEN)
    rest = CONTROLS.sub("", row)
    assert "\x1b" not in rest and "\x07" not in rest and "\x9b" not in rest
