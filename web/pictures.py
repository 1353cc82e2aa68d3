"""Pictures for a browser: upright JPEGs in a few sizes, made by a few threads, the small ones kept on the disk.

What is kept is named by the bytes of its photo, so that it outlives a move, and can be deleted at any time.
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from indexer.originals import small_picture
from indexer.photo import File

Side = Literal[160, 320, 640, 1280, 2560]
"""Pixels of the longer side at most."""
KEPT_SIDE = 640  # the largest that is kept
QUALITY = {160: 78, 320: 80, 640: 82, 1280: 86, 2560: 90}
MOST_BYTES = 1_000_000_000  # that are kept; more go when a server starts, the longest unseen first
THREADS = 4  # a picture may take 768 MB while it is decoded


class Pictures:
    """`folder` is made when something is to be kept in it."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), thread_name_prefix="pictures")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def get(self, sha256: bytes, files: Sequence[File], side: Side) -> bytes | None:
        """A JPEG; None where none of the files can be read now, nor was kept."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._get, sha256, files, side)

    async def tidy(self) -> None:
        """Deletes what is too much."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._tidy)

    def _get(self, sha256: bytes, files: Sequence[File], side: Side) -> bytes | None:
        kept = self._folder / sha256.hex()[:2] / f"{sha256.hex()}-{side}.jpg"
        with suppress(OSError):
            data = kept.read_bytes()
            os.utime(kept)  # seen now
            return data
        small = small_picture(files, side, QUALITY[side])
        if small is None:
            return None
        if side <= KEPT_SIDE:
            with suppress(OSError):  # a full disk: then it is made anew
                _write(kept, small.data)
        return small.data

    def _tidy(self) -> None:
        found = [(info.st_mtime, info.st_size, path) for path in self._folder.glob("??/*") if (info := _info(path))]
        left = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if left <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            left -= size


def _info(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: others may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(data)
            file.close()
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
