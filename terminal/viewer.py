"""The system's own viewer of pictures: how it is called."""

from collections.abc import Sequence

MOST = 20  # pictures that are opened at once


def calls(paths: Sequence[str], platform: str) -> list[list[str]]:
    """The commands that open some files; macOS shows them in one window."""
    if platform == "darwin":
        return [["open", *paths]] if paths else []
    return [["xdg-open", path] for path in paths]
