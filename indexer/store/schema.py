"""What the database looks like, as the steps that lead to it. A step that has landed is never edited: add one.

docs/storage.md explains every column to someone who has only this file and `sqlite3`.
"""

from collections.abc import Callable

from indexer.errors import LibraryBroken
from indexer.store.database import Database
from indexer.store.words import keep_all_names

Statement = str | Callable[[Database], None]

MIGRATIONS: tuple[tuple[Statement, ...], ...] = (
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
    (  # 3: what is known of a picture besides its pixels, and words to be found by
        """create table metadata (
            content_id integer primary key references content (id) on delete cascade,
            reader integer not null,
            taken_at text,
            taken_offset integer,
            taken_from text,
            camera text,
            lens text,
            latitude real,
            longitude real,
            place text,
            place_local text,
            rating integer,
            title text,
            caption text,
            keywords text,
            people text,
            prompt text,
            notes text)""",
        "create index metadata_by_reader on metadata (reader)",
        "create index metadata_by_time on metadata (taken_at) where taken_at is not null",
        "create index metadata_by_latitude on metadata (latitude, longitude) where latitude is not null",
        "create index metadata_by_camera on metadata (camera) where camera is not null",
        "create index metadata_by_place on metadata (place) where place is not null",
        "create index metadata_by_place_local on metadata (place_local) where place_local is not null",
        """create virtual table content_words using fts5 (
            title, caption, keywords, people, place, camera, prompt, tokenize = 'unicode61 remove_diacritics 2')""",
        """create trigger content_words_follow_content after delete on content
            begin delete from content_words where rowid = old.id; end""",
        """create virtual table file_words using fts5 (
            name, folders, tokenize = 'unicode61 remove_diacritics 2')""",
        """create trigger file_words_follow_file after delete on file
            begin delete from file_words where rowid = old.id; end""",
        keep_all_names,
        """create table calibration (
            model_id integer not null references model (id) on delete cascade,
            name text not null,
            value text not null,
            primary key (model_id, name))""",
    ),
    (  # 4: what is found out about pictures: tags, taught concepts, duplicates that were looked at, what was liked
        """create table tag_name (
            id integer primary key,
            name text not null unique collate nocase,
            japanese text not null)""",
        """create table tag (
            content_id integer not null references content (id) on delete cascade,
            name_id integer not null references tag_name (id),
            confidence real not null,
            model_id integer references model (id) on delete cascade)""",
        "create unique index tag_once on tag (content_id, name_id, ifnull(model_id, 0))",
        "create index tag_by_name on tag (name_id, content_id, confidence, model_id)",
        "create index tag_by_model on tag (model_id)",
        """create virtual table tag_words using fts5 (tags, tokenize = 'unicode61 remove_diacritics 2')""",
        """create table concept (
            id integer primary key,
            name text not null unique collate nocase,
            taught_at text not null default current_timestamp)""",
        """create table example (
            concept_id integer not null references concept (id) on delete cascade,
            hash blob not null,
            path text not null,
            is_one integer not null,
            primary key (concept_id, hash)) without rowid""",
        """create table example_vector (
            model_id integer not null references model (id) on delete cascade,
            hash blob not null,
            vector blob not null,
            primary key (model_id, hash)) without rowid""",
        """create table look (
            one integer not null references content (id) on delete cascade,
            other integer not null references content (id) on delete cascade,
            method integer not null,
            is_same integer not null,
            primary key (one, other)) without rowid""",
        "create index look_by_other on look (other)",
        """create table opinion (
            content_id integer primary key references content (id) on delete cascade,
            opinion text not null,
            at text not null default current_timestamp)""",
    ),
    (  # 5: the files beside photos that speak of them, so that a change is noticed
        """create table side (
            folder text not null,
            name text not null,
            size integer not null,
            mtime_ns integer not null,
            volume integer not null,
            primary key (folder, name)) without rowid""",
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
                if callable(statement):
                    statement(database)
                else:
                    database.run(statement)
            database.run("insert into migration (version) values (?)", number)
            database.run(f"pragma user_version = {number}")
