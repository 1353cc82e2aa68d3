"""Asking the library: `search`, `similar`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.viewing import answer as show
from commands.viewing import screen_here
from commands.wiring import DONE, NOTHING_FOUND, encoder_of, library_asked, name_here, one_thread, say
from terminal.completion import names_of
from terminal.options import Narrowed, ShownFolded, with_options

if TYPE_CHECKING:
    from indexer.query import Query
    from indexer.search import Answer, Load
    from indexer.store.library import Library


@with_options
def search(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="What is in the photo; none: the newest of the filtered.",
            autocompletion=names_of("taught"),
        ),
    ] = None,
    like: Annotated[list[Path] | None, typer.Option(metavar="IMG", help="And like this picture (repeatable).")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--not", metavar="TEXT|IMG", help="Not this; below all others (repeatable).")
    ] = None,
    only_words: Annotated[bool, typer.Option("--only-words", help="Ask names, captions, keywords, places.")] = False,
    only_pictures: Annotated[bool, typer.Option("--only-pictures", help="Ask what photos look like.")] = False,
    *,
    narrowed: Narrowed,
    shown: ShownFolded,
) -> int:
    """Find photos by what is in them and what is written of them.

    Terms are joined by + and -, alone between blanks; N: before a term weighs it, quotes keep one together.
    A picture is a path: "2:golden retriever" + ./pool.jpg - fruit. docs/searching.md has it all.
    """
    if not (like or without):
        one_thread()
    from indexer.asking.grammar import parse
    from indexer.query import Query

    shown.check()
    terms = parse(text or [], like or [], without or [])
    if not (terms or narrowed.anything):
        raise typer.BadParameter("say what is in the photo, or filter (`pics search --help`)", param_hint="TEXT")
    if only_words and (only_pictures or any(term.picture for term in terms)):
        raise typer.BadParameter("leaves nothing to ask of a picture", param_hint="--only-words")
    return _answer(
        _narrow(Query(terms=terms, by_picture=not only_words, by_words=not only_pictures), narrowed, shown), shown
    )


@with_options
def similar(
    image: Annotated[Path, typer.Argument(help="Any picture, in the library or not.")],
    *,
    narrowed: Narrowed,
    shown: ShownFolded,
) -> int:
    """Find photos that look like a picture."""
    from indexer.query import Query, Term

    shown.check()
    query = Query(terms=(Term(picture=image),), by_words=False)
    return _answer(_narrow(query, narrowed, shown), shown)


def _narrow(query: "Query", narrowed: Narrowed, shown: ShownFolded) -> "Query":
    filters = narrowed.filters()
    return replace(
        query, filters=filters, limit=shown.number, model=shown.model, minimum=shown.minimum, fold=shown.folds
    )


def _answer(query: "Query", shown: ShownFolded) -> int:
    from terminal.answers import nothing

    screen = screen_here() if shown.show else None
    with library_asked() as library:
        if query.model:
            query = replace(query, model=name_here(library, query.model))
        answer = asked(library, encoder_of, query)
    if not answer.hits:
        say(nothing(shown))
        return NOTHING_FOUND
    show(answer.hits, shown, screen)
    return DONE


def asked(library: "Library", load: "Load", query: "Query") -> "Answer":
    """What `indexer.search` finds; what stood in the way of a better answer is said."""
    import mlx_clip
    from indexer.search import search as find

    try:
        answer = find(library, load, query)
    except mlx_clip.NoWords as error:
        raise mlx_clip.ClipError(f"{error}{_that_know_words(library)}") from error
    for note in answer.notes:
        say(f"{note}{_that_know_words(library)}")
    for name in answer.lost:
        say(f"{name}: too few of its examples are there for this model; `pics teach {name} IMG…` adds some")
    return answer


def _that_know_words(library: "Library") -> str:
    from terminal.status import that_know_words  # most searches need not wait for what it imports

    return that_know_words(library.models())
