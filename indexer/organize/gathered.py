"""The pictures that are to be put in order: those that pass the filters, with a model's vectors of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from indexer.photo import ModelIdentity, Vector
from indexer.query import Filters
from indexer.store.library import Library
from indexer.store.vectors import Ids


@dataclass(frozen=True, slots=True)
class Gathered:
    """n different pictures: `ids` int64 (n,), `vectors` float32 (n, dim) of unit length, and where they lie.

    `paths` has, in the order of the ids, every path at which a picture lies in the folders asked for.
    """

    model: ModelIdentity
    ids: Ids
    vectors: Vector
    paths: list[list[str]]

    def __len__(self) -> int:
        return len(self.ids)


def gather(library: Library, filters: Filters, model: str | None = None) -> Gathered:
    """Raises NothingIndexed, NoSuchModel, and NoSuchPath for a folder that neither disk nor library knows."""
    library.must_know(filters.folders)
    kept = library.searchable(model)
    ids, vectors = library.all_vectors(filters, kept.name)
    lying = paths_of(library, ids.tolist(), filters)
    held = np.fromiter((content_id in lying for content_id in ids.tolist()), bool, len(ids))
    if not held.all():  # an index run is going on
        ids, vectors = ids[held], vectors[held]
    return Gathered(kept, ids, vectors, [lying[content_id] for content_id in ids.tolist()])


def paths_of(library: Library, contents: Iterable[int], filters: Filters) -> dict[int, list[str]]:
    """Of some contents the paths that are in the folders, by their ids and in order; one that has none is left out."""
    found: dict[int, list[str]] = {}
    for hit in library.hits([(content_id, 0.0) for content_id in contents], filters):
        found.setdefault(hit.content_id, []).append(hit.path)
    return found
