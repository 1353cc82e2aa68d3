"""The pictures that lack a model's vector or their metadata, and the paths at which they may be read."""

from collections.abc import Iterator
from typing import NamedTuple

from indexer.photo import File
from indexer.store.database import Database

SLICE = 2048  # handed out at a time

COLUMNS = "content_id, hash, path, size, mtime_ns, volume"


class Wanted(NamedTuple):
    """A picture that lacks something, and a file that held it when it was indexed."""

    content_id: int
    sha256: bytes
    file: File


class Lacking:
    """A list in a temporary table: first every picture's first path, then the second of those that have one, and so on.

    What has it by then (`having`, a select of content ids; None: none has) is not handed out again.
    """

    def __init__(self, database: Database, having: str | None) -> None:
        self._database = database
        self._has_none = f"content_id not in ({having})" if having else "1"
        self.close()
        self._database.run(
            "create temp table lacking as"
            " select content_id, hash, coalesce(spelling, path) as path, file.size, mtime_ns, volume,"
            " row_number() over (partition by content_id order by path) as turn"
            " from file join content on content.id = file.content_id"
            f" where {self._has_none} order by turn, file.path"
        )

    def slices(self) -> Iterator[list[Wanted]]:
        """No picture is twice in a slice."""
        last = 0
        for (turn,) in self._database.rows("select distinct turn from lacking order by turn"):
            while rows := self._database.rows(
                f"select rowid, {COLUMNS} from lacking where rowid > ? and turn = ? and {self._has_none}"
                " order by rowid limit ?",
                last,
                turn,
                SLICE,
            ):
                last = rows[-1][0]
                yield [_wanted(*row[1:]) for row in rows]

    def sample(self, n: int) -> list[Wanted]:
        """At most n of them, evenly from the first path to the last."""
        number = self._database.value("select count(*) from lacking where turn = 1")
        rows = self._database.rows(
            f"select {COLUMNS} from lacking where turn = 1 and (rowid - 1) % ? = 0 order by rowid limit ?",
            max(1, -(-number // n)),
            n,
        )
        return [_wanted(*row) for row in rows]

    def close(self) -> None:
        self._database.run("drop table if exists temp.lacking")


def _wanted(content_id: int, sha256: bytes, *file: object) -> Wanted:
    return Wanted(content_id, sha256, File(*file))  # type: ignore[arg-type]
