"""Filters in Milvus' language, over fields that are kept beside each vector and made so that it can say them.

What passes is what passes in SQLite (filters.py). Three things see to that. Texts are compared without regard to
capitals, which Milvus cannot: they are casefolded before they are sent. Names that must be the whole name (tags,
folders) are sent as numbers, 63 bits of their SHA-256, so that no sign in them can mean something to Milvus. And where
its language is coarser (a circle on the globe; signs that LIKE gives a meaning to), what it lets pass is looked at once
more here: `exactly`.
"""

import hashlib
import math
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from indexer.photo import Facts, canonical
from indexer.query import Filters
from indexer.store.entries import Entry
from indexer.store.filters import EARTH_KM, TYPED

Field = str | int | float | list[int]
Test = Callable[[Facts], bool]
NOWHERE = 1e6  # degrees: neither a latitude nor a longitude
UNRATED = -(1 << 40)
MOST_BYTES = 8_192  # of a name
MOST_NUMBERS = 4_096  # in a list: Milvus takes no more
SPECIAL = frozenset("%_\\\"'|\N{REPLACEMENT CHARACTER}")  # to LIKE, to quotes, and to us
STANDS_FOR = "\N{REPLACEMENT CHARACTER}"
SLACK = 1e-5  # degrees, a metre: what rounding may cost

TEXTS = {"taken_at": 64, "camera": MOST_BYTES, "place": MOST_BYTES, "place_local": MOST_BYTES, "format": 256}
NUMBERS = ("shorter_side", "shape", "rating")
DEGREES = ("latitude", "longitude")
LISTS = ("tags", "folders")


def fields_of(entry: Entry) -> dict[str, Field]:
    """What is kept beside the vector of a picture to be filtered by."""
    facts, content = entry.facts, entry.content
    return {
        "taken_at": _cut(facts.taken_at or "", TEXTS["taken_at"]),
        "camera": _name(facts.camera),
        "place": _name(_spoken(facts.place)),
        "place_local": _name(_spoken(facts.place_local)),
        "format": _name(content.format),
        "shorter_side": min(content.width, content.height),
        "shape": (content.width > content.height) - (content.width < content.height),
        "rating": UNRATED if facts.rating is None else facts.rating,
        "latitude": NOWHERE if facts.latitude is None else float(facts.latitude),
        "longitude": NOWHERE if facts.longitude is None else float(facts.longitude),
        "tags": _numbers(same(name) for tag in entry.tags if tag.confidence > 0 for name in (tag.name, tag.japanese)),
        "folders": _numbers(folder for file in entry.files for folder in _folders(canonical(file.path))),
    }


def expression(filters: Filters) -> str:
    """What Milvus is asked; empty for all. It lets pass what passes, and where `exactly` is a test, more than that."""
    conditions = [
        _any_number("folders", (canonical(folder).rstrip("/") for folder in filters.folders)),
        _any_number("tags", map(same, filters.tags)),
        _taken(filters),
        _any(_has("camera", part) for part in filters.cameras),
        _any(_has(field, part) for part in filters.places for field in ("place", "place_local")),
        _near(*filters.near, filters.within_km) if filters.near else "",
        _any(map(_of_format, filters.formats)),
        "" if filters.min_side is None else f"shorter_side >= {filters.min_side:d}",
        "" if filters.min_rating is None else f"rating >= {max(filters.min_rating, UNRATED + 1):d}",
        {"portrait": "shape == -1", "landscape": "shape == 1", None: ""}[filters.shape],
    ]
    return " and ".join(condition for condition in conditions if condition)


def exactly(filters: Filters) -> Test | None:
    """What is still to be asked of what Milvus let pass; None: nothing."""
    tests: list[Test] = []
    if any(map(_is_special, filters.cameras)):
        tests.append(lambda facts: _holds([facts.camera], filters.cameras))
    if any(map(_is_special, filters.places)):
        tests.append(lambda facts: _holds(map(_spoken, (facts.place, facts.place_local)), filters.places))
    if filters.near:
        tests.append(_within(*filters.near, filters.within_km))
    return (lambda facts: all(test(facts) for test in tests)) if tests else None


def same(name: str) -> str:
    """What is equal for two spellings of a tag."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def number(name: str) -> int:
    """63 bits of a name's SHA-256: among a million names, two meet once in nineteen million libraries."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8]) >> 1


# -- fields


def _folders(path: str) -> list[str]:
    """A path, and every folder it lies in."""
    return [path, *(str(folder).rstrip("/") for folder in PurePosixPath(path).parents)]


def _numbers(names: Iterable[str]) -> list[int]:
    return list(dict.fromkeys(map(number, names)))[:MOST_NUMBERS]


def _spoken(place: tuple[str, ...]) -> str | None:
    return ", ".join(place) if place else None


def _name(name: str | None) -> str:
    """Empty for none; else with a sign before it, so that an empty name is one."""
    return "" if name is None else _cut(f"|{_plain(name)}", MOST_BYTES)


def _plain(name: str) -> str:
    return "".join(STANDS_FOR if _is_special(sign) else sign for sign in name.casefold())


def _is_special(text: str) -> bool:
    return any(sign in SPECIAL or not sign.isprintable() for sign in text.casefold())


def _cut(text: str, most: int) -> str:
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


# -- conditions


def _any(conditions: Iterable[str]) -> str:
    held = list(conditions)
    return f"({' or '.join(held)})" if held else ""


def _any_number(field: str, names: Iterable[str]) -> str:
    numbers = _numbers(names)
    return f"array_contains_any({field}, {numbers})" if numbers else ""


def _taken(filters: Filters) -> str:
    conditions = []
    for edge, sign in ((filters.after, ">="), (filters.before, "<")):
        if edge is not None:
            if any(sign in SPECIAL or not sign.isprintable() for sign in edge):
                raise ValueError(f"{edge!r} is no date")
            conditions.append(f'taken_at {sign} "{edge}"')
    return " and ".join(['taken_at != ""', *conditions]) if conditions else ""


def _has(field: str, part: str) -> str:
    """The text has the part in it."""
    return f'{field} like "%{_plain(part)}%"' if part else f'{field} != ""'


def _of_format(typed: str) -> str:
    name = typed.strip().lstrip(".").lower()
    if name in TYPED:
        return _any(f'format == "{_name(known)}"' for known in TYPED[name])
    return _has("format", name)


def _near(latitude: float, longitude: float, km: float) -> str:
    """The box around a circle, on a globe that has a date line and poles."""
    reach = math.degrees(km / EARTH_KM) + 1e-9
    band = f"latitude >= {latitude - reach!r} and latitude <= {latitude + reach!r} and longitude < {NOWHERE!r}"
    reach += SLACK
    if abs(latitude) + reach >= 90:
        return band
    wide = math.degrees(math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(latitude)))))
    return f"{band} and {_any(_between(longitude + turn, wide) for turn in (-360, 0, 360))}"


def _between(longitude: float, wide: float) -> str:
    return f"(longitude >= {longitude - wide!r} and longitude <= {longitude + wide!r})"


# -- what Milvus cannot say


def _holds(names: Iterable[str | None], parts: Iterable[str]) -> bool:
    known = [name.casefold() for name in names if name is not None]
    return any(part.casefold() in name for name in known for part in parts)


def _within(latitude: float, longitude: float, km: float) -> Test:
    """The haversine formula, as in SQLite."""
    half = min(km / EARTH_KM / 2, math.pi / 2)
    most, scale = math.sin(half) ** 2 + 1e-15, math.cos(math.radians(latitude))

    def test(facts: Facts) -> bool:
        if facts.latitude is None or facts.longitude is None:
            return False
        north = math.sin(math.radians(facts.latitude - latitude) / 2) ** 2
        east = math.sin(math.radians(facts.longitude - longitude) / 2) ** 2
        return north + math.cos(math.radians(facts.latitude)) * scale * east <= most

    return test
