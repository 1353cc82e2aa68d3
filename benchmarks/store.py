"""A library in a store that machines share, beside the same in SQLite: push, push again, and questions, with ratios.

    PICS_HOME=LIBRARY python -m benchmarks.store FOLDER [--rounds 5] [--most 20000]

FOLDER is made for Milvus Lite, which answers in this process; an address (milvus+http://…) is taken as it is. Nothing
is written into the library but the id that it has in a store.
"""

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from indexer.moving import push
from indexer.photo import Vector
from indexer.query import EVERYWHERE, Filters
from indexer.settings import Progress
from indexer.store.library import Library
from indexer.store.milvus import Address, Milvus
from indexer.store.shared import Shared

FILTERS = {
    "no filter": EVERYWHERE,
    "dates": Filters(after="2015", before="2020"),
    "shape": Filters(shape="portrait"),
    "camera": Filters(cameras=("o",)),
}


def timed(call: Callable[..., object], *told: object) -> float:
    begun = time.perf_counter()
    call(*told)
    return time.perf_counter() - begun


def questions(library: Library, n: int) -> Vector:
    """float32 (n, dim): between photos of the library and chance."""
    sample = library.sample_vectors(n)
    mixed = sample + np.random.default_rng(0).normal(size=sample.shape).astype(np.float32) / sample.shape[1] ** 0.5
    unit: Vector = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
    return unit


class Enough(Exception):
    pass


def sent(home: Path, store: Milvus, most: int) -> tuple[int, float]:
    """Pushes about so many pictures; returns how many, and the seconds."""
    done = 0

    def watch(progress: Progress) -> None:
        nonlocal done
        done = progress.done
        if done >= most:
            raise Enough

    begun = time.perf_counter()
    with Library(home) as library, suppress(Enough):
        push(library, store, "benchmark", watch=watch)
    return done, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=1 << 40, help="pictures that are pushed")
    args = parser.parse_args()
    home = Path(os.environ["PICS_HOME"])
    address = args.store if "://" in args.store else f"milvus+file://{Path(args.store).absolute()}"
    store = Milvus(Address.read(address))
    print(f"load {os.getloadavg()[0]:.1f}; {address}")
    for times in ("push", "push again"):
        done, seconds = sent(home, store, args.most)
        print(f"{times}: {done:,} pictures in {seconds:.1f} s, {done / seconds:,.0f} a second")
    with Library(home) as here, Shared(home, store) as there:
        there.searchable()
        asked = questions(here, args.rounds)
        print(f"{here.pictures():,} pictures in SQLite, {there.pictures():,} in the store")
        for name, filters in FILTERS.items():
            sqlite, milvus = [], []
            for vector in asked:
                sqlite.append(timed(here.by_vector, vector, 110, filters))
                milvus.append(timed(there.by_vector, vector, 110, filters))
            ours, theirs = statistics.median(sqlite), statistics.median(milvus)
            ratio = theirs / ours
            print(f"{name}: SQLite {ours * 1000:.1f} ms, store {theirs * 1000:.1f} ms, store / SQLite {ratio:.2f}")
        print(f"paths of 110 of them: {timed(there.hits, there.by_vector(asked[0], 110)):.3f} s")
    print(
        f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
