"""The options that several commands share: which photos may answer, and how answers are shown."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from indexer.asking.narrowing import Narrowing, NotNarrowed
from indexer.query import Filters, Verdict
from terminal.completion import names_of

Count = Annotated[int, typer.Option("-n", "--number", metavar="N", min=1, help="How many photos to show.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Another model with vectors here (`pics status`).",
        autocompletion=names_of("models"),
    ),
]
Folders = Annotated[
    list[Path] | None, typer.Option("--in", metavar="FOLDER", help="Only photos in this folder (repeatable).")
]
After = Annotated[str | None, typer.Option(metavar="DATE", help="Taken then or later: 2019, 2019-07, 2019-07-14.")]
Before = Annotated[str | None, typer.Option(metavar="DATE", help="Taken earlier.")]
On = Annotated[str | None, typer.Option(metavar="DATE", help="Taken in that year or month, or on that day.")]
Cameras = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Part of its name (repeatable: any).")]
Places = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Part of a town's, region's or country's name.")]
Near = Annotated[str | None, typer.Option(metavar="LAT,LON", help='Taken near there: "35.36,138.73".')]
Within = Annotated[str | None, typer.Option(metavar="DISTANCE", help="How near: 800m, 5km, 3mi.  [default: 5km]")]
Formats = Annotated[list[str] | None, typer.Option("--format", metavar="NAME", help="jpg, heic, … (repeatable: any).")]
MinSize = Annotated[int | None, typer.Option(metavar="PIXELS", min=1, help="The shorter side at least.")]
Portrait = Annotated[bool | None, typer.Option("--portrait/--landscape", help="Higher than wide, or wider than high.")]
Rating = Annotated[int | None, typer.Option(metavar="N", min=0, max=5, help="Rated so many stars or more.")]
Tagged = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="NAME", help="Has that tag (repeatable: any).", autocompletion=names_of("tags")),
]
Minimum = Annotated[Verdict | None, typer.Option("--min", help="Only photos as sure as that.")]
Fold = Annotated[
    bool | None, typer.Option("--fold/--unfold", help="A burst, and duplicates, as one.  [default: for people]")
]
Explain = Annotated[bool, typer.Option("--explain", help="Say below each photo why it was found.")]
Paths = Annotated[bool, typer.Option("--paths", help="Paths alone, one a line.")]
Print0 = Annotated[bool, typer.Option("-0", "--print0", help="Paths alone, each ended by a NUL, for xargs -0.")]
Show = Annotated[bool, typer.Option("--show", help="Draw them in the terminal.")]
Open = Annotated[bool, typer.Option("--open", help="Open them in the system's viewer, 20 at most.")]


@dataclass(frozen=True)
class Narrowed(Narrowing):
    """Which photos may answer, an option for each field."""

    folders: Folders = None
    after: After = None
    before: Before = None
    on: On = None
    camera: Cameras = None
    place: Places = None
    near: Near = None
    within: Within = None
    formats: Formats = None
    min_size: MinSize = None
    portrait: Portrait = None
    rating: Rating = None
    tag: Tagged = None

    def filters(self) -> Filters:
        """Raises BadParameter, which names the option."""
        try:
            return super().filters()
        except NotNarrowed as error:
            raise typer.BadParameter(error.reason, param_hint=error.option) from error


@dataclass(frozen=True)
class Shown:
    """How many answers, how sure, and in which shape."""

    number: Count = 10
    minimum: Minimum = None
    explain: Explain = False
    as_json: Json = False
    paths: Paths = False
    print0: Print0 = False
    show: Show = False
    open_them: Open = False
    model: Model = None

    def check(self) -> None:
        """Raises BadParameter for what does not go together."""
        if self.show and (self.as_json or self.paths or self.print0):
            raise typer.BadParameter("pictures are for people; --json, --paths and -0 are not", param_hint="--show")


@dataclass(frozen=True)
class ShownFolded(Shown):
    """The same, where many answers may be of one moment."""

    fold: Fold = None

    @property
    def folds(self) -> bool:
        """Where it was not said: for people, and not for programs."""
        return not (self.as_json or self.paths or self.print0) if self.fold is None else self.fold


def with_options(command: Callable[..., int]) -> Callable[..., int]:
    """Typer's view of a command that takes dataclasses of options: each of their fields is an option of its own."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}

    @wraps(command)
    def run(**typed: Any) -> int:
        filled = {
            name: group(**{option.name: typed.pop(option.name) for option in fields(group)})
            for name, group in groups.items()
        }
        return command(**typed, **filled)

    parameters = [
        inner
        for parameter in signature(command).parameters.values()
        for inner in (_options(groups[parameter.name]) if parameter.name in groups else [parameter])
    ]
    run.__signature__ = signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _options(group: Any) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(option.name, Parameter.KEYWORD_ONLY, default=option.default, annotation=hints[option.name])
        for option in fields(group)
    ]
