"""Looking after the library and what pics stands on: `status`, `errors`, `forget`, `models`, `doctor`, `demo`."""

import os
import sys
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from commands.wiring import (
    DONE,
    FAILED,
    MODELS,
    NOTHING_FOUND,
    home,
    library_here,
    library_if_any,
    name_here,
    say,
    store_object,
)
from terminal.completion import names_of
from terminal.options import Json
from terminal.text import json_line


def status(as_json: Json = False) -> int:
    """Show what the library holds."""
    from indexer.objects import status_object
    from terminal.status import lines

    with library_here() as library:
        found = status_object(library, store_object())
    sys.stdout.writelines([json_line(found)] if as_json else (line + "\n" for line in lines(found)))
    return DONE


def errors(as_json: Json = False) -> int:
    """List the photos that could not be read, and why."""
    with library_here() as library:
        skipped = library.files.skipped()
    for skip in skipped:
        sys.stdout.write(json_line(asdict(skip)) if as_json else f"{skip.path}: {skip.reason}\n")
    if not skipped:
        say("no photo was skipped")
    return DONE if skipped else NOTHING_FOUND


def forget(path: Annotated[Path, typer.Argument(help="A folder or a photo.")]) -> int:
    """Leave photos out of the library; the disk is never touched."""
    from indexer.photo import absolute
    from terminal.text import photos

    with library_here() as library:
        number = library.forget(str(absolute(path)))
    say(f"forgot {photos(number)}; `pics index {path}` takes them in again")
    return DONE if number else NOTHING_FOUND


def models(context: typer.Context, as_json: Json = False) -> int:
    """List the models pics knows, with what they find and cost."""
    import mlx_clip
    from terminal.models import LEGEND, facts, marks, rows

    if context.invoked_subcommand:
        return DONE
    with library_if_any() as library:
        kept = library.models() if library else []
    here = {copy.name for copy in mlx_clip.converted(home() / MODELS)}
    if as_json:
        sys.stdout.writelines(json_line(facts(card, kept, here)) for card in mlx_clip.cards())
    else:
        sys.stdout.writelines(row + "\n" for row in rows(mlx_clip.cards(), marks(kept, here)))
        say(LEGEND)
    return DONE


def drop(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="As in `pics status` or `pics models`.", autocompletion=names_of("models")),
    ],
) -> int:
    """Give back the room of a model that is not in use.

    Its vectors go, the words that were asked of it, its converted copy and its download.
    """
    import mlx_clip
    from terminal.text import size

    cache, freed = home() / MODELS, 0
    with library_if_any() as library:
        name = name_here(library, name)
        kept = {kept.name for kept in library.models()} if library else set()
        copies = {copy.name for copy in mlx_clip.converted(cache)}
        if name not in kept | copies:
            raise mlx_clip.UnknownModel(name, "nothing of this model is here", get_close_matches(name, kept | copies))
        if library and name in kept:
            freed = library.bytes_on_disk
            if not library.drop(name):
                say("library.db could not be made smaller; the room in it is for what is indexed next")
            freed -= library.bytes_on_disk
    freed += mlx_clip.remove(name, cache)
    say(f"{name} is dropped, {size(max(0, freed))} are free again; `pics index --model {name}` brings it back")
    return DONE


def doctor(as_json: Json = False) -> int:
    """Check what pics stands on, and say how to mend it."""
    from terminal.doctor import examine

    checks = examine(home())
    for check in checks:
        sys.stdout.write(json_line(asdict(check)) if as_json else check.line + "\n")
    return DONE if all(check.ok for check in checks) else FAILED


def demo() -> int:
    """Show what pics does, on an album of its own."""
    from demo.tour import tour

    return tour(os.environ)
