"""The converted copies in a cache folder: where each lies, what its manifest says, how one comes to be whole.

<cache>/<model>/revision                            the commit that an unpinned repo was fetched at, for ever after
<cache>/<model>/<revision>/<dtype>-v<FORMAT>/       a copy; convert.py says what is in it
<cache>/<model>/<revision>/<dtype>-8bit-v<FORMAT>/  the same in 8 bits a weight
<cache>/downloads/                                  checkpoints as they were fetched

Knows nothing of weights: a query that finds its copy reads one small file here.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, EEXIST, ENOSPC, ENOTEMPTY
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlx_clip.errors import BadCheckpoint, DiskFull

__all__ = [
    "FORMAT",
    "MANIFEST",
    "Copy",
    "Manifest",
    "check_room",
    "converted",
    "downloads",
    "folder_slug",
    "made_aside",
    "no_room",
    "pin",
    "pinned",
    "place",
    "read_json",
    "read_manifest",
    "remove",
    "repo_slug",
]

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
    bits: int | None = None
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


def place(cache: Path, slug: str, revision: str, dtype: str, bits: int | None = None) -> Path:
    """Where the copy of a model at a revision lies, or would."""
    precision = f"{dtype}-{bits}bit" if bits else dtype
    return cache / slug / revision / f"{precision}-v{FORMAT}"


def downloads(cache: Path) -> Path:
    """Where checkpoints are fetched to, laid out as huggingface_hub does."""
    return cache / "downloads"


def remove(name: str, cache: Path) -> int:
    """Deletes the copies of a model, and its download unless another copy was made of it; returns the bytes freed."""
    copies = converted(cache)
    ours = [copy for copy in copies if copy.name == name]
    for copy in ours:
        shutil.rmtree(copy.folder)
    left = {copy.manifest.repo for copy in copies if copy.name != name}
    fetched = [
        downloads(cache) / f"models--{repo_slug(repo)}" for repo in {copy.manifest.repo for copy in ours} - left if repo
    ]
    freed = sum(copy.bytes for copy in ours) + sum(_size_below(folder) for folder in fetched)
    for folder in fetched:
        shutil.rmtree(folder, ignore_errors=True)
    return freed


def _size_below(folder: Path) -> int:
    """Of all files below, links not counted: a snapshot is links to the files themselves."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


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
    except (BadCheckpoint, TypeError) as error:
        raise BadCheckpoint(folder, f"{MANIFEST} is damaged", "delete this folder to have it made again") from error


def converted(cache: Path) -> list[Copy]:
    """Every whole copy in a cache, by name."""
    folders = [file.parent for file in cache.glob(f"*/*/*-v{FORMAT}/{MANIFEST}")]
    copies = [Copy(manifest, folder, _size_below(folder)) for folder in folders if (manifest := read_manifest(folder))]
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


# -- making one


@contextmanager
def made_aside(target: Path) -> Iterator[Path]:
    """A folder beside `target` to write into, which is synced and becomes it when the block ends well.

    A copy is whole, then, or not there. Raises DiskFull.
    """
    with no_room(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        folder = target.with_name(f"{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
        folder.mkdir()
        try:
            yield folder
            for entry in (*folder.iterdir(), folder):
                _sync(entry)
            _rename(folder, target)
            _sync(target.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def no_room(where: Path) -> Iterator[None]:
    """A full disk as an error of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise DiskFull(where) from error
        raise


def check_room(where: Path, needed: int) -> None:
    if shutil.disk_usage(where).free < needed:
        raise DiskFull(where, needed)


def _rename(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno not in (EEXIST, ENOTEMPTY):  # another process was faster, and its copy is as good
            raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(target: Path) -> None:
    """Removes what conversions that were killed have left."""
    for left in target.parent.glob(f"{target.name}.*.*"):
        if not _is_running(int(left.name.split(".")[1])):
            shutil.rmtree(left, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # someone else's, but there
    return True
