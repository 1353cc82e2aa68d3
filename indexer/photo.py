"""The frozen facts that every room of the indexer shares. Ground floor: imports no other room."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image  # who asks in words need not wait for it

Vector = NDArray[np.float32]
Pixels = NDArray[np.uint8]
SF_DATALESS = 0x40000000  # macOS: the file's bytes are in iCloud, and reading it would fetch them
ICLOUD = ".icloud"
SIDE_SUFFIXES = frozenset({".xmp", ".json"})


def canonical(path: str) -> str:
    """The one spelling of a path that the library compares by: macOS hands out both NFC and NFD names."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def absolute(path: Path) -> Path:
    """A path as typed -> absolute, links resolved, a leading `~/` expanded."""
    return (path.expanduser() if path.parts[:1] == ("~",) else path).resolve()


def is_within(path: str, folder: str) -> bool:
    """Whether a path is the folder itself or lies below it, by its canonical spelling alone."""
    path, folder = canonical(path), canonical(folder).rstrip("/")
    return path == folder or path.startswith(folder + "/")


def is_offline(info: object) -> bool:
    """Whether a stat result says that the bytes are in iCloud only (macOS's SF_DATALESS flag)."""
    return bool(getattr(info, "st_flags", 0) & SF_DATALESS)


def kept_in_icloud(name: str) -> str | None:
    """`.NAME.icloud`, which stands for a file that iCloud keeps (macOS before Sonoma) -> NAME."""
    return name[1 : -len(ICLOUD)] if name[0] == "." and name.endswith(ICLOUD) and len(name) > len(ICLOUD) + 1 else None


def has_side_suffix(name: str) -> bool:
    """Whether a file's name says that it may speak of a photo beside it."""
    return name[name.rfind(".") :].lower() in SIDE_SUFFIXES


class File(NamedTuple):
    """A path as the last look at the disk found it. `size` in bytes, `mtime_ns` since the epoch, `volume` its st_dev.

    A named tuple and not a dataclass because a rescan makes a hundred thousand of them.
    """

    path: str
    size: int
    mtime_ns: int
    volume: int
    offline: bool = False
    """True when the bytes are in the cloud and reading them would download them."""


class SideFile(NamedTuple):
    """A file that may speak of a photo beside it, as the last look at the disk found it; numbers as in File."""

    folder: str
    name: str
    size: int
    mtime_ns: int
    volume: int
    readable: bool = True
    """False when it is there, but its bytes are in the cloud, or nothing else can be known of it."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A photo (or folder) that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one file's bytes are, wherever they lie: their SHA-256 and the upright picture in them."""

    hash: bytes
    size: int
    width: int
    height: int
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a photo besides its pixels, as far as it says it itself, or a file beside it.

    `taken_at` is the time on the clocks where it was taken, `YYYY-MM-DDTHH:MM:SS` with a fraction where there is one;
    `taken_offset` is how many minutes that was ahead of UTC, None where nobody wrote it down; `taken_from` says which
    of several sources was believed. `place` goes from the nearest town to the country in English, `place_local` the
    same in the names used there. `tags` are what it is of, as a person or a model said here. `notes` say what could not
    be read.
    """

    taken_at: str | None = None
    taken_offset: int | None = None
    taken_from: str | None = None
    camera: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    place: tuple[str, ...] = ()
    place_local: tuple[str, ...] = ()
    rating: int | None = None
    title: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    prompt: str | None = None
    notes: tuple[str, ...] = ()


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Hit:
    """One path that answers a query; a higher `score` is better.

    `score` is the cosine of photo and query (1 is the same picture); of a query of several terms the weighted mean of
    their cosines, of one by words alone the rank of `WordMatch`, 0 where nothing was asked but filters. `verdict` is
    'strong', 'likely' or 'weak', None where there is nothing to judge. `why` says what spoke for the photo, a phrase
    each. `similar` are the paths of bursts and duplicates that were folded into it, the better answer first.
    `content_id` is the library's name for the picture, the same at every path that holds its bytes.
    """

    content_id: int
    path: str
    score: float
    width: int
    height: int
    format: str
    size: int
    verdict: str | None = None
    why: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    facts: Facts = NO_FACTS


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model made a set of vectors. Two sets are comparable only when all but the name agree."""

    name: str
    revision: str
    weights_hash: str
    dim: int
    preprocessing: str

    def makes_the_same_vectors_as(self, other: "ModelIdentity") -> bool:
        return (self.weights_hash, self.dim, self.preprocessing) == (
            other.weights_hash,
            other.dim,
            other.preprocessing,
        )


class Encoder(Protocol):
    """What the indexer asks of a model; `mlx_clip.Encoder` is one. Vectors are float32 of unit length."""

    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def weights_hash(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def image_size(self) -> int: ...
    @property
    def preprocessing(self) -> str: ...
    @property
    def knows_words(self) -> bool: ...

    def prepare(self, image: "Image.Image") -> Pixels:
        """RGB picture -> uint8 (h, w, 3). Called from several threads at once."""

    def encode_pixels(self, pixels: Pixels) -> Vector:
        """uint8 (n, h, w, 3) -> float32 (n, dim). Called from one thread only."""

    def begin_pixels(self, pixels: Pixels) -> Callable[[], Vector]:
        """As `encode_pixels`, but need not wait until they are encoded: what it returns does, when it is called."""

    def encode_texts(self, texts: list[str]) -> Vector:
        """n texts -> float32 (n, dim)."""


def identity(encoder: Encoder) -> ModelIdentity:
    """The part of an encoder that the library keeps beside its vectors."""
    return ModelIdentity(encoder.name, encoder.revision, encoder.weights_hash, encoder.dim, encoder.preprocessing)
