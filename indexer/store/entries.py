"""Pictures with all that is known of them, as they leave for a store that machines share, and as they come back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from indexer.photo import NO_FACTS, Content, Facts, File
from indexer.store.database import Database, listed
from indexer.store.files import Files
from indexer.store.metadata import Metadata
from indexer.store.tags import Tag

FEWER = ("prompt", "notes", "caption", "keywords", "people", "title")  # what is left out first where there is no room


class Entry(NamedTuple):
    """One picture: its bytes, every path they lie at, what a reader of this version found, and its tags.

    A tag of confidence 0 is one that a person took from it. A named tuple and not a dataclass, which takes longer to
    make: every command makes this one.
    """

    content: Content
    files: tuple[File, ...]
    facts: Facts = NO_FACTS
    reader: int = 0
    tags: tuple[Tag, ...] = ()

    @property
    def known(self) -> Facts:
        """With the names of its tags, the surest first, those of a person before all."""
        best: dict[str, float] = {}
        for tag in self.tags:
            best[tag.name] = max(best.get(tag.name, 0.0), tag.confidence)
        names = sorted((name for name in best if best[name] > 0), key=lambda name: (-best[name], name))
        return replace(self.facts, tags=tuple(names))

    def text(self, most: int) -> str:
        """As JSON of at most so many bytes of UTF-8, but for its hash: some texts are left out where they are long."""
        entry, text = self, _written(self)
        for name in FEWER:
            if len(text.encode()) <= most:
                return text
            entry = entry._replace(facts=replace(entry.facts, **{name: getattr(NO_FACTS, name)}))
            text = _written(entry)
        while len(text.encode()) > most and len(entry.files) > 1:
            entry = entry._replace(files=entry.files[: len(entry.files) // 2])
            text = _written(entry)
        return text

    @classmethod
    def read(cls, sha256: bytes, text: str) -> "Entry":
        """What `text` wrote; a file's volume is 0, for it is another on each machine."""
        told = json.loads(text)
        facts: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in told["facts"].items()
        }
        return cls(
            Content(sha256, *told["content"]),
            tuple(File(path, size, mtime_ns, 0) for path, size, mtime_ns in told["files"]),
            Facts(**facts),
            told["reader"],
            tuple(Tag(*tag) for tag in told["tags"]),
        )


def _written(entry: Entry) -> str:
    content = entry.content
    told: dict[str, Any] = {
        "content": [content.size, content.width, content.height, content.format],
        "files": [file[:3] for file in entry.files],
        "reader": entry.reader,
        "facts": {name: value for name, value in asdict(entry.facts).items() if value not in (None, (), [])},
        "tags": [[tag.name, tag.japanese, tag.confidence, tag.model] for tag in entry.tags],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


class Entries:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._files = Files(database)
        self._metadata = Metadata(database)

    def of(self, contents: Sequence[int]) -> dict[int, Entry]:
        """By content id; one that lies nowhere is not in it."""
        files = self._files.lying(contents)
        facts, tags = self._metadata.of(contents), self._tags(contents)
        readers = dict(self._rows("select content_id, reader from metadata where content_id", contents))
        rows = self._rows("select id, hash, size, width, height, format from content where id", contents)
        return {
            number: Entry(
                Content(*content),
                tuple(files[number]),
                facts.get(number, NO_FACTS),
                readers.get(number, 0),
                tuple(tags.get(number, ())),
            )
            for number, *content in rows
            if number in files
        }

    def ids(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """The ids of those contents, by the SHA-256 of their bytes, that lie at a path."""
        rows = self._database.rows(
            f"select hash, id from content where hash in ({', '.join('?' * len(hashes))})"
            " and exists (select 1 from file where content_id = content.id)",
            *hashes,
        )
        return dict(rows)

    def _tags(self, contents: Sequence[int]) -> dict[int, list[Tag]]:
        found: dict[int, list[Tag]] = {}
        for number, *tag in self._rows(
            "select content_id, tag_name.name, japanese, confidence, model.name from tag"
            " join tag_name on tag_name.id = name_id left join model on model.id = model_id where content_id",
            contents,
        ):
            found.setdefault(number, []).append(Tag(*tag))
        return {number: sorted(tags, key=lambda tag: (tag.name, tag.model or "")) for number, tags in found.items()}

    def _rows(self, select: str, contents: Sequence[int]) -> list[tuple[Any, ...]]:
        """`select` ends in the name of a column of content ids."""
        return self._database.rows(f"{select} in (select value from json_each(?))", listed(contents))
