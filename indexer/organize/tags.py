"""Tags: which words of a vocabulary fit a picture, and which a picture's nearest neighbours have.

A model's cosines say little by themselves. Those of unrelated texts scatter by a certain deviation in this library
(indexer/asking/calibration.py); the best of n such follows a Gumbel distribution, whose scale is that deviation by the
root of 2 log n. If that is the noise on every word's cosine, a picture's word is the true one with the probability of a
softmax of that temperature: the confidence. The rivals are all words that ship, also beside a vocabulary of three; but
words that mean about the same are none.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.asking.calibration import Calibration, Scale
from indexer.asking.encoding import Speaker, paths_of
from indexer.errors import NotInLibrary, NoWordsToTagBy
from indexer.organize.vocabulary import Language, Word, read, vectors
from indexer.photo import Vector
from indexer.query import EVERYWHERE, Filters, Term
from indexer.settings import Progress, Watch
from indexer.store.library import Library
from indexer.store.vectors import Ids

Found = tuple[int, str, float]

MOST = 5  # tags a picture
LEAST = 0.5  # confidence
SUREST = 0.999  # of a model; a person is sure
KIN, SAME = 0.3, 0.7  # how alike two words are (0 to 1), from where on they are less, and no rivals
NEIGHBOURS = 20
BLOCKS = 16  # of vectors, whose tags are kept at once
SUGGESTED = 0.1  # confidence: a person looks at these


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a run did: of how many pictures how many have tags now, and how many tags these are."""

    model: str
    words: int
    pictures: int
    tagged: int
    tags: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tag that a picture may have, and what speaks for it, a phrase each."""

    name: str
    japanese: str
    confidence: float
    sources: tuple[str, ...]


class Judge:
    """Holds pictures against words: float32 (words, dim), among rivals (rivals, dim), all of unit length."""

    def __init__(self, words: Vector, rivals: Vector, scale: Scale) -> None:
        self._words = words
        self._rivals = rivals
        self._temperature = scale.deviation / math.sqrt(2 * math.log(max(2, len(rivals))))
        kinship = np.clip((rivals @ words.T - scale.alike) / (1 - scale.alike), 0, 1)
        self._against: Vector = (1 - np.clip((kinship - KIN) / (SAME - KIN), 0, 1)).astype(np.float32)

    def confidences(self, pictures: Vector) -> Vector:
        """float32 (n, dim) -> (n, words), each 0 to 1; several words of a picture may be near 1 if they are kin."""
        rivals = pictures @ self._rivals.T
        best = rivals.max(axis=1, keepdims=True)
        others = np.exp((rivals - best) / self._temperature) @ self._against
        own = np.exp(np.minimum((pictures @ self._words.T - best) / self._temperature, 0))
        confidences: Vector = own / (own + others)
        return confidences


def judge(
    library: Library, speaker: Speaker, words: Sequence[Word], language: Language, watch: Watch = lambda _: None
) -> Judge:
    """Raises NoWordsToTagBy where the model knows pictures only."""
    of_words = vectors(speaker, library, words, language, watch)
    scale = Calibration(library, speaker).scale("words")
    if of_words is None or scale is None:
        raise NoWordsToTagBy(speaker.model.name)
    ours = read()
    of_ours = of_words if tuple(words) == ours else vectors(speaker, library, ours, language, watch)
    assert of_ours is not None
    return Judge(of_words, of_ours if of_ours is of_words else np.concatenate([of_ours, of_words]), scale)


def tag(
    library: Library,
    speaker: Speaker,
    words: Sequence[Word],
    filters: Filters = EVERYWHERE,
    *,
    most: int = MOST,
    least: float = LEAST,
    language: Language = "english",
    watch: Watch = lambda _: None,
) -> Tagged:
    """Gives every picture that passes its tags by the speaker's model, in place of those it found before.

    Raises NoWordsToTagBy, LibraryBusy.
    """
    model = speaker.model.name
    with library.writing():
        by = judge(library, speaker, words, language, watch)
        japanese = {word.name: word.japanese for word in words}
        total = next(kept.pictures for kept in library.models() if kept.name == model)
        done = tagged = tags = 0
        blocks = library.vector_blocks(filters, model)
        while some := list(itertools.islice(_judged(blocks, by, words, most, least), BLOCKS)):
            ids = [content_id for of_block, _ in some for content_id in of_block]
            found = [tag for _, tags_of_block in some for tag in tags_of_block]
            with library.transaction():
                library.tags.replace(model, ids, found, japanese)
            done, tags = done + len(ids), tags + len(found)
            tagged += len({content_id for content_id, _, _ in found})
            watch(Progress("tag", done, total))
    return Tagged(model, len(words), done, tagged, tags)


def _judged(
    blocks: Iterator[tuple[Ids, Vector]], by: Judge, words: Sequence[Word], most: int, least: float
) -> Iterator[tuple[list[int], list[Found]]]:
    for ids, pictures in blocks:
        yield ids.tolist(), list(_found(ids.tolist(), by.confidences(pictures), words, most, least))


def _found(ids: Sequence[int], confidences: Vector, words: Sequence[Word], most: int, least: float) -> Iterator[Found]:
    for row, column in zip(*np.nonzero(confidences >= _bar(confidences, most, least)), strict=True):
        yield ids[row], words[column].name, min(float(confidences[row, column]), SUREST)


def _bar(confidences: Vector, most: int, least: float) -> Vector:
    """(n, 1): what a tag needs to be among a picture's best, and good enough."""
    most = min(most, confidences.shape[1])
    bar: Vector = np.maximum(np.partition(confidences, -most, axis=1)[:, -most, None], least)
    return bar


# -- suggestions


def suggest(
    library: Library,
    speaker: Speaker,
    picture: Path,
    words: Sequence[Word],
    language: Language = "english",
    watch: Watch = lambda _: None,
) -> list[Suggestion]:
    """The surest first: words of the vocabulary, and tags and keywords of what looks like the picture.

    Left out is what a person said of it already, or took from it. Raises NoSuchPath, NotAPicture.
    """
    vector = speaker.vector(Term(picture=picture))
    assert vector is not None
    own = contents_at(library, picture)
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    try:
        for word, sure in zip(
            words, judge(library, speaker, words, language, watch).confidences(vector[None])[0].tolist(), strict=True
        ):
            if sure >= SUGGESTED:
                found[word.name].append((sure, f"vocabulary {sure:.2f}"))
    except NoWordsToTagBy:
        pass  # its neighbours know
    for name, vote in _votes(library, speaker, vector, own).items():
        found[name].append(vote)
    japanese = {word.name: word.japanese for word in words}
    settled = _settled(library, own)
    suggestions = [
        Suggestion(
            name, japanese.get(name, ""), min(_either([sure for sure, _ in of]), SUREST), tuple(why for _, why in of)
        )
        for name, of in found.items()
        if name.casefold() not in settled
    ]
    return sorted(suggestions, key=lambda suggestion: (-suggestion.confidence, suggestion.name))


def _settled(library: Library, own: Sequence[int]) -> set[str]:
    given = {tag.name for tags in library.tags.of(own).values() for tag in tags if tag.model is None}
    return {name.casefold() for name in given | library.tags.denied(own)}


def _votes(library: Library, speaker: Speaker, vector: Vector, own: Sequence[int]) -> dict[str, tuple[float, str]]:
    """Tag or keyword -> (share of the votes, what to say of it).

    A neighbour's vote weighs as much as it is sure that it is more alike than the best of so many unrelated; one that
    says nothing votes too, so that a single neighbour is not believed everything.
    """
    near = library.by_vector(vector, NEIGHBOURS + len(own), model=speaker.model.name)
    near = [(content_id, cosine) for content_id, cosine in near if content_id not in own][:NEIGHBOURS]
    scale = Calibration(library, speaker).scale("picture")
    if not near or scale is None:
        return {}
    ids = [content_id for content_id, _ in near]
    surprise = scale.surprise(np.array([cosine for _, cosine in near]), NEIGHBOURS)
    weights = dict(zip(ids, np.exp(-np.exp(-surprise)).tolist(), strict=True))
    votes: dict[str, dict[int, float]] = defaultdict(dict)
    for content_id, tags in library.tags.of(ids).items():
        for tag in tags:
            votes[tag.name][content_id] = tag.confidence
    for content_id, facts in library.facts(ids).items():
        for keyword in facts.keywords:
            votes[keyword][content_id] = 1.0
    whole = 1 + sum(weights.values())
    shares = {name: sum(weights[one] * sure for one, sure in of.items()) / whole for name, of in votes.items()}
    return {
        name: (share, f"{len(votes[name])} of the {len(near)} most alike {share:.2f}")
        for name, share in shares.items()
        if share >= SUGGESTED
    }


def _either(confidences: Sequence[float]) -> float:
    """That one of them is right."""
    return 1 - float(np.prod([1 - sure for sure in confidences]))


def contents_of(library: Library, images: Sequence[Path], filters: Filters) -> list[int]:
    """Of pictures that were named, or, where none was, of all that pass. Raises NotInLibrary."""
    if not images:
        return [content_id for some in library.contents(filters) for content_id in some]
    contents: list[int] = []
    for image in images:
        if not (there := contents_at(library, image)):
            raise NotInLibrary(image)
        contents += there
    return list(dict.fromkeys(contents))


def give(library: Library, name: str, contents: Sequence[int]) -> int:
    """A person says what pictures are of; returns of how many they had not said so. Raises LibraryBusy."""
    word = given_as(name)
    with library.writing(), library.transaction():
        return library.tags.give(word.name, contents, word.japanese)


def take(library: Library, name: str, contents: Sequence[int]) -> int:
    """A person says what pictures are not of; returns how many had that tag. Raises LibraryBusy."""
    with library.writing(), library.transaction():
        return library.tags.take(given_as(name).name, contents)


def given_as(name: str) -> Word:
    """A name that a person typed -> the word of the vocabulary that is called so in either language, or a new one."""
    typed = " ".join(name.split())
    same = (word for word in read() if typed.casefold() in (word.name.casefold(), word.japanese.casefold()))
    return next(same, Word(typed))


def contents_at(library: Library, picture: Path) -> list[int]:
    """The ids of what was indexed at a path; none where nothing was."""
    found = [library.files.content_at(path) for path in sorted(paths_of(picture))]
    return list(dict.fromkeys(content[0] for content in found if content))
