"""On what the figures were measured, in two lines."""

import os
import platform
from datetime import date
from importlib.metadata import version

from bench.machine import memory, processor


def describe() -> str:
    """The machine, the system and the versions that matter."""
    load = os.getloadavg()[0]
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory() / 2**30:.0f} GB, {platform.system()} {platform.machine()}; "
        f"{date.today().isoformat()}, load {load:.1f} at the start.\n"
        f"Python {platform.python_version()}, MLX {version('mlx')}, Pillow {version('pillow')}."
    )
