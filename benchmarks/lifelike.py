"""A large library that is nowhere: vectors that lie as those of photos do, and what such photos would say.

A vector is a mean that all share, a kind of subject, a subject of that kind, what an event has of its own, what a photo
has, and a little of everything; the first few hundred directions hold nearly all of it, each less than the last. A
quarter are of a burst, and one in fifty is a photo of the same event saved again. All comes from a seed, a block at a
time: the first thousand of a million are those of a thousand.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Content, Facts, File, Vector

BLOCK = 10_000  # photos made at a time
SEED = 7
KINDS, SUBJECTS, TOWNS = 40, 3_000, 800
AN_EVENT = 40  # photos, on average
BEGUN = datetime(2000, 1, 1)
BETWEEN = timedelta(minutes=12.5)  # photos: a million in 24 years
BURST, SAVED_AGAIN = 0.25, 0.02  # shares
WITHOUT_PLACE, RATED, PHONE = 0.35, 0.05, 0.6
BARE_FACTS = 0.05  # saved from somewhere: nothing is known of them

Photo = tuple[File, Content, Facts, Vector]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Town:
    names: tuple[str, str, str]
    latitude: float
    longitude: float


class World:
    """What all photos have in common: `dim` numbers a vector."""

    def __init__(self, dim: int) -> None:
        random = np.random.default_rng(SEED)
        self.dim = dim
        number = np.arange(1, dim + 1, dtype=np.float32)
        self.most = _spectrum(number**-0.9)  # of what is told apart
        self.little = _spectrum(number**-0.5)  # of everything else
        self.turn = np.asarray(np.linalg.qr(random.standard_normal((dim, dim)))[0], np.float32)
        self.mean, self.of_words = _direction(random, dim), _direction(random, dim)
        kinds = random.standard_normal((KINDS, dim), np.float32)
        own = random.standard_normal((SUBJECTS, dim), np.float32)
        self.subjects = (0.45 * kinds[random.integers(KINDS, size=SUBJECTS)] + 0.6 * own) * self.most
        self.towns = [_town(number, random) for number in range(TOWNS)]

    def unit(self, told: Vector) -> Vector:
        """What tells photos apart, float32 (n, dim) -> vectors."""
        return _unit(told @ self.turn.T + self.mean)


class Block:
    """The photos from number `BLOCK * number` on."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._random = np.random.default_rng((SEED, number))
        self._first = BLOCK * number
        begins = self._random.random(BLOCK) < 1 / AN_EVENT
        self._event: Numbers = np.cumsum(begins)
        events = int(self._event[-1]) + 1
        self._town = (self._random.zipf(1.35, events) - 1) % TOWNS
        self._of_event = (self._random.zipf(1.3, (events, 4)) - 1) % SUBJECTS
        self.subject: Numbers = self._of_event[self._event, self._random.integers(4, size=BLOCK)]

    def vectors(self) -> Vector:
        """float32 (BLOCK, dim)"""
        world, random = self._world, self._random
        events = random.standard_normal((int(self._event[-1]) + 1, world.dim), np.float32) * world.most
        told = world.subjects[self.subject] + 0.3 * events[self._event]
        told += 0.35 * random.standard_normal(told.shape, np.float32) * world.most
        told += 0.5 * random.standard_normal(told.shape, np.float32) * world.little
        self._alike(told, np.where(random.random(BLOCK) < BURST, np.arange(BLOCK) - 1, -1), 0.25)
        again = np.maximum(np.arange(BLOCK) - random.integers(1, AN_EVENT, BLOCK), 0)
        self._alike(told, np.where(random.random(BLOCK) < SAVED_AGAIN, again, -1), 0.1)
        return world.unit(told)

    def _alike(self, told: Vector, other: Numbers, how_far: float) -> None:
        """Makes of each photo that has another one nearly the same as that; -1: it has none."""
        for number in np.flatnonzero(other >= 0):
            noise = self._random.standard_normal(self._world.dim, np.float32)
            told[number] = told[other[number]] + how_far * noise * self._world.little

    def photos(self, folder: Path) -> Iterator[Photo]:
        luck = np.random.default_rng((SEED, self._first, 1)).random((BLOCK, 5)).tolist()
        for offset, (vector, chances) in enumerate(zip(self.vectors(), luck, strict=True)):
            number = self._first + offset
            facts = self._facts(offset, chances)
            suffix = "HEIC" if chances[0] < PHONE and number > BLOCK else "JPG"
            path = folder / _folder(number, self._world.towns[self._town[self._event[offset]]])
            size = 2_000_000 + number
            width, height = (4000, 3000) if chances[1] < 0.7 else (3000, 4000)
            content = Content(sha256(number), size, width, height, "HEIF" if suffix == "HEIC" else "JPEG")
            yield File(f"{path}/IMG_{number:07}.{suffix}", size, 10**18 + number, 1), content, facts, vector

    def _facts(self, offset: int, chances: list[float]) -> Facts:
        if chances[2] < BARE_FACTS:
            return Facts()
        number, town = self._first + offset, self._world.towns[self._town[self._event[offset]]]
        phone = chances[0] < PHONE
        has_place = phone and chances[3] > WITHOUT_PLACE
        return Facts(
            taken_at=taken_at(number),
            taken_from="EXIF DateTimeOriginal",
            camera=f"{'Phone' if phone else 'Camera'} {(BEGUN + number * BETWEEN).year // 3}",
            latitude=town.latitude + chances[4] / 50 if has_place else None,
            longitude=town.longitude + chances[1] / 50 if has_place else None,
            place=town.names if has_place else (),
            rating=5 if chances[4] < RATED else None,
        )


def photos(folder: Path, dim: int, first: int, until: int) -> Iterator[Photo]:
    """Those of some numbers, whole blocks or the beginning of one."""
    world = World(dim)
    for number in range(first // BLOCK, -(-until // BLOCK)):
        block = zip(range(number * BLOCK, until), Block(world, number).photos(folder), strict=False)
        yield from (photo for _, photo in block)


def sha256(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def taken_at(number: int) -> str:
    return (BEGUN + number * BETWEEN).isoformat(timespec="seconds")


def words(world: World, count: int) -> Vector:
    """float32 (count, dim): questions as texts are, off to one side of all photos, somewhat nearer to some subjects."""
    random = np.random.default_rng((SEED, 2))
    subject = world.subjects[random.integers(SUBJECTS, size=count)]
    told = _unit((subject + 0.3 * random.standard_normal(subject.shape, np.float32) * world.most) @ world.turn.T)
    noise = _unit(random.standard_normal(subject.shape, np.float32))
    return _unit(0.45 * told + 0.8 * world.of_words + 0.2 * world.mean + 0.3 * noise)


def near(vectors: Vector, how_far: float) -> Vector:
    """Vectors so far from some: pictures of the same subject at 0.4, the same picture saved again at 0.1."""
    random = np.random.default_rng((SEED, 3))
    return _unit(vectors + how_far * _unit(random.standard_normal(vectors.shape, np.float32)))


def _folder(number: int, town: Town) -> str:
    month = taken_at(number)[:7]
    return f"{month[:4]}/{month} {town.names[0]}"


def _town(number: int, random: np.random.Generator) -> Town:
    names = (f"Town {number}", f"Region {number % 60}", f"Country {number % 12}")
    return Town(names, random.uniform(-50, 60), random.uniform(-120, 140))


def _spectrum(weights: Vector) -> Vector:
    """How far numbers are spread, together 1."""
    return np.asarray(np.sqrt(weights / weights.sum()), np.float32)


def _direction(random: np.random.Generator, dim: int) -> Vector:
    return _unit(random.standard_normal((1, dim), np.float32))[0]


def _unit(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
