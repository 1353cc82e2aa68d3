"""A library of many made photos, filled once and kept in the work folder: `python -m benchmarks.large HOME NUMBER`.

An interrupted run is gone on with.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import lifelike
from indexer.photo import ModelIdentity
from indexer.store.library import Library

A_TRANSACTION = 512  # as many as `pics index` puts in at once with a large model
A_STEP = 50_000  # photos, after which is said how far it is
FURTHER = 2 * lifelike.BLOCK  # photos that are put in to see how quickly
NOWHERE = "nowhere"  # the folder beside the library in which the photos would lie
TIMES = "times.json"
TAGS = {"portrait": 3, "harbour": 60, "lighthouse": 900}  # a tag for those of one in so many subjects


def fill(home: Path, number: int, model: ModelIdentity) -> None:
    """Unless it is filled already."""
    with Library(home) as library:
        library.adopt(model)
        while (held := library.files.count()) < number:
            until = min(number, held - held % A_STEP + A_STEP)
            for some in _transactions(home, model.dim, held, until):
                library.put(some)
            print(f"{until:,} of {number:,}", file=sys.stderr)
        if not library.tag_counts():
            _tag(library, number)
        if not (home / TIMES).exists():
            begun = time.perf_counter()
            library.keep_codes()
            note(home / TIMES, "codes", time.perf_counter() - begun)


def rates(home: Path, number: int) -> tuple[float, float]:
    """Photos put in by a second of processor, by turns into a copy of the library of so many and into an empty one."""
    with TemporaryDirectory(dir=home.parent) as folder:
        copy = Path(folder, "copy")
        copy.mkdir()
        shutil.copy(home / "library.db", copy)
        with Library(copy) as full, Library(Path(folder, "empty")) as empty:
            model = full.searchable()
            empty.adopt(model)
            spent = {full: 0.0, empty: 0.0}
            first = -(-number // lifelike.BLOCK) * lifelike.BLOCK
            for some in _transactions(home, model.dim, first, first + FURTHER):
                for library in spent:
                    spent[library] += _put(library, some)
    return FURTHER / spent[full], FURTHER / spent[empty]


def _put(library: Library, some: list[lifelike.Photo]) -> float:
    """Returns the seconds of processor."""
    begun = time.process_time()
    library.put(some)
    return time.process_time() - begun


def _transactions(home: Path, dim: int, first: int, until: int) -> Iterator[list[lifelike.Photo]]:
    photos = lifelike.photos(home.parent / NOWHERE, dim, first - first % lifelike.BLOCK, until)
    while some := list(islice(photos, A_TRANSACTION)):
        yield some


def _tag(library: Library, number: int) -> None:
    world = lifelike.World(lifelike.KINDS)  # of its subjects the numbers are enough
    blocks = range(-(-number // lifelike.BLOCK))
    subjects = np.concatenate([lifelike.Block(world, block).subject for block in blocks])[:number]
    for name, one_in in TAGS.items():
        ids = [library.files.content_id(lifelike.sha256(n)) for n in np.flatnonzero(subjects % one_in == one_in - 1)]
        with library.transaction():
            library.tags.give(name, [content_id for content_id in ids if content_id is not None])


def note(file: Path, name: str, value: float) -> None:
    file.write_text(json.dumps(noted(file) | {name: value}))


def noted(file: Path) -> dict[str, float]:
    """What was noted there; nothing where the library was filled by another hand."""
    found: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}
    return found


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]), ModelIdentity("made/large", "0" * 16, "5eed" * 16, 512, "squash"))
