"""A line typed into a box -> what is asked: words as grammar.py reads them, and the options of `pics search`.

    red bicycle --place Kyoto --on 2019-11 --min likely
    2:"golden retriever" + beach --not people --in "~/Photos/2019"

An option's value is the next word, or what stands in quotes; `--place=Kyoto` is understood too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, NamedTuple

from indexer.asking.grammar import NotUnderstood, parse
from indexer.asking.narrowing import Narrowing, NotNarrowed
from indexer.query import VERDICTS, Query, Term, Verdict

DASHES = re.compile("^[—–](?=[a-z])")  # what a Mac's keyboard makes of two hyphens
WORD = re.compile(
    r"""--[a-z-]+=(?:"[^"]*"|'[^']*')(?!\S) | (?:\d*\.?\d+:)?(?:"[^"]*"|'[^']*')(?!\S) | \S+""", re.VERBOSE
)
Half = Literal["words", "pictures"]
AT_MOST = 10_000  # photos that one question may ask for


class Option(NamedTuple):
    """Fills the field `name` of Typed or Narrowing: with `value`, else with the next word, read as a `kind`."""

    name: str
    kind: Callable[[str], object] = str
    many: bool = False
    value: object = None


def _verdict(typed: str) -> Verdict:
    if typed not in VERDICTS:
        raise ValueError(f"write {', '.join(VERDICTS)}")
    return typed


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        if not (typed.isdecimal() and least <= int(typed) <= most):
            raise ValueError(f"write a number from {least} to {most}")
        return int(typed)

    return read


NARROWING = {
    "--in": Option("folders", Path, many=True),
    "--after": Option("after"),
    "--before": Option("before"),
    "--on": Option("on"),
    "--camera": Option("camera", many=True),
    "--place": Option("place", many=True),
    "--near": Option("near"),
    "--within": Option("within"),
    "--format": Option("formats", many=True),
    "--min-size": Option("min_size", _number(1, 1_000_000)),
    "--portrait": Option("portrait", value=True),
    "--landscape": Option("portrait", value=False),
    "--rating": Option("rating", _number(0, 5)),
    "--tag": Option("tag", many=True),
}
ASKING = {
    "--like": Option("like", many=True),
    "--not": Option("without", many=True),
    "--only-words": Option("only", value="words"),
    "--only-pictures": Option("only", value="pictures"),
    "--min": Option("minimum", _verdict),
    "--model": Option("model"),
    "--number": Option("number", _number(1, AT_MOST)),
    "-n": Option("number", _number(1, AT_MOST)),
    "--fold": Option("fold", value=True),
    "--unfold": Option("fold", value=False),
    "--explain": Option("explain", value=True),
}
OPTIONS = NARROWING | ASKING
NOT_NARROWED = Narrowing()


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a line says. `words` are as typed, signs and quotes too; `like` and `without` one text or path each."""

    words: str = ""
    like: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only: Half | None = None
    minimum: Verdict | None = None
    model: str | None = None
    number: int | None = None
    fold: bool | None = None
    explain: bool = False
    narrowing: Narrowing = NOT_NARROWED

    def query(self, limit: int, picture: Callable[[Path], Path] = Path, fold: bool = True) -> Query:
        """What is not said: `limit`, `fold`. `picture` says where one lies, or raises.

        Raises NotUnderstood, NotNarrowed.
        """
        terms = parse([self.words] if self.words else [], map(Path, self.like), self.without)
        if self.only == "words" and any(term.picture for term in terms):
            raise NotNarrowed("leaves nothing to ask of a picture", "--only-words")
        return Query(
            terms=tuple(_there(term, picture) for term in terms),
            filters=self.narrowing.filters(),
            limit=self.number or limit,
            model=self.model,
            by_picture=self.only != "words",
            by_words=self.only != "pictures",
            minimum=self.minimum,
            fold=fold if self.fold is None else self.fold,
        )


def read(line: str) -> Typed:
    """Raises NotUnderstood for an option that there is not, NotNarrowed for a value that cannot be meant."""
    said: dict[str, Any] = {}
    words: list[str] = []
    pieces = (DASHES.sub("--", piece) for piece in WORD.findall(line))
    for piece in pieces:
        if not re.match("--[a-z]|-n$", piece):
            words.append(piece)
            continue
        name, sign, value = piece.partition("=")
        option = OPTIONS.get(name) or _unknown(name)
        found = _value(name, option, value if sign else None, pieces)
        said[option.name] = (*said.get(option.name, ()), found) if option.many else found
    narrowing = {field: said.pop(field) for field in asdict(NOT_NARROWED) if field in said}
    typed = Typed(words=" ".join(words), narrowing=Narrowing(**narrowing), **said)
    typed.narrowing.filters()
    return typed


def _value(name: str, option: Option, given: str | None, pieces: Iterator[str]) -> object:
    if option.value is not None:
        if given is not None:
            raise NotNarrowed("takes no value", name)
        return option.value
    given = next(pieces, None) if given is None else given
    if given is None or not _bare(given):
        raise NotNarrowed("what follows it is missing", name)
    try:
        return option.kind(_bare(given))
    except ValueError as error:
        raise NotNarrowed(f"{given!r}: {error}", name) from error


def _bare(text: str) -> str:
    """Without the quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _unknown(name: str) -> Option:
    near = get_close_matches(name, OPTIONS, n=1)
    raise NotUnderstood(f"`{name}` is no option here" + (f": did you mean `{near[0]}`?" if near else ""))


def _there(term: Term, picture: Callable[[Path], Path]) -> Term:
    return term if term.picture is None else replace(term, picture=picture(term.picture))
