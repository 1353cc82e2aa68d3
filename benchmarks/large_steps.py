"""Questions of a large made library, a process each: `python -m benchmarks.large_steps HOME STEP NUMBER`.

Prints what was found out as JSON. `truth` compares all vectors with all questions and keeps the cosines for the others.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks import large, lifelike
from benchmarks.lifelike import taken_at
from indexer.photo import Vector
from indexer.query import EVERYWHERE, Filters
from indexer.store.filters import passing
from indexer.store.library import Library
from indexer.store.vectors import lookup

OF_A_KIND, K = 40, 160
FEW = 5  # questions that all vectors are compared with, which takes long
SAME = 1e-6  # cosines nearer than that are the same
TRUTH = "truth-{}.npz"  # of so many photos
Results = dict[str, object]
T = TypeVar("T")


def filters(library: Library, number: int) -> dict[str, Filters]:
    """From half of all photos to those of a day."""
    half, later = number // 2, number // 2 + 115  # 115 a day
    year = taken_at(half)[:4]
    return {
        "no filter": EVERYWHERE,
        "after a date": Filters(after=taken_at(half)),
        "a camera": Filters(cameras=(f"Phone {int(year) // 3}",)),
        "a place": Filters(places=("Region 1,",)),
        "a folder": Filters(folders=(str(library.path.parents[1] / large.NOWHERE / year),)),
        "a tag": Filters(tags=("portrait",)),
        "near a place": Filters(near=_middle(_dim(library)), within_km=5),
        "a month": Filters(after=taken_at(half)[:7], before=taken_at(half + 3_500)[:7] + "-99"),
        "a day": Filters(after=taken_at(half), before=taken_at(later)),
    }


def _middle(dim: int) -> tuple[float, float]:
    """Of a town where many photos were taken."""
    town = lifelike.World(dim).towns[5]
    return town.latitude, town.longitude


def _dim(library: Library) -> int:
    model = library.model()
    assert model, "fill the library first"
    return model.dim


def truth(library: Library, home: Path, number: int) -> Results:
    """The K highest cosines of each question under each filter, and how many pass it."""
    asked, sets = questions(library), filters(library, number)
    passes = [_passing(library, some) for some in sets.values()]
    best = np.full((len(sets), len(asked), K), -2, np.float32)
    for ids, cosines in _cosines(library, asked):
        for row, those in enumerate(passes):
            here = cosines if those is None else cosines[:, those[ids]]
            both = np.concatenate([best[row], here], axis=1)
            best[row] = np.partition(both, both.shape[1] - K, axis=1)[:, -K:]
    counts = np.array([number if those is None else those.sum() for those in passes])
    np.savez(home / TRUTH.format(number), questions=asked, cosines=-np.sort(-best, axis=2), counts=counts)
    return dict(zip(sets, counts.tolist(), strict=True))


def questions(library: Library) -> Vector:
    """Words, pictures of what is there, and pictures that are there, saved again: float32 (3 * OF_A_KIND, dim)."""
    some = library.sample_vectors(2 * OF_A_KIND)
    near = (lifelike.near(some[::2], 0.4), lifelike.near(some[1::2], 0.1))
    return np.concatenate([lifelike.words(lifelike.World(_dim(library)), OF_A_KIND), *near])


def _passing(library: Library, some: Filters) -> NDArray[np.bool_] | None:
    among = passing(library._database, some)
    if among is None:
        return None
    largest = int(library._database.value("select max(id) from content"))
    return lookup(library._models.vectors().ids_of(among), largest)


def _cosines(library: Library, asked: Vector) -> Iterator[tuple[NDArray[np.int64], Vector]]:
    for ids, vectors in library.vector_blocks():
        yield ids, asked @ vectors.T


def exact(library: Library, home: Path, number: int) -> Results:
    """All vectors compared, in a process that has just begun and after."""
    vectors, asked = library._models.vectors(), np.load(home / TRUTH.format(number))["questions"]
    seconds = [_timed(partial(vectors.nearest, question, K))[0] for question in asked[: FEW + 1]]
    return {"first": seconds[0], "later": median(seconds[1:])}


def single(library: Library, home: Path, number: int) -> Results:
    """One question and no other, by the codes beside the library."""
    asked = np.load(home / TRUTH.format(number))["questions"]
    return {"first": _timed(partial(library.by_vector, asked[0], K))[0]}


def warm(library: Library, home: Path, number: int) -> Results:
    """A library that stays open: how quickly each filter is asked, and what of the nearest was found."""
    known = np.load(home / TRUTH.format(number))
    library.keep_warm()
    results: Results = {"first": _timed(partial(library.by_vector, known["questions"][-1], K))[0]}
    counts = known["counts"].tolist()
    sets = filters(library, number).items()
    for (name, some), best, count in zip(sets, known["cosines"], counts, strict=True):
        results[name] = {"passing": count} | _asked(library, some, known["questions"], best, min(count, K))
    return results


def _asked(library: Library, some: Filters, asked: Vector, best: Vector, k: int) -> dict[str, object]:
    """The first question under a filter finds out who passes, and is timed apart."""
    first = _timed(partial(library.by_vector, asked[-1], K, some))[0]
    seconds, at_10, at_all = [], [], []
    for question, cosines in zip(asked, best, strict=True):
        took, found = _timed(partial(library.by_vector, question, K, some))
        scores = np.array([score for _, score in found])
        seconds.append(took)
        at_10.append(_recall(scores, cosines, min(k, 10)))
        at_all.append(_recall(scores, cosines, k))
    by_kind = np.array(at_10).reshape(3, -1).mean(axis=1).tolist()
    return {"first": first, "later": median(seconds), "at_10": by_kind, "at_160": float(np.mean(at_all))}


def _recall(found: NDArray[np.float64], best: Vector, k: int) -> float:
    return float((found[:k] >= best[k - 1] - SAME).sum() / k) if k else 1.0


def _timed(ask: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    answer = ask()
    return time.perf_counter() - begun, answer


STEPS = {"truth": truth, "exact": exact, "single": single, "warm": warm}


def main(home: Path, step: str, number: int) -> None:
    with Library(home, must_exist=True) as library:
        results = STEPS[step](library, home, number)
    print(json.dumps(results | _memory()))


def _memory() -> dict[str, float]:
    """The most this process had, in MB, mapped pages of files among it."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux's ru_maxrss begins with that of the process that started this one
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return {"megabytes": int(lines["VmHWM"].split()[0]) * 1024 / 1e6}
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"megabytes": peak * (1 if sys.platform == "darwin" else 1024) / 1e6}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
