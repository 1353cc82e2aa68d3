"""Putting a library in order: its commands over 140,000 photos that are nowhere, and `dupes` over some that are.

Their vectors lie in bunches around subjects, as those of photos do. Each figure is of a whole process.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import Command, Sample, megabytes, sample, seconds
from benchmarks.result import Figure, compared
from benchmarks.subjects import REPOSITORY, WORDS, Pics
from indexer.build import build
from indexer.photo import NO_FACTS, Content, Facts, identity
from indexer.settings import Settings
from indexer.store.library import Library

ROUNDS = 2  # of what lasts a minute or more
FOUND, NOTHING, SOME_SKIPPED = 0, 1, 3
PAIRS = 200
UNDATED = 20  # one in so many: saved from somewhere
A_TRANSACTION = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A command of pics, and what it does."""

    what: str
    words: tuple[str, ...]


def measure(bench: Bench) -> list[Figure]:
    pics = bench.pics(f"home-ordering-{bench.library}")
    _fill(pics, bench)
    sample(pics.search(1))  # the first of all finds out what scores are worth with this model
    figures = []
    for step in ("vectors", "nearest"):
        command = Command((sys.executable, "-m", "benchmarks.ordering_steps", str(pics.home), step), REPOSITORY)
        figures += _figures(f"{step} of {bench.library:,}", command)
    for subject in _subjects(bench):
        figures += _figures(f"{subject.what}, {bench.library:,} photos", pics(*subject.words))
    return figures + _second_look(bench)


def _subjects(bench: Bench) -> list[Subject]:
    some = [file.path for file, _ in material.imagined(bench.work / "imagined", 10)]
    return [
        Subject("search, ten hits folded", ("search", WORDS)),
        Subject("search, ten hits not folded", ("search", WORDS, "--unfold")),
        Subject("dupes, of files that are away", ("dupes", "--json")),
        Subject("tag", ("tag", "--json")),
        Subject("groups", ("groups", "--json")),
        Subject("odd", ("odd", "--json")),
        Subject("teach, five examples", ("teach", "rex", *some[:5])),
        Subject("more, like five", ("more", *some[5:])),
    ]


def _second_look(bench: Bench) -> list[Figure]:
    """Each picture is there twice, smaller the second time and saved at a lower quality."""
    pics, folder = bench.pics("home-pairs"), _pairs(bench.work / "pairs")
    samples = []
    for _ in range(ROUNDS):
        pics.empty()  # what was looked at is kept
        with Library(pics.home) as library:
            build(library, material.StandIn(identity(bench.encoder)), [str(folder)], settings=Settings(batch=512))
        samples.append(_once(pics("dupes", "--json")))
    what = f"dupes, {2 * PAIRS} small JPEGs, half of them copies"
    each = compared(f"{what}, a photo", "ms", lambda one: 1000 * one.seconds / (2 * PAIRS), samples)
    return [each, compared(f"{what}, peak memory", "MB", megabytes, samples)]


def _figures(what: str, command: Command) -> list[Figure]:
    samples = [_once(command) for _ in range(ROUNDS)]
    return [compared(what, "s", seconds, samples), compared(f"{what}, peak memory", "MB", megabytes, samples)]


def _once(command: Command) -> Sample:
    return sample(command, (FOUND, NOTHING, SOME_SKIPPED))


def _fill(pics: Pics, bench: Bench) -> None:
    """Unless it is filled already. A photo a minute, by three cameras, but for a few of which nothing is known."""
    model = identity(bench.encoder)
    with Library(pics.home) as library:
        if library.files.count() == bench.library:
            return
    pics.empty()
    photos = zip(
        material.imagined(bench.work / "imagined", bench.library),
        material.bunches(bench.library, model.dim),
        strict=True,
    )
    with Library(pics.home) as library:
        library.adopt(model)
        for start in range(0, bench.library, A_TRANSACTION):
            library.put(
                (file, Content(sha256, file.size, 4000, 3000, "JPEG"), _facts(number), vector)
                for number, ((file, sha256), vector) in zip(range(start, start + A_TRANSACTION), photos, strict=False)
            )


def _facts(number: int) -> Facts:
    if number % UNDATED == 0:
        return NO_FACTS
    days, minute = divmod(number, 24 * 60)
    date = f"{2000 + days // 336}-{days // 28 % 12 + 1:02}-{days % 28 + 1:02}"
    return Facts(
        taken_at=f"{date}T{minute // 60:02}:{minute % 60:02}:00",
        taken_from="EXIF DateTimeOriginal",
        camera=f"camera {number % 3}",
    )


def _pairs(folder: Path) -> Path:
    """Pieces of two photos, none of which holds a part of another, unless they are there already."""
    if not folder.exists():
        photos = sorted(material.photos(folder.with_name("photos-of-pairs"), 2).iterdir())
        folder.mkdir()
        for number in range(PAIRS):
            photo, row, column = number // 100, number // 10 % 10, number % 10
            with Image.open(photos[photo]) as whole:
                picture = whole.crop((400 * column, 300 * row, 400 * column + 400, 300 * row + 300))
            picture.save(folder / f"{number:03}.jpg", quality=92)
            picture.resize((300, 225)).save(folder / f"{number:03}-small.jpg", quality=75)
    return folder
