"""One SQLite connection with sqlite-vec in it, and a sentence for whatever can go wrong with it.

apsw brings its own SQLite, because many Pythons are built without loadable extensions.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import apsw
import sqlite_vec

from indexer.errors import LibraryBroken, LibraryBusy, LibraryClosed, LibraryFull

Row = tuple[Any, ...]
Condition = tuple[str, list[object]]
"""A piece of SQL and the values for its question marks."""
Version = tuple[int, int]
Piece = tuple[int, int, memoryview]
"""The rowid of a blob, the first byte, and a buffer to fill from there."""
PATIENCE_MS = 10_000  # how long to wait for another process's transaction; ours take a fraction of a second
HURRY_MS = 50  # the same, where it is better to do without
NO_ROOM = "Could not insert a new vector chunk"  # sqlite-vec's name for a full disk, where it is the first to meet it
PAGE_SIZE = 8_192
"""A row put in at random, as each photo's hash is, has a page written: of 32 KB a photo wrote three times as much."""
CACHE_KB = 8_192  # of pages; with half, a large library's are written three times as often, before their time
WAL_BYTES = 32 << 20  # after which pages go into the library: of one that was written often meanwhile the last goes
FIND_PAGES = "pragma auto_vacuum = incremental"
"""SQLite then knows where the pages of a blob go on, and need not walk along them to a place in it: a vector is read
in a third of the time, and put in in two thirds. No vacuum comes of it, for nobody asks for one."""


def listed(ids: Iterable[int]) -> str:
    """Ids as one value for `in (select value from json_each(?))`, of whatever kind of integer they are."""
    return json.dumps(list(map(int, ids)))


def in_select(column: str, some: Condition | None) -> Condition:
    """A condition: the column is in a select of ids; None: nothing is asked of it."""
    return ("1", []) if some is None else (f"{column} in ({some[0]})", some[1])


def any_of(conditions: Sequence[Condition]) -> Condition:
    """A condition: one of these holds. By halves, for SQLite goes no deeper than a thousand."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    (one, values), (other, more) = any_of(conditions[:half]), any_of(conditions[half:])
    return f"({one} or {other})", [*values, *more]


class Database:
    """Runs SQL on the file at `path`, which is made when missing (unless `read_only`)."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self._aside = 0  # changes of rows that were made in a hurry
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        with self._named():
            self._connection = apsw.Connection(str(path), flags=flags)
            self._connection.set_busy_timeout(PATIENCE_MS)
            self._load_sqlite_vec()
            if not read_only:
                self._set_up()
            for which in ("main", "temp"):
                self.run(f"pragma {which}.cache_size = -{CACHE_KB}")

    def _load_sqlite_vec(self) -> None:
        self._connection.enable_load_extension(True)
        self._connection.load_extension(sqlite_vec.loadable_path())
        self._connection.enable_load_extension(False)

    def _set_up(self) -> None:
        if not self.value("pragma page_count"):
            self.run(f"pragma page_size = {PAGE_SIZE}")
            self.run(FIND_PAGES)
        self.run("pragma journal_mode = wal")
        self.run(f"pragma wal_autocheckpoint = {WAL_BYTES // self.value('pragma page_size')}")
        self.run("pragma synchronous = normal")  # in WAL mode: a power cut may lose the last batch, never the file
        self.run("pragma foreign_keys = on")

    def close(self) -> None:
        self._connection.close()

    def run(self, sql: str, *values: object) -> int:
        """Runs one statement; returns how many rows an insert, update or delete changed, without those of triggers."""
        with self._named():
            self._connection.execute(sql, values)
            return self._connection.changes()

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        """Runs a statement once for each row of values."""
        with self._named():
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, *values: object) -> list[Row]:
        with self._named():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        return next(iter(self.rows(sql, *values)), None)

    def value(self, sql: str, *values: object) -> Any:
        """The first column of the first row; None when there is no row."""
        row = self.row(sql, *values)
        return row[0] if row else None

    @property
    def last_id(self) -> int:
        return self._connection.last_insert_rowid()

    @contextmanager
    def transaction(self, temporary: bool = False) -> Iterator[None]:
        """All of the block or, when it raises (Ctrl-C too), nothing of it.

        One that writes to `temporary` tables alone keeps nobody else from writing.
        """
        self.run("begin deferred" if temporary else "begin immediate")
        try:
            yield
            self.run("commit")
        except BaseException:
            if self._connection.in_transaction:
                self.run("rollback")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What the block reads is of one moment, whatever other processes write meanwhile."""
        if self._connection.in_transaction:
            yield
            return
        with self.transaction(temporary=True):
            yield

    def pieces(self, table: str, column: str, places: Sequence[Piece]) -> None:
        """Fills each buffer from the blob in a row of the table.

        In the order of the rows it is some hundred times as fast as to read the blobs whole.
        """
        if not places:
            return
        with self._named(), closing(self._connection.blob_open("main", table, column, places[0][0], False)) as blob:
            for row, inside in groupby(places, key=itemgetter(0)):
                blob.reopen(row)
                for _, first, buffer in inside:
                    blob.seek(first)
                    blob.read_into(buffer)

    @property
    def version(self) -> Version | None:
        """Another one when this connection or another may have written to the file since; None in a transaction."""
        if self._connection.in_transaction:
            return None
        return int(self.value("pragma data_version")), self._connection.total_changes() - self._aside

    @contextmanager
    def in_a_hurry(self) -> Iterator[None]:
        """For the length of the block, another process's transaction is hardly waited for.

        It is for what is kept beside the photos, and can be done without: to `version` nothing was written.
        """
        self._connection.set_busy_timeout(HURRY_MS)
        before = self._connection.total_changes()
        try:
            yield
        finally:
            self._aside += self._connection.total_changes() - before
            self._connection.set_busy_timeout(PATIENCE_MS)

    def shrink(self) -> None:
        """Gives what deleted rows took back to the disk.

        VACUUM may number the rows of a table anew, and sqlite-vec finds its chunks by such a number; it does not where
        the table has an index, as that one has (test_store_models.py would notice).
        """
        self.run(FIND_PAGES)  # a library that was begun without it has it from here on
        self.run("vacuum")
        self.run("pragma wal_checkpoint(truncate)")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (apsw.FullError, apsw.SQLError) as error:
            if isinstance(error, apsw.SQLError) and NO_ROOM not in str(error):
                raise
            raise LibraryFull(
                f"{self.path}: no space left on its disk. What was indexed is safe;"
                " make room and run the same command again"
            ) from error
        except (apsw.BusyError, apsw.LockedError) as error:
            raise LibraryBusy(f"{self.path}: in use by another program; try again when it is done") from error
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise LibraryBroken(
                f"{self.path}: not a library, or damaged ({error}). Move it away and run `pics index` again: "
                "your photos are untouched"
            ) from error
        except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError) as error:
            kind = LibraryClosed if isinstance(error, apsw.ReadOnlyError) else LibraryBroken
            raise kind(
                f"{self.path}: cannot be opened or written ({error}); check the folder's permissions and its disk"
            ) from error


def versions() -> tuple[str, str]:
    """(SQLite's version, sqlite-vec's version), for `pics doctor`."""
    return apsw.sqlite_lib_version(), str(sqlite_vec.__version__)
