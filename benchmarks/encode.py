"""End to end: `pics index` of a folder of photos, whole processes, beside rclip indexing the same folder.

Both start, load a model, and make ready what their first question needs, which takes the same however many photos
follow: the rate is that of the others, by what a run takes longer than one over a single photo.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import Sample, interleaved, sample
from benchmarks.result import Figure, Target, compared
from benchmarks.subjects import Pics, Rclip

AS_FAST = Target(0.8, of="ratio", at_least=True)


class Runs(NamedTuple):
    """Over all photos, and over one."""

    all: Sample
    one: Sample


def measure(bench: Bench) -> list[Figure]:
    number = sum(1 for _ in material.files(bench.photos))
    one = _one_of(bench.photos, bench.work / "photo")
    pics, rclip = bench.pics("home-encode"), bench.peer("rclip-encode")
    subjects = [lambda: Runs(*(_index(pics, folder) for folder in (bench.photos, one)))]
    if rclip:
        subjects.append(lambda: Runs(*(_peer_index(rclip, folder) for folder in (bench.photos, one))))
    ours, *of_rclip = interleaved(bench.runs, *subjects)
    theirs = of_rclip[0] if rclip else []

    def rate(runs: Runs) -> float:
        return (number - 1) / (runs.all.seconds - runs.one.seconds)

    whole = f"index of {number} photos"
    return [
        compared("index on the CPU, photos after the first", "img/s", rate, ours, theirs, "rclip", AS_FAST),
        compared("index of one photo", "s", lambda runs: runs.one.seconds, ours, theirs, "rclip"),
        compared(whole, "s", lambda runs: runs.all.seconds, ours, theirs, "rclip"),
        compared(f"{whole}, peak memory", "MB", lambda runs: runs.all.megabytes, ours, theirs, "rclip"),
    ]


def _one_of(photos: Path, folder: Path) -> Path:
    """A folder with the first of the photos alone."""
    first = Path(min(file.path for file in material.files(photos)))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy2(first, folder)
    return folder


def _index(pics: Pics, folder: Path) -> Sample:
    pics.empty()
    return sample(pics.index(folder))


def _peer_index(rclip: Rclip, folder: Path) -> Sample:
    """It cannot index without answering a query too."""
    rclip.empty()
    return sample(rclip.index(folder))
