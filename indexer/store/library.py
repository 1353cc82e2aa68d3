"""A library of photos on disk: open it, write to it one process at a time, ask it.

One file, `library.db`, and beside it `index.lock` while somebody writes. Readers never wait for a writer (WAL).
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from indexer.errors import LibraryBroken, NothingIndexed, OtherModel
from indexer.photo import Content, File, Hit, ModelIdentity, Vector
from indexer.store.database import Database
from indexer.store.files import Files, contents_within
from indexer.store.lock import only_writer
from indexer.store.roots import Roots
from indexer.store.schema import migrate
from indexer.store.vectors import Vectors


class Library:
    """The photos, where they lie, and the vectors that one model made of them.

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

    # -- the model

    def model(self) -> ModelIdentity | None:
        """The model whose vectors are searched; None before the first index."""
        row = self._database.row("select name, revision, weights_hash, dim, preprocessing from model where is_current")
        return ModelIdentity(*row) if row else None

    def adopt(self, model: ModelIdentity) -> None:
        """Makes this the library's model; raises OtherModel when there are vectors of another."""
        with self._database.transaction():
            if self.model() is not None and self._vectors().count() == 0:
                self._vectors().drop()
                self._database.run("delete from model")
            if self.model() is not None:
                self.check(model)
                return
            self._database.run(
                "insert into model (name, revision, weights_hash, dim, preprocessing, is_current)"
                " values (?, ?, ?, ?, ?, 1)",
                model.name,
                model.revision,
                model.weights_hash,
                model.dim,
                model.preprocessing,
            )
            self._vectors().create()

    def check(self, model: ModelIdentity) -> None:
        """Raises OtherModel unless the library's vectors can be compared with this model's."""
        ours = self.model()
        if ours is None or ours.makes_the_same_vectors_as(model):
            return
        if ours.name == model.name:
            what = f"the files of model {model.name} have changed since this library was made with them"
        else:
            what = f"this library was made with model {ours.name}, not {model.name}: their vectors cannot be compared"
        raise OtherModel(
            f"{what}. Leave out --model to go on with {ours.name}, or start a second library:"
            f" PICS_HOME=FOLDER pics index PHOTOS --model {model.name}"
        )

    def _vectors(self) -> Vectors:
        row = self._database.row("select id, dim from model where is_current")
        if row is None:
            raise NothingIndexed
        return Vectors(self._database, *row)

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
        self._vectors().add(content_id, vector)
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

    def nearest(self, query: Vector, n: int, folders: Sequence[str] = ()) -> list[Hit]:
        """The n paths in `folders` (none: anywhere) whose pictures are most like a unit vector, best first.

        Every path is a hit of its own, so a copy ties with its original.
        """
        vectors = self._vectors()
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

    def vector_at(self, path: str, stamp: tuple[int, int] | None) -> Vector | None:
        """The stored vector of the file at a path, if its (size, mtime_ns) are as indexed; None trusts the library."""
        found = self.files.content_at(path)
        if found is None or stamp not in (None, found[1:]):
            return None
        return self._vectors().get(found[0])

    def vector_of(self, sha256: bytes) -> Vector | None:
        """The stored vector of some bytes, wherever they lie."""
        content_id = self.files.content_id(sha256)
        return None if content_id is None else self._vectors().get(content_id)


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
