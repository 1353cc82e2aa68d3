"""A library of photos on disk: open it, write to it one process at a time, ask it.

One file, `library.db`, and beside it `index.lock` while somebody writes. Readers never wait for a writer (WAL).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from indexer.errors import (
    LibraryBroken,
    LibraryBusy,
    LibraryClosed,
    LibraryFull,
    ModelIncomplete,
    ModelInUse,
    NoSuchPath,
    NothingIndexed,
    OtherModel,
)
from indexer.photo import NO_FACTS, Content, Facts, File, Hit, ModelIdentity, Vector
from indexer.query import EVERYWHERE, Filters
from indexer.store.concepts import Concepts
from indexer.store.database import Condition, Database
from indexer.store.entries import Entries
from indexer.store.files import Files, in_any
from indexer.store.filters import passing
from indexer.store.lacking import Lacking
from indexer.store.lock import Writer, only_writer, writer
from indexer.store.looks import Looks
from indexer.store.metadata import Metadata, had_by
from indexer.store.models import Kept, Models
from indexer.store.opinions import Opinions
from indexer.store.roots import Roots
from indexer.store.schema import migrate
from indexer.store.sides import Sides
from indexer.store.tags import Count, Tags
from indexer.store.vectors import Ids, Vectors
from indexer.store.words import WordMatch, Words


class Library:
    """The photos, where they lie, and the vectors that models made of them, of which one is in use.

    `folder` is made when missing, unless `must_exist`: then a missing library raises NothingIndexed.
    """

    def __init__(self, folder: Path, must_exist: bool = False) -> None:
        self.path = folder / "library.db"
        self._lock = folder / "index.lock"
        self._tell: Callable[[str, int, int], None] | None = None
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
        self.sides = Sides(self._database)
        self.roots = Roots(self._database)
        self.looks = Looks(self._database)
        self.tags = Tags(self._database)
        self.concepts = Concepts(self._database)
        self.opinions = Opinions(self._database)
        self.entries = Entries(self._database)
        self._models = Models(self._database)
        self._metadata = Metadata(self._database)
        self._words = Words(self._database)

    def keep_warm(self, fewest: int | None = None) -> None:
        """For a library that stays open, question after question: the first takes longer, and all others less.

        So it is from some thousand vectors on (`fewest`); a vector of 512 numbers takes 0.2 kB of memory. See warm.py.
        """
        self._models.keep_warm(fewest)

    def keep_codes(self) -> None:
        """After photos came or went: has the codes beside a large library be of what is in it. See kept.py."""
        self._models.keep_codes()

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the library's lock for the block. Raises LibraryBusy, naming the process that has it."""
        with only_writer(self._lock) as tell:
            self._tell = tell
            try:
                yield
            finally:
                self._tell = None

    def tell(self, stage: str, done: int, total: int) -> None:
        """While this process is `writing`, says to others how far it is."""
        if self._tell:
            self._tell(stage, done, total)

    def writer(self) -> Writer | None:
        """Who is writing to the library now, this process or another, and how far that is."""
        return writer(self._lock)

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

    # -- what is lacking

    def lacking(self, name: str) -> int:
        """How many different pictures have no vector of the model of that name, which may be unknown here."""
        vectors = self._models.vectors(name).count() if self._models.named(name) else 0
        return self.files.count_contents() - vectors

    @contextmanager
    def pictures_without(self, name: str) -> Iterator[Lacking]:
        """Which pictures these are, and where they lie, as of now."""
        having = f"select rowid from {self._models.vectors(name).ids}" if self._models.named(name) else None
        with closing(Lacking(self._database, having)) as lacking:
            yield lacking

    def put_vectors(self, name: str, batch: Iterable[tuple[int, str, Vector]]) -> None:
        """Records vectors by content id, in one transaction; the paths they were made from read well again."""
        with self._database.transaction():
            vectors = self._models.vectors(name)
            for content_id, path, vector in batch:
                vectors.add(content_id, vector)
                self.files.reads(path)

    def lacking_facts(self, reader: int) -> int:
        """How many different pictures no reader of this version, or a later one, has looked at."""
        return self._metadata.lacking(reader)

    @contextmanager
    def pictures_without_facts(self, reader: int) -> Iterator[Lacking]:
        """Which pictures these are, and where they lie, as of now."""
        with closing(Lacking(self._database, had_by(reader))) as lacking:
            yield lacking

    def put_facts(self, reader: int, batch: Iterable[tuple[int, str, Facts]]) -> None:
        """Records by content id what a reader of this version found, in one transaction; its paths read well again."""
        with self._database.transaction():
            for content_id, path, facts in batch:
                self._metadata.put(content_id, facts, reader)
                self.files.reads(path)

    # -- photos in

    def put(self, batch: Iterable[tuple[File, Content, Facts, Vector]], reader: int = 0) -> Counter[str]:
        """Records files, their content, its facts (by a reader of this version) and its vectors in one transaction.

        Counts the files as 'new', 'changed', 'moved' and 'copied'.
        """
        with self._database.transaction():
            vectors = self._models.vectors()
            return Counter(self._put(*photo, vectors, reader) for photo in batch)

    def _put(self, file: File, content: Content, facts: Facts, vector: Vector, vectors: Vectors, reader: int) -> str:
        content_id = self.files.content_id(content.hash)
        if content_id is not None:
            return self.files.place(file, content_id, was_known=True)
        content_id = self.files.add_content(content)
        vectors.add(content_id, vector)
        self._metadata.put(content_id, facts, reader)
        return self.files.place(file, content_id, was_known=False)

    def put_known(self, batch: Iterable[tuple[File, bytes, bool]]) -> Counter[str]:
        """Records files whose bytes (by SHA-256) the library has, in one transaction; counts as `put` does.

        With True, such that have side files: what these say is known when the picture was read again.
        """
        with self._database.transaction():
            return Counter(self._put_known(*photo) for photo in batch)

    def _put_known(self, file: File, sha256: bytes, has_sides: bool) -> str:
        content_id = self.files.content_id(sha256)
        if content_id is None:
            raise LookupError(f"{file.path}: the library has no content {sha256.hex()}")
        if has_sides:
            self._metadata.have_read_again(("?", [content_id]))
        return self.files.place(file, content_id, was_known=True)

    def rewritten(self, path: str, file: tuple[bytes, int, int]) -> None:
        """Records that pics wrote into a photo: (SHA-256, size, mtime_ns) are other now, and its facts may be.

        Its vectors and tags stay. A copy of it that was not written into keeps them too until it moves.
        """
        with self._database.transaction():
            if (content_id := self.files.rewritten(path, *file)) is not None:
                self._metadata.have_read_again(("?", [content_id]))

    def forget(self, path: str) -> int:
        """Removes a file or a folder of files, and leaves them out from now on; returns how many files went.

        Never touches the disk. `build` takes them in again when the path is named to it.
        """
        with self.writing(), self._database.transaction():
            self.roots.forget(path)
            if self.sides.lie_beside(path):  # what they said of a copy elsewhere
                inside, values = in_any("path", [path])
                self._metadata.have_read_again((f"select content_id from file where {inside}", values))
            self.sides.forget(path)
            return self.files.forget(path)

    def let_go(self, paths: Iterable[str]) -> int:
        """Removes files that are gone from the disk; returns how many. They are taken in again where they come back."""
        with self._database.transaction():
            return self.files.let_go(paths)

    # -- photos out

    def must_know(self, folders: Iterable[str]) -> None:
        """Raises NoSuchPath for one that neither the disk nor the library knows: a slip of the keyboard."""
        for folder in folders:
            if not self.files.count(folder) and not Path(folder).exists():
                raise NoSuchPath(folder)

    def by_vector(
        self, vector: Vector, k: int, filters: Filters = EVERYWHERE, model: str | None = None
    ) -> list[tuple[int, float]]:
        """The k pictures that pass and are most like a unit vector, as (content id, cosine), best first.

        Compared are the vectors of the model of that name (None: the one in use), of which the vector must be too.
        """
        vectors = self._models.searched(model)
        among = passing(self._database, filters)
        wanted = k
        while True:
            found = vectors.nearest(vector, wanted, among)
            held = self.files.held([content_id for content_id, _ in found])
            if len(held) >= k or len(found) < wanted:
                return [(content_id, score) for content_id, score in found if content_id in held][:k]
            wanted *= 2  # some pictures had lost their file to an index run that is still going on

    def pictures(self) -> int:
        """Among how many different pictures is searched."""
        return self.files.count_contents()

    def by_words(self, text: str, k: int, filters: Filters = EVERYWHERE) -> list[WordMatch]:
        """The k pictures that pass and in which most is found of some words: in their names, captions, places, …"""
        inside = in_any("file.path", filters.folders)
        return self._words.find(text, k, passing(self._database, filters), inside)

    def newest(self, k: int, filters: Filters = EVERYWHERE) -> list[int]:
        """The k contents that pass and were taken last; those without a date come after, the last taken in first."""
        return self._metadata.newest(k, passing(self._database, filters))

    def hits(self, ranked: Sequence[tuple[int, float]], filters: Filters = EVERYWHERE) -> list[Hit]:
        """(content id, score) pairs -> every path that holds one of them and is in the folders, best first.

        Every path is a hit of its own, so a copy ties with its original; ties are in the order of their paths.
        """
        return self.files.hits(ranked, filters.folders)

    def facts(self, contents: Sequence[int]) -> dict[int, Facts]:
        """What is known of some contents, by their ids, tags too; one of which nothing is known is not in it."""
        known = self._metadata.of(contents)
        for content_id, tags in self.tags.of(contents).items():
            known[content_id] = replace(known.get(content_id, NO_FACTS), tags=tuple(tag.name for tag in tags))
        return known

    def cameras(self, most: int = 200) -> list[str]:
        """The names of cameras, those of most pictures first."""
        return self._metadata.cameras(most)

    def places(self, most: int = 200) -> list[str]:
        """The names of towns, regions and countries in English, those of most pictures first."""
        return self._metadata.places(most)

    def tag_counts(self, filters: Filters = EVERYWHERE) -> list[Count]:
        """How many of the pictures that pass have each tag, the most frequent first."""
        return self.tags.counts(passing(self._database, filters))

    def tagged(self, filters: Filters = EVERYWHERE, at_once: int = 500) -> Iterator[list[int]]:
        """The contents that pass and have a tag, or had one that a person took; some at a time, by their ids."""
        return self._some_at_a_time(self.tags.having, filters, at_once)

    def contents(self, filters: Filters = EVERYWHERE, at_once: int = 500) -> Iterator[list[int]]:
        """All contents that pass, some at a time, in the order of their ids."""
        return self._some_at_a_time(self.files.contents, filters, at_once)

    def _some_at_a_time(
        self, following: Callable[[Condition | None, int, int], list[int]], filters: Filters, at_once: int
    ) -> Iterator[list[int]]:
        among, last = passing(self._database, filters), 0
        while some := following(among, last, at_once):
            yield some
            last = some[-1]

    def copied(self, filters: Filters = EVERYWHERE) -> list[int]:
        """The contents that pass and lie at several paths in the folders."""
        return self.files.copied(passing(self._database, filters), filters.folders)

    def has(self, sha256: bytes) -> bool:
        """Whether the library has some bytes, wherever they lie."""
        return self.files.content_id(sha256) is not None

    def bytes_at(self, path: str, stamp: tuple[int, int] | None) -> bytes | None:
        """The SHA-256 of the file at a path, if its (size, mtime_ns) are as indexed; None trusts the library."""
        found = self.files.content_at(path)
        return None if found is None or stamp not in (None, found[1:]) else self.files.sha256(found[0])

    def vector_of(self, sha256: bytes, model: str | None = None) -> Vector | None:
        """A model's vector of some bytes, wherever they lie."""
        content_id = self.files.content_id(sha256)
        return None if content_id is None else self._models.vectors(model).get(content_id)

    def vectors_of(self, contents: Sequence[int], model: str | None = None) -> Vector:
        """float32 (n, dim): a model's vectors of n contents; a row of zeros for one it has not seen."""
        return self._models.vectors(model).of(contents)

    def all_vectors(self, filters: Filters = EVERYWHERE, model: str | None = None) -> tuple[Ids, Vector]:
        """Content ids int64 (n,), in their order, and float32 (n, dim): a model's vectors of all pictures that pass."""
        return self._models.vectors(model).all(passing(self._database, filters))

    def vector_blocks(self, filters: Filters = EVERYWHERE, model: str | None = None) -> Iterator[tuple[Ids, Vector]]:
        """As `all_vectors`, a block of at most 1,024 at a time, in no order."""
        return self._models.vectors(model).blocks(passing(self._database, filters))

    def sample_vectors(self, n: int, model: str | None = None) -> Vector:
        """float32 (at most n, dim): a model's vectors, evenly spread over all the pictures it has seen."""
        return self._models.vectors(model).sample(n)

    # -- what was asked, and what was learnt of it

    def vector_of_words(self, model: str, words: str) -> Vector | None:
        """The vector that the model of that name made of words, if they were asked of late."""
        return self._models.vector_of_words(model, words)

    def keep_words(self, model: str, words: str, vector: Vector) -> None:
        """Keeps it for the next time they are asked, if it is done at once: no search waits for it, or fails."""
        self._at_once(lambda: self._models.keep_words(model, words, vector))

    def known(self, model: str, fact: str) -> str | None:
        """What `keep_fact` kept under a name for the model of that name."""
        return self._models.known(model, fact)

    def keep_fact(self, model: str, fact: str, value: str) -> None:
        """Keeps what was found out about a model's scores here, if it is done at once, as `keep_words` does."""
        self._at_once(lambda: self._models.keep_fact(model, fact, value))

    def keep_example(self, model: str, sha256: bytes, vector: Vector) -> None:
        """Keeps what a model made of an example of a concept, as `keep_words` does."""
        self._at_once(lambda: self.concepts.keep_vector(model, sha256, vector))

    def _at_once(self, write: Callable[[], None]) -> None:
        with (
            suppress(LibraryBusy, LibraryFull, LibraryClosed),
            self._database.in_a_hurry(),
            self._database.transaction(),
        ):
            write()
