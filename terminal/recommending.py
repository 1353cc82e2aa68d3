"""What `more` says beside its hits."""

from collections.abc import Iterable, Iterator


def strangers(paths: Iterable[str]) -> Iterator[str]:
    """A sentence for each picture that cannot be remembered."""
    for path in paths:
        yield f"{path}: not in the library, so that it counts this time and is not remembered"


def nothing(is_narrowed: bool) -> str:
    other = "other filters, " if is_narrowed else ""
    return f"nothing new: {other}`--again` for what was shown before, or name more pictures"
