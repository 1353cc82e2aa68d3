"""What pictures are of: names, given by a person or found by a model, one row for each of both and each picture.

A person's word stands: what they took from a picture lies there with confidence 0, and no model gives it back.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from indexer.store.database import Condition, Database, in_select, listed
from indexer.store.words import ready

GIVEN, DENIED = 1.0, 0.0
AT_ONCE = 500  # contents of one question


@dataclass(frozen=True, slots=True)
class Tag:
    """`confidence` is 0 to 1; `model` the name of the one that found it, None for a person. `japanese` may be empty."""

    name: str
    japanese: str
    confidence: float
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many pictures have a tag, and of how many a person said so."""

    name: str
    japanese: str
    pictures: int
    given: int


class Tags:
    """Names are compared without regard to ASCII capitals, and lie in `tag_words` in both languages, to be searched."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- in

    def replace(
        self, model: str, contents: Sequence[int], found: Iterable[tuple[int, str, float]], japanese: Mapping[str, str]
    ) -> None:
        """What a model found on some contents, (content id, name, confidence), in place of what it found before.

        `japanese` has the names in that language.
        """
        self._take(model, contents)
        model_id = self._database.value("select id from model where name = ?", model)
        numbers: dict[str, int] = {}
        rows = []
        for content_id, name, confidence in found:
            if name not in numbers:
                numbers[name] = self._number(name, japanese.get(name, ""))
            rows.append((content_id, numbers[name], confidence, model_id, content_id, numbers[name]))
        rows.sort(key=itemgetter(1))  # each leaf of the index of names is then written to once
        self._database.run_many(
            "insert into tag (content_id, name_id, confidence, model_id) select ?, ?, ?, ? where not exists"
            " (select 1 from tag where content_id = ? and name_id = ? and model_id is null and confidence = 0)",
            rows,
        )

    def _take(self, model: str, contents: Sequence[int]) -> None:
        self._database.run(
            "delete from tag where +model_id = (select id from model where name = ?)"  # +: by content, not by model
            " and content_id in (select value from json_each(?))",
            model,
            listed(contents),
        )

    def give(self, name: str, contents: Collection[int], japanese: str = "") -> int:
        """A person says what pictures are of; returns of how many they had not said so."""
        return self._say(self._number(name, japanese), contents, GIVEN)

    def take(self, name: str, contents: Collection[int]) -> int:
        """A person says what pictures are not of; returns how many had that tag."""
        found = self._named(name)
        if found is None:
            return 0
        had = self._database.value(
            "select count(distinct content_id) from tag where name_id = ? and confidence > 0"
            " and content_id in (select value from json_each(?))",
            found,
            listed(contents),
        )
        self._database.run(
            "delete from tag where name_id = ? and content_id in (select value from json_each(?))",
            found,
            listed(contents),
        )
        self._say(found, contents, DENIED)
        return int(had)

    def _say(self, number: int, contents: Collection[int], confidence: float) -> int:
        said: int = self._database.value(
            "select count(*) from tag where name_id = ? and model_id is null and confidence = ?"
            " and content_id in (select value from json_each(?))",
            number,
            confidence,
            listed(contents),
        )
        self._database.run(
            "delete from tag where name_id = ? and model_id is null and content_id in (select value from json_each(?))",
            number,
            listed(contents),
        )
        self._database.run(
            "insert into tag (content_id, name_id, confidence) select value, ?, ? from json_each(?)",
            number,
            confidence,
            listed(contents),
        )
        return len(contents) - said

    def _number(self, name: str, japanese: str) -> int:
        """Of a name, which is taken in with its words where it is new, or its Japanese is."""
        number = self._named(name)
        if number is None:
            self._database.run("insert into tag_name (name, japanese) values (?, ?)", name, japanese)
            number = self._database.last_id
        elif japanese and self._database.run(
            "update tag_name set japanese = ? where id = ? and japanese != ?", japanese, number, japanese
        ):
            self._database.run("delete from tag_words where rowid = ?", number)
        else:
            return number
        self._database.run("insert into tag_words (rowid, tags) values (?, ?)", number, ready(f"{name}, {japanese}"))
        return number

    def _named(self, name: str) -> int | None:
        found: int | None = self._database.value("select id from tag_name where name = ?", name)
        return found

    # -- out

    def of(self, contents: Sequence[int]) -> dict[int, list[Tag]]:
        """By content id, the surest first, those of a person before all; one without is not in it."""
        tags: dict[int, list[Tag]] = {}
        for start in range(0, len(contents), AT_ONCE):
            for content_id, *tag in self._database.rows(
                "select content_id, tag_name.name, japanese, max(confidence), model.name"
                " from tag join tag_name on tag_name.id = name_id left join model on model.id = model_id"
                " where confidence > 0 and content_id in (select value from json_each(?)) group by content_id, name_id"
                " order by content_id, max(confidence) desc, tag_name.name",
                listed(contents[start : start + AT_ONCE]),
            ):
                tags.setdefault(content_id, []).append(Tag(*tag))
        return tags

    def denied(self, contents: Sequence[int]) -> set[str]:
        """What a person said that one of some contents is not of."""
        rows = self._database.rows(
            "select name from tag join tag_name on tag_name.id = name_id where confidence = 0"
            " and content_id in (select value from json_each(?))",
            listed(contents),
        )
        return {name for (name,) in rows}

    def counts(self, among: Condition | None) -> list[Count]:
        """Of the contents that pass, the most frequent first."""
        wanted, values = in_select("content_id", among)
        rows = self._database.rows(
            "select name, japanese, count(*) as pictures, sum(given) from tag_name join"
            " (select name_id, content_id, max(model_id is null) as given from tag"
            f" where confidence > 0 and {wanted} group by name_id, content_id) on name_id = tag_name.id"
            " group by name_id order by pictures desc, name",
            *values,
        )
        return [Count(*row) for row in rows]

    def having(self, among: Condition | None, after: int, limit: int) -> list[int]:
        """The next contents, by their ids, that pass and have a tag, or had one that a person took."""
        wanted, values = in_select("content_id", among)
        rows = self._database.rows(
            f"select distinct content_id from tag where content_id > ? and {wanted} order by content_id limit ?",
            after,
            *values,
            limit,
        )
        return [content_id for (content_id,) in rows]
