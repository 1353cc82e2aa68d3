"""Filling the library: `index`, `use`."""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, MODELS, SOME_SKIPPED, encoders, home, library_here, load, name_here, say
from terminal.completion import names_of
from terminal.options import Json
from terminal.text import json_line

if TYPE_CHECKING:
    from indexer.build import Report
    from indexer.complete import Completion
    from indexer.settings import Settings
    from indexer.store.library import Library
    from mlx_clip.encoder import Encoder

AnyModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A name of `pics models`, a repo or a folder.",
        autocompletion=names_of("models"),
    ),
]


def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Folders or photos; none: all indexed before.")
    ] = None,
    model: AnyModel = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out names or paths (repeatable; remembered).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Reading threads.  [default: one a core]")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Photos the model takes at a time.")] = 32,
    max_megapixels: Annotated[int, typer.Option(min=1, help="Skip larger pictures.")] = 256,
    as_json: Json = False,
) -> int:
    """Take in new and changed photos, and let go of deleted ones.

    With --model, the vectors of another model are made beside those in use: `pics use NAME` switches.
    """
    from indexer.build import build, compare
    from indexer.complete import complete
    from indexer.inform import inform
    from indexer.scan import photo_roots
    from indexer.settings import Settings
    from terminal.progress import progress

    roots = photo_roots(paths or [])
    settings = Settings(batch, workers or os.cpu_count() or 1, max_megapixels * 1_000_000)
    with library_here(must_exist=not roots) as library:
        if dry_run:
            report = compare(library, roots, exclude)
            _tell(report, as_json, would=True)
            _tell_plan(library, model, settings, as_json)
            return SOME_SKIPPED if report.left_out else DONE
        in_use, asked_for = encoders(library, model)
        for encoder in {in_use, asked_for}:
            encoder.batch = max(batch, encoder.batch)
        with progress(library.tell) as watch:
            report = build(library, in_use, roots, exclude, settings, watch)
        _tell(report, as_json)
        with progress(library.tell) as watch:
            informed = inform(library, settings, watch)
        _tell_informed(informed, as_json)
        with progress(library.tell) as watch:
            completion = complete(library, asked_for, settings, watch)
        _tell_completion(completion, as_json)
        _make_ready(library, {in_use, asked_for})
    return SOME_SKIPPED if report.left_out or completion.skipped else DONE


def _make_ready(library: "Library", encoders: "set[Encoder]") -> None:
    """What the first question would wait for otherwise."""
    from indexer.asking.calibration import calibrate

    for encoder in encoders:
        calibrate(library, encoder)
    library.keep_codes()


def _tell(report: "Report", as_json: bool, would: bool = False) -> None:
    from terminal.text import notes, summary

    sys.stdout.write(json_line(asdict(report)) if as_json else summary(report, would) + "\n")
    sys.stdout.flush()
    for note in notes(report):
        say(note)


def _tell_informed(pictures: int, as_json: bool) -> None:
    from terminal.text import informed

    if pictures:
        sys.stdout.write(json_line({"informed": pictures}) if as_json else informed(pictures) + "\n")


def _tell_completion(completion: "Completion", as_json: bool) -> None:
    from terminal.text import completed, completion_notes

    if completion.lacking:
        sys.stdout.write(json_line(asdict(completion)) if as_json else completed(completion) + "\n")
    for note in completion_notes(completion):
        say(note)


def _tell_plan(library: "Library", model: str | None, settings: "Settings", as_json: bool) -> None:
    """Of the model that is named; of the one in use, if there is anything to tell."""
    from terminal.forecast import forecast
    from terminal.text import planned

    in_use = library.model()
    if in_use is None or not (model or library.lacking(in_use.name)):
        return
    name = name_here(library, model) if model else in_use.name
    plan = forecast(library, name, home() / MODELS, load, settings)
    sys.stdout.write(json_line(asdict(plan)) if as_json else planned(plan) + "\n")


def use(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A model with vectors here (`pics status`).", autocompletion=names_of("models")
        ),
    ],
    anyway: Annotated[bool, typer.Option("--anyway", help="Though it lacks the vectors of some photos.")] = False,
) -> int:
    """Search with another model from now on.

    New photos get its vectors. Nothing is encoded, and the vectors of the model used so far stay.
    """
    with library_here() as library:
        name = name_here(library, name)
        library.use(name, anyway)
    say(f"{name} is in use")
    return DONE
