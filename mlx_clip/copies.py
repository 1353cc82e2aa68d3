"""The converted copies in a cache folder: where each lies, and what its manifest says. Reads no weights.

<cache>/<model>/revision                            the commit that an unpinned repo was fetched at, for ever after
<cache>/<model>/<revision>/<dtype>-v<FORMAT>/       a copy; convert.py says what is in it
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlx_clip.errors import BadCheckpoint

__all__ = ["FORMAT", "MANIFEST", "Copy", "Manifest", "converted", "place", "read_json", "repo_slug", "folder_slug"]

FORMAT = 1
"""Raised when copies are laid out anew: older ones are then left aside and made again."""

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a copy is. `weights_hash` is the SHA-256 of the safetensors it was made from, in hex."""

    name: str
    repo: str | None
    revision: str
    family: str
    weights_hash: str
    dtype: str
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Copy:
    """One converted model: its manifest, where it lies, and how much room it takes."""

    manifest: Manifest
    folder: Path
    bytes: int

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def revision(self) -> str:
        return self.manifest.revision

    @property
    def dtype(self) -> str:
        return self.manifest.dtype


def place(cache: Path, slug: str, revision: str, dtype: str) -> Path:
    """Where the copy of a model at a revision lies, or would."""
    return cache / slug / revision / f"{dtype}-v{FORMAT}"


def repo_slug(repo: str) -> str:
    return repo.replace("/", "--")


def folder_slug(folder: Path) -> str:
    """A readable name, made unique by the whole path."""
    readable = re.sub(r"[^\w.-]+", "-", folder.name) or "root"
    return f"{readable}-{sha256(str(folder).encode()).hexdigest()[:12]}"


def pinned(cache: Path, slug: str) -> str | None:
    """The commit that a repo was first fetched at; None before that."""
    try:
        return (cache / slug / "revision").read_text("ascii").strip()
    except FileNotFoundError:
        return None


def pin(cache: Path, slug: str, commit: str) -> None:
    """Keeps to a commit from now on, unless one is kept to already."""
    file = cache / slug / "revision"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f"revision.{os.getpid()}")
        aside.write_text(commit + "\n", "ascii")
        aside.replace(file)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a copy; None when there is no copy."""
    try:
        return Manifest(**read_json(folder / MANIFEST))
    except FileNotFoundError:
        return None


def converted(cache: Path) -> list[Copy]:
    """Every whole copy in a cache, by name."""
    folders = [file.parent for file in cache.glob(f"*/*/*-v{FORMAT}/{MANIFEST}")]
    copies = [Copy(manifest, folder, _size(folder)) for folder in folders if (manifest := read_manifest(folder))]
    return sorted(copies, key=lambda copy: (copy.name, copy.revision, copy.dtype))


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object. Raises BadCheckpoint, and FileNotFoundError when there is none."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise BadCheckpoint(file, f"not JSON ({error})") from error
    if not isinstance(found, Mapping):
        raise BadCheckpoint(file, "not a JSON object")
    return dict(found)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
