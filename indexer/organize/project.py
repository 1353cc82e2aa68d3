"""Where pictures lie on a flat map: alike ones beside each other.

By t-SNE (van der Maaten and Hinton 2008) where openTSNE is installed, else by the two first principal components, which
tell the great differences alone. Of many pictures a sample is laid out, and the others beside those most like them:
t-SNE takes many minutes for a hundred thousand, and the map looks the same.
"""

from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexer.errors import LacksPackage
from indexer.organize.neighbours import nearest
from indexer.photo import Vector
from indexer.settings import Progress, Watch

Method = Literal["tsne", "pca"]
LAID_OUT = 10_000  # pictures at most that t-SNE is run on
PERPLEXITY = 20  # about how many neighbours a picture is kept beside
FEWEST = 8  # pictures for t-SNE
EARLY, LATE = 250, 500  # rounds, of which the early ones pull groups together
TOLD = 25  # rounds between two reports
BESIDE = 5  # laid-out pictures that another is put among
ALONE = 5000  # pictures up to which one thread is quicker than several
AT_ONCE = 1024
SEED = 1


def available(method: Method | None) -> Method:
    """The method asked for, None: the best there is. Raises LacksPackage."""
    has = find_spec("openTSNE") is not None
    if method == "tsne" and not has:
        raise LacksPackage("--projection tsne", "openTSNE", "map")
    return method or ("tsne" if has else "pca")


def project(vectors: Vector, method: Method, watch: Watch) -> Vector:
    """float32 (n, dim) of unit length -> float32 (n, 2) from 0 to 1, the wider side filled. Same in, same out."""
    n = len(vectors)
    if n <= 2:
        return np.array([[0.25, 0.5], [0.75, 0.5]], np.float32)[:n] if n > 1 else np.full((n, 2), 0.5, np.float32)
    if method == "pca" or n < FEWEST:
        return _framed(_principal(vectors, 2))
    laid_out = np.sort(np.random.default_rng(SEED).permutation(n)[:LAID_OUT])
    places = _tsne(vectors[laid_out], watch)
    if len(laid_out) < n:
        places = _beside(vectors, laid_out, places)
    return _framed(places)


def _principal(vectors: Vector, count: int) -> Vector:
    from sklearn.decomposition import PCA

    count = min(count, *vectors.shape)
    found = PCA(count, svd_solver="covariance_eigh").fit_transform(vectors)
    return np.asarray(np.pad(found, ((0, 0), (0, 2 - count))) if count < 2 else found, np.float32)


def _tsne(vectors: Vector, watch: Watch) -> Vector:
    import openTSNE

    start = _principal(vectors, 2)
    embedding: Any = openTSNE.TSNEEmbedding(
        1e-4 * start / max(float(start[:, 0].std()), 1e-9),
        _affinities(vectors, watch),
        n_jobs=_threads(vectors),
        random_state=SEED,
    )
    shown = Shown(watch)
    embedding.optimize(EARLY, exaggeration=12, momentum=0.5, inplace=True, callbacks=shown, callbacks_every_iters=TOLD)
    shown.before = EARLY
    embedding.optimize(LATE, momentum=0.8, inplace=True, callbacks=shown, callbacks_every_iters=TOLD)
    return np.asarray(embedding, np.float32)


class Shown:
    """Tells the rounds of t-SNE to who watches."""

    def __init__(self, watch: Watch) -> None:
        self.before = 0
        self._watch = watch

    def __call__(self, iteration: int, _error: float, _embedding: object) -> None:
        self._watch(Progress("project", self.before + iteration, EARLY + LATE))


def _affinities(vectors: Vector, watch: Watch) -> Any:
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    near = nearest(vectors, int(3 * perplexity), watch)
    lacking = near.rows < 0  # hardly ever: counted as the nearest again
    rows = np.where(lacking, near.rows[:, :1], near.rows)
    distances = np.sqrt(np.maximum(0, 2 - 2 * np.where(lacking, near.cosines[:, :1], near.cosines)))
    return PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(rows.astype(np.int64), distances.astype(np.float64)),
        perplexity=perplexity,
        n_jobs=_threads(vectors),
    )


def _threads(vectors: Vector) -> int:
    return 1 if len(vectors) <= ALONE else -1


def _beside(vectors: Vector, laid_out: NDArray[np.int64], places: Vector) -> Vector:
    """(n, 2): the places of some pictures -> those of all, each of the others amid the laid-out ones most like it."""
    random = np.random.default_rng(SEED)
    everywhere = np.empty((len(vectors), 2), np.float32)
    everywhere[laid_out] = places
    others = np.setdiff1d(np.arange(len(vectors)), laid_out)
    known = vectors[laid_out]
    for start in range(0, len(others), AT_ONCE):
        some = others[start : start + AT_ONCE]
        near = np.argpartition(-(vectors[some] @ known.T), BESIDE, axis=1)[:, :BESIDE]
        around = places[near]  # (some, BESIDE, 2)
        middle = np.median(around, axis=1)
        reach = np.median(np.abs(around - middle[:, None]), axis=1)  # so that they do not lie upon each other
        everywhere[some] = middle + 0.5 * reach * random.normal(size=(len(some), 2))
    return everywhere


def _framed(places: Vector) -> Vector:
    low, high = places.min(axis=0), places.max(axis=0)
    scale = 1 / max(float((high - low).max()), 1e-9)
    return np.asarray((places - (low + high) / 2) * scale + 0.5, np.float32)


def spread(places: Vector, count: int) -> NDArray[np.int64]:
    """Rows of `count` of n places in [0, 1] x [0, 1], in an order of which every beginning is evenly spread.

    First one for each of few large fields, that nearest to its middle, then for each of four times as many, and so on.
    """
    chosen: list[NDArray[np.int64]] = []
    left = np.arange(len(places))
    random = np.random.default_rng(SEED)
    for side in (4 << level for level in range(9)):
        fields = np.minimum((places * side).astype(np.int64), side - 1)
        field = fields[:, 0] * side + fields[:, 1]
        has = np.unique(np.concatenate([field[rows] for rows in chosen])) if chosen else np.empty(0, np.int64)
        free = left[~np.isin(field[left], has)]
        off = ((places[free] * side - fields[free] - 0.5) ** 2).sum(axis=1)
        order = free[np.argsort(off, kind="stable")]
        first = order[np.unique(field[order], return_index=True)[1]]
        chosen.append(random.permutation(first))
        left = np.setdiff1d(left, first)
        if sum(map(len, chosen)) >= count or not len(left):
            break
    chosen.append(random.permutation(left))
    return np.concatenate(chosen)[:count]
