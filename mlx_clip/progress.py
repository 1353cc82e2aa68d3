"""How a download or a conversion tells the caller where it is; this package itself prints nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

__all__ = ["Progress", "Silent", "shown"]


class Progress(Protocol):
    """What a caller may implement: `start` once, `advance` many times (from any thread), `finish` whatever happened."""

    def start(self, what: str, total_bytes: int | None, where: Path) -> None: ...
    def advance(self, n_bytes: int) -> None: ...
    def finish(self) -> None: ...


class Silent:
    """For callers that do not want to know."""

    def start(self, what: str, total_bytes: int | None, where: Path) -> None:
        pass

    def advance(self, n_bytes: int) -> None:
        pass

    def finish(self) -> None:
        pass


@contextmanager
def shown(progress: Progress, what: str, total_bytes: int | None, where: Path) -> Iterator[Progress]:
    progress.start(what, total_bytes, where)
    try:
        yield progress
    finally:
        progress.finish()
