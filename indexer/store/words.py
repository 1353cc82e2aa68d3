"""Words in the library: how a text is taken apart, and which photos some words are found in.

Three FTS5 tables hold texts made ready by `ready`: `content_words` what is known of a picture, `file_words` the names
of its files and their folders, `tag_words` the names of tags. `asked` makes ready what is
looked for, by the same rules.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from indexer.photo import Facts
from indexer.store.database import Condition, Database, in_select, listed

OF_CONTENT = {"title": 10, "caption": 5, "keywords": 6, "people": 8, "place": 5, "camera": 3, "prompt": 1}
OF_FILE = {"name": 10, "folders": 4}
"""Columns, and what a word found there weighs."""
OF_TAGS = 1.83  # times a word's rarity: what bm25 would make of a text of usual length with the weight of keywords
TAGGED = "name_id in (select rowid from tag_words where tag_words match ?) and confidence > 0"
NAMES = "file_words cross join file on file.id = file_words.rowid where file_words match ?"
MANY = 1000  # of what is in more than half of all and in more than these it is hardly worth knowing who has it
WORDS_ASKED = 64  # of one question; more words than that are no question
FILES_AT_ONCE = 4096

CJK = (  # Han, kana, bopomofo, Hangul: written without spaces, or with spaces where a search should not mind them
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
BESIDE_CJK = re.compile(rf"(?<=[{CJK}])(?=\S)|(?<=\S)(?=[{CJK}])")
RUN = re.compile(r"[^\W_]+")  # what FTS5's tokenizer takes for a word
ASCII_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
PIECE = re.compile(r"U+(?!l)|U?l+|d+")  # the same of a word in which each character stands for its kind
BETWEEN_WORDS = re.compile(r"[\s/]+")


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A picture in which words were found. `fields` has, by field, those that were, as they were typed.

    `rank` is 1 to 2 where every word was found and below 1 where only some were; it is the higher the rarer these are
    and the more telling the field. A rank within 0.001 above 1 or 0 says nothing: more than half of all have the words.
    """

    content_id: int
    rank: float
    fields: Mapping[str, tuple[str, ...]]


def ready(text: str) -> str:
    """A text as it lies in the tables: each CJK character a word, and the pieces of other words at its end.

    So any CJK substring is a phrase, and "DSCF1234" is found by itself, by "DSCF" and by "1234".
    """
    spaced = _spaced(text)
    pieces = [piece for run in RUN.findall(spaced) for piece in _pieces(run) if piece != run]
    return " ".join([spaced, *pieces])


def asked(text: str) -> dict[str, str]:
    """The words of a question, as typed, each with the FTS5 expression that finds it.

    What holds together is found together: "IMG_0042.jpg" and "X-T3" are phrases. Nothing that is typed is an operator.
    """
    words: dict[str, str] = {}
    for typed in BETWEEN_WORDS.split(text):
        if runs := RUN.findall(_spaced(typed)):
            pieces = [piece for run in runs for piece in _pieces(run)]
            phrases = dict.fromkeys(f'"{" ".join(parts)}"' for parts in (runs, pieces))
            words.setdefault(typed, f"({' OR '.join(phrases)})")
    return dict(list(words.items())[:WORDS_ASKED])


def _spaced(text: str) -> str:
    return text if text.isascii() else BESIDE_CJK.sub(" ", unicodedata.normalize("NFKC", text))


def _pieces(run: str) -> list[str]:
    """Where letters meet digits, and small letters capital ones: "HTMLFile2" -> "HTML", "File", "2"."""
    if run.isascii():
        return ASCII_PIECE.findall(run)
    return [run[piece.start() : piece.end()] for piece in PIECE.finditer("".join(map(_kind, run)))]


def _kind(character: str) -> str:
    return "d" if character.isnumeric() else "U" if character.isupper() else "l"


@lru_cache(1024)
def _folders(folder: str) -> str:
    return ready(folder.strip("/").replace("/", ", "))


def names(path: str) -> tuple[str, str]:
    """A file's name and its folders, as they lie in `file_words`."""
    folder, _, name = path.rpartition("/")
    return ready(name), _folders(folder)


def texts(facts: Facts) -> tuple[str, ...]:
    """What is known of a picture, as it lies in `content_words`."""
    return (
        ready(facts.title or ""),
        ready(facts.caption or ""),
        ready(", ".join(facts.keywords)),
        ready(", ".join(facts.people)),
        ready(", ".join(dict.fromkeys(facts.place + facts.place_local))),
        ready(facts.camera or ""),
        ready(facts.prompt or ""),
    )


def keep_all_names(database: Database) -> None:
    """Fills `file_words` for the files of a library that had no words: a step of the schema."""
    last = 0
    while rows := database.rows("select id, path from file where id > ? order by id limit ?", last, FILES_AT_ONCE):
        last = rows[-1][0]
        database.run_many(
            "insert into file_words (rowid, name, folders) values (?, ?, ?)",
            [(file_id, *names(path)) for file_id, path in rows],
        )


class Words:
    """The tables. Rows of the first two go by triggers, with their file or content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_names(self, file_id: int, path: str) -> None:
        """Of a new file."""
        self._database.run("insert into file_words (rowid, name, folders) values (?, ?, ?)", file_id, *names(path))

    def rename(self, file_id: int, path: str) -> None:
        """Of a file that has moved."""
        self._database.run("update file_words set name = ?, folders = ? where rowid = ?", *names(path), file_id)

    def keep_texts(self, content_id: int, facts: Facts) -> None:
        """Of a picture, in place of those it had."""
        self._database.run("delete from content_words where rowid = ?", content_id)
        if any(kept := texts(facts)):
            self._database.run(
                f"insert into content_words (rowid, {', '.join(OF_CONTENT)}) values (?, ?, ?, ?, ?, ?, ?, ?)",
                content_id,
                *kept,
            )

    def find(self, text: str, k: int, among: Condition | None, inside: Condition) -> list[WordMatch]:
        """The k pictures with the best ranks, ties in the order they were taken in.

        `among` is a select of content ids; `inside` a condition on `file.path` that a file must meet for its names to
        count. A word that is nearly everywhere finds nothing by itself beside one that is not.
        """
        words = asked(text)
        if not words:
            return []
        tagged = {expression: self._tagged(expression) for expression in words.values()}
        everywhere = [
            expression for expression in words.values() if self._is_everywhere(expression, tagged[expression])
        ]
        telling = [expression for expression in words.values() if expression not in everywhere]
        scores, values = _scores({one: self._rarity_of_tag(tagged[one]) for one in telling or everywhere}, inside)
        others, other_values = _number_of(everywhere if telling else [], inside)
        wanted, wanted_values = in_select("content_id", among)
        rows = self._database.rows(
            f"select content_id, words + {others} = ? as whole, score from ({scores}) as found where {wanted}"
            " and exists (select 1 from file where file.content_id = found.content_id)"
            " order by whole desc, score desc, content_id limit ?",
            *other_values,
            len(words),
            *values,
            *wanted_values,
            k,
        )
        fields = self._fields(words, [row[0] for row in rows], inside)
        return [WordMatch(number, whole + score / (1 + score), fields[number]) for number, whole, score in rows]

    def _is_everywhere(self, expression: str, tagged: int) -> bool:
        for table, counted in (("content_words", "content"), ("file_words", "file")):
            found = self._database.value(f"select count(*) from {table} where {table} match ?", expression)
            if found > MANY and 2 * found > self._database.value(f"select count(*) from {counted}"):
                return True
        return tagged > MANY and 2 * tagged > self._database.value("select count(*) from content")

    def _tagged(self, expression: str) -> int:
        """How many pictures have such a tag."""
        return int(self._database.value(f"select count(distinct content_id) from tag where {TAGGED}", expression))

    def _rarity_of_tag(self, number: int) -> float:
        """Of one that so many pictures have: > 0, as bm25 has it."""
        of = self._database.value("select count(*) from content") if number else 0
        return max(math.log((of - number + 0.5) / (number + 0.5)), 1e-6)

    def _fields(
        self, words: Mapping[str, str], contents: Sequence[int], inside: Condition
    ) -> dict[int, dict[str, tuple[str, ...]]]:
        """In which fields of some pictures each of the words is."""
        fields: dict[int, dict[str, tuple[str, ...]]] = {number: {} for number in contents}
        some = listed(contents)
        for typed, expression in words.items():
            for content_id, field in self._places(expression, some, inside):
                had = fields[content_id].get(field, ())
                fields[content_id][field] = had if typed in had else (*had, typed)
        return fields

    def _places(self, expression: str, contents: str, inside: Condition) -> Iterator[tuple[int, str]]:
        of_content = self._database.rows(
            f"select rowid, {_marks('content_words', OF_CONTENT)} from content_words"
            " where content_words match ? and +rowid in (select value from json_each(?))",
            expression,
            contents,
        )
        of_file = self._database.rows(
            f"select file.content_id, {_marks('file_words', OF_FILE)} from {NAMES} and +file_words.rowid in"
            f" (select id from file where content_id in (select value from json_each(?)) and {inside[0]})",
            expression,
            contents,
            *inside[1],
        )
        tags = self._database.rows(
            "select distinct content_id, iif(model_id is null, 'tags', 'guessed tags') from tag"
            f" where {TAGGED} and content_id in (select value from json_each(?))",
            expression,
            contents,
        )
        yield from tags
        for columns, rows in ((OF_CONTENT, of_content), (OF_FILE, of_file)):
            for content_id, *is_there in rows:
                yield from ((content_id, field) for field, there in zip(columns, is_there, strict=True) if there)


def _scores(expressions: Mapping[str, float], inside: Condition) -> Condition:
    """A select of (content_id, words, score): how many of the words are in a picture, and how telling that is: > 0.

    `expressions` are given with their rarity in tags. Of the places a word is found in, the most telling one counts.
    """
    selects: list[str] = []
    values: list[object] = []
    for number, (expression, rarity) in enumerate(expressions.items()):
        selects += (
            f"select rowid as content_id, {number} as word, -bm25(content_words, {_weights(OF_CONTENT)}) as score"
            " from content_words where content_words match ?",
            f"select file.content_id, {number}, -bm25(file_words, {_weights(OF_FILE)}) from {NAMES} and {inside[0]}",
            f"select content_id, {number}, confidence * ? from tag where {TAGGED}",
        )
        values += [expression, expression, *inside[1], rarity * OF_TAGS, expression]
    each = f"select content_id, max(score) as score from ({' union all '.join(selects)}) group by content_id, word"
    return f"select content_id, count(*) as words, sum(score) as score from ({each}) group by content_id", values


def _number_of(expressions: Sequence[str], inside: Condition) -> Condition:
    """How many of the words are in the picture `content_id`."""
    values = [value for expression in expressions for value in (expression, expression, *inside[1], expression)]
    is_there = (
        " + (content_id in (select rowid from content_words where content_words match ?)"
        f" or content_id in (select file.content_id from {NAMES} and {inside[0]})"
        f" or content_id in (select content_id from tag where {TAGGED}))"
    )
    return f"0{is_there * len(expressions)}", values


def _weights(columns: Mapping[str, int]) -> str:
    return ", ".join(map(str, columns.values()))


def _marks(table: str, columns: Sequence[str] | Mapping[str, int]) -> str:
    """For each column whether the match lies in it: FTS5 says so by marking it."""
    return ", ".join(f"instr(highlight({table}, {number}, char(1), ''), char(1))" for number, _ in enumerate(columns))
