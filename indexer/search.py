"""A Query -> ranked Hits. Words and pictures become one unit vector; the store finds what is nearest to it."""

import hashlib
import os
from pathlib import Path

import numpy as np

from indexer.decode import decode
from indexer.errors import NoSuchPath, NotAPicture
from indexer.photo import Encoder, Hit, Vector, absolute, canonical, identity
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
    picture = absolute(query.picture)
    typed = os.path.abspath(query.picture)  # noqa: PTH100  resolve() would follow the links
    own = {canonical(typed), canonical(str(picture))}
    vector = _vector_of(library, encoder, picture, own)
    hits = library.nearest(vector, query.limit + len(own), query.folders)
    return [hit for hit in hits if canonical(hit.path) not in own][: query.limit]


def _vector_of(library: Library, encoder: Encoder, picture: Path, own: set[str]) -> Vector:
    """The vector of a picture: stored under one of its paths, stored for its bytes, or made now."""
    stamp = _stamp(picture)
    for path in own:
        stored = library.vector_at(path, stamp)
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
