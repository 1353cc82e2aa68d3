"""Pictures in the terminal: Kitty's or Sixel graphics where it has them, else two coloured pixels a character."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

WIDTH = 24  # columns of a picture


def show(paths: Sequence[Path], out: TextIO) -> None:
    """Side by side, as many as a line has room for. `out` and stdin are a terminal; it is asked what it can."""
    fitting = paths[: os.get_terminal_size(out.fileno()).columns // (WIDTH + 1)]
    if not fitting:
        return
    from rich.columns import Columns
    from rich.console import Console
    from textual_image.renderable import Image

    pictures = [Image(path, width=WIDTH, height="auto") for path in fitting]
    Console(file=out).print(Columns(pictures))
