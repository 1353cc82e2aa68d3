"""Filters -> a select of the contents that pass them, for use inside every search.

Every filter that is set must hold. Names of cameras and places are few beside photos: the different ones are read, and
compared here, for SQLite knows the capitals of ASCII alone.
"""

import json
import math
import unicodedata
from collections.abc import Sequence

from indexer.query import Filters
from indexer.raw import FORMATS as RAW_FORMATS
from indexer.store.database import Condition, Database, any_of
from indexer.store.files import contents_within

EARTH_KM = 6371.0088  # mean radius
TYPED = {  # what people call a format -> the names that decode.py gives
    "jpg": ("JPEG",),
    "jpeg": ("JPEG",),
    "jpe": ("JPEG",),
    "jfif": ("JPEG",),
    "heic": ("HEIF",),
    "heif": ("HEIF",),
    "tif": ("TIFF",),
    "jp2": ("JPEG2000",),
    "j2k": ("JPEG2000",),
    "bmp": ("BMP", "DIB"),
    "pnm": ("PPM",),
    "pgm": ("PPM",),
    "pbm": ("PPM",),
    "raw": RAW_FORMATS,
    "nrw": ("NEF",),
    "sr2": ("ARW",),
    "rwl": ("RW2",),
}
DIFFERENT = """
with recursive name (value) as (
    select min({column}) from metadata where {column} is not null
    union all
    select (select min({column}) from metadata where {column} > value) from name where value is not null
)
select value from name where value is not null
"""  # a step in the index for each name, where `distinct` goes through those of all photos
SHAPES = {"portrait": "height > width", "landscape": "width > height"}


def passing(database: Database, filters: Filters) -> Condition | None:
    """A select of the ids of the contents that pass; None when all do."""
    selects = [
        select
        for select in (
            _by_metadata(database, filters),
            _by_tags(database, filters.tags),
            _by_content(filters),
            contents_within(filters.folders),
        )
        if select
    ]
    if not selects:
        return None
    first, *others = selects
    sql, values = first
    for other, more in others:
        sql, values = f"{sql} and content_id in ({other})", values + more
    return sql, values


def _by_content(filters: Filters) -> Condition | None:
    conditions: list[Condition] = []
    if filters.formats:
        conditions.append(any_of([_of_format(format_) for format_ in filters.formats]))
    if filters.min_side is not None:
        conditions.append(("min(width, height) >= ?", [filters.min_side]))
    if filters.shape:
        conditions.append((SHAPES[filters.shape], []))
    return _select("(select id as content_id, * from content)", conditions)


def _of_format(typed: str) -> Condition:
    name = typed.strip().lstrip(".").lower()
    if name in TYPED:
        return f"format in ({', '.join('?' * len(TYPED[name]))})", list(TYPED[name])
    return "instr(lower(format), ?)", [name]


def _by_metadata(database: Database, filters: Filters) -> Condition | None:
    conditions: list[Condition] = []
    if filters.after is not None:
        conditions.append(("taken_at >= ?", [filters.after]))
    if filters.before is not None:
        conditions.append(("taken_at < ?", [filters.before]))
    if filters.cameras:
        conditions.append(_named(database, "camera", filters.cameras))
    if filters.places:
        columns = ("place", "place_local")
        conditions.append(any_of([_named(database, column, filters.places) for column in columns]))
    if filters.near is not None:
        conditions.append(_near(*filters.near, filters.within_km))
    if filters.min_rating is not None:
        conditions.append(("rating >= ?", [filters.min_rating]))
    return _select("metadata", conditions)


def _named(database: Database, column: str, parts: Sequence[str]) -> Condition:
    """The column has one of the parts in it, in capitals or not."""
    wanted = [part.casefold() for part in parts]
    names = [name for (name,) in database.rows(DIFFERENT.format(column=column))]
    held = [name for name in names if any(part in _spoken(name).casefold() for part in wanted)]
    return f"{column} in (select value from json_each(?))", [json.dumps(held)]


def _by_tags(database: Database, tags: Sequence[str]) -> Condition | None:
    """Has one of the tags, by its whole name in either language."""
    wanted = {_same(tag) for tag in tags}
    if not wanted:
        return None
    names = database.rows("select id, name, japanese from tag_name")
    held = [number for number, *spellings in names if wanted & set(map(_same, spellings))]
    return (
        "select content_id from tag where confidence > 0 and name_id in (select value from json_each(?))",
        [json.dumps(held)],
    )


def _same(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _spoken(name: str) -> str:
    """A JSON list as people write one; anything else as it is."""
    return ", ".join(json.loads(name)) if name.startswith('["') else name


def _near(latitude: float, longitude: float, km: float) -> Condition:
    """Within a great-circle distance, by the haversine formula; the index on latitudes answers most of it."""
    reach = math.degrees(km / EARTH_KM) + 1e-9
    half = min(km / EARTH_KM / 2, math.pi / 2)
    return (
        "latitude between ? and ? and longitude is not null and"
        " pow(sin(radians(latitude - ?) / 2), 2)"
        " + cos(radians(latitude)) * ? * pow(sin(radians(longitude - ?) / 2), 2) <= ?",
        [
            latitude - reach,
            latitude + reach,
            latitude,
            math.cos(math.radians(latitude)),
            longitude,
            math.sin(half) ** 2 + 1e-15,
        ],
    )


def _select(table: str, conditions: Sequence[Condition]) -> Condition | None:
    if not conditions:
        return None
    sql = " and ".join(sql for sql, _ in conditions)
    return f"select content_id from {table} where {sql}", [value for _, values in conditions for value in values]
