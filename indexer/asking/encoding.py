"""Terms -> unit vectors: from words that were asked of late, from photos of the library, or from the model, now."""

import os
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indexer.errors import NoSuchPath, NotAPicture
from indexer.photo import Encoder, ModelIdentity, Vector, absolute, canonical, identity
from indexer.query import Term
from indexer.store.library import Library

Load = Callable[[ModelIdentity], Encoder]
KANA, HAN = re.compile("[\u3040-\u30ff]"), re.compile("[\u3400-\u9fff]")
KNOWS_WORDS = "knows words"  # a fact that the library keeps of a model: yes or no


class Picture(NamedTuple):
    """A picture that was typed: the SHA-256 of its bytes, its path without links, and its vector, float32 (dim,)."""

    hash: bytes
    path: str
    vector: Vector


class Speaker:
    """Says terms in the numbers of one model, which is loaded only where a vector must be made."""

    def __init__(self, library: Library, model: ModelIdentity, load: Load) -> None:
        self._library = library
        self._load = load
        self.model = model

    @cached_property
    def encoder(self) -> Encoder:
        """Raises OtherModel when it makes other vectors than those in the library."""
        encoder = self._load(self.model)
        if not self.model.makes_the_same_vectors_as(identity(encoder)):
            raise self._library.not_comparable(self.model, identity(encoder))
        return encoder

    @cached_property
    def knows_words(self) -> bool:
        """The first time, the model is loaded to see."""
        known = self._library.known(self.model.name, KNOWS_WORDS)
        if known is None:
            known = "yes" if self.encoder.knows_words else "no"
            self._library.keep_fact(self.model.name, KNOWS_WORDS, known)
        return known == "yes"

    def texts(self, texts: list[str]) -> Vector | None:
        """n texts -> float32 (n, dim); None where the model knows pictures only."""
        return self.encoder.encode_texts(texts) if self.knows_words else None

    def vector(self, term: Term) -> Vector | None:
        """float32 (dim,), of unit length; None for words where the model knows pictures only.

        Raises NoSuchPath, NotAPicture, OtherModel.
        """
        if term.words is not None:
            return self.words(term.words)
        assert term.picture is not None
        return self.picture(term.picture).vector

    def words(self, words: str) -> Vector | None:
        """float32 (dim,), of unit length; None where the model knows pictures only."""
        vector = self._library.vector_of_words(self.model.name, words)
        if vector is None:
            if (made := self.texts([words])) is None:
                return None
            vector = made[0]
        self._library.keep_words(self.model.name, words, vector)
        return vector

    def picture(self, typed: Path) -> Picture:
        """Stored under one of its paths, stored for its bytes, or made now.

        Raises NoSuchPath, NotAPicture, OtherModel.
        """
        path = absolute(typed)
        stamp = _stamp(path)
        for name in sorted(paths_of(typed)):
            sha256 = self._library.bytes_at(name, stamp)
            if sha256 is not None and (known := self._known(sha256)) is not None:
                return Picture(sha256, str(path), known)
        data = _read(path, stamp)
        sha256 = _sha256(data)
        known = self._known(sha256)
        return Picture(sha256, str(path), known if known is not None else self._encode(path, data))

    def example(self, sha256: bytes, path: Path) -> Vector:
        """Of a picture by its bytes or, where this model has not seen them, by what lies at a path, if they still do.

        Raises NoSuchPath, NotAPicture, OtherModel.
        """
        if (known := self._known(sha256)) is not None:
            return known
        data = _read(path, _stamp(path))
        if _sha256(data) != sha256:
            raise NotAPicture(f"{path}: is another picture now")
        return self._encode(path, data)

    def _known(self, sha256: bytes) -> Vector | None:
        stored = self._library.vector_of(sha256, self.model.name)
        return stored if stored is not None else self._library.concepts.vector(self.model.name, sha256)

    def _encode(self, picture: Path, data: bytes) -> Vector:
        from indexer.decode import decode  # words need no picture

        try:
            image = decode(data, self.encoder.image_size).image
        except NotAPicture as error:
            raise NotAPicture(f"{picture}: {error}") from error
        vector: Vector = self.encoder.encode_pixels(np.stack([self.encoder.prepare(image)]))[0]
        return vector


def sentence(things: Sequence[str]) -> str:
    """What shows them all."""
    if any(KANA.search(thing) for thing in things):
        return "と".join(things)
    return ("、" if any(HAN.search(thing) for thing in things) else " and ").join(things)


def paths_of(picture: Path) -> set[str]:
    """The paths at which the library may hold a picture that was typed: as it was typed, and where its links lead."""
    typed = os.path.abspath(picture)  # noqa: PTH100  resolve() would follow the links
    return {canonical(typed), canonical(str(absolute(picture)))}


def _read(picture: Path, stamp: tuple[int, int] | None) -> bytes:
    if stamp is None:
        raise NoSuchPath(picture)
    try:
        return picture.read_bytes()
    except OSError as error:
        raise NotAPicture(f"{picture}: cannot be read: {error.strerror}") from error


def _sha256(data: bytes) -> bytes:
    import hashlib  # loads OpenSSL, which words do not need

    return hashlib.sha256(data).digest()


def _stamp(picture: Path) -> tuple[int, int] | None:
    """(size, mtime_ns) of a file; None when it is not there, as on an unplugged drive."""
    try:
        info = picture.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns
