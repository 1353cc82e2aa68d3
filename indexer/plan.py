"""The dry run of a model: how many pictures lack its vectors, how long making them takes, and how much room.

The time is measured, not guessed: a few pictures of the library are read and encoded, and nothing is kept of them.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from indexer.feed import Picture, Reader, feed
from indexer.photo import Encoder, File, Pixels
from indexer.scan import whereabouts
from indexer.settings import DEFAULTS, Settings
from indexer.store.library import Library
from indexer.store.vectors import room

SAMPLE = 48  # pictures, from all over the library
BATCH = 8
LONG_ENOUGH = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be taken in, as far as it is known before it is here.

    `dim` is None where it is not known. What is here has no bytes left to come.
    """

    name: str
    is_here: bool
    dim: int | None
    download_bytes: int = 0
    copy_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to come for `pictures` that lack the model's vectors; None is what cannot be known.

    `seconds` is without the download; `measured` says whether the model itself was timed, else it is reckoned from the
    one in use. `bytes` is all that the disk will hold: vectors, download and converted copy.
    """

    model: str
    pictures: int
    seconds: float | None
    measured: bool
    bytes: int | None
    download_bytes: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds a picture takes: waiting until it is read, and encoding it (while others are being read)."""

    waiting: float
    encoding: float

    def seconds(self, pictures: int, work: float) -> float:
        return pictures * (self.waiting + work * self.encoding)


def plan(
    library: Library, candidate: Candidate, encoder: Encoder | None, work: float = 1.0, settings: Settings = DEFAULTS
) -> Plan:
    """`encoder` is the candidate's or, where that is not here, another, of whose work it takes so many times.

    None: nothing can be measured.
    """
    pictures = library.lacking(candidate.name)
    pace = measure(library, candidate.name, encoder, settings) if encoder and pictures else None
    room_needed = None if candidate.dim is None else room(pictures, candidate.dim)
    return Plan(
        model=candidate.name,
        pictures=pictures,
        seconds=pace.seconds(pictures, work) if pace else (None if pictures else 0.0),
        measured=candidate.is_here and pace is not None,
        bytes=None if room_needed is None else room_needed + candidate.download_bytes + candidate.copy_bytes,
        download_bytes=candidate.download_bytes,
    )


def measure(library: Library, name: str, encoder: Encoder, settings: Settings = DEFAULTS) -> Pace | None:
    """Reads and encodes some pictures that lack the vectors of the model of that name; None when none can be read.

    The first batch warms up and is not counted, unless it took so long that it has to do.
    """
    files = list(_sample(library, name))
    warm_up, rest = files[:BATCH], files[BATCH:] or files
    first = _timed(warm_up, encoder, settings)
    if first is None or first.waiting + first.encoding > LONG_ENOUGH / BATCH:
        return first
    return _timed(rest, encoder, settings)


def _sample(library: Library, name: str) -> Iterator[File]:
    with library.pictures_without(name) as pictures:
        for wanted in pictures.sample(SAMPLE):
            if whereabouts(wanted.file.path) == "there":
                yield wanted.file


def _timed(files: Sequence[File], encoder: Encoder, settings: Settings) -> Pace | None:
    """As an index run does it, threads reading ahead of the model, until all is done or it is long enough."""
    done, encoding, started = 0, 0.0, time.perf_counter()
    with closing(_batches(files, encoder, settings)) as batches:
        for pixels in batches:
            begun = time.perf_counter()
            encoder.encode_pixels(pixels)
            done += len(pixels)
            encoding += time.perf_counter() - begun
            if time.perf_counter() - started > LONG_ENOUGH:
                break
        passed = time.perf_counter() - started
    return Pace((passed - encoding) / done, encoding / done) if done else None


def _batches(files: Sequence[File], encoder: Encoder, settings: Settings) -> Generator[Pixels, None, None]:
    reader = Reader(encoder.prepare, encoder.image_size, max_pixels=settings.max_pixels)
    waiting: list[Pixels] = []
    with closing(feed(files, reader, settings.workers)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome, Picture):
                waiting.append(outcome.pixels)
            if len(waiting) == BATCH:
                yield np.stack(waiting)
                waiting.clear()
        if waiting:
            yield np.stack(waiting)
