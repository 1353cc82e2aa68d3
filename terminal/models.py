"""The catalogue as a table to choose from: what a model finds, what it costs, what one may do with it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mlx_clip.hub import EIGHT_BIT
from terminal.text import size

if TYPE_CHECKING:
    from indexer.store.models import Kept
    from mlx_clip.catalog import Card

RECALL = "COCO text-to-image R@1"  # in per cent: the published figure nearest to what `search` does
JAPANESE = "Crossmodal-3600 Japanese text-to-image R@1"
HEAD = ("", "name", "recall", "ja", "work", "size", "dim", "licence")
LEGEND = """\
recall   captions, in per cent, that find their photo first among 5,000 (COCO);
         ? not published, - knows pictures only
ja       the same in Japanese (Crossmodal-3600), or whether it knows Japanese
work     for indexing a photo, beside the default's
size     of the download; converted for a GPU it takes half, NAME:8bit a quarter
dim      numbers a photo, each of four bytes in the library
licence  ! no commercial use, ? not said
         * in use, + has vectors in this library, . here and ready
docs/models.md says how to choose."""


def facts(card: "Card", kept: Sequence["Kept"], here: set[str]) -> dict[str, Any]:
    """A card, and what of its model is here: a converted copy, vectors of so many pictures, its being in use."""
    ours = next((model for model in kept if model.name == card.name), None)
    return asdict(card) | {
        "here": card.name in here,
        "pictures": ours.pictures if ours else 0,
        "in_use": ours is not None and ours.is_current,
    }


def marks(kept: Sequence["Kept"], here: set[str]) -> dict[str, str]:
    """What stands before a model's name in the table."""
    in_library = {model.name: "*" if model.is_current else "+" for model in kept}
    return {name: in_library.get(name, " ") + ("." if name in here else " ") for name in in_library.keys() | here}


def rows(cards: Sequence["Card"], marks: dict[str, str]) -> Iterator[str]:
    """A line a model, the least work first; `marks` are put before the names they belong to.

    Of models in 8 bits a weight, those that are marked are listed too.
    """
    default = next(card for card in cards if card.default)
    small = [replace(card, name=name) for card in cards if (name := card.name + EIGHT_BIT) in marks]
    table = [HEAD, *(_row(card, default, marks) for card in sorted([*cards, *small], key=_order))]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    for row in table:
        cells = (
            cell.ljust(width) if column in (0, 1, 7) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _order(card: "Card") -> tuple[bool, float, str]:
    return not card.languages, card.gflops, card.name


def _row(card: "Card", default: "Card", marks: dict[str, str]) -> tuple[str, ...]:
    may = {True: "", False: " !", None: " ?"}[card.commercial_use]
    return (
        marks.get(card.name, ""),
        card.name,
        _found(card, RECALL, "?"),
        _found(card, JAPANESE, "yes" if "ja" in card.languages else "no"),
        f"{card.gflops / default.gflops:.2g}x" if card.gflops < 100 * default.gflops else ">100x",
        "built in" if card.folder else size(card.download_bytes or 4 * card.parameters),
        str(card.dim),
        card.licence + may,
    )


def _found(card: "Card", benchmark: str, unpublished: str) -> str:
    score = card.score(benchmark)
    return "-" if not card.languages else unpublished if score is None else f"{score:.0f}"
