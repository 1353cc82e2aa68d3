"""A million photos in one library: how they go in, what they take, how quickly and how truly they are asked.

They are made once and kept in --work, as is what was found out about duplicates, which takes longest.
"""

import json
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import large
from benchmarks.bench import Bench
from benchmarks.large_steps import TRUTH
from benchmarks.measure import Command, answer, sample
from benchmarks.result import Figure, Target
from benchmarks.subjects import REPOSITORY
from indexer.photo import identity

FLAT = Target(0.8, of="ratio", at_least=True)
COLD, WARM, MEMORY = Target(1.0), Target(100), Target(500)
RECALL = Target(99, at_least=True)
DUPES = "dupes.json"
AS_SERVERS_ASK = {"OPENBLAS_NUM_THREADS": "1"}  # and the shell: see commands/wiring.py


def measure(bench: Bench) -> list[Figure]:
    home = fill(bench, bench.large)
    if not (home / TRUTH.format(bench.large)).exists():
        _step(home, "truth", bench.large)
    return [_put_in(home, bench.large), *_on_disk(home, bench.large), *_asked(home, bench), *_dupes(home, bench.large)]


def fill(bench: Bench, number: int) -> Path:
    """The folder of a library of so many photos. Raises OSError where there is no room."""
    home = bench.pics(f"home-large-{number}").home
    if shutil.disk_usage(home).free < 4_500 * number and not (home / "library.db").exists():
        raise OSError(
            f"{home}: {number:,} photos need {4_500 * number / 1e9:.1f} GB; name a folder with room by --work"
        )
    large.fill(home, number, identity(bench.encoder))
    return home


def _put_in(home: Path, number: int) -> Figure:
    """By turns into two libraries: how quick a machine is changes more within an hour than what is looked for."""
    full, empty = large.rates(home, number)
    what = f"photos put into a library of {number:,} by a second of processor"
    return Figure(what, "/s", full, empty, "an empty one", full / empty, FLAT)


def _on_disk(home: Path, number: int) -> list[Figure]:
    database = sum(file.stat().st_size for file in home.glob("library.db*") if "-codes-" not in file.name)
    codes = sum(file.stat().st_size for file in home.glob("library.db-codes-*"))
    return [
        Figure(f"library of {number:,} on disk", "GB", database / 1e9),
        Figure("the same, a photo", "bytes", database / number),
        Figure("codes beside it", "GB", codes / 1e9),
        Figure("codes made after the last index", "s", large.noted(home / large.TIMES)["codes"]),
    ]


def _asked(home: Path, bench: Bench) -> list[Figure]:
    """Medians of some processes: the first may read the library from its disk, the others from the system's cache."""
    exact, single = (
        _medians([_step(home, step, bench.large) for _ in range(bench.runs)]) for step in ("exact", "single")
    )
    warm = _step(home, "warm", bench.large)
    return [
        Figure("exact, a process that has just begun", "s", exact["first"], target=COLD),
        Figure("exact, after", "s", exact["later"], target=COLD),
        Figure("exact, peak memory", "MB", exact["megabytes"], target=MEMORY),
        Figure("two stages, a process that has just begun", "s", single["first"], target=COLD),
        Figure("two stages, that process, peak memory", "MB", single["megabytes"], target=MEMORY),
        Figure("kept open, the first question", "s", warm["first"]),
        Figure("kept open, peak memory", "MB", warm["megabytes"], target=MEMORY),
        *(figure for name, found in warm.items() if isinstance(found, dict) for figure in _under(name, found)),
    ]


def _medians(found: list[dict[str, Any]]) -> dict[str, float]:
    return {name: median(one[name] for one in found) for name in found[0]}


def _under(name: str, found: dict[str, Any]) -> list[Figure]:
    what = f"{name}, {found['passing']:,} pass"
    return [
        Figure(what, "ms", 1000 * found["later"], target=WARM),
        Figure(f"{name}, the first with it", "ms", 1000 * found["first"]),
        Figure(f"{name}, recall@10, the least of three kinds", "%", 100 * min(found["at_10"]), target=RECALL),
        Figure(f"{name}, recall@160", "%", 100 * found["at_160"], target=RECALL),
    ]


def _dupes(home: Path, number: int) -> list[Figure]:
    """The nearest twelve of every photo, which is what `dupes` and `groups` look among."""
    known = large.noted(home / DUPES)
    if not known:
        print("the nearest of each …", file=sys.stderr)
        command = Command((sys.executable, "-m", "benchmarks.ordering_steps", str(home), "nearest"), REPOSITORY)
        took = sample(command)
        large.note(home / DUPES, "seconds", took.cpu_seconds)
        large.note(home / DUPES, "megabytes", took.megabytes)
        known = large.noted(home / DUPES)
    what = f"the nearest of each of {number:,}, for dupes"
    return [
        Figure(f"{what}, processor", "s", known["seconds"]),
        Figure(f"{what}, peak memory", "MB", known["megabytes"]),
    ]


def _step(home: Path, step: str, number: int) -> dict[str, Any]:
    """What it prints. Each is a process of its own, which holds nothing from before."""
    print(f"{step} …", file=sys.stderr)
    command = (sys.executable, "-m", "benchmarks.large_steps", str(home), step, str(number))
    found: dict[str, Any] = json.loads(answer(Command(command, REPOSITORY, AS_SERVERS_ASK if step == "warm" else {})))
    return found
