"""Looking over the library as a whole: `groups`, `map`, `odd`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands.wiring import DONE, NOTHING_FOUND, encoder_of, library_here, name_here, say
from terminal.options import Count, Json, Model, Narrowed, Paths, Print0, with_options

if TYPE_CHECKING:
    from indexer.organize.gathered import Gathered
    from indexer.store.library import Library


Projection = Literal["tsne", "pca"]
Number = Annotated[
    int | None, typer.Option("-k", "--groups", metavar="N", min=1, help="How many groups.  [default: as they fall]")
]


@with_options
def groups(
    number: Number = None,
    members: Annotated[bool, typer.Option("--members", help="List all photos of each, in --json.")] = False,
    as_json: Json = False,
    model: Model = None,
    *,
    narrowed: Narrowed,
) -> int:
    """Show what kinds of photos there are: groups of alike ones, with names.

    The largest first, each with the photos that are most like all of it.
    """
    from indexer.organize.groups import grouped
    from indexer.organize.naming import named
    from terminal.exploring import group_facts, group_lines
    from terminal.progress import progress

    with library_here() as library:
        gathered = _gathered(library, narrowed, model)
        with progress() as watch:
            found = grouped(gathered.vectors, number, watch)
        names = named(library, gathered.model, encoder_of, found)
    for group, words in zip(found, names, strict=True):
        facts = group_facts(group, words, gathered.paths, members)
        sys.stdout.write(group_lines(facts, as_json))
    return _found(gathered)


@with_options
def map(
    out: Annotated[Path, typer.Argument(metavar="OUT.html", help="The page to write.")],
    projection: Annotated[
        Projection | None, typer.Option(help="How it is laid out.  [default: tsne if installed]")
    ] = None,
    number: Number = None,
    most: Annotated[
        int, typer.Option("--thumbnails", metavar="N", min=0, help="Of so many photos a picture; the rest are dots.")
    ] = 5000,
    force: Annotated[bool, typer.Option("--force", help="Also in place of a file that is no map.")] = False,
    as_json: Json = False,
    model: Model = None,
    *,
    narrowed: Narrowed,
) -> int:
    """Draw a map of the photos, alike ones beside each other: a page for the browser.

    The page holds all it shows and asks no network. It shows paths and small pictures to whoever opens it.
    """
    from indexer.organize import page
    from indexer.organize.draw import draw
    from indexer.organize.project import available
    from indexer.photo import absolute
    from terminal.exploring import map_facts, map_said
    from terminal.progress import progress
    from terminal.text import json_line

    path, method = absolute(out), available(projection)
    page.check(path, force)
    with library_here() as library, progress() as watch:
        gathered = _gathered(library, narrowed, model)
        drawn = draw(library, encoder_of, gathered, method, number, most, watch)
    if not len(gathered):
        return _found(gathered)
    facts = map_facts(path, drawn, method, page.write(path, drawn))
    sys.stdout.write(json_line(facts) if as_json else f"{path}\n")
    say(map_said(facts))
    return DONE


@with_options
def odd(
    number: Count = 10,
    least: Annotated[
        float | None, typer.Option("--min", metavar="SCORE", help="How odd at least; 1 is usual.  [default: 1.4]")
    ] = None,
    as_json: Json = False,
    paths: Paths = False,
    print0: Print0 = False,
    model: Model = None,
    *,
    narrowed: Narrowed,
) -> int:
    """Find photos that do not belong: in the library, or among those of a folder (--in).

    The score says how many times as far a photo lies from those most like it as is usual there.
    """
    from indexer.organize.odd import STANDS_OUT, hits_of
    from indexer.organize.odd import odd as strays
    from terminal.exploring import odd_lines
    from terminal.progress import progress

    with library_here() as library:
        gathered = _gathered(library, narrowed, model)
        with progress() as watch:
            found = strays(gathered.vectors, STANDS_OUT if least is None else least, watch)[:number]
        hits = hits_of(library, gathered, found, narrowed.filters())[:number]
    if not hits:
        say("nothing stands out" if len(gathered) else "no photo passes")
        return NOTHING_FOUND
    sys.stdout.writelines(odd_lines(hits, as_json, paths, print0))
    return DONE


def _gathered(library: "Library", narrowed: Narrowed, model: str | None) -> "Gathered":
    from indexer.organize.gathered import gather

    return gather(library, narrowed.filters(), model and name_here(library, model))


def _found(gathered: "Gathered") -> int:
    if not len(gathered):
        say("no photo passes")
    return DONE if len(gathered) else NOTHING_FOUND
