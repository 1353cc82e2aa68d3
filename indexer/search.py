"""A Query -> ranked Hits. Words and pictures become one unit vector; the store finds what is nearest to it."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from indexer.decode import decode
from indexer.errors import NoSuchPath, NotAPicture
from indexer.photo import Encoder, Hit, ModelIdentity, Vector, absolute, canonical, identity
from indexer.query import Query
from indexer.store.library import Library

Load = Callable[[ModelIdentity], Encoder]


def search(library: Library, load: Load, query: Query) -> list[Hit]:
    """At most `query.limit` paths, best first. Raises NothingIndexed, NoSuchModel, OtherModel, NoSuchPath, NotAPicture.

    `load` is asked for the encoder only where a vector must be made: not for words that were asked of late, nor for a
    picture that is in the library. Such a picture is not its own answer; a copy of it at another path is.
    """
    model = library.searchable(query.model)
    _check_folders(library, query.folders)
    if query.words is not None:
        return library.nearest(_of_words(library, model, load, query.words), query.limit, query.folders, model.name)
    assert query.picture is not None
    picture = absolute(query.picture)
    typed = os.path.abspath(query.picture)  # noqa: PTH100  resolve() would follow the links
    own = {canonical(typed), canonical(str(picture))}
    vector = _of_picture(library, model, load, picture, own)
    hits = library.nearest(vector, query.limit + len(own), query.folders, model.name)
    return [hit for hit in hits if canonical(hit.path) not in own][: query.limit]


def _check_folders(library: Library, folders: Sequence[str]) -> None:
    """A folder that neither the disk nor the library knows is a slip of the keyboard."""
    for folder in folders:
        if not library.files.count(folder) and not Path(folder).exists():
            raise NoSuchPath(folder)


def _loaded(library: Library, model: ModelIdentity, load: Load) -> Encoder:
    encoder = load(model)
    if not model.makes_the_same_vectors_as(identity(encoder)):
        raise library.not_comparable(model, identity(encoder))
    return encoder


def _of_words(library: Library, model: ModelIdentity, load: Load, words: str) -> Vector:
    vector = library.vector_of_words(model.name, words)
    if vector is None:
        vector = _loaded(library, model, load).encode_texts([words])[0]
    library.keep_words(model.name, words, vector)
    return vector


def _of_picture(library: Library, model: ModelIdentity, load: Load, picture: Path, own: set[str]) -> Vector:
    """The vector of a picture: stored under one of its paths, stored for its bytes, or made now."""
    stamp = _stamp(picture)
    for path in own:
        stored = library.vector_at(path, stamp, model.name)
        if stored is not None:
            return stored
    if stamp is None:
        raise NoSuchPath(picture)
    try:
        data = picture.read_bytes()
    except OSError as error:
        raise NotAPicture(f"{picture}: cannot be read: {error.strerror}") from error
    stored = library.vector_of(hashlib.sha256(data).digest(), model.name)
    return stored if stored is not None else _encode(_loaded(library, model, load), picture, data)


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
