"""Paths and what lies at them: the files of the library, and how they differ from what a scan saw.

`see` takes in a scan, `compare` says what is new, changed and gone, `todo` hands out what must be read, `place` records
where content lies, `finish` lets go of the rest. Of files that are as they were, `see` keeps the ids alone, in runs;
the others lie in temporary tables. A million files need no more memory than a thousand.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from indexer.photo import Content, File, Hit, Skip, canonical
from indexer.store.database import Condition, Database, any_of, in_select, listed
from indexer.store.words import Words

SLICE = 2048  # files handed out at a time: enough to keep readers busy, few enough to forget
SEEN_AT_ONCE = 256
LAST_ID = 2**63 - 1
CONTENTS_A_QUESTION = 500

SEEN = """
create temp table seen (
    path text primary key, spelling text, size integer, mtime_ns integer, volume integer, offline integer
) without rowid
"""
SAME = "create temp table same (low integer, high integer)"  # ids, both ends included, of files as they were
AS_THEY_WERE = """
select file.id, file.path, file.size, file.mtime_ns, file.volume
from json_each(?) as path left join file on file.path = path.value
"""
RUNS = """
select low, high, coalesce(max(high) over (order by low rows between unbounded preceding and 1 preceding), 0) as before
from same
"""
COUNT_SAME = f"select coalesce(sum(high - max(low - 1, before)), 0) from ({RUNS}) where high > before"
OTHERS = "create temp table others (low integer primary key, high integer)"  # the runs between, which do not overlap
FIND_OTHERS = f"""
insert into others
select before + 1, low - 1 from ({RUNS}) where low > before + 1
union all select coalesce(max(high), 0) + 1, {LAST_ID} from same
"""
DROP_TWICE_SEEN = """
delete from seen where path in (
    select path from seen cross join file using (path)
    where file.id > (select high from others where low <= file.id order by low desc limit 1)
       or not exists (select 1 from others where low <= file.id)
)
"""
TODO = """
create temp table todo as
select seen.*, file.id as file_id from seen left join file on file.path = seen.path
where not seen.offline
  and (file.id is null or file.size != seen.size or file.mtime_ns != seen.mtime_ns)
"""


@dataclass(frozen=True, slots=True)
class Diff:
    """How many files of a scan are unchanged, new, changed, offline (new, but in the cloud) or gone."""

    unchanged: int
    new: int
    changed: int
    offline: int
    gone: int

    @property
    def todo(self) -> int:
        return self.new + self.changed


class Files:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._words = Words(database)
        self._compared = False

    # -- a scan against the library

    def begin_scan(self) -> None:
        """Makes room for what `see` takes in and `compare` finds; `end_scan` drops it."""
        self.end_scan()
        self._database.run(SEEN)
        self._database.run(SAME)

    def see(self, files: Iterable[File]) -> int:
        """Takes in what a scan finds; returns how many files it holds so far. Two spellings of a path are one file."""
        found = iter(files)
        with self._database.transaction(temporary=True):
            while some := list(islice(found, SEEN_AT_ONCE)):
                self._see_some(some)
        return int(self._database.value(f"select ({COUNT_SAME}) + (select count(*) from seen)"))

    def _see_some(self, files: Sequence[File]) -> None:
        """Files that are as they were are kept as runs of ids, for a folder's follow upon each other; others whole."""
        paths = [canonical(file.path) for file in files]
        runs: list[tuple[int, int]] = []
        others: list[tuple[object, ...]] = []
        low = high = -1
        known = self._database.rows(AS_THEY_WERE, json.dumps(paths, ensure_ascii=False))
        for file, path, (number, *facts) in zip(files, paths, known, strict=True):
            if facts != [path, *file[1:4]]:
                others.append(_seen_row(file))
            elif number == high + 1:
                high = number
            else:
                runs.append((low, high))
                low = high = number
        self._database.run_many("insert into same values (?, ?)", [*runs[1:], (low, high)] if high > 0 else [])
        self._database.run_many("insert or ignore into seen values (?, ?, ?, ?, ?, ?)", others)

    def seen_within(self, folder: str) -> bool:
        """Whether the scan found anything there."""
        condition, values = within("path", [folder])
        return bool(
            self._database.value(
                f"select exists (select 1 from seen where {condition})"
                f" or exists (select 1 from same cross join file on id between low and high where {condition})",
                *values,
                *values,
            )
        )

    def compare(self, roots: Sequence[str], volumes: Iterable[int], unreadable: Iterable[str]) -> Diff:
        """What a scan of `roots` means for the library.

        A file that was not seen is gone only if the scan got to see its volume, and no folder above it was
        unreadable.
        """
        self._keep_others()
        self._database.run(TODO)
        self._find_gone(roots, volumes, unreadable)
        self._compared = True
        count = self._database.value
        changed = count("select count(*) from todo where file_id is not null")
        new = count("select count(*) from todo where file_id is null")
        offline = count("select count(*) from seen left join file using (path) where offline and file.id is null")
        unchanged = count(f"select ({COUNT_SAME}) + (select count(*) from seen)") - changed - new - offline
        return Diff(unchanged, new, changed, offline, count("select count(*) from gone"))

    def _keep_others(self) -> None:
        """Finds the ids of files that are not as they were; a second spelling of one that is, is left out."""
        with self._database.transaction(temporary=True):
            self._database.run(OTHERS)
            self._database.run(FIND_OTHERS)
            self._database.run(DROP_TWICE_SEEN)

    def _find_gone(self, roots: Sequence[str], volumes: Iterable[int], unreadable: Iterable[str]) -> None:
        """The joins are crossed, and the volume has a plus, for SQLite would go through all files otherwise."""
        self._keep_spans("looked_at", roots)
        self._keep_spans("closed", unreadable)
        here = list(volumes)
        self._database.run(
            "create temp table gone as select file.id as file_id, file.content_id from others"
            " cross join file on file.id between others.low and others.high"
            " left join seen on seen.path = file.path where seen.path is null"
            f" and +file.volume in ({', '.join('?' * len(here))})"
            f" and {in_spans('file.path', 'looked_at')} and not {in_spans('file.path', 'closed')}",
            *here,
        )

    def _keep_spans(self, table: str, folders: Iterable[str]) -> None:
        """Folders as ranges of paths in a table, for there may be thousands; those inside another are dropped."""
        self._database.run(f"create temp table {table} (low text primary key, high text) without rowid")
        ranges: list[tuple[str, str]] = []
        for low, high in sorted(span for folder in folders for span in spans(folder)):
            if not ranges or high > ranges[-1][1]:
                ranges.append((low, high))
        with self._database.transaction(temporary=True):
            self._database.run_many(f"insert into {table} values (?, ?)", ranges)

    def todo(self) -> Iterator[list[File]]:
        """The new and changed files, a slice at a time, in the order of their paths."""
        last = 0
        while rows := self._database.rows(
            "select rowid, coalesce(spelling, path), size, mtime_ns, volume from todo"
            " where rowid > ? order by rowid limit ?",
            last,
            SLICE,
        ):
            last = rows[-1][0]
            yield [File(*row[1:]) for row in rows]

    def finish(self) -> int:
        """Lets go of the gone, of content without a file and of skips without one; returns how many files went."""
        self._database.run(
            "update file set volume = seen.volume from seen"
            " where seen.path = file.path and seen.volume != file.volume and not seen.offline"
        )
        went = self._database.run("delete from file where id in (select file_id from gone)")
        self._drop_orphans()
        self._database.run(
            f"delete from skipped where {in_spans('path', 'looked_at')} and path not in (select path from todo)"
        )
        return went

    def end_scan(self) -> None:
        self._compared = False
        for table in ("seen", "same", "others", "todo", "gone", "looked_at", "closed"):
            self._database.run(f"drop table if exists temp.{table}")

    # -- one file

    def place(self, file: File, content_id: int, was_known: bool) -> str:
        """Records that this content lies at this path; returns 'new', 'changed', 'moved' or 'copied'."""
        spelled = _spelling(file.path)
        facts = (content_id, file.size, file.mtime_ns, file.volume)
        self.reads(file.path)
        if self._database.run(
            "update file set content_id = ?, size = ?, mtime_ns = ?, volume = ? where path = ?", *facts, spelled[0]
        ):
            return "changed"
        moved = self._gone_with(content_id)
        if moved is not None:
            self._database.run("delete from gone where file_id = ?", moved)
            self._database.run(
                "update file set path = ?, spelling = ?, content_id = ?, size = ?, mtime_ns = ?, volume = ?"
                " where id = ?",
                *spelled,
                *facts,
                moved,
            )
            self._words.rename(moved, spelled[0])
            return "moved"
        self._database.run(
            "insert into file (path, spelling, content_id, size, mtime_ns, volume) values (?, ?, ?, ?, ?, ?)",
            *spelled,
            *facts,
        )
        self._words.keep_names(self._database.last_id, spelled[0])
        return "copied" if was_known else "new"

    def _gone_with(self, content_id: int) -> int | None:
        """A file that the scan missed and that held this content: it has moved."""
        if not self._compared:
            return None
        found: int | None = self._database.value("select file_id from gone where content_id = ?", content_id)
        return found

    def rewritten(self, path: str, sha256: bytes, size: int, mtime_ns: int) -> int | None:
        """Records that the bytes at a path are others now, but the picture the same; returns its content id.

        None where the library has these bytes already, as another content: the next scan sees to that.
        """
        found = self.content_at(path)
        if found is None or self.content_id(sha256) not in (None, found[0]):
            return None
        self._database.run("update content set hash = ?, size = ? where id = ?", sha256, size, found[0])
        self._database.run("update file set size = ?, mtime_ns = ? where path = ?", size, mtime_ns, canonical(path))
        return found[0]

    def add_content(self, content: Content) -> int:
        """Records new bytes; returns their id."""
        self._database.run(
            "insert into content (hash, size, width, height, format) values (?, ?, ?, ?, ?)",
            content.hash,
            content.size,
            content.width,
            content.height,
            content.format,
        )
        return self._database.last_id

    def held(self, contents: Sequence[int]) -> set[int]:
        """Those of some contents that lie at a path: one that has changed lies nowhere until the run is over."""
        rows = self._database.rows(
            "select content_id from file where content_id in (select value from json_each(?))",
            listed(contents),
        )
        return {content_id for (content_id,) in rows}

    def lying(self, contents: Sequence[int]) -> dict[int, list[File]]:
        """Of some contents every file, as it was when it was indexed, by their ids and in the order of the paths."""
        found: dict[int, list[File]] = {}
        for content_id, *file in self._database.rows(
            "select content_id, coalesce(spelling, path), size, mtime_ns, volume from file"
            " where content_id in (select value from json_each(?)) order by path",
            listed(contents),
        ):
            found.setdefault(content_id, []).append(File(*file))
        return found

    def copied(self, among: Condition | None, folders: Sequence[str]) -> list[int]:
        """The contents of a select of some, None: of all, that lie at several paths in the folders."""
        inside, values = in_any("path", folders)
        wanted, more = in_select("content_id", among)
        rows = self._database.rows(
            f"select content_id from file where {inside} and {wanted} group by content_id having count(*) > 1",
            *values,
            *more,
        )
        return [content_id for (content_id,) in rows]

    def content_id(self, sha256: bytes) -> int | None:
        found: int | None = self._database.value("select id from content where hash = ?", sha256)
        return found

    def sha256(self, content_id: int) -> bytes | None:
        found: bytes | None = self._database.value("select hash from content where id = ?", content_id)
        return found

    def content_at(self, path: str) -> tuple[int, int, int] | None:
        """(content id, size, mtime_ns) of what was indexed at a path."""
        row = self._database.row("select content_id, size, mtime_ns from file where path = ?", canonical(path))
        return (row[0], row[1], row[2]) if row else None

    def skip(self, skips: Iterable[Skip]) -> None:
        """Records photos that could not be read; what was known of them before stays."""
        self._database.run_many(
            "insert or replace into skipped (path, reason) values (?, ?)",
            [(canonical(skip.path), skip.reason) for skip in skips],
        )

    def reads(self, path: str) -> None:
        """Takes back that a photo could not be read."""
        self._database.run("delete from skipped where path = ?", canonical(path))

    # -- what the library knows

    def skipped(self) -> list[Skip]:
        return [Skip(*row) for row in self._database.rows("select path, reason from skipped order by path")]

    def count(self, folder: str | None = None) -> int:
        """How many paths the library holds, in a folder or in all."""
        condition, values = in_any("path", [folder] if folder else [])
        return int(self._database.value(f"select count(*) from file where {condition}", *values))

    def count_contents(self) -> int:
        """How many different pictures lie at those paths."""
        return int(self._database.value("select count(*) from content"))

    def contents(self, among: Condition | None, after: int, limit: int) -> list[int]:
        """The next contents, by their ids, of a select of some; None: of all."""
        wanted, values = in_select("id", among)
        rows = self._database.rows(
            f"select id from content where id > ? and {wanted} order by id limit ?", after, *values, limit
        )
        return [content_id for (content_id,) in rows]

    def formats(self) -> Counter[str]:
        rows = self._database.rows("select format, count(*) from content group by format")
        return Counter(dict(rows))

    def hits(self, scores: Sequence[tuple[int, float]], folders: Sequence[str] = ()) -> list[Hit]:
        """(content id, score) pairs -> every path that holds one of them, best first, ties by path."""
        hits: list[Hit] = []
        inside, inside_values = in_any("file.path", folders)
        for start in range(0, len(scores), CONTENTS_A_QUESTION):
            score_of = dict(scores[start : start + CONTENTS_A_QUESTION])
            rows = self._database.rows(
                "select content_id, coalesce(spelling, path), width, height, format, content.size from file"
                " join content on content.id = file.content_id"
                f" where content_id in ({', '.join('?' * len(score_of))}) and {inside}",
                *score_of,
                *inside_values,
            )
            hits += [Hit(content_id, path, score_of[content_id], *facts) for content_id, path, *facts in rows]
        return sorted(hits, key=lambda hit: (-hit.score, hit.path))

    def forget(self, path: str) -> int:
        """Removes a file, or all files of a folder, from the library; returns how many. Never touches the disk."""
        inside, values = within("path", [path])
        went = self._database.run(f"delete from file where {inside}", *values)
        self._database.run(f"delete from skipped where {inside}", *values)
        self._drop_orphans()
        return went

    def let_go(self, paths: Iterable[str]) -> int:
        """Removes single files that are gone; returns how many."""
        went = sum(self._database.run("delete from file where path = ?", canonical(path)) for path in paths)
        self._drop_orphans()
        return went

    def _drop_orphans(self) -> None:
        """Content without a file goes, and with it (by triggers) its vectors and words."""
        self._database.run(
            "delete from content where not exists (select 1 from file where file.content_id = content.id)"
        )


def contents_within(folders: Sequence[str]) -> Condition | None:
    """A select of the contents that have a file in one of the folders; None for no folders: all contents."""
    if not folders:
        return None
    condition, values = within("path", folders)
    return f"select content_id from file where {condition}", values


def in_any(column: str, folders: Sequence[str]) -> Condition:
    """A condition that keeps to some folders, if there are any to keep to."""
    return within(column, folders) if folders else ("1", [])


def within(column: str, folders: Sequence[str]) -> Condition:
    """A condition: the path is one of these folders (or files), or lies below one.

    Ranges and not LIKE, so that the index on paths answers.
    """
    return any_of([(f"({column} >= ? and {column} < ?)", [*span]) for folder in folders for span in spans(folder)])


def in_spans(column: str, table: str) -> str:
    """The same for the ranges kept in a table, which do not overlap: only the last that starts before can hold."""
    return f"coalesce({column} < (select high from {table} where low <= {column} order by low desc limit 1), 0)"


def spans(folder: str) -> list[tuple[str, str]]:
    """A folder (or file) and what lies below it, as ranges [low, high) of paths: '0' is the character after '/'."""
    path = canonical(folder).rstrip("/")
    return [(path, path + "\x01"), (path + "/", path + "0")]


def _spelling(path: str) -> tuple[str, str | None]:
    """(canonical path, the disk's own spelling where it differs)."""
    key = canonical(path)
    return key, None if key == path else path


def _seen_row(file: File) -> tuple[object, ...]:
    return (*_spelling(file.path), *file[1:])
