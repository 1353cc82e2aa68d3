"""Saying what photos are of: `tag`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, NOTHING_FOUND, SOME_SKIPPED, library_here, say, speaker_here
from terminal.options import Json, Model, Narrowed, with_options
from terminal.tagging import How, Instead

if TYPE_CHECKING:
    from indexer.asking.encoding import Speaker
    from indexer.organize.vocabulary import Language
    from indexer.query import Filters
    from indexer.store.library import Library


@with_options
def tag(
    images: Annotated[list[Path] | None, typer.Argument(metavar="IMG", help="With --suggest, --add, --remove.")] = None,
    model: Model = None,
    as_json: Json = False,
    *,
    instead: Instead,
    how: How,
    narrowed: Narrowed,
) -> int:
    """Say what photos are of: find tags for all, or all filtered, and write them for other programs.

    Tags are searched for like other words, and filter: --tag dog.
    """
    instead.check(bool(images), narrowed.anything, how.dry_run, how.into_file)
    filters = narrowed.filters()
    with library_here() as library:
        if instead.listed:
            return _list(library, filters, as_json)
        if instead.edit:
            return _edit(library, instead, images or [], filters)
        if instead.xmp:
            return _xmp(library, instead, how, filters, as_json)
        if instead.suggest:
            return _suggest(library, how, images or [], model, as_json)
        return _tag(library, how, filters, model, as_json)


def _tag(library: "Library", how: How, filters: "Filters", model: str | None, as_json: bool) -> int:
    from indexer.organize.tags import LEAST, tag
    from indexer.organize.vocabulary import read
    from terminal.progress import progress
    from terminal.tagging import tagged

    words = read(how.vocabulary)
    speaker = speaker_here(library, model)
    with progress() as watch:
        done = tag(
            library,
            speaker,
            words,
            filters,
            most=how.number,
            least=LEAST if how.min_confidence is None else how.min_confidence,
            language=_language(speaker, how),
            watch=watch,
        )
    sys.stdout.write(tagged(done, as_json))
    if lacking := library.lacking(done.model):
        say(f"{lacking:,} pictures have no vector of {done.model}: `pics index --model {done.model}` makes them")
    return DONE if done.pictures else NOTHING_FOUND


def _language(speaker: "Speaker", how: How) -> "Language":
    """Japanese where the model knows no other."""
    from terminal.forecast import card_of

    card = card_of(speaker.model.name)
    return "japanese" if how.japanese or (card and card.languages == ("ja",)) else "english"


def _list(library: "Library", filters: "Filters", as_json: bool) -> int:
    from terminal.tagging import counted

    counts = library.tag_counts(filters)
    sys.stdout.writelines(counted(counts, as_json))
    if not counts:
        say("no photo has a tag: `pics tag` finds some")
    return DONE if counts else NOTHING_FOUND


def _suggest(library: "Library", how: How, images: Sequence[Path], model: str | None, as_json: bool) -> int:
    from indexer.organize.tags import suggest
    from indexer.organize.vocabulary import read
    from terminal.progress import progress
    from terminal.tagging import suggested

    words, speaker = read(how.vocabulary), speaker_here(library, model)
    any_at_all = False
    for image in images:
        with progress() as watch:
            suggestions = suggest(library, speaker, image, words, _language(speaker, how), watch)
        suggestions = [one for one in suggestions if one.confidence >= (how.min_confidence or 0)][: how.number]
        if len(images) > 1 and not as_json:
            say(f"{image}:")
        sys.stdout.writelines(suggested(image, suggestions, as_json))
        any_at_all |= bool(suggestions)
    if not any_at_all:
        say("nothing to suggest")
    return DONE if any_at_all else NOTHING_FOUND


def _edit(library: "Library", instead: Instead, images: Sequence[Path], filters: "Filters") -> int:
    from indexer.organize.tags import contents_of, give, take
    from terminal.text import pictures

    contents = contents_of(library, images, filters)
    for name in instead.add or ():
        say(f"{name}: given to {pictures(give(library, name, contents))} that did not have it from you")
    for name in instead.remove or ():
        say(f"{name}: taken from {pictures(take(library, name, contents))}")
    return DONE if contents else NOTHING_FOUND


def _xmp(library: "Library", instead: Instead, how: How, filters: "Filters", as_json: bool) -> int:
    from indexer.organize.xmp import remove_tags, write_tags
    from indexer.photo import Skip
    from terminal.progress import progress
    from terminal.tagging import changed
    from terminal.text import photos

    files = skipped = 0
    with progress() as watch:
        if instead.write_xmp:
            least = how.min_confidence or 0.0
            outcomes = write_tags(library, filters, how.form, least=least, japanese=how.japanese, watch=watch)
        else:
            outcomes = remove_tags(library, filters, how.form, watch=watch)
        for outcome in outcomes:
            if isinstance(outcome, Skip):
                say(f"{outcome.path}: {outcome.reason}")
                skipped += 1
            else:
                sys.stdout.write(changed(outcome, how.dry_run, as_json))
                files += 1
    if not files:
        say("nothing to write: all is so already, or has no tags (`pics tag --list`)")
    if skipped:
        say(f"{photos(skipped)} left as they were")
    return SOME_SKIPPED if skipped else DONE
