"""The folders a library remembers to look into, and the paths inside them that it was told to forget."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.photo import canonical, is_within
from indexer.store.database import Database


@dataclass(frozen=True, slots=True)
class Root:
    """A remembered folder (or single file). `volume` is its st_dev when it was last looked at."""

    path: str
    exclude: tuple[str, ...]
    volume: int
    scanned_at: str | None


class Roots:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Root]:
        rows = self._database.rows("select path, exclude, volume, scanned_at from root order by path")
        return [Root(path, tuple(json.loads(exclude)), volume, at) for path, exclude, volume, at in rows]

    def covering(self, path: str) -> Root | None:
        """The root that is, or contains, a path."""
        return next((root for root in self.all() if is_within(path, root.path)), None)

    def remember(self, path: str, volume: int, exclude: Sequence[str] | None = None) -> None:
        """Adds a root (taking over those inside it), unless one contains it; None keeps the globs it had.

        Naming a path also takes back that it, or a folder above it, was to be forgotten.
        """
        for forgotten in self.forgotten():
            if is_within(path, forgotten):
                self._database.run("delete from forgotten where path = ?", forgotten)
        known = self.covering(path)
        if known is None:
            self._drop_within(path)
            self._database.run(
                "insert into root (path, exclude, volume) values (?, ?, ?)", path, json.dumps(exclude or []), volume
            )
        elif exclude is not None:
            self._database.run("update root set exclude = ? where path = ?", json.dumps(exclude), known.path)

    def looked_at(self, path: str, volume: int) -> None:
        self._database.run("update root set volume = ?, scanned_at = current_timestamp where path = ?", volume, path)

    def forget(self, path: str) -> None:
        """Drops the roots in a path; inside a root that stays, the path is left out from now on."""
        self._drop_within(path)
        if self.covering(path):
            self._database.run("insert or ignore into forgotten values (?)", canonical(path))

    def forgotten(self) -> list[str]:
        return [path for (path,) in self._database.rows("select path from forgotten order by path")]

    def _drop_within(self, path: str) -> None:
        for root in self.all():
            if is_within(root.path, path):
                self._database.run("delete from root where path = ?", root.path)
