"""What pictures can be of: words in English and Japanese, and their vectors by a model."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from indexer.asking.calibration import packed, unpacked
from indexer.asking.encoding import Speaker
from indexer.errors import NoVocabulary
from indexer.photo import Vector
from indexer.settings import Progress, Watch
from indexer.store.library import Library

Kind = Literal["thing", "scene", "event"]
Language = Literal["english", "japanese"]
OURS = Path(__file__).with_name("vocabulary.tsv")
TEMPLATES: dict[Language, tuple[str, ...]] = {
    "english": ("{}", "a photo of a {}", "a picture of a {}"),
    "japanese": ("{}", "{}の写真", "{}の画像"),
}
"""A word's vector is the mean of what a model makes of these."""
AT_ONCE = 128  # texts, between two words to whoever watches
MOST = 20_000  # words: more are a dictionary, and take longer than all the rest


class Word(NamedTuple):
    """`name` is English, or whatever the user's file says; `japanese` is empty where it says nothing."""

    name: str
    japanese: str = ""
    kind: Kind = "thing"

    def said(self, language: Language) -> str:
        return self.japanese if language == "japanese" and self.japanese else self.name


def read(path: Path | None = None) -> tuple[Word, ...]:
    """The words of a file, None: those that ship. Raises NoVocabulary, which names the line.

    A word a line, then, after tabs, its Japanese and its kind, both of which may be left out; `#` begins a remark.
    """
    path = path or OURS
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise NoVocabulary(f"{path}: cannot be read ({error.strerror}); check the spelling") from error
    except UnicodeDecodeError as error:
        raise NoVocabulary(f"{path}: not a text in UTF-8; save it as one") from error
    words: dict[str, Word] = {}
    for number, line in enumerate(lines, 1):
        if not (typed := line.split("#")[0].rstrip()).strip():
            continue
        word = _word(typed, f"{path}, line {number}")
        if words.setdefault(word.name.casefold(), word) is not word:
            raise NoVocabulary(f"{path}, line {number}: {word.name!r} stands there twice; leave one out")
    if not words:
        raise NoVocabulary(f"{path}: no word in it; write one a line")
    if len(words) > MOST:
        raise NoVocabulary(f"{path}: {len(words):,} words; at most {MOST:,} can be held against every photo")
    return tuple(words.values())


def _word(line: str, where: str) -> Word:
    columns = [part.strip() for part in line.split("\t")]
    name, japanese, kind = [*columns, "", ""][:3]
    if not name:
        raise NoVocabulary(f"{where}: nothing stands before the first tab; write WORD, a tab, its Japanese")
    if len(columns) > 3:
        raise NoVocabulary(f"{where}: more than three columns; write WORD, a tab, its Japanese, a tab, its kind")
    for known in get_args(Kind):
        if kind in ("", known):
            return Word(name, japanese, known)
    raise NoVocabulary(f"{where}: {kind!r} is no kind; write thing, scene or event, or nothing")


def vectors(
    speaker: Speaker,
    library: Library,
    words: Sequence[Word],
    language: Language = "english",
    watch: Watch = lambda _: None,
) -> Vector | None:
    """float32 (n, dim), of unit length: n words in the numbers of the speaker's model; None where it knows no words.

    Kept in the library: those of the words that ship, and of the last others.
    """
    slot = "vocabulary" if tuple(words) == read() else "own vocabulary"
    fact = f"{slot}, {language}"
    texts = [template.format(word.said(language)) for word in words for template in TEMPLATES[language]]
    mark = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    kept = library.known(speaker.model.name, fact)
    if kept is not None and kept.startswith(mark):
        return unpacked(kept[len(mark) :], speaker.model.dim)
    each = _encoded(speaker, texts, watch)
    if each is None:
        return None
    means = each.reshape(len(words), len(TEMPLATES[language]), -1).mean(axis=1)
    made: Vector = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    library.keep_fact(speaker.model.name, fact, mark + packed(made))
    return made


def _encoded(speaker: Speaker, texts: list[str], watch: Watch) -> Vector | None:
    """float32 (texts, dim)."""
    parts = []
    for start in range(0, len(texts), AT_ONCE):
        part = speaker.texts(texts[start : start + AT_ONCE])
        if part is None:
            return None
        parts.append(part)
        watch(Progress("words", min(start + AT_ONCE, len(texts)), len(texts)))
    return np.concatenate(parts)
