"""On what the figures were measured."""

import os
import platform
from datetime import date
from importlib.metadata import version

from bench.machine import memory, processor


def describe() -> str:
    """The machine, the day and the versions that matter, in two lines."""
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory() / 2**30:.0f} GB, {platform.system()} {platform.machine()}; "
        f"{date.today().isoformat()}.\n"
        f"Python {platform.python_version()}, MLX {version('mlx')}, Pillow {version('pillow')}."
    )


def load() -> str:
    """What else it does."""
    return f"Load {os.getloadavg()[0]:.1f} at the start."
