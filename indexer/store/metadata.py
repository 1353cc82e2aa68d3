"""What is known of pictures besides their pixels: one row of `metadata` each, and the words in it.

Lists lie as JSON; what is not known is NULL.
"""

import json
from collections.abc import Sequence

from indexer.photo import Facts
from indexer.store.database import Condition, Database, in_select, listed
from indexer.store.words import Words

LISTS = ("place", "place_local", "keywords", "people", "notes")
COLUMNS = (
    "taken_at",
    "taken_offset",
    "taken_from",
    "camera",
    "lens",
    "latitude",
    "longitude",
    "place",
    "place_local",
    "rating",
    "title",
    "caption",
    "keywords",
    "people",
    "prompt",
    "notes",
)


class Metadata:
    """Facts by content, each with the version of the reader that found them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._words = Words(database)

    def put(self, content_id: int, facts: Facts, reader: int) -> None:
        """In place of what was known before."""
        self._database.run(
            f"insert or replace into metadata (content_id, reader, {', '.join(COLUMNS)})"
            f" values (?, ?, {', '.join('?' * len(COLUMNS))})",
            content_id,
            reader,
            *(_stored(getattr(facts, column)) for column in COLUMNS),
        )
        self._words.keep_texts(content_id, facts)

    def have_read_again(self, among: Condition) -> None:
        """Of some pictures (a select of content ids) takes back that a reader looked at them; what is known stays."""
        self._database.run(f"update metadata set reader = 0 where content_id in ({among[0]})", *among[1])

    def of(self, contents: Sequence[int]) -> dict[int, Facts]:
        """By content id; one of which nothing was read yet is not in it."""
        rows = self._database.rows(
            f"select content_id, {', '.join(COLUMNS)} from metadata"
            " where content_id in (select value from json_each(?))",
            listed(contents),
        )
        return {content_id: _facts(values) for content_id, *values in rows}

    def lacking(self, reader: int) -> int:
        """How many pictures no reader of this version, or a later one, has looked at."""
        return int(
            self._database.value(
                "select (select count(*) from content) - (select count(*) from metadata where reader >= ?)", reader
            )
        )

    def newest(self, k: int, among: Condition | None) -> list[int]:
        """The k contents taken last, then those without a date, the last taken in first."""
        wanted, values = in_select("content_id", among)
        here = f"exists (select 1 from file where file.content_id = {{}}) and {wanted}"
        dated = self._database.rows(
            f"select content_id from metadata where taken_at is not null and {here.format('metadata.content_id')}"
            " order by taken_at desc, content_id desc limit ?",
            *values,
            k,
        )
        undated = self._database.rows(
            "select content_id from (select id as content_id from content) as content"
            f" where {here.format('content.content_id')} and not exists (select 1 from metadata"
            " where metadata.content_id = content.content_id and taken_at is not null)"
            " order by content_id desc limit ?",
            *values,
            k - len(dated),
        )
        return [content_id for (content_id,) in dated + undated]

    def cameras(self, most: int) -> list[str]:
        """The names of cameras, those of most pictures first."""
        rows = self._database.rows(
            "select camera from metadata where camera is not null group by camera order by count(*) desc, camera"
            " limit ?",
            most,
        )
        return [camera for (camera,) in rows]

    def places(self, most: int) -> list[str]:
        """The names of towns, regions and countries in English, those of most pictures first."""
        rows = self._database.rows(
            "select value from"
            " (select place, count(*) as pictures from metadata where place is not null group by place)"
            " join json_each(place) group by value order by sum(pictures) desc, value limit ?",
            most,
        )
        return [place for (place,) in rows]


def had_by(reader: int) -> str:
    """A select of the contents that a reader of this version, or a later one, has looked at."""
    return f"select content_id from metadata where reader >= {reader:d}"


def _stored(value: object) -> object:
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False) if value else None
    return value


def _facts(values: Sequence[object]) -> Facts:
    known = dict(zip(COLUMNS, values, strict=True))
    lists = {column: tuple(json.loads(str(known[column] or "[]"))) for column in LISTS}
    return Facts(**{**known, **lists})  # type: ignore[arg-type]
