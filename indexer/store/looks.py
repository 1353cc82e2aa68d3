"""Pictures that were laid side by side, and whether they are the same."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store.database import Database, listed

Pairs = NDArray[np.int64]


class Looks:
    """A pair has the smaller content id first, and is there once: what a later look found takes the place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any(self) -> bool:
        """Whether a pair was ever looked at."""
        return bool(self._database.value("select exists (select 1 from look)"))

    def all(self, method: int) -> tuple[Pairs, NDArray[np.bool_]]:
        """Content ids int64 (n, 2) and bool (n,), whether they are the same: what this version of the look found."""
        rows = self._database.rows("select one, other, is_same from look where method = ?", method)
        found = np.array(rows, np.int64).reshape(-1, 3)
        return found[:, :2], found[:, 2] > 0

    def put(self, method: int, found: Iterable[tuple[int, int, bool]]) -> None:
        """Records pairs in one transaction, but those of which one has gone meanwhile."""
        with self._database.transaction():
            self._database.run_many(
                "insert or replace into look (one, other, method, is_same) select ?1, ?2, ?3, ?4"
                " where (select count(*) from content where id in (?1, ?2)) = 2",
                [(min(pair), max(pair), method, is_same) for *pair, is_same in found],
            )

    def same_among(self, contents: Sequence[int]) -> list[tuple[int, int]]:
        """Pairs of some contents that any look found to be the same."""
        some = listed(contents)
        rows = self._database.rows(
            "select one, other from look where is_same and one in (select value from json_each(?))"
            " and other in (select value from json_each(?))",
            some,
            some,
        )
        return [(one, other) for one, other in rows]
