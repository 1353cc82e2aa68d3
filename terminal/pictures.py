"""Pictures in the terminal: Kitty's or Sixel graphics where it has them, else two coloured pixels a character."""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

WIDTH = 24  # columns of a picture


def show(paths: Sequence[Path], out: TextIO) -> None:
    """Side by side, as many as a line has room for. `out` is a terminal; it is asked what it can."""
    from rich.columns import Columns
    from rich.console import Console
    from textual_image.renderable import Image

    console = Console(file=out)
    fitting = paths[: max(1, console.width // (WIDTH + 1))]
    if fitting:
        console.print(Columns([Image(path, width=WIDTH, height="auto") for path in fitting]))
