"""Measuring how well the library answers: `eval`."""

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, NOTHING_FOUND, encoder_of, library_here, name_here, say
from terminal.options import Json, Narrowed, with_options

if TYPE_CHECKING:
    from indexer.organize.evaluate import Trial
    from indexer.organize.questions import Asked, Question
    from indexer.photo import Hit
    from indexer.query import Query
    from indexer.store.library import Library


class AskedOf(StrEnum):
    """`indexer.organize.evaluate.Setting`, as typer wants a list of it."""

    both = "both"
    pictures = "pictures"
    words = "words"


Settings = Annotated[
    list[AskedOf] | None,
    typer.Option("--setting", metavar="NAME", help="both, pictures or words (repeatable).  [default: all]"),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "-m", "--model", metavar="NAME", help="Of which model (repeatable).  [default: each with all its vectors]"
    ),
]


@with_options
def eval(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Questions and their right pictures: JSON Lines or CSV.")
    ],
    model: Models = None,
    setting: Settings = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out the paths that the library does not have.")
    ] = False,
    misses: Annotated[
        bool, typer.Option("--misses", help="List what is not among the first ten, and where it came.")
    ] = False,
    as_json: Json = False,
    *,
    narrowed: Narrowed,
) -> int:
    """Measure how well your own questions find their pictures, by model and by setting.

    Lines like {"query": "red boat", "right": ["a.jpg"]}, or rows of query,path. docs/organizing.md has it all.
    """
    from indexer.organize.evaluate import evaluate, ways
    from indexer.organize.questions import read, resolve
    from terminal.measuring import counted
    from terminal.progress import progress

    with library_here() as library:
        filters = narrowed.filters()
        to_ask = ways(_models(library, model), [of.value for of in setting or AskedOf])
        asked = resolve(library, file, read(file), skip_missing)
        questions = _passing(library, asked, narrowed)
        if not questions:
            say(f"{file}: nothing is asked in it" if not asked.questions else counted(asked, questions))
            return NOTHING_FOUND
        notes: dict[str, None] = {}
        with progress() as watch:
            trials = evaluate(questions, to_ask, _finder(library, notes), watch, filters)
    for note in (counted(asked, questions), *notes):
        say(note)
    _tell(trials, as_json, misses)
    return DONE


def _passing(library: "Library", asked: "Asked", narrowed: Narrowed) -> "list[Question]":
    from indexer.organize.questions import among

    if not narrowed.anything:
        return asked.questions
    return among(asked.questions, set(library.newest(library.files.count_contents(), narrowed.filters())))


def _models(library: "Library", typed: list[str] | None) -> list[str]:
    """By their names here. Raises NothingIndexed, NoSuchModel."""
    if typed:
        return list(dict.fromkeys(library.searchable(name_here(library, name)).name for name in typed))
    in_use = library.searchable().name
    kept = library.models()
    whole = [model.name for model in kept if not model.lacking] or [in_use]
    for model in kept:
        if model.lacking:
            what = "what lacks them is not found" if model.name in whole else "left out, unless named by --model"
            say(f"{model.name} lacks the vectors of {model.lacking:,} of {model.of:,} pictures: {what}")
    return whole


def _finder(library: "Library", notes: dict[str, None]) -> "Callable[[Query], Sequence[Hit]]":
    """`search`, with one model in memory at a time; what stands in the way of answers is noted, not raised."""
    import mlx_clip
    from indexer.search import search

    load = lru_cache(maxsize=1)(encoder_of)

    def find(query: "Query") -> "Sequence[Hit]":
        try:
            answer = search(library, load, query)
        except mlx_clip.NoWords as error:
            notes[str(error)] = None
            return []
        notes.update(dict.fromkeys(answer.notes))
        return answer.hits

    return find


def _tell(trials: "list[Trial]", as_json: bool, with_misses: bool) -> None:
    from terminal.measuring import LEGEND, facts, misses, rows, verdicts
    from terminal.text import json_line

    if as_json:
        sys.stdout.writelines(json_line(facts(trial, trials, with_misses)) for trial in trials)
        return
    listed = [*rows(trials), *verdicts(trials), *(misses(trials) if with_misses else ())]
    sys.stdout.writelines(line + "\n" for line in listed)
    say(LEGEND)
