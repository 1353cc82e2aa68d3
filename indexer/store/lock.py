"""One writer at a time: a lock file that says who holds it and how far that is, freed however its holder ends."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from indexer.errors import LibraryBroken, LibraryBusy


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a process, and how far its present stage is (see Progress); "" and 0 where it has not said."""

    process: int
    stage: str = ""
    done: int = 0
    total: int = 0


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a+")
    except OSError as error:
        raise LibraryBroken(f"{path}: cannot be written ({error.strerror}); check the folder's permissions") from error


@contextmanager
def only_writer(path: Path) -> Iterator[Callable[[str, int, int], None]]:
    """Holds the lock file at `path` for the block, which may tell (stage, done, total).

    Raises LibraryBusy naming the process that has it.
    """
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = writer(path)
            who = f"process {holder.process}" if holder else "another process"
            raise LibraryBusy(
                f"this library is being written by {who}; wait until it is done (searching works meanwhile)"
            ) from None

        def tell(stage: str = "", done: int = 0, total: int = 0) -> None:
            file.truncate(0)
            with suppress(OSError):  # a full disk is for the library to complain of
                file.write(json.dumps(asdict(Writer(os.getpid(), stage, done, total))))
                file.flush()

        tell()
        yield tell
        file.truncate(0)


def writer(path: Path) -> Writer | None:
    """Who holds the lock file at `path`, as far as it says so. Takes no lock: nobody is kept from writing by it."""
    try:
        said = Writer(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return said if isinstance(said.process, int) and _lives(said.process) else None


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing
    except PermissionError:  # to another user's
        return True
    except OSError:
        return False
    return True
