"""What the card of pics-mini says of its data is what the training fetches."""

from pathlib import Path

import pytest

from training.sources import STYLES, WORDS

CARD = Path(__file__).resolve().parents[2] / "models" / "pics-mini" / "README.md"
ROWS = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in CARD.read_text("utf-8").splitlines()]
PACKAGES = {row[0]: row for row in ROWS if len(row) == 4 and "@" in row[0]}


def test_it_lists_every_package_and_no_other() -> None:
    assert list(PACKAGES) == [style.package for style in STYLES]
    assert WORDS.replace("@", "](https://emojibase.dev) ") in CARD.read_text("utf-8")


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_its_licence_is_named_and_so_is_what_was_held_out(style) -> None:
    _, _, licence, used = PACKAGES[style.package]
    assert licence == style.licence
    assert (used == "held out") is not style.training
