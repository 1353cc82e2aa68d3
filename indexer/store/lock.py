"""One writer at a time: a lock file that says who holds it, freed by the system however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from indexer.errors import LibraryBroken, LibraryBusy


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a+")
    except OSError as error:
        raise LibraryBroken(f"{path}: cannot be written ({error.strerror}); check the folder's permissions") from error


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Holds the lock file at `path` for the block. Raises LibraryBusy naming the process that has it."""
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise LibraryBusy(
                f"this library is being written by {holder}; wait until it is done (searching works meanwhile)"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
        file.truncate(0)
