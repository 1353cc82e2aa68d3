"""A library whose vectors and filters are asked in a store that machines share: its pictures, and those of the others.

It is a Library and answers as one. What another library pushed has an id too, beyond all of ours, and paths that begin
with that library's name. Words, the newest, and all that is not a search are asked of this machine's database alone.
"""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from indexer.errors import NoSuchModel, NoSuchPath, NothingIndexed, StoreLacks
from indexer.photo import Facts, Hit, ModelIdentity, Vector, is_within
from indexer.query import EVERYWHERE, Filters
from indexer.store.entries import Entry
from indexer.store.library import Library
from indexer.store.milvus import MOST_FOUND, Milvus, key_of, parts_of

OWNER = "store-id"  # beside the database: by what name a store knows this library's rows
ELSEWHERE = 1 << 52  # ids of pictures of other libraries begin here, and end before JSON's numbers are inexact


def owner_of(folder: Path) -> str | None:
    """16 hexadecimal digits; None while nothing was pushed or pulled."""
    with suppress(FileNotFoundError):
        return (folder / OWNER).read_text("ascii").strip() or None
    return None


def own(folder: Path, owner: str) -> None:
    """From now on the rows of that owner are this library's."""
    aside = folder / f"{OWNER}.new"
    aside.write_text(f"{owner}\n", "ascii")
    aside.replace(folder / OWNER)


class Shared(Library):
    """Raises what `Milvus` does, from whatever asks the store. Where nothing is indexed, others' pictures are found."""

    def __init__(self, folder: Path, store: Milvus) -> None:
        super().__init__(folder)
        self._store = store
        self._owner = owner_of(folder) or ""
        self._model: ModelIdentity | None = None  # of the last search
        self._elsewhere: dict[int, str] = {}  # ids -> keys
        self._entries: dict[str, Entry] = {}
        self._names: dict[str, str] = {}  # of owners
        self._pictures = 0

    def __exit__(self, *about: object) -> None:
        self._store.close()
        super().__exit__()

    # -- the model

    def searchable(self, name: str | None = None) -> ModelIdentity:
        """As in Library, of the models that have vectors in the store. Raises StoreLacks."""
        try:
            model = super().searchable(name)
        except (NothingIndexed, NoSuchModel):
            model = self._only_there(name)
        pushed = self._store.pushed(model)
        if not pushed:
            has = (one.model.name for one in self._store.pushed())
            remedy = "`pics push` sends this library's"
            raise StoreLacks(self._store.address.shown, f"no vectors of {model.name}", has, remedy)
        self._names = {one.owner: one.name for one in pushed}
        self._pictures = sum(one.pictures for one in pushed)
        self._model = model
        return model

    def _only_there(self, name: str | None) -> ModelIdentity:
        """A model that this library has no vectors of: it gets room for them, and for what is asked of it."""
        there = {one.model.name: one.model for one in self._store.pushed()}
        if name in there:
            return self.keep(there[name])
        if name is None and len(there) == 1:
            return self.keep(*there.values())
        what = "vectors of several models" if there and name is None else f"no vectors of {name or 'any model'}"
        remedy = "name one: --model NAME" if there else "`pics index FOLDER` and `pics push` on any machine"
        raise StoreLacks(self._store.address.shown, what, there, remedy)

    def _of(self, name: str | None) -> ModelIdentity:
        known = self._model
        return known if known and name in (None, known.name) else self.searchable(name)

    # -- searching

    def by_vector(
        self, vector: Vector, k: int, filters: Filters = EVERYWHERE, model: str | None = None
    ) -> list[tuple[int, float]]:
        """As in Library, among the pictures of all libraries in the store, at most 16,384."""
        asked, wanted = self._of(model), k
        while True:
            found = self._store.nearest(asked, vector, wanted, filters)
            numbers = self._numbers([key for key, _ in found])
            held = [(numbers[key], score) for key, score in found if key in numbers]
            if len(held) >= k or len(found) < wanted or wanted >= MOST_FOUND:
                return held[:k]
            wanted *= 2  # some were forgotten here since the last push

    def _numbers(self, keys: Sequence[str]) -> dict[str, int]:
        """Ids, of ours as in the library; one that is no longer there has none."""
        ours = [sha256 for owner, sha256 in map(parts_of, keys) if owner == self._owner]
        numbers = {key_of(self._owner, sha256): number for sha256, number in self.entries.ids(ours).items()}
        for key in keys:
            if parts_of(key)[0] != self._owner:
                numbers[key] = _number(key)
                self._elsewhere[numbers[key]] = key
        return numbers

    def vectors_of(self, contents: Sequence[int], model: str | None = None) -> Vector:
        """As in Library."""
        near = [place for place, number in enumerate(contents) if number not in self._elsewhere]
        far = {place: self._elsewhere[number] for place, number in enumerate(contents) if number in self._elsewhere}
        vectors = np.zeros((len(contents), self._of(model).dim), np.float32)
        vectors[near] = super().vectors_of([contents[place] for place in near], model)
        there = self._store.vectors(self._of(model), list(far.values()))
        for place, key in far.items():
            if key in there:
                vectors[place] = there[key]
        return vectors

    def vector_of(self, sha256: bytes, model: str | None = None) -> Vector | None:
        """As in Library; of the store's where this library has none."""
        if (known := super().vector_of(sha256, model)) is not None:
            return known
        asked = self._of(model)
        keys = [key_of(one.owner, sha256) for one in self._store.pushed(asked)]
        return next(iter(self._store.vectors(asked, keys).values()), None)

    def sample_vectors(self, n: int, model: str | None = None) -> Vector:
        """As in Library; of the store's where this library has none."""
        found = super().sample_vectors(n, model)
        return found if len(found) else self._store.sample(self._of(model), n)

    def pictures(self) -> int:
        """Among how many pictures is searched."""
        self._of(None)
        return self._pictures

    # -- what is found

    def hits(self, ranked: Sequence[tuple[int, float]], filters: Filters = EVERYWHERE) -> list[Hit]:
        """As in Library; paths elsewhere begin with the name that their library has in the store, and a colon."""
        hits = super().hits([(number, score) for number, score in ranked if number not in self._elsewhere], filters)
        far = {number: score for number, score in ranked if number in self._elsewhere}
        for number, entry in self._far(far).items():
            name = self._names.get(parts_of(self._elsewhere[number])[0], "elsewhere")
            content = entry.content
            hits += [
                Hit(number, f"{name}:{path}", far[number], content.width, content.height, content.format, content.size)
                for path in (file.path for file in entry.files)
                if not filters.folders or any(is_within(path, folder) for folder in filters.folders)
            ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.path))

    def facts(self, contents: Sequence[int]) -> dict[int, Facts]:
        """As in Library."""
        known = super().facts([number for number in contents if number not in self._elsewhere])
        far = [number for number in contents if number in self._elsewhere]
        return known | {number: entry.known for number, entry in self._far(far).items()}

    def _far(self, numbers: Iterable[int]) -> dict[int, Entry]:
        keys = {number: self._elsewhere[number] for number in numbers}
        lacking = [key for key in keys.values() if key not in self._entries]
        if lacking:
            self._entries |= self._store.entries(self._of(None), lacking)
        return {number: self._entries[key] for number, key in keys.items() if key in self._entries}

    def must_know(self, folders: Iterable[str]) -> None:
        """As in Library; a folder on another machine is known where pictures of it were pushed."""
        for folder in folders:
            try:
                super().must_know([folder])
            except NoSuchPath:
                if not self._store.count(self._of(None), filters=Filters(folders=(folder,))):
                    raise


def _number(key: str) -> int:
    """52 bits of the key's SHA-256, above all ids of this library."""
    return ELSEWHERE | int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 12
