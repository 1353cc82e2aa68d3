"""The vectors: one sqlite-vec table for each model, keyed by content.

Unit float32, compared by L2: cosine = 1 - d²/2.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from indexer.photo import Vector
from indexer.store.database import Condition, Database, Piece, Version, in_select, listed

Ids = NDArray[np.int64]
Passing = NDArray[np.bool_]
"""Whether an id passes, by the id; the last, which is false, stands for all beyond."""
Filling = tuple[bytes, bytes, object]
"""Which places of a chunk are filled, with which contents, and when the last of them came: ids are given out again, but
only the highest."""

CHUNK = 1024  # vectors for which sqlite-vec takes room at a time
CHUNK_OVERHEAD = 32_768  # bytes beside each chunk's vectors, measured: ids, places, and the unfilled end of a page
KNN_LIMIT = 4096  # sqlite-vec's largest k; where there are more vectors, all are compared here


def room(n: int, dim: int) -> int:
    """About how many bytes n vectors of `dim` numbers take in the database."""
    return math.ceil(n / CHUNK) * (CHUNK * 4 * dim + CHUNK_OVERHEAD)


class Vectors:
    """The vectors of one model (by its id in table `model`)."""

    def __init__(self, database: Database, model_id: int, dim: int) -> None:
        self._database = database
        self.number = model_id
        self._table = f"vectors_{model_id}"
        self.ids = f"{self._table}_rowids"  # sqlite-vec's own; its column rowid is the content's id
        self._dim = dim

    def create(self) -> None:
        """Makes the table, and lets a vector go with its content: sqlite-vec knows no foreign keys."""
        self._database.run(
            f"create virtual table {self._table} using vec0 (content_id integer primary key, vector float[{self._dim}])"
        )
        self._database.run(
            f"create trigger {self._table}_follows_content after delete on content"
            f" begin delete from {self._table} where content_id = old.id; end"
        )

    def drop(self) -> None:
        self._database.run(f"drop trigger {self._table}_follows_content")
        self._database.run(f"drop table {self._table}")

    def add(self, content_id: int, vector: Vector) -> None:
        self.check(vector)
        self._database.run(
            f"insert into {self._table} (content_id, vector) values (?, ?)", content_id, vector.tobytes()
        )

    def get(self, content_id: int) -> Vector | None:
        """float32 (dim,), or None when this model has not seen the content."""
        held, vectors = self.held([content_id])
        return vectors[0] if held else None

    def of(self, contents: Sequence[int]) -> Vector:
        """float32 (n, dim) of n contents; a row of zeros where this model has not seen one."""
        held, vectors = self.held(contents)
        if len(held) == len(contents):
            return vectors
        spread = np.zeros((len(contents), self._dim), np.float32)
        spread[held] = vectors
        return spread

    def held(self, contents: Sequence[int]) -> tuple[list[int], Vector]:
        """Which of n contents this model has seen, as places in that list, and their vectors, float32 (m, dim).

        Read from the tables in which sqlite-vec keeps them: a row costs half of what sqlite-vec takes for it, and a
        tenth in a database that stays open.
        """
        with self._database.snapshot():
            place = {
                content_id: (chunk, offset)
                for content_id, chunk, offset in self._database.rows(
                    f"select rowid, chunk_id, chunk_offset from {self.ids}"
                    " where rowid in (select value from json_each(?))",
                    listed(contents),
                )
            }
            held = [number for number, content_id in enumerate(contents) if content_id in place]
            vectors = np.empty((len(held), self._dim), np.float32)
            rows = sorted((*place[contents[number]], row) for row, number in enumerate(held))
            size = 4 * self._dim
            self._read([(chunk, offset * size, vectors[row].data) for chunk, offset, row in rows])
        return held, vectors

    def sample(self, n: int) -> Vector:
        """float32 (at most n, dim): vectors evenly spread from the first content to the last."""
        rows = self._database.rows(
            f"select content_id from (select rowid as content_id, row_number() over (order by rowid) - 1 as number"
            f" from {self.ids}) where number * ? % max(1, (select count(*) from {self.ids})) < ? order by content_id",
            n,
            n,
        )
        return self.of([content_id for (content_id,) in rows][:n])

    def all(self, among: Condition | None = None) -> tuple[Ids, Vector]:
        """Content ids int64 (n,), in their order, and float32 (n, dim): those of a select of content ids, None: all."""
        ids, vectors = np.empty(self.count(), np.int64), np.empty((self.count(), self._dim), np.float32)
        filled = 0
        for block_ids, block in self.blocks(among):
            end = min(filled + len(block_ids), len(ids))  # an index run may be adding some
            ids[filled:end], vectors[filled:end] = block_ids[: end - filled], block[: end - filled]
            filled = end
        order = ids[:filled].argsort()
        in_order = bool((np.diff(order) == 1).all())
        return (ids[:filled], vectors[:filled]) if in_order else (ids[:filled][order], vectors[:filled][order])

    def blocks(self, among: Condition | None = None) -> Iterator[tuple[Ids, Vector]]:
        """The same, a block of at most 1,024 at a time, in no order, so that the memory for one is enough."""
        passing = None if among is None else lookup(self.ids_of(among))
        for (number,) in self._database.rows(f"select chunk_id from {self._table}_chunks"):
            _, ids, vectors = self.chunk(number, passing)
            yield ids, vectors

    def ids_of(self, among: Condition) -> Ids:
        """The ids of a select of content ids, whether this model has seen them or not.

        As one text, which takes a fifth of the time of as many rows, and a tenth of the memory.
        """
        sql, values = among
        text = self._database.value(f"with some (id) as ({sql}) select group_concat(id) from some", *values)
        return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)

    # -- as sqlite-vec keeps them: a chunk at a time is eighty times as fast as by rows

    def chunk(self, number: int, passing: Passing | None = None) -> tuple[Ids, Ids, Vector]:
        """Of a chunk the places that are filled, the contents there, and float32 (n, dim). Empty when it is gone.

        Of those that are `passing`, where it is given: a chunk without any is not read.
        """
        with self.snapshot():
            row = self._database.row(
                f"select validity, rowids from {self._table}_chunks where chunk_id = ?", number
            ) or (b"", b"")
            at = _filled(row[0])
            ids = np.frombuffer(row[1], np.int64)[at]
            if passing is not None:
                here = passing[np.minimum(ids, len(passing) - 1)]
                at, ids = at[here], ids[here]
            return at, ids, self._in_chunk(number, at)

    def _in_chunk(self, number: int, at: Ids) -> Vector:
        """float32 (n, dim) at some places of a chunk: as a blob, for as the column of a row it is copied twice."""
        if not len(at):
            return np.empty((0, self._dim), np.float32)
        vectors = np.empty((CHUNK, self._dim), np.float32)
        self._read([(number, 0, vectors.data)])
        return vectors if len(at) == CHUNK else vectors[at]

    def _read(self, places: Sequence[Piece]) -> None:
        self._database.pieces(f"{self._table}_vector_chunks00", "vectors", places)

    def fillings(self) -> dict[int, Filling]:
        """Of each chunk, by its number, what tells whether it is as it was; its vectors are not read."""
        rows = self._database.rows(f"select chunk_id, validity, rowids from {self._table}_chunks")
        last = {number: int(np.frombuffer(ids, np.int64)[_filled(here)].max(initial=0)) for number, here, ids in rows}
        born = {
            content_id: (sha256, added_at)
            for content_id, sha256, added_at in self._database.rows(
                "select id, hash, added_at from content where id in (select value from json_each(?))",
                listed(last.values()),
            )
        }
        return {number: (here, ids, born.get(last[number])) for number, here, ids in rows}

    def snapshot(self) -> AbstractContextManager[None]:
        return self._database.snapshot()

    @property
    def version(self) -> Version | None:
        """Another one when anything may have been written since; None in the middle of that."""
        return self._database.version

    def count(self) -> int:
        """From the table in which sqlite-vec keeps the places: it is a hundred times as fast as asking itself."""
        return int(self._database.value(f"select count(*) from {self.ids}"))

    def nearest(self, query: Vector, k: int, among: Condition | None = None) -> list[tuple[int, float]]:
        """The k contents most like a unit vector, as (content id, cosine), best first.

        `among` is a select of content ids. It acts before the k are chosen: k are found where k exist.
        """
        self.check(query)
        with self.snapshot():
            return (self._by_knn if self.count() <= KNN_LIMIT else self._by_blocks)(query, k, among)

    def _by_knn(self, query: Vector, k: int, among: Condition | None) -> list[tuple[int, float]]:
        wanted, values = in_select("content_id", among)
        rows = self._database.rows(
            f"select content_id, distance from {self._table} where vector match ? and k = ? and {wanted}",
            query.tobytes(),
            min(k, KNN_LIMIT),
            *values,
        )
        return [(content_id, 1.0 - distance * distance / 2.0) for content_id, distance in rows]

    def _by_blocks(self, query: Vector, k: int, among: Condition | None) -> list[tuple[int, float]]:
        """At a million vectors it takes half of sqlite-vec's time."""
        return likest([(ids, squares(vectors, query)) for ids, vectors in self.blocks(among)], k)

    def check(self, vector: Vector) -> None:
        """Raises ValueError for what sqlite-vec lets pass: it takes NaN, and reads float64 as twice as many numbers."""
        if vector.shape != (self._dim,) or vector.dtype != np.float32:
            raise ValueError(f"a vector of this model is float32 ({self._dim},), not {vector.dtype} {vector.shape}")
        if not abs(float(np.linalg.norm(vector)) - 1.0) < 1e-3:  # false for NaN too
            raise ValueError("a vector must be finite and of unit length")


def squares(vectors: Vector, query: Vector) -> Vector:
    """Squared L2 distances, float32 (n,), of float32 (n, dim), which are overwritten. Alike vectors have the same."""
    vectors -= query
    distances: Vector = np.einsum("nd,nd->n", vectors, vectors)
    return distances


def likest(blocks: Sequence[tuple[Ids, Vector]], k: int) -> list[tuple[int, float]]:
    """Of ids and squared distances between unit vectors the k that are least, as (id, cosine), best first."""
    ids, distances = map(np.concatenate, zip(*blocks, strict=True))
    if k < len(ids):
        some = np.flatnonzero(distances <= np.partition(distances, k - 1)[k - 1])
        ids, distances = ids[some], distances[some]
    best = np.lexsort((ids, distances))[:k]
    cosines = 1.0 - distances[best].astype(np.float64) / 2.0
    return list(zip(ids[best].tolist(), cosines.tolist(), strict=True))


def lookup(ids: Ids, largest: int = 0) -> Passing:
    """What tells of each id up to `largest`, and a little beyond, whether it is one of some."""
    passing = np.zeros(max(int(ids.max(initial=0)), largest) + 2, np.bool_)
    passing[ids] = True
    return passing


def _filled(validity: bytes) -> Ids:
    return np.flatnonzero(np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little"))
