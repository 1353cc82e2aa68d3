"""What can go wrong with a library, one class for each thing a caller can do something about.

IndexerError
├── NothingIndexed   there is no library yet, or nothing in it
├── NoSuchPath       a folder or file that was named does not exist
├── NotAPicture      the bytes are no picture we can read
├── OtherModel       vectors were made by another model than the one that is to read them, or to add to them
├── NoSuchModel      a model was named that has no vectors here
├── ModelIncomplete  the model that is to be used lacks vectors of some pictures
├── ModelInUse       the model that is to be dropped is the one in use
├── BadLabels        a file of labelled questions cannot be understood
├── LabelsMissing    it names pictures that the library does not have
├── NotInLibrary     a picture was named that is not indexed
├── NoWordsToTagBy   the model knows pictures only
├── NoVocabulary     a file of words cannot be read, or a line of it
├── LacksPackage     what was asked for needs a package that is not installed
├── CannotWrite      a file that was asked for cannot be written
├── NotOurMap        the map would take the place of a file that is no map
├── NotTeachable     a name that names nothing, or too few examples of it
├── NothingTaught    a name was named that was not taught
├── NothingLiked     recommendations were asked for, and nothing is known that they could go by
├── BadStoreAddress  PICS_STORE is not set where it must be, or no address that is understood
├── StoreDown        the store that machines share cannot be reached
├── StoreBusy        another process has the folder of a store open
├── StoreFailed      the store was reached, and refused
├── StoreLacks       it has no vectors of a model, or not the library that was named
├── NotOurLibrary    a library was to be pulled where another one is
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


class NotInLibrary(IndexerError):
    def __init__(self, picture: object) -> None:
        super().__init__(f"{picture}: not in the library; `pics index {picture}` takes it in")


class NoWordsToTagBy(IndexerError):
    def __init__(self, model: str) -> None:
        super().__init__(
            f"{model} knows pictures only, and has no words to tag them by: `--model NAME` takes another with vectors"
            " here (`pics status`), `pics models` lists those that know words"
        )


class NoVocabulary(IndexerError):
    """Its text names the file, and the line where there is one."""


class BadLabels(IndexerError):
    def __init__(self, file: object, line: int | None, what: str) -> None:
        super().__init__(f"{file}: {what}" if line is None else f"{file}, line {line}: {what}")


class LabelsMissing(IndexerError):
    """`missing` are (line, path, why), where an empty why means that there is no such picture."""

    def __init__(self, file: object, missing: Iterable[tuple[int, str, str]]) -> None:
        lines = [f"  line {line}: {path}{why and f' ({why})'}" for line, path, why in missing]
        listed = "\n".join(lines)
        super().__init__(
            f"{file}: the library does not have what {'1 path' if len(lines) == 1 else f'{len(lines):,} paths'} of it"
            f" should name:\n{listed}\nCorrect them, `pics index` their folder, or leave them out: --skip-missing"
        )


class LacksPackage(IndexerError):
    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: `pip install 'pics[{extra}]'`")


class CannotWrite(IndexerError):
    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: cannot be written ({reason}); name another file")


class NotOurMap(IndexerError):
    def __init__(self, path: object) -> None:
        super().__init__(f"{path}: lies there already, and is no map that pics drew; name another, or add --force")


class NotTeachable(IndexerError):
    pass


class NothingTaught(IndexerError):
    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(known)
        super().__init__(f"{name}: not taught; {f'there are {names}' if names else '`pics teach NAME IMG…` teaches'}")


class NothingLiked(IndexerError):
    def __init__(self) -> None:
        super().__init__("nothing is known that you like: name some pictures, `pics more IMG…`, and it is remembered")


class BadStoreAddress(IndexerError):
    """`typed` has no password in it; None where nothing was."""

    def __init__(self, typed: str | None, why: str) -> None:
        what = "PICS_STORE does not say where the store is" if typed is None else f"PICS_STORE={typed}: no address"
        super().__init__(
            f"{what}{why and f' ({why})'}. It is milvus+http://HOST:19530 for a Milvus server,"
            " milvus+file:///FOLDER for Milvus Lite on this machine"
        )


class StoreDown(IndexerError):
    def __init__(self, store: str) -> None:
        super().__init__(
            f"{store}: no answer from Milvus there. Start it (docs/scale.md), correct PICS_STORE, or"
            " unset it to search this machine's library alone"
        )


class StoreBusy(IndexerError):
    def __init__(self, folder: object) -> None:
        super().__init__(
            f"{folder}: open in another process, and Milvus Lite serves one at a time. Try again when that is done;"
            f" `milvus-lite server --data-dir {folder}` and PICS_STORE=milvus+http://localhost:19530 serve several"
        )


class StoreFailed(IndexerError):
    def __init__(self, store: str, said: str) -> None:
        super().__init__(
            f"{store}: Milvus says: {' '.join(said.split()).rstrip('.')}. Once that is mended, run the same command"
            " again: what was done is kept"
        )


class StoreLacks(IndexerError):
    """`has` are names of what there is instead."""

    def __init__(self, store: str, what: str, has: Iterable[str], remedy: str) -> None:
        there = ", ".join(dict.fromkeys(has)) or "nothing"
        super().__init__(f"{store}: {what} (there: {there}); {remedy}")


class NotOurLibrary(IndexerError):
    def __init__(self, home: object, why: str) -> None:
        super().__init__(f"{home}: {why}. Pull into an empty one: PICS_HOME=FOLDER pics pull")


class LibraryBusy(IndexerError):
    pass


class LibraryFull(IndexerError):
    pass


class LibraryBroken(IndexerError):
    pass


class LibraryClosed(LibraryBroken):
    pass
