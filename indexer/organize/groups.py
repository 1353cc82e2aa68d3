"""Groups of alike pictures: spherical k-means, with as many groups as the pictures themselves fall into.

How many these are is tried out on a sample: the number whose silhouette is widest, that is, whose pictures are nearest
to their own group and farthest from the next (Rousseeuw 1987), or the most that are about as good. Every picture is in
one group; a method that finds groups by their density (HDBSCAN) leaves most photos of a real library in none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Vector
from indexer.settings import Progress, Watch

SAMPLE = 3000  # pictures on which the number of groups is tried out
A_GROUP = 20  # pictures of the sample for each group that is asked for
TRIED = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64)
AS_WIDE = 0.025  # of silhouettes that differ by less the most groups win: two kinds in one group is the worse mistake
DIMENSIONS = 64  # in which it is tried: as good, and several times as quick
SEED = 1
AT_ONCE = 8192

Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of alike pictures, the most central first; `middle` float32 (dim,) is their mean, not of unit length.

    `cohesion` is the mean cosine of the pictures and the middle: 1 where they are all the same.
    """

    rows: NDArray[np.int64]
    middle: Vector
    cohesion: float


def grouped(vectors: Vector, k: int | None = None, watch: Watch = lambda _: None) -> list[Group]:
    """float32 (n, dim) of unit length -> k groups, None: as many as there seem to be, the largest first.

    Fewer come back where some pictures are the same. Always the same for the same vectors.
    """
    if not len(vectors):
        return []
    size = SAMPLE if k is None else max(SAMPLE, A_GROUP * k)
    sample = vectors[np.sort(np.random.default_rng(SEED).permutation(len(vectors))[:size])]
    start = _given(sample, k) if k else _best(sample, watch)
    return _groups(vectors, _fitted(vectors, start))


def _given(sample: Vector, k: int) -> Vector:
    short = _short(sample)
    return _middles(sample, _clusters(short, min(k, len(np.unique(short.round(3), axis=0)))))


def _best(sample: Vector, watch: Watch) -> Vector:
    """float32 (k, dim): the middles of the number of groups that fits best."""
    short = _short(sample)
    different = len(np.unique(short.round(3), axis=0))
    most = min(round(1.2 * different**0.5), different - 1)
    if most < 2:
        return _unit(sample.mean(axis=0, keepdims=True))
    cosines = short @ short.T
    found: dict[int, tuple[float, Labels]] = {}
    for ks in (lambda: (k for k in TRIED if k <= most), lambda: _beside(_widest(found), most)):
        for k in ks():
            watch(Progress("group", len(found), len(TRIED) + 4))
            labels = _clusters(short, k)
            found[k] = silhouette(cosines, labels), labels
    enough = found[_widest(found)][0] - AS_WIDE
    return _middles(sample, found[max(k for k, (width, _) in found.items() if width >= enough)][1])


def _widest(found: dict[int, tuple[float, Labels]]) -> int:
    return max(found, key=lambda k: found[k][0])


def _beside(k: int, most: int) -> list[int]:
    return [near for near in (k - 2, k - 1, k + 1, k + 2) if 2 <= near <= most and near not in TRIED]


def _short(sample: Vector) -> Vector:
    """float32 (n, at most 64) of unit length: what is left of the vectors in the directions that tell most apart."""
    if sample.shape[1] <= DIMENSIONS:
        return sample
    directions = np.linalg.eigh(sample.T @ sample)[1][:, -DIMENSIONS:]
    return _unit(sample @ directions)


def _clusters(short: Vector, k: int) -> Labels:
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, n_init=4, max_iter=50, random_state=SEED).fit(short).labels_, np.int32)


def _middles(vectors: Vector, labels: Labels) -> Vector:
    """float32 (groups, dim): a unit vector in the midst of each group."""
    return _unit(np.stack([vectors[labels == label].mean(axis=0) for label in np.unique(labels)]))


def silhouette(cosines: Vector, labels: Labels) -> float:
    """(n, n) cosines of pictures and the group of each -> the mean silhouette by cosine distance; one alone counts 0.

    It is (b - a) / max(a, b), with a the mean distance to the others of its group, b that to those of the next group.
    """
    n, groups = len(labels), np.unique(labels)
    if len(groups) < 2:
        return 0.0
    member = (labels[:, None] == groups[None, :]).astype(np.float32)
    sizes = member.sum(axis=0)
    sums = (1 - cosines) @ member
    own = member.argmax(axis=1)
    everyone = np.arange(n)
    inside = sums[everyone, own] / np.maximum(sizes[own] - 1, 1)
    outside = sums / sizes
    outside[everyone, own] = np.inf
    after = outside.min(axis=1)
    widths = np.where(sizes[own] > 1, (after - inside) / np.maximum(np.maximum(inside, after), 1e-6), 0)
    return float(widths.mean())


def _fitted(vectors: Vector, start: Vector) -> Vector:
    """The middles that were found on a sample, moved by all pictures."""
    from sklearn.cluster import MiniBatchKMeans

    if len(vectors) <= SAMPLE:
        return start
    fit: Any = MiniBatchKMeans(
        len(start), init=start, n_init=1, batch_size=AT_ONCE, max_iter=5, random_state=SEED, reassignment_ratio=0
    ).fit(vectors)
    return _unit(fit.cluster_centers_)


def _nearest(vectors: Vector, middles: Vector) -> Labels:
    blocks = (vectors[start : start + AT_ONCE] for start in range(0, len(vectors), AT_ONCE))
    return np.concatenate([(block @ middles.T).argmax(axis=1) for block in blocks]).astype(np.int32)


def _groups(vectors: Vector, middles: Vector) -> list[Group]:
    labels = _nearest(vectors, middles)
    order = np.argsort(labels, kind="stable")
    rows = np.split(order, np.searchsorted(labels[order], np.arange(1, len(middles))))
    groups = [_group(vectors, of_group) for of_group in rows if len(of_group)]
    return sorted(groups, key=lambda group: (-len(group.rows), int(group.rows[0])))


def _group(vectors: Vector, rows: NDArray[np.int64]) -> Group:
    members = vectors[rows]
    middle = members.mean(axis=0)
    cosines = members @ _unit(middle[None])[0]
    return Group(rows[np.argsort(-cosines, kind="stable")], middle, float(cosines.mean()))


def _unit(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)
