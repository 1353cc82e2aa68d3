"""What the commands that put a library in order begin with: `python -m benchmarks.ordering_steps HOME STEP`."""

import sys
from pathlib import Path

from indexer.organize.neighbours import nearest
from indexer.store.library import Library

NEIGHBOURS = 12


def main(home: Path, step: str) -> None:
    """`vectors` reads them all; `nearest` finds the nearest of each besides."""
    with Library(home, must_exist=True) as library:
        _, vectors = library.all_vectors()
    if step == "nearest":
        nearest(vectors, NEIGHBOURS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
