"""On what is measured: processor, cores, memory, GPU, system and versions. Nothing that tells whose machine it is."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ClassVar

CPU_INFO = Path("/proc/cpuinfo")
GPU_CORES = re.compile(r'"gpu-core-count"\s*=\s*(\d+)')

Ask = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`cores` are those that this process may use, `fast_cores` the quick ones among them where a chip has two kinds.

    `memory` is in bytes; `gpu` is what MLX computes on where that is no CPU, and `gpu_cores` are Apple's. `load` is how
    many processes were busy when the measuring began.
    """

    stage: ClassVar[str] = "machine"
    processor: str
    cores: int
    fast_cores: int | None
    memory: int
    gpu: str | None
    gpu_cores: int | None
    system: str
    python: str
    mlx: str
    pillow: str
    pics: str
    date: str
    load: float


def this_machine(gpu: str | None = None) -> Machine:
    return Machine(
        processor=processor(),
        cores=cores(),
        fast_cores=_number(_answer(["sysctl", "-n", "hw.perflevel0.logicalcpu"])) if sys.platform == "darwin" else None,
        memory=memory(),
        gpu=gpu,
        gpu_cores=gpu_cores(_answer) if sys.platform == "darwin" else None,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        mlx=_version("mlx"),
        pillow=_version("pillow"),
        pics=_version("pics"),
        date=date.today().isoformat(),
        load=round(os.getloadavg()[0], 2),
    )


def processor() -> str:
    """As its maker calls it."""
    if sys.platform == "darwin":
        return _answer(["sysctl", "-n", "machdep.cpu.brand_string"]).strip()
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")


def cores() -> int:
    """Where a process is held to some of them, those."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """In bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def gpu_cores(ask: Ask) -> int | None:
    """Of an Apple chip, whose name does not tell: of each, several are sold."""
    found = GPU_CORES.search(ask(["ioreg", "-rd1", "-c", "AGXAccelerator"]))
    return int(found[1]) if found else None


def _answer(command: Sequence[str]) -> str:
    """What a command of the system prints; nothing where it is not there or does not know."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
