"""What the database looks like, as the steps that lead to it. A step that has landed is never edited: add one.

docs/storage.md explains every column to someone who has only this file and `sqlite3`.
"""

from indexer.errors import LibraryBroken
from indexer.store.database import Database

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 1: photos by content, files by path, one table of vectors for each model
        """create table migration (
            version integer primary key,
            applied_at text not null default current_timestamp)""",
        """create table root (
            path text primary key,
            exclude text not null,
            volume integer not null,
            scanned_at text)""",
        "create table forgotten (path text primary key)",
        """create table content (
            id integer primary key,
            hash blob not null unique,
            size integer not null,
            width integer not null,
            height integer not null,
            format text not null,
            added_at text not null default current_timestamp)""",
        """create table file (
            id integer primary key,
            path text not null unique,
            spelling text,
            content_id integer not null references content (id),
            size integer not null,
            mtime_ns integer not null,
            volume integer not null)""",
        "create index file_by_content on file (content_id)",
        """create table skipped (
            path text primary key,
            reason text not null,
            at text not null default current_timestamp)""",
        """create table model (
            id integer primary key,
            name text not null,
            revision text not null,
            weights_hash text not null,
            dim integer not null,
            preprocessing text not null,
            is_current integer not null,
            added_at text not null default current_timestamp)""",
    ),
    (  # 2: several models side by side, and the words that were asked of them
        "create unique index model_by_name on model (name)",
        "create unique index model_in_use on model (is_current) where is_current",
        """create table query (
            model_id integer not null references model (id) on delete cascade,
            text text not null,
            vector blob not null,
            used_at text not null,
            primary key (model_id, text))""",
    ),
)
VERSION = len(MIGRATIONS)


def migrate(database: Database) -> None:
    """Brings a database of any earlier version (or an empty one) to today's, each step in a transaction of its own."""
    version = database.value("pragma user_version")
    if version > VERSION:
        raise LibraryBroken(
            f"{database.path}: made by a newer pics (format {version}; this one knows {VERSION}). Update pics"
        )
    for number in range(version + 1, VERSION + 1):
        with database.transaction():
            if database.value("pragma user_version") >= number:
                continue  # another process took this step while we waited
            for statement in MIGRATIONS[number - 1]:
                database.run(statement)
            database.run("insert into migration (version) values (?)", number)
            database.run(f"pragma user_version = {number}")
