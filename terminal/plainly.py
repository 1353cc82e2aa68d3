"""Commands that take what is plainly right as it was typed, and leave the rest to typer.

Typer converts options by pydantic, those too that were not typed; to import it, and to build a converter for each
option, takes longer than to search a hundred thousand photos.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer.core import TyperCommand, TyperGroup

NOT_PLAIN = object()


class TakesPlainly(TyperCommand):
    """A command whose options go through `plain` first."""

    def make_parser(self, ctx: Any) -> Any:
        parser = super().make_parser(ctx)
        _take_plainly(self.get_params(ctx))
        return parser


class GroupPlainly(TyperGroup):
    """The same for options before a command's name."""

    def make_parser(self, ctx: Any) -> Any:
        parser = super().make_parser(ctx)
        _take_plainly(self.get_params(ctx))
        return parser


def _take_plainly(parameters: Iterable[Any]) -> None:
    for parameter in parameters:
        parameter.process_value = partial(_processed, parameter, parameter.process_value)


def _processed(parameter: Any, as_typer_does: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """What typer's own `process_value` returns; of an argument that is missing, that is asked."""
    kind = getattr(parameter, "type_descriptor", None)  # of which typer's documents say nothing: it may go
    if kind is None:
        return as_typer_does(context, value)
    taken = plain(value, kind.annotation, kind.parameter_info.min, kind.parameter_info.max)
    if taken is NOT_PLAIN or (parameter.required and not taken):
        return as_typer_does(context, value)
    return parameter.callback(context, parameter, taken) if parameter.callback else taken


def plain(value: Any, kind: Any, least: float | None = None, most: float | None = None) -> Any:
    """A typed word (or several, for a list) as the kind of thing that is wanted; NOT_PLAIN where that is to be judged.

    What was not typed is None, or the default, which is of the right kind already.
    """
    if get_origin(kind) is list:
        taken = [plain(item, get_args(kind)[0], least, most) for item in value or ()]
        return NOT_PLAIN if NOT_PLAIN in taken else taken
    if value is None or (isinstance(kind, type) and type(value) is kind):
        return value
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is int and isinstance(value, str) and value.isascii() and value.isdecimal():
        number = int(value)
        return number if (least is None or number >= least) and (most is None or number <= most) else NOT_PLAIN
    return value if get_origin(kind) is Literal and value in get_args(kind) else NOT_PLAIN
