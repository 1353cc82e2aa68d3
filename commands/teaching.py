"""Giving things names by example: `teach`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, NOTHING_FOUND, library_here, say, speaker_here
from terminal.completion import names_of
from terminal.options import Json, Model

if TYPE_CHECKING:
    from indexer.asking.encoding import Speaker
    from indexer.store.library import Library


def teach(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="What to call it; searches understand it.", autocompletion=names_of("taught")
        ),
    ] = None,
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="IMG", help="Pictures of it, 3 to 20, in the library or not.")
    ] = None,
    without: Annotated[
        list[Path] | None, typer.Option("--not", metavar="IMG", help="A look-alike that is none (repeatable).")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="What was taught, and how well it separates.")] = False,
    forgotten: Annotated[
        str | None,
        typer.Option("--forget", metavar="NAME", help="Unlearn it.", autocompletion=names_of("taught")),
    ] = None,
    model: Model = None,
    as_json: Json = False,
) -> int:
    """Teach a name by pictures: a pet, a coat, a room, a style.

    Then `pics search "rex on the beach"` knows who rex is. Teaching again adds examples.
    """
    _check(name, images or [], without or [], listed, forgotten)
    with library_here() as library:
        if forgotten is not None:
            return _forget(library, forgotten)
        speaker = speaker_here(library, model)
        if listed:
            return _list(library, speaker, as_json)
        return _teach(library, speaker, name or "", (images or [], without or []), as_json)


def _check(
    name: str | None, images: Sequence[Path], without: Sequence[Path], listed: bool, forgotten: str | None
) -> None:
    if listed or forgotten is not None:
        if name or without or (listed and forgotten is not None):
            raise typer.BadParameter("stands alone", param_hint="--list" if listed else "--forget")
    elif not name:
        raise typer.BadParameter("say what to call it, and name pictures of it", param_hint="NAME")
    elif not (images or without):
        raise typer.BadParameter(f"name pictures of {name}", param_hint="IMG")


def _teach(
    library: "Library", speaker: "Speaker", name: str, pictures: tuple[list[Path], list[Path]], as_json: bool
) -> int:
    from indexer.organize.teach import teach as learn
    from terminal.progress import progress
    from terminal.teaching import lines

    with progress() as watch:
        concept = learn(library, speaker, name, *pictures, watch)
    sys.stdout.writelines(lines([concept], speaker.model.name, as_json))
    for path in concept.missing:
        say(f"{path}: not there as it was, and {speaker.model.name} has not seen it: left out")
    return DONE


def _list(library: "Library", speaker: "Speaker", as_json: bool) -> int:
    from indexer.asking.concepts import Taught
    from terminal.teaching import lines

    taught = Taught(library, speaker)
    sys.stdout.writelines(lines(map(taught.concept, taught.names), speaker.model.name, as_json))
    if not taught.names:
        say("nothing is taught yet: `pics teach NAME IMG IMG IMG`")
    return DONE if taught.names else NOTHING_FOUND


def _forget(library: "Library", name: str) -> int:
    from indexer.organize.teach import forget

    number = forget(library, name)
    say(f"forgot {name} and its {number} examples; the pictures are as they were")
    return DONE
