"""What was asked: words or a picture, where, and how many answers are wanted."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Query:
    """Exactly one of `words` and `picture`; `folders` (none: anywhere) are absolute paths; `model` (none: the one in
    use) is the name of one with vectors in the library.
    """

    words: str | None = None
    picture: Path | None = None
    folders: tuple[str, ...] = ()
    limit: int = 10
    model: str | None = None

    def __post_init__(self) -> None:
        if (self.words is None) == (self.picture is None):
            raise ValueError("a query has either words or a picture")
