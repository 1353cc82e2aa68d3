"""The models whose vectors the library holds, which of them is in use, what was asked of each and how it scores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer.errors import NoSuchModel, NothingIndexed, OtherModel
from indexer.photo import ModelIdentity, Vector
from indexer.store.database import Database, Row
from indexer.store.vectors import Vectors

if TYPE_CHECKING:
    from indexer.store.kept import Beside
    from indexer.store.warm import Warm

WORDS_KEPT = 1000  # questions in words a model, the last asked: 2 MB at 512 numbers
COLUMNS = "name, revision, weights_hash, dim, preprocessing"


@dataclass(frozen=True, slots=True)
class Kept:
    """A model with room in the library: it has the vectors of `pictures` of its `of` different pictures."""

    identity: ModelIdentity
    is_current: bool
    pictures: int
    of: int

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def lacking(self) -> int:
        return self.of - self.pictures


class Models:
    """Names are unique here; what makes two models one is that they make the same vectors."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._warm: dict[str, Warm] = {}  # by the table of the vectors, and what made them
        self._make_warm: Callable[..., Warm] | None = None

    def keep_warm(self, fewest: int | None) -> None:
        """From now on models are searched by codes where they have so many vectors; None: where it pays."""
        from indexer.store.warm import Warm  # a question of a small library needs none of it

        self._make_warm = partial(Warm, fewest=fewest)

    def keep_codes(self) -> None:
        """Brings the codes beside the library up to date, of every model that has vectors enough."""
        from indexer.store.warm import WORTH_KEEPING, Warm

        for model, _, vectors in list(self._all()):
            if vectors.count() < WORTH_KEEPING:
                self._beside(vectors, model).remove()
            else:
                Warm(vectors, beside=self._beside(vectors, model)).keep()

    def _beside(self, vectors: Vectors, model: ModelIdentity) -> "Beside":
        from indexer.store.kept import Beside

        return Beside(self._codes_path(vectors), _making(model), model.dim)

    def _codes_path(self, vectors: Vectors) -> Path:
        return self._database.path.with_name(f"{self._database.path.name}-codes-{vectors.number}")

    def all(self) -> list[Kept]:
        """By name."""
        of = self._database.value("select count(*) from content")
        return [Kept(model, is_current, vectors.count(), of) for model, is_current, vectors in self._all()]

    def _all(self) -> Iterator[tuple[ModelIdentity, bool, Vectors]]:
        for number, is_current, *facts in self._database.rows(
            f"select id, is_current, {COLUMNS} from model order by name"
        ):
            model = ModelIdentity(*facts)
            yield model, bool(is_current), Vectors(self._database, number, model.dim)

    def current(self) -> ModelIdentity | None:
        return _identity(self._database.row(f"select {COLUMNS} from model where is_current"))

    def named(self, name: str) -> ModelIdentity | None:
        return _identity(self._database.row(f"select {COLUMNS} from model where name = ?", name))

    def like(self, model: ModelIdentity) -> ModelIdentity | None:
        """The model here that makes the same vectors, by whatever name.

        Raises OtherModel when the one of its name does not: its files have changed.
        """
        for kept, _, _ in self._all():
            if kept.makes_the_same_vectors_as(model):
                return kept
        if namesake := self.named(model.name):
            raise self.not_comparable(namesake, model)
        return None

    def searchable(self, name: str | None) -> ModelIdentity:
        """The model of that name, None: the one in use. Raises NothingIndexed, NoSuchModel when it has no vector."""
        if name is None:
            if (current := self.current()) is None:
                raise NothingIndexed
            return current
        with_vectors = {model.name: model for model, _, vectors in self._all() if vectors.count()}
        if name not in with_vectors:
            raise NoSuchModel(name, with_vectors)
        return with_vectors[name]

    def vectors(self, name: str | None = None) -> Vectors:
        """Of the model of that name, None: of the one in use."""
        wanted = ("is_current",) if name is None else ("name = ?", name)
        row = self._database.row(f"select id, dim from model where {wanted[0]}", *wanted[1:])
        if row is None:
            raise NoSuchModel(name, (kept.name for kept, _, _ in self._all())) if name else NothingIndexed
        return Vectors(self._database, *row)

    def searched(self, name: str | None) -> "Vectors | Warm":
        """What finds the nearest of them."""
        vectors = self.vectors(name)
        make = self._make_warm
        if make is None:
            if not self._codes_path(vectors).exists():
                return vectors
            from indexer.store.warm import Found

            make = Found
        model = self.current() if name is None else self.named(name)
        assert model
        which = f"{vectors.number} {_making(model)}"
        if which not in self._warm:
            self._warm[which] = make(vectors, beside=self._beside(vectors, model))
        return self._warm[which]

    def not_comparable(self, ours: ModelIdentity, other: ModelIdentity) -> OtherModel:
        """The error that says why, and what to do."""
        changed = f"the files of model {other.name} have changed since this library was made with them"
        if ours.name != other.name:
            return OtherModel(
                f"this library is searched with model {ours.name}, not {other.name}: their vectors cannot be compared."
                f" `pics index --model {other.name}` makes vectors of its own, `pics use {other.name}` switches"
            )
        if ours == self.current():
            return OtherModel(
                f"{changed}. Leave out --model to go on with {ours.name} as it was, or start a second library:"
                f" PICS_HOME=FOLDER pics index PHOTOS --model {other.name}"
            )
        return OtherModel(
            f"{changed}. `pics models drop {ours.name}` lets go of the vectors it made;"
            f" `pics index --model {ours.name}` makes new ones"
        )

    # -- coming and going

    def add(self, model: ModelIdentity, is_current: bool) -> None:
        self._database.run(
            f"insert into model ({COLUMNS}, is_current) values (?, ?, ?, ?, ?, ?)",
            model.name,
            model.revision,
            model.weights_hash,
            model.dim,
            model.preprocessing,
            is_current,
        )
        self.vectors(model.name).create()

    def use(self, name: str) -> None:
        self._database.run("update model set is_current = 0 where is_current")
        self._database.run("update model set is_current = 1 where name = ?", name)

    def drop(self, name: str) -> None:
        """Its vectors, the words that were asked of it, and itself."""
        vectors = self.vectors(name)
        vectors.drop()
        self._codes_path(vectors).unlink(missing_ok=True)
        self._database.run("delete from model where name = ?", name)

    # -- words

    def vector_of_words(self, name: str, words: str) -> Vector | None:
        """float32 (dim,), or None when this was not asked of the model of late."""
        data = self._database.value(
            "select vector from query where model_id = (select id from model where name = ?) and text = ?", name, words
        )
        return None if data is None else np.frombuffer(data, np.float32)

    def keep_words(self, name: str, words: str, vector: Vector) -> None:
        """Keeps the vector of what was asked of a model just now, and lets go of what was asked longest ago.

        To the day: what was asked within one is left as it is, for a write costs a search more than its answer.
        """
        self._database.run(
            "insert into query select id, ?, ?, strftime('%Y-%m-%d %H:%M:%f') from model where name = ?"
            " on conflict (model_id, text) do update set vector = excluded.vector, used_at = excluded.used_at"
            " where query.used_at < strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 day')",
            words,
            vector.astype(np.float32).tobytes(),
            name,
        )
        self._database.run(
            "delete from query where rowid in (select query.rowid from query join model on model.id = model_id"
            " where name = ? order by used_at desc, query.rowid desc limit -1 offset ?)",
            name,
            WORDS_KEPT,
        )

    # -- what was found out about the scores of a model here

    def known(self, name: str, fact: str) -> str | None:
        found: str | None = self._database.value(
            "select value from calibration join model on model.id = model_id where model.name = ?"
            " and calibration.name = ?",
            name,
            fact,
        )
        return found

    def keep_fact(self, name: str, fact: str, value: str) -> None:
        self._database.run(
            "insert or replace into calibration select id, ?, ? from model where name = ?", fact, value, name
        )


def _making(model: ModelIdentity) -> str:
    """What makes two models one: the id of a model that was dropped may be given to another."""
    return f"{model.weights_hash} {model.dim} {model.preprocessing}"


def _identity(row: Row | None) -> ModelIdentity | None:
    return ModelIdentity(*row) if row else None
