"""A Query -> ranked Hits. Words and pictures become one unit vector; the store finds what is nearest to it."""

import hashlib
from pathlib import Path

import numpy as np

from indexer.decode import decode
from indexer.errors import NoSuchPath, NotAPicture
from indexer.photo import Encoder, Hit, Vector, canonical, identity
from indexer.query import Query
from indexer.store.library import Library


def search(library: Library, encoder: Encoder, query: Query) -> list[Hit]:
    """At most `query.limit` paths, best first. Raises OtherModel, NoSuchPath, NotAPicture.

    A picture that is in the library is not encoded again, and is not its own answer; a copy of it at another path is.
    """
    library.check(identity(encoder))
    if query.words is not None:
        return library.nearest(encoder.encode_texts([query.words])[0], query.limit, query.folders)
    assert query.picture is not None
    picture = query.picture.expanduser().resolve()
    hits = library.nearest(_vector_of(library, encoder, picture), query.limit + 1, query.folders)
    own = canonical(str(picture))
    return [hit for hit in hits if canonical(hit.path) != own][: query.limit]


def _vector_of(library: Library, encoder: Encoder, picture: Path) -> Vector:
    """The vector of a picture: stored under its path, stored for its bytes, or made now."""
    stamp = _stamp(picture)
    stored = library.vector_at(str(picture), stamp)
    if stored is not None:
        return stored
    if stamp is None:
        raise NoSuchPath(picture)
    try:
        data = picture.read_bytes()
    except OSError as error:
        raise NotAPicture(f"{picture}: cannot be read: {error.strerror}") from error
    stored = library.vector_of(hashlib.sha256(data).digest())
    return stored if stored is not None else _encode(encoder, picture, data)


def _stamp(picture: Path) -> tuple[int, int] | None:
    """(size, mtime_ns) of a file; None when it is not there, as on an unplugged drive."""
    try:
        info = picture.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


def _encode(encoder: Encoder, picture: Path, data: bytes) -> Vector:
    try:
        image = decode(data, encoder.image_size).image
    except NotAPicture as error:
        raise NotAPicture(f"{picture}: {error}") from error
    vector: Vector = encoder.encode_pixels(np.stack([encoder.prepare(image)]))[0]
    return vector
