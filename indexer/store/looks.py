"""Pictures that were laid side by side, and whether they are the same; and where copies lie."""

import json
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.photo import File
from indexer.query import Filters
from indexer.store.database import Database
from indexer.store.files import in_any
from indexer.store.filters import passing

Pairs = NDArray[np.int64]


class Looks:
    """A pair has the smaller content id first, and is there once: what a later look found takes the place."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        some = json.dumps(list(map(int, contents)))
        rows = self._database.rows(
            "select one, other from look where is_same and one in (select value from json_each(?))"
            " and other in (select value from json_each(?))",
            some,
            some,
        )
        return [(one, other) for one, other in rows]

    # -- where pictures lie

    def copied(self, filters: Filters) -> list[int]:
        """The contents that pass and lie at several paths in the folders."""
        inside, values = in_any("path", filters.folders)
        among = passing(self._database, filters)
        wanted, more = (f"content_id in ({among[0]})", among[1]) if among else ("1", [])
        rows = self._database.rows(
            f"select content_id from file where {inside} and {wanted} group by content_id having count(*) > 1",
            *values,
            *more,
        )
        return [content_id for (content_id,) in rows]

    def files(self, contents: Sequence[int]) -> dict[int, list[File]]:
        """Of some contents every file, as it was when it was indexed, by their ids and in the order of the paths."""
        found: dict[int, list[File]] = {}
        for content_id, *file in self._database.rows(
            "select content_id, coalesce(spelling, path), size, mtime_ns, volume from file"
            " where content_id in (select value from json_each(?)) order by path",
            json.dumps(list(map(int, contents))),
        ):
            found.setdefault(content_id, []).append(File(*file))
        return found
