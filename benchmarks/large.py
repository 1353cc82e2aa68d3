"""A library of many made photos, filled once and kept in the work folder: `python -m benchmarks.large HOME NUMBER`.

An interrupted run is gone on with. How quickly photos went in, by the processor's time, is kept beside the library for
each 50,000.
"""

import json
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks import lifelike
from indexer.photo import ModelIdentity
from indexer.store.library import Library

A_TRANSACTION = 512  # as many as `pics index` puts in at once with a large model
A_RATE = 50_000
NOWHERE = "nowhere"  # the folder beside the library in which the photos would lie
RATES, TIMES = "rates.json", "times.json"
TAGS = {"portrait": 3, "harbour": 60, "lighthouse": 900}  # a tag for those of one in so many subjects


def fill(home: Path, number: int, model: ModelIdentity) -> None:
    """Unless it is filled already."""
    with Library(home) as library:
        library.adopt(model)
        held = library.files.count()
        while held < number:
            until = min(number, held - held % A_RATE + A_RATE)
            begun = time.perf_counter()
            spent = _put(library, home.parent / NOWHERE, model.dim, held, until)
            note(home / RATES, f"{until}", (until - held) / spent)
            print(f"{until:,} of {number:,}, {time.perf_counter() - begun:.0f} s", file=sys.stderr)
            held = until
        if not library.tag_counts():
            _tag(library, number)
        if not (home / TIMES).exists():
            begun = time.perf_counter()
            library.keep_codes()
            note(home / TIMES, "codes", time.perf_counter() - begun)


def _put(library: Library, folder: Path, dim: int, first: int, until: int) -> float:
    """Returns the seconds of processor that the library took; to make the photos is not counted."""
    spent = 0.0
    first -= first % lifelike.BLOCK
    photos = lifelike.photos(folder, dim, first, until)
    while some := list(islice(photos, A_TRANSACTION)):
        begun = time.process_time()
        library.put(some)
        spent += time.process_time() - begun
    return spent


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
