"""A person's own labelled questions: a file of what is asked, and of the pictures that are right for it.

JSON Lines, an object a question; or CSV, a row for each right picture, where rows that ask the same are one question:

    {"query": "red boat", "right": ["a.jpg", "2019/*.jpg"]}
    {"query": "beach", "not": ["people"], "right": {"b.jpg": 3, "c.jpg": 1}}
    {"like": "d.jpg", "right": ["e.jpg"]}

    query,path,grade
    red boat,a.jpg,1

A path is whole, or from the file's folder on, or the end of one path in the library; `*`, `?`, `[…]` and `**` stand for
what they do in a shell. A grade above 0 is right, and the more so the higher; without one, a picture is right.
"""

import csv
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from glob import escape
from os.path import abspath
from pathlib import Path
from typing import Any, NamedTuple

from indexer.asking.encoding import paths_of
from indexer.asking.grammar import NotUnderstood, parse
from indexer.errors import BadLabels, LabelsMissing, NoSuchPath
from indexer.photo import absolute, canonical
from indexer.query import Term
from indexer.store.library import Library

KEYS = frozenset({"query", "like", "not", "right"})
HEAD = ("query", "path", "grade")
JOKERS = re.compile(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\])")


class Label(NamedTuple):
    """What a line of the file says of a picture, or of several that a pattern names."""

    line: int
    path: str
    grade: float


@dataclass(frozen=True, slots=True)
class Written:
    """A question as it stands in the file, and the line where it begins."""

    line: int
    text: str
    terms: tuple[Term, ...]
    right: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a library: grades by content id, and the contents that it asks with, which are not answers."""

    line: int
    text: str
    terms: tuple[Term, ...]
    grades: Mapping[int, float]
    own: frozenset[int] = frozenset()

    @property
    def right(self) -> frozenset[int]:
        return frozenset(content_id for content_id, grade in self.grades.items() if grade > 0)

    @property
    def is_graded(self) -> bool:
        """Whether some of its pictures are to come before others."""
        return len(set(self.grades.values())) > 1


class Missing(NamedTuple):
    """A path of the file for which the library has no picture, or more than one."""

    line: int
    path: str
    why: str


class Asked(NamedTuple):
    """The questions that can be asked of a library, the paths that were left out, and how many questions with them."""

    questions: list[Question]
    missing: list[Missing]
    left_out: int


# -- the file


def read(file: Path) -> list[Written]:
    """Every question of a file, in its order. Raises NoSuchPath, and BadLabels, which names the line."""
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise NoSuchPath(file) from error
    except UnicodeDecodeError as error:
        raise BadLabels(file, None, "is not UTF-8; save it as such (`CSV UTF-8` in a spreadsheet)") from error
    except OSError as error:
        raise BadLabels(file, None, f"cannot be read: {error.strerror}") from error
    rows = _json_lines if text.lstrip().startswith(("{", "[")) else _csv
    return list(rows(file, text))


def _json_lines(file: Path, text: str) -> Iterator[Written]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _of_object(number, json.loads(line))
            except json.JSONDecodeError as error:
                raise BadLabels(file, number, f"is no JSON ({error.msg}); each line is one object") from error
            except (NotUnderstood, _Slip) as error:
                raise BadLabels(file, number, str(error)) from error


class _Slip(Exception):
    """What is the matter with a line, without file and number."""


def _of_object(line: int, told: object) -> Written:
    if not isinstance(told, dict):
        raise _Slip('is no object; write {"query": "red boat", "right": ["a.jpg"]}')
    if strangers := sorted(told.keys() - KEYS):
        raise _Slip(f"`{strangers[0]}` is not known here; the keys are {', '.join(sorted(KEYS))}")
    query = told.get("query", "")
    if not isinstance(query, str):
        raise _Slip("`query` is not a text")
    return _written(line, query, _texts(told, "like"), _texts(told, "not"), _labels(line, told.get("right")))


def _texts(told: dict[str, Any], key: str) -> list[str]:
    value = told.get(key, [])
    texts = [value] if isinstance(value, str) else value
    if not (isinstance(texts, list) and all(isinstance(text, str) and text.strip() for text in texts)):
        raise _Slip(f"`{key}` is neither a text nor a list of texts")
    return texts


def _labels(line: int, right: object) -> tuple[Label, ...]:
    if isinstance(right, str):
        right = [right]
    if isinstance(right, list):
        right = dict.fromkeys(map(_path, right), 1)
    if not isinstance(right, dict):
        raise _Slip('`right` is neither a list of paths nor grades by path: "right": {"a.jpg": 3, "b.jpg": 1}')
    return tuple(Label(line, _path(path), _grade(grade)) for path, grade in right.items())


def _path(told: object) -> str:
    if not (isinstance(told, str) and told.strip()) or "\0" in told:
        raise _Slip(f"{told!r} is no path")
    return told


def _grade(told: object) -> float:
    try:
        grade = float(told) if isinstance(told, (int, float, str)) and not isinstance(told, bool) else math.nan
    except ValueError:
        grade = math.nan
    if not 0 <= grade < math.inf:
        raise _Slip(f"the grade {told!r} is no number from 0 on")
    return grade


def _csv(file: Path, text: str) -> Iterator[Written]:
    """Rows that ask the same need not stand together; the question stands where its first row does."""
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    asked: dict[str, list[Label]] = {}
    try:
        for row in rows:
            if "".join(row).strip() and not (not asked and _is_head(row)):
                query, label = _of_row(rows.line_num, row)
                asked.setdefault(query, []).append(label)
    except (csv.Error, _Slip) as error:
        raise BadLabels(file, rows.line_num, str(error)) from error
    for query, labels in asked.items():
        try:
            yield _written(labels[0].line, query, [], [], tuple(labels))
        except (NotUnderstood, _Slip) as error:
            raise BadLabels(file, labels[0].line, str(error)) from error


def _is_head(row: list[str]) -> bool:
    return tuple(cell.strip().lower() for cell in row) in (HEAD, HEAD[:2])


def _of_row(line: int, row: list[str]) -> tuple[str, Label]:
    if len(row) not in (2, 3):
        raise _Slip(f"has {len(row)} of the columns query,path[,grade]; quote a text with a comma in it")
    query, path, *grade = (cell.strip() for cell in row)
    if not query:
        raise _Slip("nothing is asked")
    return query, Label(line, _path(path), _grade(grade[0]) if grade and grade[0] else 1.0)


def _written(line: int, query: str, like: list[str], without: list[str], right: tuple[Label, ...]) -> Written:
    terms = parse([query] if query.strip() else [], [Path(picture) for picture in like], without)
    if not any(term.wanted for term in terms):
        raise _Slip("nothing is asked: give it a `query`, or a picture to be `like`")
    if not any(label.grade > 0 for label in right):
        raise _Slip("no picture is right for it")
    asked = " + ".join([*([query.strip()] if query.strip() else []), *like])
    return Written(line, " - ".join([asked, *without]), terms, right)


# -- the library


def resolve(library: Library, file: Path, written: Collection[Written], skip_missing: bool = False) -> Asked:
    """What a library makes of the questions of a file. Copies of a picture are one; the highest of its grades counts.

    Raises LabelsMissing with every path that it has no picture for, or several, unless these are to be skipped.
    """
    pictures, missing = _Pictures(library, absolute(file).parent), list[Missing]()
    questions = [question for one in written if (question := _question(one, pictures, missing)) is not None]
    if missing and not skip_missing:
        raise LabelsMissing(file, missing)
    return Asked(questions, missing, len(written) - len(questions))


def among(questions: list[Question], contents: Collection[int]) -> list[Question]:
    """The questions that have a right picture among some contents; the others of their pictures do not count."""
    kept = [
        replace(question, grades={number: grade for number, grade in question.grades.items() if number in contents})
        for question in questions
    ]
    return [question for question in kept if question.right]


def _question(written: Written, pictures: "_Pictures", missing: list[Missing]) -> Question | None:
    """None where nothing that is right for it is left."""
    grades = _grades(written.right, pictures, missing)
    placed, own = list[Term](), set[int]()
    for term in written.terms:
        if term.picture is None:
            placed.append(term)
        elif picture := pictures.picture(str(term.picture)):
            placed.append(replace(term, picture=picture))
            own |= pictures.named(str(picture)).keys() if term.wanted else set()
        else:
            missing.append(Missing(written.line, str(term.picture), _why(len(pictures.named(str(term.picture))))))
            return None
    kept = {content_id: grade for content_id, grade in grades.items() if content_id not in own}
    question = Question(written.line, written.text, tuple(placed), kept, frozenset(own))
    return question if question.right else None


def _grades(labels: Collection[Label], pictures: "_Pictures", missing: list[Missing]) -> dict[int, float]:
    grades: dict[int, float] = {}
    for label in labels:
        found = pictures.named(label.path)
        if not found or (len(found) > 1 and not JOKERS.search(label.path)):
            missing.append(Missing(label.line, label.path, _why(len(found))))
            continue
        for content_id in found:
            grades[content_id] = max(grades.get(content_id, 0.0), label.grade)
    return grades


def _why(found: int) -> str:
    return f"{found} pictures are called that; write more of its path" if found else ""


class _Pictures:
    """Finds pictures of a library by what a file in `folder` calls them."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder

    def named(self, label: str) -> dict[int, str]:
        """The contents, each with a path that holds it: at that place, else with a path that ends so."""
        for path in paths_of(self._at(label)):
            if found := self._library.files.content_at(path):
                return {found[0]: path}
        pattern = abspath(Path(escape(str(self._folder))) / label)  # noqa: PTH100  resolve() would follow the links
        return (self._like(pattern) if JOKERS.search(label) else {}) or self._like(f"**/{label}")

    def _at(self, label: str) -> Path:
        path = Path(label)
        return absolute(path) if path.parts[:1] == ("~",) else self._folder / path

    def picture(self, label: str) -> Path | None:
        """Where a picture lies that is asked with, in the library or not; None where it is nowhere, or not alone."""
        if self._at(label).is_file():
            return self._at(label)
        found = self.named(label)
        return Path(*found.values()) if len(found) == 1 else None

    def _like(self, pattern: str) -> dict[int, str]:
        wanted = re.compile(_regular(canonical(pattern)))
        name = pattern.rpartition("/")[2]
        paths = self._all if JOKERS.search(name) else self._by_name.get(canonical(name), [])
        return {content_id: path for path, content_id in paths if wanted.fullmatch(path)}

    @cached_property
    def _all(self) -> list[tuple[str, int]]:
        everything = self._library.newest(self._library.files.count_contents())
        hits = self._library.hits([(content_id, 0.0) for content_id in everything])
        return [(canonical(hit.path), hit.content_id) for hit in hits]

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, int]]]:
        by_name: dict[str, list[tuple[str, int]]] = {}
        for path, content_id in self._all:
            by_name.setdefault(path.rpartition("/")[2], []).append((path, content_id))
        return by_name


def _regular(pattern: str) -> str:
    """A shell's pattern of a path as a regular expression: `*` and `?` stop at a slash, `**` does not."""
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = JOKERS.split(pattern)  # every other one is a joker
    for place in range(1, len(pieces), 2):
        inside = pieces[place][1:-1]
        shut = inside.startswith("!")
        one_of = "[" + "^" * shut + re.escape(inside[shut:]).replace(r"\-", "-") + "]"
        pieces[place] = meanings.get(pieces[place], one_of)
    pieces[::2] = map(re.escape, pieces[::2])
    return "".join(pieces)
