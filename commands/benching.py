"""Measuring the machine: `bench`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, MODELS, home, library_if_any, say
from terminal.completion import names_of
from terminal.options import Json
from terminal.text import json_line

if TYPE_CHECKING:
    from bench.course import Result

SHIPPED = "pics-mini"


def bench(
    model: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--model",
            metavar="NAME",
            help="Measure that model, here or not (repeatable).  [default: the one in use]",
            autocompletion=names_of("models"),
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="JPEG alone, and less of everything: some ten seconds.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="On the disk to measure.  [default: for temporary files]")
    ] = None,
    as_json: Json = False,
) -> int:
    """Measure what this machine makes of each stage, and what bounds it.

    Reading pictures by format, models by batch, answers. Takes about a minute, and needs no photos, no library and no
    network: what it measures upon it makes, and throws away. With --json, to share: nothing in it tells of you.
    """
    from bench.course import QUICK, WHOLE, Course
    from bench.machine import Machine
    from mlx_clip.device import describe_device
    from terminal.benching import disturbance, facts, measuring

    if folder and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is no folder", param_hint="--folder")
    names, revision = (model, None) if model else _in_use()
    results: list[Result] = []
    with measuring() as tell:
        course = Course(describe_device(), home() / MODELS, folder, QUICK if quick else WHOLE, tell)
        for result in course.run(*dict.fromkeys(names), revision=revision):
            if isinstance(result, Machine) and (note := disturbance(result)):
                say(note)
            results.append(result)
            if as_json:
                sys.stdout.write(json_line(facts(result)))
                sys.stdout.flush()
    _tell(results, as_json)
    return DONE


def _in_use() -> tuple[list[str], str | None]:
    """With its revision, by which it is found when its folder is gone."""
    with library_if_any() as library:
        model = library.model() if library else None
    return ([model.name], model.revision) if model else ([SHIPPED], None)


def _tell(results: "list[Result]", as_json: bool) -> None:
    from terminal.benching import LEGEND, rows

    if not as_json:
        sys.stdout.writelines(row + "\n" for row in rows(results))
        say(LEGEND)
