"""What was taught: names, each with the pictures that it was taught by, and these pictures' vectors."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from indexer.photo import Vector
from indexer.store.database import Database

LEARNT = "concept {}"  # the fact that is kept of a model about a concept


class Example(NamedTuple):
    """A picture by the SHA-256 of its bytes, the path it was taught from, and whether it shows the thing."""

    hash: bytes
    path: str
    is_one: bool


class Concepts:
    """Concepts by their names, which are as they were first typed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def names(self) -> list[str]:
        """In the order in which they were taught."""
        return [name for (name,) in self._database.rows("select name from concept order by id")]

    def examples(self, name: str) -> list[Example]:
        """In the order of their paths."""
        rows = self._database.rows(
            "select hash, path, is_one from example where concept_id = (select id from concept where name = ?)"
            " order by path, hash",
            name,
        )
        return [Example(sha256, path, bool(is_one)) for sha256, path, is_one in rows]

    def teach(self, name: str, examples: Iterable[Example]) -> None:
        """Adds examples, of one picture in place of what it was before, and the concept where there was none."""
        with self._database.transaction():
            self._database.run("insert or ignore into concept (name) values (?)", name)
            number = self._database.value("select id from concept where name = ?", name)
            self._database.run_many(
                "insert or replace into example (concept_id, hash, path, is_one) values (?, ?, ?, ?)",
                ((number, *example) for example in examples),
            )

    def forget(self, name: str) -> int:
        """Drops a concept and what was learnt of it; returns how many examples it had."""
        with self._database.transaction():
            number = self._database.value(
                "select count(*) from example where concept_id = (select id from concept where name = ?)", name
            )
            self._database.run("delete from concept where name = ?", name)
            self._database.run("delete from example_vector where hash not in (select hash from example)")
            self._database.run("delete from calibration where name = ?", LEARNT.format(name))
        return int(number)

    # -- their vectors

    def vector(self, model: str, sha256: bytes) -> Vector | None:
        """What the model of that name made of an example: float32 (dim,)."""
        data = self._database.value(
            "select vector from example_vector where model_id = (select id from model where name = ?) and hash = ?",
            model,
            sha256,
        )
        return None if data is None else np.frombuffer(data, np.float32)

    def keep_vector(self, model: str, sha256: bytes, vector: Vector) -> None:
        """Examples are found again by it when their pictures have gone."""
        self._database.run(
            "insert or replace into example_vector select id, ?, ? from model where name = ?",
            sha256,
            vector.astype(np.float32).tobytes(),
            model,
        )
