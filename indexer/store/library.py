"""A library of photos on disk: open it, write to it one process at a time, ask it.

One file, `library.db`, and beside it `index.lock` while somebody writes. Readers never wait for a writer (WAL).
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from indexer.errors import (
    LibraryBroken,
    LibraryBusy,
    LibraryClosed,
    LibraryFull,
    ModelIncomplete,
    ModelInUse,
    NothingIndexed,
    OtherModel,
)
from indexer.photo import Content, File, Hit, ModelIdentity, Vector
from indexer.store.database import Database
from indexer.store.files import Files, contents_within
from indexer.store.lacking import Lacking
from indexer.store.lock import only_writer
from indexer.store.models import Kept, Models
from indexer.store.roots import Roots
from indexer.store.schema import migrate


class Library:
    """The photos, where they lie, and the vectors that models made of them, of which one is in use.

    `folder` is made when missing, unless `must_exist`: then a missing library raises NothingIndexed.
    """

    def __init__(self, folder: Path, must_exist: bool = False) -> None:
        self.path = folder / "library.db"
        self._lock = folder / "index.lock"
        if must_exist and not self.path.exists():
            raise NothingIndexed
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryBroken(
                f"{folder}: cannot be made ({error.strerror}); set PICS_HOME to a folder that can"
            ) from error
        self._database = Database(self.path)
        migrate(self._database)
        self.files = Files(self._database)
        self.roots = Roots(self._database)
        self._models = Models(self._database)

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the library's lock for the block. Raises LibraryBusy, naming the process that has it."""
        with only_writer(self._lock):
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._database.transaction():
            yield

    @property
    def bytes_on_disk(self) -> int:
        return sum(file.stat().st_size for file in self.path.parent.glob(self.path.name + "*"))

    # -- the models

    def model(self) -> ModelIdentity | None:
        """The model in use: it is searched with, and new photos get its vectors. None before the first index."""
        return self._models.current()

    def models(self) -> list[Kept]:
        """Every model with room here, by name."""
        return self._models.all()

    def searchable(self, name: str | None = None) -> ModelIdentity:
        """The model of that name, None: the one in use. Raises NothingIndexed, NoSuchModel when it has no vector."""
        return self._models.searchable(name)

    def kept_as(self, model: ModelIdentity) -> ModelIdentity | None:
        """What a model is called here. Raises OtherModel when the one of its name here makes other vectors."""
        return self._models.like(model)

    def not_comparable(self, ours: ModelIdentity, other: ModelIdentity) -> OtherModel:
        """The error that says why the vectors of a model here and another's are not, and what to do."""
        return self._models.not_comparable(ours, other)

    def would_adopt(self, model: ModelIdentity) -> bool:
        """Whether it is the model in use, or would become it: that is so while the one in use has no vector."""
        ours = self.model()
        return ours is None or ours.makes_the_same_vectors_as(model) or not self._models.vectors().count()

    def adopt(self, model: ModelIdentity) -> None:
        """Makes this the model in use; raises OtherModel when another is, and has vectors."""
        with self._database.transaction():
            ours = self.model()
            if ours and not self.would_adopt(model):
                raise self._models.not_comparable(ours, model)
            if ours and not ours.makes_the_same_vectors_as(model):
                self._models.drop(ours.name)
            self._models.use(self._room_for(model).name)

    def keep(self, model: ModelIdentity) -> ModelIdentity:
        """Makes room for a model's vectors beside the others; returns it as it is called here. Raises OtherModel."""
        with self._database.transaction():
            return self._room_for(model)

    def _room_for(self, model: ModelIdentity) -> ModelIdentity:
        kept = self.kept_as(model)
        if kept is None:
            self._models.add(model, is_current=self.model() is None)
        return kept or model

    def use(self, name: str, anyway: bool = False) -> None:
        """Searches with the model of that name from now on. Raises NoSuchModel, LibraryBusy.

        Raises ModelIncomplete when it lacks a vector, unless that is to be so `anyway`.
        """
        with self.writing(), self._database.transaction():
            self._models.searchable(name)
            (kept,) = (kept for kept in self.models() if kept.name == name)
            if kept.lacking and not (kept.is_current or anyway):
                raise ModelIncomplete(name, kept.lacking, kept.of)
            self._models.use(name)

    def drop(self, name: str) -> bool:
        """Lets go of a model's vectors and of what was asked of it; returns whether the file could be made smaller.

        That takes as much room again as the library for a while. Raises ModelInUse, LibraryBusy.
        """
        with self.writing():
            with self._database.transaction():
                if (ours := self.model()) and ours.name == name:
                    raise ModelInUse(name, (kept.name for kept in self.models() if kept.name != name))
                self._models.drop(name)
            try:
                self._database.shrink()
            except (LibraryFull, LibraryBusy):
                return False
            return True

    # -- vectors that are lacking

    def lacking(self, name: str) -> int:
        """How many different pictures have no vector of the model of that name, which may be unknown here."""
        vectors = self._models.vectors(name).count() if self._models.named(name) else 0
        return self.files.count_contents() - vectors

    @contextmanager
    def pictures_without(self, name: str) -> Iterator[Lacking]:
        """Which pictures these are, and where they lie, as of now."""
        lacking = Lacking(self._database, self._models.vectors(name) if self._models.named(name) else None)
        try:
            yield lacking
        finally:
            lacking.close()

    def put_vectors(self, name: str, batch: Iterable[tuple[int, str, Vector]]) -> None:
        """Records vectors by content id, in one transaction; the paths they were made from read well again."""
        with self._database.transaction():
            vectors = self._models.vectors(name)
            for content_id, path, vector in batch:
                vectors.add(content_id, vector)
                self.files.reads(path)

    # -- photos in

    def put(self, batch: Iterable[tuple[File, Content, Vector]]) -> Counter[str]:
        """Records files, their content and its vectors in one transaction.

        Counts the files as 'new', 'changed', 'moved' and 'copied'.
        """
        with self._database.transaction():
            return Counter(self._put(*photo) for photo in batch)

    def _put(self, file: File, content: Content, vector: Vector) -> str:
        content_id = self.files.content_id(content.hash)
        if content_id is not None:
            return self.files.place(file, content_id, was_known=True)
        content_id = self.files.add_content(content)
        self._models.vectors().add(content_id, vector)
        return self.files.place(file, content_id, was_known=False)

    def put_known(self, batch: Iterable[tuple[File, bytes]]) -> Counter[str]:
        """Records files whose bytes (by SHA-256) the library has, in one transaction; counts as `put` does."""
        with self._database.transaction():
            return Counter(self._put_known(*photo) for photo in batch)

    def _put_known(self, file: File, sha256: bytes) -> str:
        content_id = self.files.content_id(sha256)
        if content_id is None:
            raise LookupError(f"{file.path}: the library has no content {sha256.hex()}")
        return self.files.place(file, content_id, was_known=True)

    def forget(self, path: str) -> int:
        """Removes a file or a folder of files, and leaves them out from now on; returns how many files went.

        Never touches the disk. `build` takes them in again when the path is named to it.
        """
        with self.writing(), self._database.transaction():
            self.roots.forget(path)
            return self.files.forget(path)

    # -- photos out

    def nearest(self, query: Vector, n: int, folders: Sequence[str] = (), model: str | None = None) -> list[Hit]:
        """The n paths in `folders` (none: anywhere) whose pictures are most like a unit vector, best first.

        Every path is a hit of its own, so a copy ties with its original. Compared are the vectors of the model of that
        name (None: the one in use), which the query must be of too.
        """
        vectors = self._models.vectors(model)
        among = contents_within(folders)
        k = n
        while True:
            contents = vectors.nearest(query, k, among)
            hits = self.files.hits(contents, folders)
            if len(hits) >= n or len(contents) < k:
                return hits[:n]
            k *= 2  # some contents had lost their file to an index run that is still going on

    def has(self, sha256: bytes) -> bool:
        """Whether the library has some bytes, wherever they lie."""
        return self.files.content_id(sha256) is not None

    def vector_at(self, path: str, stamp: tuple[int, int] | None, model: str | None = None) -> Vector | None:
        """A model's vector of the file at a path, if its (size, mtime_ns) are as indexed; None trusts the library."""
        found = self.files.content_at(path)
        if found is None or stamp not in (None, found[1:]):
            return None
        return self._models.vectors(model).get(found[0])

    def vector_of(self, sha256: bytes, model: str | None = None) -> Vector | None:
        """A model's vector of some bytes, wherever they lie."""
        content_id = self.files.content_id(sha256)
        return None if content_id is None else self._models.vectors(model).get(content_id)

    # -- words that were asked

    def vector_of_words(self, model: str, words: str) -> Vector | None:
        """The vector that the model of that name made of words, if they were asked of late."""
        return self._models.vector_of_words(model, words)

    def keep_words(self, model: str, words: str, vector: Vector) -> None:
        """Keeps it for the next time they are asked, if it is done at once: no search waits for it, or fails."""
        with (
            suppress(LibraryBusy, LibraryFull, LibraryClosed),
            self._database.in_a_hurry(),
            self._database.transaction(),
        ):
            self._models.keep_words(model, words, vector)


class KnownContents:
    """Answers, from any thread, whether a library already has some bytes."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, read_only=True)
        self._lock = threading.Lock()

    def has(self, sha256: bytes) -> bool:
        with self._lock:
            return Files(self._database).content_id(sha256) is not None

    def close(self) -> None:
        with self._lock:
            self._database.close()
