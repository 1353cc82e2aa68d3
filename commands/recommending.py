"""Recommending photos: `more`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.viewing import answer, screen_here
from commands.wiring import DONE, NOTHING_FOUND, library_here, say, speaker_here
from terminal.options import Narrowed, Shown, with_options

if TYPE_CHECKING:
    from indexer.store.library import Library


@with_options
def more(
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="IMG", help="Pictures you like; none: those liked before.")
    ] = None,
    less: Annotated[
        list[Path] | None, typer.Option("--less", metavar="IMG", help="Less like this (repeatable).")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what was shown before.")] = False,
    forgotten: Annotated[bool, typer.Option("--forget", help="Forget what was liked, disliked and shown.")] = False,
    *,
    narrowed: Narrowed,
    shown: Shown,
) -> int:
    """Recommend photos like some, or like those you liked before, none twice.

    What is named is remembered as liked, what is named by --less as disliked.
    """
    shown.check()
    if forgotten and (images or less or again):
        raise typer.BadParameter("stands alone", param_hint="--forget")
    with library_here() as library:
        return _forget(library) if forgotten else _more(library, (images or [], less or []), again, narrowed, shown)


def _more(
    library: "Library",
    pictures: tuple[Sequence[Path], Sequence[Path]],
    again: bool,
    narrowed: Narrowed,
    shown: Shown,
) -> int:
    from indexer.organize.more import more as recommend
    from terminal.recommending import nothing, strangers

    filters = narrowed.filters()
    screen = screen_here() if shown.show else None
    speaker = speaker_here(library, shown.model)
    found = recommend(library, speaker, *pictures, filters, shown.number, again, shown.minimum)
    for sentence in strangers(found.strangers):
        say(sentence)
    if not found.hits:
        say(nothing(narrowed.anything))
        return NOTHING_FOUND
    answer(found.hits, shown, screen)
    library.opinions.note_shown(hit.content_id for hit in found.hits)
    return DONE


def _forget(library: "Library") -> int:
    number = library.opinions.forget()
    say(f"forgot what was said of {number:,} pictures, and what was shown")
    return DONE
