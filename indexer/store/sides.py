"""Side files: those beside photos that speak of them, as they were when the photos were read, held against a scan.

`see` takes in a scan, `compare` says which are new, changed and gone, `note` which pictures they spoke of, or will, and
`settle` has these read again. What `side` holds of a file is in what is known of its photos, or these are to be read.
"""

from collections.abc import Iterable, Iterator

from indexer.photo import SideFile, canonical
from indexer.store.database import Database
from indexer.store.files import in_spans, within
from indexer.store.metadata import Metadata

SLICE = 2048  # files handed out at a time

SEEN = """
create temp table seen_side (
    folder text, name text, size integer, mtime_ns integer, volume integer, readable integer,
    primary key (folder, name)
) without rowid
"""
OTHER = """
create temp table other_side (
    folder text, name text, size integer, mtime_ns integer, volume integer, is_news integer,
    primary key (folder, name)
) without rowid
"""
CHANGED = "side.name is null or side.size != seen.size or side.mtime_ns != seen.mtime_ns"
FIND_CHANGED = f"""
insert into other_side select seen.folder, seen.name, seen.size, seen.mtime_ns, seen.volume, {CHANGED}
from seen_side as seen left join side on side.folder = seen.folder and side.name = seen.name
where seen.readable and ({CHANGED} or side.volume != seen.volume)
"""
FIND_GONE = f"""
insert into other_side select folder, name, null, null, null, 1 from side
where not exists (select 1 from seen_side as seen where seen.folder = side.folder and seen.name = side.name)
  and ({in_spans("side.folder", "looked_at")} or side.folder in (select folder from looked_beside))
  and not {in_spans("side.folder", "closed")}
"""
FIND_LEAVING = """
insert into leaving select file_id from gone union select file_id from todo where file_id is not null
"""


class Sides:
    def __init__(self, database: Database) -> None:
        self._database = database

    # -- a scan against the library

    def begin_scan(self) -> None:
        """Makes room for what `see` takes in and `compare` finds; `end_scan` drops it."""
        self.end_scan()
        self._database.run(SEEN)
        self._database.run(OTHER)
        self._database.run("create temp table looked_beside (folder text primary key) without rowid")
        self._database.run("create temp table leaving (file_id integer primary key)")
        self._database.run("create temp table again (content_id integer primary key)")

    def see(self, sides: Iterable[SideFile]) -> None:
        """Takes in what a scan finds, also while `Files.see` does."""
        self._database.run_many("insert or ignore into seen_side values (?, ?, ?, ?, ?, ?)", map(_row, sides))

    def compare(self, volumes: Iterable[int], folders: Iterable[str]) -> bool:
        """What a scan means for the side files, after `Files.compare`; returns whether there are any at all.

        One that was not seen is gone by the rules for photos. In `folders` nothing was looked at but side files.
        """
        if not self._database.value("select exists (select 1 from seen_side) or exists (select 1 from side)"):
            return False
        with self._database.transaction(temporary=True):
            self._database.run_many("insert into looked_beside values (?)", ((canonical(each),) for each in folders))
            self._database.run(FIND_CHANGED)
            here = list(volumes)
            self._database.run(f"{FIND_GONE} and volume in ({', '.join('?' * len(here))})", *here)
            self._database.run(FIND_LEAVING)
        return True

    def news(self) -> Iterator[tuple[str, list[str]]]:
        """The folders in which side files are new, changed or gone, each with the names of these."""
        next_folder = "select min(folder) from other_side where is_news"
        folder = self._database.value(next_folder)
        while folder is not None:
            names = self._database.rows("select name from other_side where folder = ? and is_news", folder)
            yield folder, [name for (name,) in names]
            folder = self._database.value(f"{next_folder} and folder > ?", folder)

    def photos_in(self, folder: str) -> list[tuple[str, int]]:
        """(path, content id) of the photos in a folder, not of those below it: of such that are as they were."""
        return self._database.rows(
            "select path, content_id from file where path >= ? and path < ? and instr(substr(path, ?), '/') = 0"
            " and id not in (select file_id from leaving)",
            f"{folder}/",
            f"{folder}0",
            len(folder) + 2,
        )

    def leaving(self) -> Iterator[list[tuple[str, int]]]:
        """(path, content id) of the files of which that content is gone, a slice at a time."""
        last = ""
        while rows := self._database.rows(
            "select path, content_id from file where id in (select file_id from leaving) and path > ?"
            " order by path limit ?",
            last,
            SLICE,
        ):
            last = rows[-1][0]
            yield rows

    def kept_in(self, folder: str) -> list[str]:
        """The names of the side files in a folder that were read with their photos."""
        rows = self._database.rows("select name from side where folder = ?", canonical(folder))
        return [name for (name,) in rows]

    def note(self, contents: Iterable[int]) -> None:
        """Takes down pictures that are to be read again."""
        with self._database.transaction(temporary=True):
            self._database.run_many("insert or ignore into again values (?)", ((number,) for number in contents))

    def settle(self) -> None:
        """Has the noted pictures read again, and takes the side files for read, in one transaction."""
        if not self._database.value("select exists (select 1 from other_side) or exists (select 1 from again)"):
            return
        with self._database.transaction():
            Metadata(self._database).have_read_again(("select content_id from again", []))
            self._database.run(
                "delete from side where (folder, name) in (select folder, name from other_side where size is null)"
            )
            self._database.run(
                "insert or replace into side select folder, name, size, mtime_ns, volume from other_side"
                " where size is not null"
            )

    def end_scan(self) -> None:
        for table in ("seen_side", "other_side", "looked_beside", "leaving", "again"):
            self._database.run(f"drop table if exists temp.{table}")

    # -- some files

    def take_back(self, folder: str, names: Iterable[str]) -> None:
        """Takes back that side files were read: the next scan finds them new."""
        rows = [(canonical(folder), canonical(name)) for name in names]
        self._database.run_many("delete from side where folder = ? and name = ?", rows)

    def lie_beside(self, path: str) -> bool:
        """Whether any were read with the photos of a folder, or with those beside a photo."""
        inside, values = within("folder", [path])
        parent = canonical(path).rpartition("/")[0]
        return bool(
            self._database.value(f"select exists (select 1 from side where {inside} or folder = ?)", *values, parent)
        )

    def forget(self, path: str) -> None:
        """Removes those of a folder, and of those below it."""
        inside, values = within("folder", [path])
        self._database.run(f"delete from side where {inside}", *values)


def _row(side: SideFile) -> tuple[object, ...]:
    return (canonical(side.folder), canonical(side.name), *side[2:])
