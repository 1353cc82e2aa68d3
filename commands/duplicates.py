"""Several photos of one picture: `dupes`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, NOTHING_FOUND, SOME_SKIPPED, encoder_of, library_here, name_here, say
from terminal.options import Json, Model, Narrowed, Print0, with_options

if TYPE_CHECKING:
    from indexer.organize.dupes import Group
    from indexer.store.library import Library


@with_options
def dupes(
    exact: Annotated[
        bool, typer.Option("--exact", help="Only copies of the same bytes: no picture is opened.")
    ] = False,
    trash: Annotated[bool, typer.Option("--trash", help="Then ask, and move all but the kept to the trash.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    paths: Annotated[bool, typer.Option("--paths", help="The paths of those that could go, one a line.")] = False,
    print0: Print0 = False,
    model: Model = None,
    *,
    narrowed: Narrowed,
) -> int:
    """Show photos of one picture: copies, resized, cropped, recompressed, edited.

    In groups, each with the photo to keep and why. Nothing is moved without --trash, and nothing is ever deleted.
    """
    from indexer.organize.dupes import duplicates
    from terminal.duplicates import group_lines, notes
    from terminal.progress import progress

    if trash and not (yes or sys.stdin.isatty()):
        raise typer.BadParameter("nobody is there to ask; --yes moves them all the same", param_hint="--trash")
    with library_here() as library:
        name = name_here(library, model) if model else None
        with progress() as watch:
            found = duplicates(library, encoder_of, narrowed.filters(), name, exact, watch=watch)
        sys.stdout.writelines(group_lines(found.groups, as_json, paths, print0))
        sys.stdout.flush()
        for note in notes(found):
            say(note)
        if not found.groups:
            say("no duplicates")
            return NOTHING_FOUND
        return _discard(library, found.groups, yes) if trash else DONE


def _discard(library: "Library", groups: "list[Group]", yes: bool) -> int:
    from send2trash import send2trash

    from indexer.organize.discard import discard
    from terminal.duplicates import discarded, question

    if not (yes or typer.confirm(question(groups), err=True)):
        say("nothing was moved")
        return DONE
    done = discard(library, groups, send2trash)
    for sentence in discarded(done):
        say(sentence)
    return SOME_SKIPPED if done.left else DONE
