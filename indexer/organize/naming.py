"""What groups of pictures are called: the words that speak for them and not for all the other pictures."""

from collections.abc import Sequence

import numpy as np

from indexer.asking.encoding import Load, Speaker
from indexer.organize.groups import Group
from indexer.organize.vocabulary import Word, read
from indexer.organize.vocabulary import vectors as vectors_of
from indexer.photo import ModelIdentity, Vector
from indexer.store.library import Library

WORDS = 3
BESIDE = 0.6  # of what speaks for the first word must speak for a second


def named(library: Library, model: ModelIdentity, load: Load, groups: Sequence[Group]) -> list[tuple[Word, ...]]:
    """The names of groups, from the vocabulary that ships; none where the model knows pictures only."""
    words = read()
    vectors = vectors_of(Speaker(library, model, load), library, words) if groups else None
    return [()] * len(groups) if vectors is None else names(groups, words, vectors)


def spelled(words: Sequence[Word]) -> tuple[str, str]:
    """A group's name in English and in Japanese; both empty where it has none."""
    return ", ".join(word.name for word in words), "、".join(word.japanese or word.name for word in words)


def names(groups: Sequence[Group], words: Sequence[Word], vectors: Vector) -> list[tuple[Word, ...]]:
    """One to three words for each group, the best first, from words and their float32 (words, dim).

    What speaks for a word is by how much more the group's pictures are like it than all pictures are, on the mean. No
    two groups have the same first word while there are enough; one group alone is called what it is most like.
    """
    if not groups:
        return []
    middles = np.stack([group.middle for group in groups])
    sizes = np.array([len(group.rows) for group in groups], np.float32)
    everyone = np.average(middles, axis=0, weights=sizes) if len(groups) > 1 else np.zeros_like(middles[0])
    speaks = (middles - everyone) @ vectors.T
    return [
        (words[first], *(words[other] for other in _others(speaks[row], first)))
        for row, first in enumerate(_firsts(speaks))
    ]


def _firsts(speaks: Vector) -> list[int]:
    """(groups, words) -> a word for each group: the surest pair of all first."""
    count = speaks.shape[1]
    chosen = [int(word) for word in speaks.argmax(axis=1)]
    taken: set[int] = set()
    waiting = set(range(len(speaks)))
    for pair in np.argsort(-speaks, axis=None, kind="stable"):
        row, word = divmod(int(pair), count)
        if row in waiting and word not in taken:
            chosen[row] = word
            taken.add(word)
            waiting.remove(row)
        if not waiting or len(taken) == count:
            break
    return chosen


def _others(speaks: Vector, first: int) -> list[int]:
    best = [int(word) for word in np.argsort(-speaks, kind="stable")[: WORDS + 1] if word != first]
    return [word for word in best[: WORDS - 1] if speaks[word] >= BESIDE * max(float(speaks[first]), 1e-6)]
