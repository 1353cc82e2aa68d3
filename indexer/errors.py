"""What can go wrong with a library, one class for each thing a caller can do something about.

IndexerError
├── NothingIndexed   there is no library yet, or nothing in it
├── NoSuchPath       a folder or file that was named does not exist
├── NotAPicture      the bytes are no picture we can read
├── OtherModel       the library's vectors were made by another model
├── LibraryBusy      another process is writing to the library
├── LibraryFull      no space left on the disk
└── LibraryBroken    the database is damaged, or newer than this program
"""


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


class LibraryBusy(IndexerError):
    pass


class LibraryFull(IndexerError):
    pass


class LibraryBroken(IndexerError):
    pass
