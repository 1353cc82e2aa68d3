"""A library to a store that machines share, and back: `push` sends what is not there as it is here, `pull` fetches all.

Both may be broken off at any moment, and go on from there when they are run again.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from indexer.errors import NotOurLibrary, StoreLacks
from indexer.photo import File, ModelIdentity, Vector
from indexer.settings import Progress, Watch
from indexer.store.entries import Entry
from indexer.store.library import Library
from indexer.store.milvus import AT_ONCE, Milvus, Pushed, key_of, parts_of, print_of
from indexer.store.shared import own, owner_of
from indexer.store.tags import Tag


@dataclass(frozen=True, slots=True)
class Sent:
    """`sent` pictures are new in the store or were otherwise there, `gone` are no longer there, of `pictures` now."""

    model: str
    sent: int
    unchanged: int
    gone: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """`fetched` pictures came in, of `pictures` that the library has in the store; `library` is its name there."""

    library: str
    models: tuple[str, ...]
    fetched: int
    pictures: int


def push(
    library: Library,
    store: Milvus,
    machine: str,
    name: str | None = None,
    model: str | None = None,
    watch: Watch = lambda _: None,
) -> Sent:
    """Makes the store hold what the library knows of its pictures, with their vectors of one model (None: in use).

    `name` is for people who search there; None: as it was, or else `machine`. Raises NothingIndexed, NoSuchModel, and
    what `Milvus` does.
    """
    kept = library.searchable(model)
    owner = owner_of(library.path.parent)
    if owner is None:
        owner = secrets.token_hex(8)
        own(library.path.parent, owner)
    name = name or next((one.name for one in store.pushed() if one.owner == owner), machine)
    store.make_room(kept)
    sent = unchanged = 0
    total, before = library.files.count_contents(), store.count(kept, owner)
    for contents in library.contents(at_once=AT_ONCE):
        entries = library.entries.of(contents)
        changed = _changed(store, kept, owner, entries)
        sent += _send(library, store, kept, owner, {number: entries[number] for number in changed})
        unchanged += len(entries) - len(changed)
        _note(store, kept, owner, name, max(before, sent + unchanged))  # what is there can be searched already
        watch(Progress("push", min(sent + unchanged, total), total))
    gone = 0 if store.count(kept, owner) == sent + unchanged else _take_away(library, store, kept, owner)
    pictures = store.count(kept, owner)
    _note(store, kept, owner, name, pictures)
    return Sent(kept.name, sent, unchanged, gone, pictures)


def _note(store: Milvus, model: ModelIdentity, owner: str, name: str, pictures: int) -> None:
    store.note(Pushed(owner, name, model, pictures, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")))


def _changed(store: Milvus, model: ModelIdentity, owner: str, entries: Mapping[int, Entry]) -> list[int]:
    keys = {number: key_of(owner, entry.content.hash) for number, entry in entries.items()}
    there = store.prints(model, list(keys.values()))
    return [number for number, entry in entries.items() if there.get(keys[number]) != print_of(entry)]


def _send(library: Library, store: Milvus, model: ModelIdentity, owner: str, entries: Mapping[int, Entry]) -> int:
    """Those that have a vector; returns how many."""
    vectors = library.vectors_of(list(entries), model.name)
    rows = [(entry, vector) for entry, vector in zip(entries.values(), vectors, strict=True) if vector.any()]
    if rows:
        store.put(model, owner, rows)
    return len(rows)


def _take_away(library: Library, store: Milvus, model: ModelIdentity, owner: str) -> int:
    """What the store has of this library, and the library has no longer."""
    gone: list[str] = []
    for keys in store.keys(model, owner):
        here = library.entries.ids([parts_of(key)[1] for key in keys])
        gone += [key for key in keys if parts_of(key)[1] not in here]
    for start in range(0, len(gone), AT_ONCE):
        store.delete(model, gone[start : start + AT_ONCE])
    return len(gone)


# -- and back


def pull(library: Library, store: Milvus, named: str | None = None, watch: Watch = lambda _: None) -> Fetched:
    """Brings what a library pushed into this one, which becomes that one: with every model it was pushed with.

    `named` is its name in the store, or its id; None: this library's own, or the only one. What is here already stays.
    Raises NotOurLibrary, StoreLacks, LibraryBusy, and what `Milvus` does.
    """
    with library.writing():
        wanted = _wanted(library, store, named)
        fetched = 0
        for pushed in wanted:
            fetched += _fetch(library, store, pushed, watch)
    most = max(pushed.pictures for pushed in wanted)
    return Fetched(wanted[0].name, tuple(pushed.model.name for pushed in wanted), fetched, most)


def _wanted(library: Library, store: Milvus, named: str | None) -> list[Pushed]:
    """What is to be fetched, of the model in use first, then of the most pictures first."""
    home, there = library.path.parent, store.pushed()
    owner = owner_of(home)
    if owner is None and library.files.count():
        raise NotOurLibrary(home, "has photos of its own, and was never pushed")
    found = [pushed for pushed in there if named in (None, pushed.name, pushed.owner)]
    if owner is not None and named and owner not in {pushed.owner for pushed in found}:
        raise NotOurLibrary(home, f"is another library than {named}")
    if owner is not None:
        found = [pushed for pushed in found if pushed.owner == owner]
    if len({pushed.owner for pushed in found}) != 1:
        what = "several libraries of that name" if found and named else "several libraries"
        offered = (f"{pushed.name} ({pushed.owner})" for pushed in there)
        remedy = "`pics pull LIBRARY` names one, or its id" if found else "`pics push` sends one"
        raise StoreLacks(store.address.shown, what if found else "no such library", offered, remedy)
    own(home, found[0].owner)
    return sorted(found, key=lambda pushed: (pushed.model != library.model(), -pushed.pictures))


def _fetch(library: Library, store: Milvus, pushed: Pushed, watch: Watch) -> int:
    model = pushed.model
    if library.would_adopt(model):
        library.adopt(model)
    else:
        library.keep(model)
    is_current = library.model() == library.kept_as(model)
    fetched = done = 0
    for entries in store.all_entries(model, pushed.owner):
        known = library.entries.ids([entry.content.hash for entry in entries.values()])
        new = {key: entry for key, entry in entries.items() if entry.content.hash not in known}
        if is_current:
            fetched += _take_in(library, list(new.values()), store.vectors(model, list(new)), pushed.owner)
        _complete(library, store, pushed, {entry.content.hash: entry for entry in entries.values()}, known)
        done += len(entries)
        watch(Progress("pull", min(done, pushed.pictures), pushed.pictures))
    return fetched


def _take_in(library: Library, entries: Sequence[Entry], vectors: Mapping[str, Vector], owner: str) -> int:
    """Pictures that the library has not, at those of their paths where nothing lies; returns how many came."""
    placed: list[tuple[Entry, list[File]]] = []
    for entry in sorted(entries, key=lambda entry: entry.reader):
        free = [file for file in entry.files if library.files.content_at(file.path) is None]
        if free and key_of(owner, entry.content.hash) in vectors:
            placed.append((entry, free))
    for reader, group in groupby(placed, key=lambda each: each[0].reader):
        library.put(
            [
                (files[0], entry.content, entry.facts, vectors[key_of(owner, entry.content.hash)])
                for entry, files in group
            ],
            reader,
        )
    library.put_known([(file, entry.content.hash, False) for entry, files in placed for file in files[1:]])
    _tag(library, [entry for entry, _ in placed])
    return len(placed)


def _tag(library: Library, entries: Sequence[Entry]) -> None:
    numbers = library.entries.ids([entry.content.hash for entry in entries]) if entries else {}
    said: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    found: dict[str, list[tuple[int, Tag]]] = defaultdict(list)
    for entry in entries:
        for tag in entry.tags:
            if tag.model is None:
                said[tag.name, tag.japanese, tag.confidence > 0].append(numbers[entry.content.hash])
            else:
                found[tag.model].append((numbers[entry.content.hash], tag))
    with library.transaction():
        for (name, japanese, is_so), contents in said.items():
            library.tags.give(name, contents, japanese)
            if not is_so:
                library.tags.take(name, contents)
        for model in found.keys() & {kept.name for kept in library.models()}:
            tags = [(number, tag.name, tag.confidence) for number, tag in found[model]]
            japanese_of = {tag.name: tag.japanese for _, tag in found[model]}
            library.tags.replace(model, sorted({number for number, _ in found[model]}), tags, japanese_of)


def _complete(
    library: Library, store: Milvus, pushed: Pushed, entries: Mapping[bytes, Entry], known: Mapping[bytes, int]
) -> None:
    """Gives pictures that the library had already the vectors of this model that it has not."""
    kept = library.kept_as(pushed.model) or pushed.model
    here = list(known)
    held = library.vectors_of([known[sha256] for sha256 in here], kept.name)
    lacking = [sha256 for sha256, vector in zip(here, held, strict=True) if not vector.any()]
    vectors = store.vectors(pushed.model, [key_of(pushed.owner, sha256) for sha256 in lacking])
    library.put_vectors(
        kept.name,
        [
            (known[sha256], entries[sha256].files[0].path, vectors[key_of(pushed.owner, sha256)])
            for sha256 in lacking
            if key_of(pushed.owner, sha256) in vectors
        ],
    )
