"""What can go wrong with a library, one class for each thing a caller can do something about.

IndexerError
├── NothingIndexed   there is no library yet, or nothing in it
├── NoSuchPath       a folder or file that was named does not exist
├── NotAPicture      the bytes are no picture we can read
├── OtherModel       vectors were made by another model than the one that is to read them, or to add to them
├── NoSuchModel      a model was named that has no vectors here
├── ModelIncomplete  the model that is to be used lacks vectors of some pictures
├── ModelInUse       the model that is to be dropped is the one in use
├── LibraryBusy      another process is writing to the library
├── LibraryFull      no space left on the disk
└── LibraryBroken    the database is damaged, newer than this program, or cannot be opened
    └── LibraryClosed    it can be read, but not written
"""

from collections.abc import Iterable
from difflib import get_close_matches


class IndexerError(Exception):
    """Base of all: its text is a sentence for the user that says what to do next."""


class NothingIndexed(IndexerError):
    def __init__(self) -> None:
        super().__init__("nothing is indexed yet: run `pics index FOLDER` first")


class NoSuchPath(IndexerError):
    def __init__(self, path: object) -> None:
        super().__init__(f"{path}: no such file or folder; check the spelling, or plug in its drive")


class NotAPicture(IndexerError):
    """Carries the reason alone; whoever knows the path puts it in front."""


class OtherModel(IndexerError):
    pass


class NoSuchModel(IndexerError):
    def __init__(self, name: str, known: Iterable[str]) -> None:
        kept = list(known)
        near = get_close_matches(name, kept, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        super().__init__(
            f"{name}: no picture here has a vector of this model; {hint}"
            f"`pics index --model {name}` makes them (this library has those of {', '.join(kept) or 'none'})"
        )


class ModelIncomplete(IndexerError):
    """Of the library's `of` different pictures, the model lacks the vectors of `lacking`."""

    def __init__(self, name: str, lacking: int, of: int) -> None:
        super().__init__(
            f"{name} lacks the vectors of {lacking:,} of {of:,} pictures, which a search would not find:"
            f" `pics index --model {name}` makes them, `pics use {name} --anyway` does without"
        )


class ModelInUse(IndexerError):
    def __init__(self, name: str, others: Iterable[str]) -> None:
        other = next(iter(others), None)
        way = f"`pics use {other}` first" if other else "`pics index --model OTHER` and `pics use OTHER` first"
        super().__init__(f"{name} is the model in use, and searching needs its vectors: {way}")


class LibraryBusy(IndexerError):
    pass


class LibraryFull(IndexerError):
    pass


class LibraryBroken(IndexerError):
    pass


class LibraryClosed(LibraryBroken):
    pass
