"""A library in a store that machines share: `push`, `pull`."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from commands.wiring import DONE, NOTHING_FOUND, library_here, name_here, say, store_here
from terminal.options import Json, Model
from terminal.text import json_line


def push(
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="What it is called there [default: as before, or as this machine]."
        ),
    ] = None,
    model: Model = None,
    as_json: Json = False,
) -> int:
    """Send what the library knows to the store that PICS_STORE names.

    Vectors, paths, dates, places, texts and tags leave this machine; photos do not. What is there already is not sent
    again, and what was forgotten here goes there too.
    """
    import platform

    from indexer.moving import push
    from terminal.moving import pushed
    from terminal.progress import progress

    with library_here() as library, store_here() as store, progress() as watch:
        say(
            f"to {store.address.shown}: vectors, paths, dates, places, texts and tags leave this machine; photos do not"
        )
        machine = platform.node().partition(".")[0] or "pics"
        sent = push(library, store, machine, name, model and name_here(library, model), watch)
    sys.stdout.write(json_line(asdict(sent)) if as_json else pushed(sent) + "\n")
    return DONE


def pull(
    library: Annotated[
        str | None, typer.Argument(metavar="LIBRARY", help="Its name or id there; none: the only one, or this one's.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Fetch a library from the store that PICS_STORE names into an empty one, or what this one pushed there.

    Photos are not in the store: `pics index FOLDER` then finds them where they are, and encodes none of them again.
    """
    from indexer.moving import pull
    from terminal.moving import pulled
    from terminal.progress import progress

    with library_here(must_exist=False) as here, store_here() as store, progress() as watch:
        fetched = pull(here, store, library, watch)
    sys.stdout.write(json_line(asdict(fetched)) if as_json else pulled(fetched) + "\n")
    return DONE if fetched.pictures else NOTHING_FOUND
