"""Cold query: `pics search` at 140,000 photos, from shell to answer, beside rclip over as many; and its parts."""

import json
import sys
import time
from itertools import count
from statistics import median

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import Command, answer, cpu_seconds, interleaved, megabytes, sample, seconds
from benchmarks.result import Figure, Target, compared
from benchmarks.subjects import REPOSITORY, WORDS, Pics, Rclip
from indexer.photo import NO_FACTS, Content, identity
from indexer.store.library import Library

PHOTOS = 140_000
ANSWERS = 5
A_TRANSACTION = 10_000
NEW_WORDS, AGAIN = Target(0.35, of="ratio"), Target(0.2, of="ratio")
MEMORY = Target(300)


def measure(bench: Bench) -> list[Figure]:
    """The photos are imagined: their vectors are random, and neither program looks at a file."""
    pics, rclip = bench.pics("home-query"), bench.peer("rclip-query")
    folder = bench.work / "imagined"
    folder.mkdir(exist_ok=True)
    fill(pics, bench)
    sample(pics.search(ANSWERS))  # the first of all finds out what scores are worth with this model
    new = (f"{WORDS} {number}" for number in count())  # words asked before would be answered without the model
    subjects = [lambda: sample(pics.search(ANSWERS, next(new))), lambda: sample(pics.search(ANSWERS))]
    if rclip:
        _fill_peer(rclip, bench)
        subjects.append(lambda: sample(rclip.query(folder, ANSWERS)))
    ours, again, *of_rclip = interleaved(bench.runs, *subjects)
    theirs = of_rclip[0] if rclip else []
    whole = compared(f"cold query, {PHOTOS:,} photos", "s", seconds, ours, theirs, "rclip", NEW_WORDS)
    return [
        whole,
        compared("the same words asked again", "s", seconds, again, theirs, "rclip", AGAIN),
        compared("cold query, seconds of all cores", "s", cpu_seconds, ours, theirs, "rclip"),
        compared("cold query, peak memory", "MB", megabytes, ours, theirs, "rclip", MEMORY),
        compared("the same words asked again, peak memory", "MB", megabytes, again, theirs, "rclip"),
        *_parts(pics, bench, whole.ours),
    ]


def _parts(pics: Pics, bench: Bench, whole: float) -> list[Figure]:
    """Where the time goes, by a script that takes the same steps; the last line is what they do not account for."""
    (runs,) = interleaved(bench.runs, lambda: _steps(pics))
    steps = {name: median(run[name] for run in runs) for name in runs[0]}
    steps["the rest: parsing, printing, exit"] = whole - sum(steps.values())
    return [Figure(f"of which {name}", "ms", 1000 * duration) for name, duration in steps.items()]


def _steps(pics: Pics) -> dict[str, float]:
    command = (sys.executable, "-m", "benchmarks.query_steps", str(pics.home), WORDS, repr(time.time()))
    steps: dict[str, float] = json.loads(answer(Command(command, REPOSITORY, pics.compiled)))
    return steps


def fill(pics: Pics, bench: Bench) -> None:
    pics.empty()
    model = identity(bench.encoder)
    vectors = material.unit_vectors(PHOTOS, model.dim)
    photos = [
        (file, Content(sha256, file.size, 4000, 3000, "JPEG"), NO_FACTS, vector)
        for (file, sha256), vector in zip(material.imagined(bench.work / "imagined", PHOTOS), vectors, strict=True)
    ]
    with Library(pics.home) as library:
        library.adopt(model)
        for start in range(0, PHOTOS, A_TRANSACTION):
            library.put(photos[start : start + A_TRANSACTION])
        library.keep_codes()  # as `pics index` does


def _fill_peer(rclip: Rclip, bench: Bench) -> None:
    vectors = material.unit_vectors(PHOTOS, material.DIM)
    rclip.fill(
        (file.path, file.mtime_ns / 1e9, file.size, vector.tobytes(), sha256.hex())
        for (file, sha256), vector in zip(material.imagined(bench.work / "imagined", PHOTOS), vectors, strict=True)
    )
