"""Which photos may answer, as a person types it -> Filters: dates, places, distances, folders, and what is no such."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from indexer.errors import IndexerError
from indexer.query import Filters

DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
DISTANCE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(km|mi|m)")
FOLDERS = 1_000  # of one question: SQLite takes some more
KILOMETRES = {"km": 1.0, "m": 0.001, "mi": 1.609344}


class NotNarrowed(IndexerError):
    """`reason` says what is wrong with what was typed for an `option`, and how to write it."""

    def __init__(self, reason: str, option: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.reason = reason
        self.option = option


@dataclass(frozen=True)
class Narrowing:
    """As it was typed; None: not at all. Fields are named as the options of `pics search` are (`--in` is `folders`)."""

    folders: Sequence[Path] | None = None
    after: str | None = None
    before: str | None = None
    on: str | None = None
    camera: Sequence[str] | None = None
    place: Sequence[str] | None = None
    near: str | None = None
    within: str | None = None
    formats: Sequence[str] | None = None
    min_size: int | None = None
    portrait: bool | None = None
    rating: int | None = None
    tag: Sequence[str] | None = None

    @property
    def anything(self) -> bool:
        """Whether any of it was typed."""
        return any(getattr(self, option.name) is not None for option in fields(self))

    def filters(self) -> Filters:
        """Raises NotNarrowed, which names the option."""
        from indexer.photo import absolute  # brings numpy: `pics --help` knows these fields too, and does without

        if self.within is not None and self.near is None:
            raise NotNarrowed('say of where: --near "35.36,138.73"', "--within")
        if any("\0" in str(folder) for folder in self.folders or ()):
            raise NotNarrowed("no folder has such a name", "--in")
        if len(self.folders or ()) > FOLDERS:
            raise NotNarrowed(f"at most {FOLDERS:,} folders at once; name one that holds them", "--in")
        after, before = self._span()
        return Filters(
            folders=tuple(str(absolute(folder)) for folder in self.folders or ()),
            after=after,
            before=before,
            cameras=tuple(self.camera or ()),
            places=tuple(self.place or ()),
            near=None if self.near is None else _point(self.near),
            within_km=5.0 if self.within is None else _kilometres(self.within),
            formats=tuple(self.formats or ()),
            min_side=self.min_size,
            shape=None if self.portrait is None else "portrait" if self.portrait else "landscape",
            min_rating=self.rating,
            tags=tuple(self.tag or ()),
        )

    def _span(self) -> tuple[str | None, str | None]:
        starts = [_date(self.after, "--after")] if self.after else []
        ends = [_date(self.before, "--before")] if self.before else []
        if self.on:
            starts.append(_date(self.on, "--on"))
            ends.append(following(_date(self.on, "--on")))
        return max(starts, default=None), min(ends, default=None)


def _date(typed: str, option: str) -> str:
    """Checks that there is such a year, month or day; returns it as it was typed."""
    match = DATE.fullmatch(typed.strip())
    if not match:
        raise NotNarrowed(f"{typed!r} is no date: write 2019, 2019-07 or 2019-07-14", option)
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    if not (year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        raise NotNarrowed(f"{typed!r}: the calendar has no such date", option)
    return match[0]


def following(date: str) -> str:
    """2019-07 -> 2019-08: the year, month or day after one."""
    year, month, day = (int(part) for part in (*date.split("-"), "0", "0")[:3])
    if day and day < monthrange(year, month)[1]:
        return f"{year:04}-{month:02}-{day + 1:02}"
    if month and month < 12:
        return f"{year:04}-{month + 1:02}"
    return f"{year + 1:04}"


def _point(typed: str) -> tuple[float, float]:
    try:
        latitude, longitude = map(float, typed.split(","))
    except ValueError:
        raise NotNarrowed(f'{typed!r}: write "latitude,longitude": "35.36,138.73"', "--near") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise NotNarrowed(f"{typed!r}: latitude goes from -90 to 90, longitude from -180 to 180", "--near")
    return latitude, longitude


def _kilometres(typed: str) -> float:
    match = DISTANCE.fullmatch(typed.strip().lower())
    if not match:
        raise NotNarrowed(f"{typed!r} is no distance: write 800m, 5km or 3mi", "--within")
    return float(match[1]) * KILOMETRES[match[2]]
