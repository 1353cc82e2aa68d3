"""What a shell offers when Tab is pressed behind an option or an argument that wants a name of the library."""

from collections.abc import Callable
from typing import Literal, Protocol

import typer

Kind = Literal["models", "tags", "taught"]


class Names(Protocol):
    """What a library has names for; what cannot be read has none. The program carries one as its context's object."""

    def models(self) -> list[str]: ...
    def tags(self) -> list[str]: ...
    def taught(self) -> list[str]: ...


def names_of(kind: Kind) -> Callable[[typer.Context], list[str]]:
    """For typer's `autocompletion`, which leaves out those that begin in another way."""

    def offer(context: typer.Context) -> list[str]:
        names: Names = context.obj
        return {"models": names.models, "tags": names.tags, "taught": names.taught}[kind]()

    return offer
