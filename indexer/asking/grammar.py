"""What is typed after `pics search` -> terms.

    beach at night                        one text
    "2:golden retriever" + ./pool.jpg - fruit
                                          texts and pictures, weighed, wanted and not

`+` and `-` are operators where they stand alone, between blanks or as a shell's word of their own; inside a word they
are letters. Quotes inside the text keep words together, operators and all.

A text may name what was taught: "rex on the beach" is the concept *rex* and the words "the beach".
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from indexer.asking.fusion import SMALL
from indexer.errors import IndexerError
from indexer.query import Term
from indexer.raw import SUFFIXES as RAW_SUFFIXES
from indexer.store.words import CJK

PICTURES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".heic", ".heif", ".avif", ".jxl", ".jp2"),
    *(".tif", ".tiff", ".bmp", *RAW_SUFFIXES),
)
PATHS = ("./", "../", "/", "~/")
SIGNS = {"+": True, "-": False}
WEIGHT = re.compile(r"(\d+(?:\.\d+)?|\.\d+):(?=[^\s\d])")  # 2:30 is a time, 16:9 a shape
PIECE = re.compile(rf"""((?:{WEIGHT.pattern})?)(?:"([^"]+)"|'([^']+)')(?!\S)|(\S+)""")
HEAVIEST = 100
JOINING = frozenset(SMALL) | {
    *("s", "while", "behind", "above", "below", "inside", "outside", "into", "without", "as", "&", "写真", "画像")
}
PARTICLES = re.compile(r"^(?:と一緒に|[のとがをにでへはもや、。 ]+)|(?:と一緒の|[のとがをにでへはもや、。 ]+)$")
HOW = 'write it like `pics search "2:golden retriever" + ./pool.jpg - fruit`; `pics search --help` says more'


class NotUnderstood(IndexerError):
    """Says which part of what was typed, and how to write it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; {HOW}")


class Part(NamedTuple):
    """A piece of a term. Quoted ones are taken by the letter."""

    text: str
    kind: Literal["bare", "quoted", "picture"]
    weight: float = 1.0


class Named(NamedTuple):
    """The taught names in a text, in their order, and what it says besides; None where that is nothing."""

    names: list[str]
    rest: str | None


def parse(words: Sequence[str], like: Iterable[Path] = (), without: Iterable[str] = ()) -> tuple[Term, ...]:
    """The shell's words, the pictures of --like, and the texts or pictures of --not. Raises NotUnderstood."""
    terms = [_term(parts, wanted) for parts, wanted in _terms(words)]
    terms += [Term(picture=picture) for picture in like]
    terms += [_term([_part(text.strip())], wanted=False) for text in without]
    return tuple(terms)


def named(text: str, names: Iterable[str]) -> Named:
    """Names are found in any case, as words of their own; in Chinese, Japanese and Korean, anywhere in a text."""
    found: list[tuple[int, str]] = []
    rest = unicodedata.normalize("NFKC", text)
    for name in sorted(names, key=len, reverse=True):  # "old rex" before "rex"
        if match := _pattern(name).search(rest):
            found.append((match.start(), name))
            rest = _pattern(name).sub(lambda one: "\0" * len(one[0]), rest)
    if not found:
        return Named([], text)
    pieces = [piece for part in rest.split("\0") if (piece := _undangled(part))]
    return Named([name for _, name in sorted(found)], " ".join(pieces) or None)


def _pattern(name: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in unicodedata.normalize("NFKC", name).split())
    before = "" if re.match(f"[{CJK}]", name) else rf"(?<![^\W{CJK}])(?<!\w-)"
    after = "" if re.search(f"[{CJK}]$", name) else rf"(?![^\W{CJK}])(?!-\w)"
    return re.compile(before + words + after, re.IGNORECASE)


def _undangled(text: str) -> str:
    """What stood before or after a name, without the words that joined it to that; "" where nothing else is left."""
    words = re.sub("^['’]s\\b", "", text).strip(" ,.;:'’").split()
    if all(word.casefold() in JOINING for word in words):
        return ""
    while words[0].casefold() in JOINING - {"a", "an", "the", "my"}:
        del words[0]
    while words[-1].casefold() in JOINING - {"photo", "picture", "image"}:
        del words[-1]
    joined = " ".join(words)
    if not re.search(f"[{CJK}]", joined):
        return joined
    joined = PARTICLES.sub("", joined)
    return "" if joined in JOINING else joined


def _terms(words: Sequence[str]) -> Iterable[tuple[list[Part], bool]]:
    """The parts of each term, and whether it is wanted."""
    parts: list[Part] = []
    wanted, sign = True, ""
    for part in _parts(words):
        if part.kind != "bare" or part.text not in SIGNS:
            parts.append(part)
            continue
        if parts:
            yield parts, wanted
        elif sign:
            raise NotUnderstood(f"`{sign} {part.text}`: nothing stands between the two signs")
        parts, wanted, sign = [], SIGNS[part.text], part.text
    if parts:
        yield parts, wanted
    elif sign:
        raise NotUnderstood(f"`{sign}` at the end: nothing follows it")


def _parts(words: Sequence[str]) -> Iterable[Part]:
    """The shell has taken its own quotes off: one of its words may be a whole text with quotes and signs in it."""
    for word in words:
        if (whole := _part(word)).kind == "picture":
            yield whole
            continue
        for before, _, one, other, bare in PIECE.findall(word):
            if bare:
                yield _part(bare)
            else:
                yield Part(one or other, "quoted", _weight(before, word))


def _part(text: str) -> Part:
    """`2:dogs` -> dogs, 2. `2 dogs`, `2019:` and `2:30` have no weight."""
    match = WEIGHT.match(text)
    weight = _weight(match[0], text) if match else 1.0
    rest = text[match.end() :] if match else text
    return Part(rest, "picture" if is_picture(rest) else "bare", weight)


def _weight(before: str, text: str) -> float:
    weight = float(before.rstrip(":") or 1)
    if not 0 < weight <= HEAVIEST:
        raise NotUnderstood(f"`{text}`: a weight is more than 0 and at most {HEAVIEST}")
    return weight


def _term(parts: list[Part], wanted: bool) -> Term:
    first, *others = parts
    if picture := next((part for part in parts if part.kind == "picture"), None):
        if others:
            raise NotUnderstood(f"`{picture.text}`: a picture among words; put ` + ` between them")
        return Term(picture=Path(picture.text), weight=first.weight, wanted=wanted)
    if late := next((part for part in others if part.weight != 1), None):
        raise NotUnderstood(f"`{late.weight:g}:{late.text}`: a weight inside a text; put ` + ` before it")
    text = " ".join(part.text for part in parts).strip()
    if not text:
        raise NotUnderstood("an empty text")
    return Term(words=text, weight=first.weight, wanted=wanted)


def is_picture(text: str) -> bool:
    """A path that is there, or that looks like one and is meant to be there."""
    return text.lower().endswith(PICTURES) and (text.startswith(PATHS) or _is_file(Path(text)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False
