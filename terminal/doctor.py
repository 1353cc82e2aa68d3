"""What pics stands on, checked piece by piece, each with the mend."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import mlx_clip
from indexer.store.database import versions
from terminal.text import size

ROOM_NEEDED = 2_000_000_000  # bytes: a checkpoint, its converted copy, and a library


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `mend` says what to do, also where it merely could be better."""

    name: str
    ok: bool
    found: str
    mend: str = ""

    @property
    def line(self) -> str:
        """One line, or two."""
        mend = f"\n      {'':<8} {self.mend}" if self.mend else ""
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.name:<8} {self.found}{mend}"


def examine(home: Path) -> list[Check]:
    return [_python(), _sqlite(), _device(), _blas(), _folder(home), _models(home), _network()]


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    rosetta = sys.platform == "darwin" and platform.machine() != "arm64"
    return Check("python", not rosetta, found, "MLX needs an arm64 Python: install one natively" if rosetta else "")


def _sqlite() -> Check:
    sqlite, sqlite_vec = versions()
    return Check("sqlite", True, f"SQLite {sqlite} with sqlite-vec {sqlite_vec}")


def _device() -> Check:
    device = mlx_clip.describe_device()
    return Check("mlx", True, f"MLX {device.mlx} on the {device.device}, {device.dtype}")


def _blas() -> Check:
    if sys.platform != "linux":
        return Check("blas", True, "the system's own")
    blas = mlx_clip.describe_device().blas
    mend = "" if blas else "install OpenBLAS (Debian: apt install libopenblas0-pthread): encoding is 30 times faster"
    return Check("blas", True, blas or "none found: MLX's reference BLAS is used", mend)


def _folder(home: Path) -> Check:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    found = f"{home} ({size(free)} free)"
    if not os.access(place, os.W_OK):
        return Check("folder", False, found, "cannot be written: set PICS_HOME to a folder that can")
    return Check("folder", free > ROOM_NEEDED, found, "" if free > ROOM_NEEDED else "make room on this disk")


def _models(home: Path) -> Check:
    here = mlx_clip.converted(home / "models")
    found = ", ".join(f"{model.manifest.name} ({size(model.bytes)})" for model in here)
    mend = "" if here else f"the first `pics index` fetches {mlx_clip.default_card().repo}"
    return Check("models", True, found or "none converted yet", mend)


def _network() -> Check:
    reachable = mlx_clip.hub_reachable()
    mend = "" if reachable else "only models that are here can be used; `--model FOLDER` takes a checkpoint you bring"
    return Check("network", True, "the model hub answers" if reachable else "the model hub does not answer", mend)
