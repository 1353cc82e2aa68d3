"""Each photo's nearest among all, without comparing all pairs.

The photos are sorted into cells around the centroids of a sample, about 2 √n of them, and each is compared with those
in the cells nearest to it: some 4 n √n comparisons instead of n². A pair that lies in far-apart cells is missed, which
alike photos hardly ever do. Few photos are compared one and all.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Vector
from indexer.settings import Progress, Watch

FEW = 8192  # photos that are all compared
PROBES = 8  # cells that each photo is looked for in
ROUNDS = 4  # of Lloyd's, on a sample
A_CELL = 32  # sampled photos for each centroid
AT_ONCE = 1 << 22  # cosines held in memory

Rows = NDArray[np.int32]


class Neighbours(NamedTuple):
    """Of n photos the k nearest others: `rows` (n, k) and `cosines` float32 (n, k), best first.

    Where fewer were found, the row is -1 and the cosine -1.
    """

    rows: Rows
    cosines: Vector


def nearest(vectors: Vector, k: int, watch: Watch = lambda _: None) -> Neighbours:
    """float32 (n, dim) of unit length -> the k nearest others of each."""
    best = Neighbours(np.full((len(vectors), k), -1, np.int32), np.full((len(vectors), k), -1, np.float32))
    done = 0
    for queries, members in _comparisons(vectors):
        watch(Progress("compare", done, len(vectors)))
        done += len(members)
        for some in _pieces(queries, len(members)):
            cosines = vectors[some] @ vectors[members].T
            cosines[some[:, None] == members[None, :]] = -1  # itself
            _merge(best, some, members, cosines)
    return best


def _comparisons(vectors: Vector) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of (rows that look, rows that are looked at), which together hold what is compared."""
    everyone = np.arange(len(vectors), dtype=np.int32)
    if len(vectors) <= FEW:
        for members in np.array_split(everyone, max(1, len(vectors) // 1024)):
            yield everyone, members
        return
    probed = _cells(vectors, centroids(vectors, round(2 * len(vectors) ** 0.5)))
    count = int(probed.max()) + 1
    looked_at, looking = _by_cell(probed[:, 0], count), _by_cell(probed.ravel(), count)
    for of_cell, slots in zip(looked_at, looking, strict=True):
        for some in np.array_split(of_cell, len(of_cell) // 1024 + 1):
            yield (slots // PROBES).astype(np.int32), some.astype(np.int32)


def centroids(vectors: Vector, count: int, seed: int = 1) -> Vector:
    """float32 (count, dim): unit vectors in the midst of alike photos, by spherical k-means on a sample."""
    random = np.random.default_rng(seed)
    sample = vectors[np.sort(random.permutation(len(vectors))[: A_CELL * count])]
    middles = sample[random.permutation(len(sample))[:count]]
    for _ in range(ROUNDS):
        nearest_middle = np.concatenate([(block @ middles.T).argmax(axis=1) for block in _blocks(sample, len(middles))])
        sums = np.zeros_like(middles)
        np.add.at(sums, nearest_middle, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        middles = np.where(lengths > 1e-6, sums / np.maximum(lengths, 1e-6), middles)
    return middles


def _cells(vectors: Vector, middles: Vector) -> Rows:
    """(n, PROBES): the cells nearest to each photo, its own first."""
    found = []
    for block in _blocks(vectors, len(middles)):
        cosines = block @ middles.T
        probes = np.argpartition(-cosines, PROBES, axis=1)[:, :PROBES]
        order = np.take_along_axis(cosines, probes, axis=1).argsort(axis=1)[:, ::-1]
        found.append(np.take_along_axis(probes, order, axis=1).astype(np.int32))
    return np.concatenate(found)


def _by_cell(cells: Rows, count: int) -> list[NDArray[np.int64]]:
    """For each cell the places in which it stands."""
    order = np.argsort(cells, kind="stable")
    return np.split(order, np.searchsorted(cells[order], np.arange(1, count)))


def _merge(best: Neighbours, looking: Rows, members: Rows, cosines: Vector) -> None:
    k = best.rows.shape[1]
    if len(members) > k:
        top = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        rows, cosines = members[top].astype(np.int32), np.take_along_axis(cosines, top, axis=1)
    else:
        rows = np.broadcast_to(members.astype(np.int32), cosines.shape)
    rows = np.concatenate([best.rows[looking], rows], axis=1)
    cosines = np.concatenate([best.cosines[looking], cosines], axis=1)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    best.cosines[looking] = np.take_along_axis(cosines, order, axis=1)
    best.rows[looking] = np.where(best.cosines[looking] > -1, np.take_along_axis(rows, order, axis=1), -1)


def _pieces(rows: Rows, width: int) -> Iterator[Rows]:
    step = max(1, AT_ONCE // max(1, width))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _blocks(vectors: Vector, width: int) -> Iterator[Vector]:
    step = max(1, AT_ONCE // max(1, width))
    for start in range(0, len(vectors), step):
        yield vectors[start : start + step]
