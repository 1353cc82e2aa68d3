"""One order out of two: by what photos look like, and by what is written of them.

By reciprocal rank, a list at a time, with a match of words counting by how much it says. tests/ranking measures it.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from indexer.query import Verdict
from indexer.store.words import WordMatch

FLATNESS = 20  # of 1 / (FLATNESS + rank): the higher, the more being in both lists says, and the less being first
EVERYWHERE = 1e-3  # a rank within this above 1 or 0 may mean that half of all have the words
TELLING = frozenset({"name", "title", "caption", "keywords", "people", "place", "tags"})
WHOLE, BESIDE, PART = 1.0, 0.5, 0.15
"""What a match says: every word where photos are told of; every word, but in folders, camera, prompt or tags
that a model guessed; some words."""
WEAK = 0.5  # what a likeness says that chance would bring about too
SMALL = (
    *("a", "an", "the", "my", "of", "in", "on", "at", "to", "by", "with", "and", "or", "from", "for", "is", "are"),
    *("over", "under", "near", "next", "beside", "photo", "picture", "image"),
)
"""Words that a model reads and that name nothing: looked for by themselves, they find what nobody meant."""
RUN = re.compile(r"[^\W_]+")


def fuse(
    by_picture: Sequence[tuple[int, Verdict | None]], by_words: Sequence[Mapping[int, WordMatch]]
) -> dict[int, float]:
    """Content ids with their verdicts, best first, and matches of each text, best first -> a value for each content."""
    values: dict[int, float] = {}
    for rank, (content_id, sure) in enumerate(by_picture, 1):
        values[content_id] = (WEAK if sure == "weak" else 1) / (FLATNESS + rank)
    for matches in by_words:
        for rank, match in enumerate(matches.values(), 1):
            values.setdefault(match.content_id, 0.0)
            values[match.content_id] += weight(match) / len(by_words) / (FLATNESS + rank)
    return values


def telling(text: str) -> str:
    """A text without its small words, if any others are in it."""
    return " ".join(word for word in text.split() if word.casefold() not in SMALL) or text


def saying(matches: Sequence[WordMatch], photos: int) -> list[WordMatch]:
    """Those that say something: of words that are in most of the photos, none do."""
    if 2 * len(matches) <= photos:
        return list(matches)
    return [match for match in matches if match.rank % 1 >= EVERYWHERE]


def weight(match: WordMatch) -> float:
    """From 0 to 1."""
    if match.rank < 1:
        return PART
    return WHOLE if TELLING & match.fields.keys() else BESIDE


def verdict(matches: Collection[WordMatch], asked: int) -> Verdict:
    """Of a photo in which so many of the asked texts were found."""
    says = min(map(weight, matches)) if len(matches) == asked else 0.0
    return "strong" if says >= WHOLE else "likely" if says >= BESIDE else "weak"


def is_name(path: str, words: str) -> bool:
    """Whether a file is called that, with or without its ending, whatever stands between the words."""
    name = path.rpartition("/")[2]
    asked = _runs(words)
    return bool(asked) and asked in (_runs(name), _runs(name.rpartition(".")[0]))


def _runs(text: str) -> list[str]:
    return RUN.findall(unicodedata.normalize("NFKC", text).casefold())
