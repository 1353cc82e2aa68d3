"""Memory: the peak of an index run over 200,000 files beside one over 1,000. It should be the same."""

import shutil
from pathlib import Path

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import Sample, interleaved, megabytes, sample
from benchmarks.result import Figure, Target, compared
from benchmarks.subjects import without_model

FEW, MANY = 1_000, 200_000
FLAT = Target(50)


def measure(bench: Bench) -> list[Figure]:
    """Tiny pictures and a fake encoder, so that what grows is ours and no model's."""
    of_many, of_few = interleaved(min(bench.runs, 3), lambda: _index(bench.work, MANY), lambda: _index(bench.work, FEW))
    what = f"peak memory, {MANY:,} files without a model"
    more = [many.megabytes - few.megabytes for many, few in zip(of_many, of_few, strict=True)]
    return [
        compared(what, "MB", megabytes, of_many, of_few, f"{FEW:,} files"),
        compared("what that is more", "MB", float, more, target=FLAT),
    ]


def _index(work: Path, number: int) -> Sample:
    folder = material.tiny(work / f"tiny-{number}", number)
    home = work / "home-memory"
    shutil.rmtree(home, ignore_errors=True)
    return sample(without_model(home, folder))
