"""Recommendations: what is like pictures that were liked, of each kind of them, unlike the disliked, and not yet seen.

The liked are sorted into kinds (a dog's pictures and a garden's have no middle that means anything), and each kind has
a head as a taught concept has. A photo is as good as the best of them finds it, in deviations above what is usual, less
what a head of the disliked finds. Of photos that are alike one comes, then others have their turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.asking.calibration import SAMPLE, Floats, Scale, verdict
from indexer.asking.encoding import Picture, Speaker
from indexer.asking.heads import FEWEST_OTHERS, THE_SAME, Backdrop, Way
from indexer.errors import NothingLiked
from indexer.photo import Hit, Vector
from indexer.query import EVERYWHERE, Filters, Verdict, reaches
from indexer.store.library import Library
from indexer.store.vectors import Ids

REMEMBERED = 200  # likes, the last, that are gone by where no picture is named
KINDS = 8  # of liked pictures, the largest
ALIKE = 0.4  # mean cosine, beyond what all photos have in common, of pictures of one kind
DEPTH = 100  # candidates of each kind beyond those asked for, among which variety has a choice
SAMENESS = 0.5  # what being just like one that comes before costs, of what the best of a kind is worth
HALF_ALIKE = 0.5  # cosine, beyond what all photos have in common, from which on it costs something


@dataclass(frozen=True, slots=True)
class Kind:
    """Liked pictures that are alike, or disliked ones: a direction, float32 (dim,), and the scale of its cosines."""

    name: str
    direction: Vector
    scale: Scale


@dataclass(frozen=True, slots=True)
class Recommended:
    """`hits`, a path of each picture, the best first. `strangers` are named pictures that the library does not have."""

    hits: list[Hit]
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taste:
    """What to go by: vectors, float32 (n, dim), with a name for each, and the contents that are not to come."""

    liked: Vector
    names: tuple[str, ...]
    disliked: Vector
    left_out: frozenset[int]
    strangers: tuple[str, ...]


def more(
    library: Library,
    speaker: Speaker,
    likes: Sequence[Path],
    dislikes: Sequence[Path],
    filters: Filters = EVERYWHERE,
    limit: int = 10,
    again: bool = False,
    minimum: Verdict | None = None,
    remember: bool = True,
) -> Recommended:
    """Remembers what is liked and disliked, and finds more: like the named or, without any, like those liked before.

    What was `shown` before does not come, but `again`. Unless it is to `remember`, it goes by the named alone.
    Raises NothingLiked, NoSuchPath, NotAPicture, OtherModel.
    """
    taste = _taste(library, speaker, likes, dislikes, again, remember)
    backdrop = Backdrop(library.sample_vectors(SAMPLE, speaker.model.name), library.files.count_contents())
    if not len(backdrop.sample):
        return Recommended([], taste.strangers)
    kinds = [_kind(backdrop, taste, rows) for rows in kinds_of(_beyond(taste.liked, backdrop))]
    against = [_head("", taste.disliked[rows], backdrop) for rows in kinds_of(_beyond(taste.disliked, backdrop))]
    blocks = library.vector_blocks(filters, speaker.model.name)
    ids, vectors = _candidates(blocks, kinds, against, taste, limit + DEPTH)
    judged = _judge(vectors, kinds, against, backdrop.photos)
    good = [row for row in np.flatnonzero(judged.value > 0) if reaches(judged.verdicts[row], minimum)]
    chosen = varied(judged.value[good], _beyond(vectors[good], backdrop), limit)
    rows = [int(good[number]) for number in chosen]
    return Recommended(_hits(library, ids[rows].tolist(), judged, rows, filters), taste.strangers)


# -- what is liked


def _taste(
    library: Library, speaker: Speaker, likes: Sequence[Path], dislikes: Sequence[Path], again: bool, remember: bool
) -> Taste:
    liked, disliked = [speaker.picture(path) for path in likes], [speaker.picture(path) for path in dislikes]
    here = {each.hash: library.files.content_id(each.hash) for each in (*liked, *disliked)}
    known_likes = [number for each in liked if (number := here[each.hash])]
    known_dislikes = [number for each in disliked if (number := here[each.hash])]
    if remember:
        library.opinions.note(known_likes, "liked")
        library.opinions.note(known_dislikes, "disliked")
        known_likes, known_dislikes = library.opinions.of("liked"), library.opinions.of("disliked")
    others = _vectors(library, speaker, known_dislikes, disliked)
    ones = _vectors(library, speaker, [] if liked else known_likes[:REMEMBERED], liked)
    if not len(ones[0]):
        raise NothingLiked
    seen = [] if again or not remember else library.opinions.of("shown")
    left_out = frozenset([*known_likes, *known_dislikes, *seen])
    strangers = tuple(each.path for each in (*liked, *disliked) if here[each.hash] is None)
    return Taste(ones[0], ones[1], others[0], left_out, strangers)


def _vectors(
    library: Library, speaker: Speaker, contents: Sequence[int], pictures: Sequence[Picture]
) -> tuple[Vector, tuple[str, ...]]:
    """Of contents that the model has seen, and of named pictures, each once: float32 (n, dim), and their names."""
    known = library.vectors_of(contents, speaker.model.name)
    files = library.files.lying(contents)
    names = [Path(files[content_id][0].path).name if content_id in files else "" for content_id in contents]
    named = {each.hash: each for each in pictures}.values()
    vectors = np.concatenate([known, *(each.vector[None] for each in named)])
    names += [Path(each.path).name for each in named]
    there = np.asarray(vectors.any(axis=1))
    return vectors[there], tuple(name for name, is_there in zip(names, there, strict=True) if is_there)


def kinds_of(vectors: Vector) -> list[list[int]]:
    """Rows of n vectors by kind, the largest kinds first: the two that are most alike on average become one, and so on.

    There are few vectors, but more than two hundred are not looked at.
    """
    kinds = [[row] for row in range(min(len(vectors), REMEMBERED))]
    sums = vectors[: len(kinds)] @ vectors[: len(kinds)].T.astype(np.float64)
    sizes = np.ones(len(kinds))
    while len(kinds) > 1:
        means = sums / np.outer(sizes, sizes)
        np.fill_diagonal(means, -1)
        one, other = sorted(divmod(int(means.argmax()), len(kinds)))  # a BLAS may round the two halves differently
        if means[one, other] < ALIKE:
            break
        kinds[one] += kinds.pop(other)
        sums[one] += sums[other]
        sums[:, one] += sums[:, other]
        sizes[one] += sizes[other]
        sums, sizes = np.delete(np.delete(sums, other, 0), other, 1), np.delete(sizes, other)
    return sorted(kinds, key=len, reverse=True)[:KINDS]


def _kind(backdrop: Backdrop, taste: Taste, rows: Sequence[int]) -> Kind:
    others = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    return _head(f"{taste.names[rows[0]]}{others}", taste.liked[rows], backdrop)


def _head(name: str, ones: Vector, backdrop: Backdrop) -> Kind:
    """A prototype for one, which does not say what it was liked for; a linear head for several."""
    rest = backdrop.without(ones)
    if len(rest.sample) < FEWEST_OTHERS:
        rest = backdrop
    way: Way = "prototype" if len(ones) == 1 else "linear"
    direction = rest.head(ones, ones[:0], way)
    return Kind(name, direction, rest.scale(rest.scores(direction, way)))


def _beyond(vectors: Vector, backdrop: Backdrop) -> Vector:
    """Unit vectors without what all photos have in common."""
    centred = vectors - backdrop.mean.astype(np.float32)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6), np.float32)


# -- what is recommended


def _candidates(
    blocks: Iterable[tuple[Ids, Vector]], kinds: Sequence[Kind], against: Sequence[Kind], taste: Taste, most: int
) -> tuple[Ids, Vector]:
    """The best of each kind that may come, with their vectors; a resaved copy of a liked one may not."""
    left_out = np.array(sorted(taste.left_out), np.int64)
    ids, vectors = np.zeros(0, np.int64), np.zeros((0, taste.liked.shape[1]), np.float32)
    liking = np.zeros((len(kinds), 0))
    for block_ids, block in blocks:
        fresh = ~np.isin(block_ids, left_out) & ((block @ taste.liked.T).max(axis=1, initial=-1) < THE_SAME)
        ids, vectors = np.concatenate([ids, block_ids[fresh]]), np.concatenate([vectors, block[fresh]])
        liking = np.concatenate([liking, _liking(block[fresh], kinds, against)[0]], axis=1)
        best = np.unique(np.argsort(-liking, axis=1)[:, :most])
        ids, vectors, liking = ids[best], vectors[best], liking[:, best]
    return ids, vectors


def _liking(vectors: Vector, kinds: Sequence[Kind], against: Sequence[Kind]) -> tuple[Floats, Floats]:
    """(kinds, n): how well each photo is liked, in deviations, and its cosines."""
    cosines = (vectors @ np.stack([kind.direction for kind in (*kinds, *against)]).T).T
    standard = np.stack([kind.scale.standard(of) for kind, of in zip((*kinds, *against), cosines, strict=True)])
    unlike = standard[len(kinds) :].max(axis=0, initial=0)
    return standard[: len(kinds)] - unlike, cosines[: len(kinds)]


@dataclass(frozen=True, slots=True)
class Judged:
    """Of n candidates: `value` (n,), of which the best of each kind has about 1, the cosines, verdicts and whys."""

    value: Floats
    cosines: Floats
    verdicts: list[Verdict]
    whys: list[str]


def _judge(vectors: Vector, kinds: Sequence[Kind], against: Sequence[Kind], photos: int) -> Judged:
    if not len(vectors):
        return Judged(np.zeros(0), np.zeros(0), [], [])
    liking, cosines = _liking(vectors, kinds, against)
    value = liking / np.maximum(liking.max(axis=1, keepdims=True), 1e-6)
    best = np.where(liking > 0, value, -1).argmax(axis=0)
    each = np.arange(len(vectors))
    surprises = np.stack([kind.scale.surprise(of, photos) for kind, of in zip(kinds, cosines, strict=True)])
    whys = [f"like {kinds[kind].name} {cosines[kind, row]:.2f}" for row, kind in enumerate(best)]
    verdicts = [verdict(float(surprises[kind, row])) for row, kind in enumerate(best)]
    return Judged(np.where(liking[best, each] > 0, value[best, each], 0), cosines[best, each], verdicts, whys)


def varied(values: Floats, vectors: Vector, limit: int) -> list[int]:
    """The rows of the best, each less worth the more it is like one before it (maximal marginal relevance)."""
    left, chosen = np.asarray(values, np.float64).copy(), list[int]()
    nearest = np.full(len(left), -1.0)
    while len(chosen) < min(limit, len(values)):
        costs = SAMENESS * np.clip((nearest - HALF_ALIKE) / (1 - HALF_ALIKE), 0, 1)
        row = int((left - costs).argmax())
        chosen.append(row)
        left[row] = -np.inf
        nearest = np.maximum(nearest, vectors @ vectors[row])
    return chosen


def _hits(library: Library, ids: Sequence[int], judged: Judged, rows: Sequence[int], filters: Filters) -> list[Hit]:
    facts = library.facts(ids)
    paths: dict[int, Hit] = {}
    for hit in library.hits([(content_id, 0.0) for content_id in ids], filters):
        paths.setdefault(hit.content_id, hit)
    return [
        replace(
            paths[content_id],
            score=float(judged.cosines[row]),
            verdict=judged.verdicts[row],
            why=(judged.whys[row],),
            facts=facts.get(content_id, paths[content_id].facts),
        )
        for content_id, row in zip(ids, rows, strict=True)
        if content_id in paths
    ]
