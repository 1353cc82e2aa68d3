"""Which of the dates of a photo is believed, and how far its clock was ahead of UTC.

Believed is the first there is of
    EXIF DateTimeOriginal · XMP · IPTC · Takeout · EXIF DateTimeDigitized · file name · EXIF DateTime · file date
Where it gives a day alone, and one further down gives a time on that day, the time is taken from there.

The time is that of the clocks where the photo was taken. Its offset from UTC is
1. the one written with it (EXIF's OffsetTime…; `+09:00` or `Z` in XMP; the zone in IPTC's TimeCreated);
2. else the one written with the same time elsewhere, unless that is zero (some programs write `Z` after any time);
3. else reckoned against an instant in UTC: GPS's own clock, a Pixel's file name (`PXL_…`), Google's Takeout. It must
   come within five minutes of an offset that is in use somewhere. Zero is not believed of Takeout, which takes a
   time without an offset for UTC;
4. else unknown. Daylight saving time needs no rule: an offset that was written or reckoned has it in it.

Of an instant in UTC (Takeout, `PXL_…`) the local time is that of another source that lies a possible offset away;
where there is none, the time stays in UTC and its offset is 0. A file's date is read in this computer's time zone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

OLDEST = 1826  # the year of the oldest photograph that is left
ORDER = (
    *("EXIF DateTimeOriginal", "XMP", "IPTC", "Takeout"),
    *("EXIF DateTimeDigitized", "file name", "EXIF DateTime", "file date"),
)
SLACK = 5.0  # minutes that a GPS clock may be behind the camera's
OFFSETS = sorted(  # in minutes: all that are in use
    {60 * hours for hours in range(-12, 15)} | {-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825}
)
WRITTEN = re.compile(
    r"(\d{4}) (?: [-:/.]? (\d\d) (?: [-:/.]? (\d\d)"
    r"(?: [T\s:]+ (\d\d) :? (\d\d) (?: :? (\d\d) (?: [.,] (\d{1,9}) )? )? \s* (Z|[-+]\d\d:?\d\d)? )? )? )? Z?",
    re.VERBOSE,
)
OFFSET = re.compile(r"([-+])(\d\d):?(\d\d)")
IN_NAME = re.compile(  # IMG_20190714_053122, 2019-07-14 05.31.22, Screenshot_2019-07-14-05-31-22-123, 20190714053122
    r"(?<!\d) ((?:19|20)\d\d) ([-_.]?) (\d\d) \2 (\d\d)"
    r"(?: (?: [-_.T\s]{0,3} | \s at \s ) (\d\d | \d(?=[.:])) [-_.:h]? (\d\d) [-_.:m]? (\d\d)"
    r"(?: [-.]? (\d{3}) )? (?: \s? ([AP])M )? )?"
    r"(?!\d)",
    re.VERBOSE,
)
PIXEL = re.compile(r"PXL_\d{8}_\d{9}")  # a Pixel names its photos in UTC


@dataclass(frozen=True, slots=True)
class Moment:
    """What a source says of when a photo was taken. `clock` has no zone, `offset` is in minutes ahead of UTC.

    `is_whole` when it has a time and not a day alone, `is_instant` when it is known in UTC alone (offset 0).
    """

    source: str
    clock: datetime
    offset: int | None = None
    is_whole: bool = True
    is_instant: bool = False


def moment(source: str, text: str, fraction: str = "", offset: str = "") -> Moment | None:
    """A date as EXIF, XMP or IPTC write it; None for blanks. Raises ValueError for nonsense, with the reason."""
    text = text.strip("\0 \t\r\n")
    if not text.strip(" :-/"):
        return None
    match = WRITTEN.fullmatch(text)
    if not match:
        raise ValueError(f"{text[:40]!r} is no date")
    year, month, day, hour, minute, second, inner, zone = match.groups()
    digits = inner or (fraction if fraction.isdecimal() and fraction.isascii() else "")
    clock = _clock(
        *(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0)),
        microsecond=int(f"{digits:0<6}"[:6]),
    )
    return Moment(source, clock, offset_of(zone or offset), is_whole=hour is not None)


def instant(source: str, seconds: float) -> Moment:
    """Seconds since 1970 in UTC. Raises ValueError for nonsense."""
    try:
        clock = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{seconds} is no time") from error
    return Moment(source, _believable(clock), 0, is_instant=True)


def name_moment(name: str) -> Moment | None:
    """The date in a file's name; None where there is none that may be one."""
    for match in IN_NAME.finditer(name):
        year, _, month, day, hour, minute, second, thousandths, half = match.groups()
        if half and hour:
            hour = str(int(hour) % 12 + (12 if half == "P" else 0))
        try:
            numbers = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
            clock = _clock(*numbers, microsecond=1000 * int(thousandths or 0))
        except ValueError:
            continue
        is_utc = PIXEL.match(name) is not None
        return Moment("file name", clock, 0 if is_utc else None, hour is not None, is_utc)
    return None


def file_moment(mtime_ns: int) -> Moment | None:
    """When the file was last written to, on the clocks of this computer; None for a date that was never set."""
    seconds = mtime_ns // 1_000_000_000
    try:
        local = datetime.fromtimestamp(seconds).astimezone()
        clock = _believable(local.replace(tzinfo=None))
    except (OverflowError, ValueError, OSError):
        return None
    return Moment("file date", clock, _minutes(local)) if abs(seconds) > 86_400 else None


def offset_of(text: str) -> int | None:
    """`+09:00`, `-0330` or `Z` -> minutes ahead of UTC; None for what is no offset."""
    if text == "Z":
        return 0
    match = OFFSET.fullmatch(text.strip("\0 "))
    if not match or int(match[3]) > 59 or int(match[2]) > 14:
        return None
    minutes = 60 * int(match[2]) + int(match[3])
    return -minutes if match[1] == "-" else minutes


def taken(moments: Sequence[Moment]) -> tuple[str | None, int | None, str | None]:
    """(`taken_at`, `taken_offset`, `taken_from`) of `Facts`, of all moments that the sources gave, by ORDER."""
    ranked = sorted((m for m in moments if m.source in ORDER), key=lambda m: ORDER.index(m.source))
    if not ranked:
        return None, None, None
    believed = ranked[0]
    if not believed.is_whole:
        believed = next((m for m in ranked if m.is_whole and m.clock.date() == believed.clock.date()), believed)
    if believed.is_instant:
        believed = _on_local_clocks(believed, ranked)
    elif believed.offset is None and believed.is_whole:
        believed = replace(believed, offset=next(_offsets(believed, moments), None))
    day_alone = "" if believed.is_whole else " (day alone)"
    return _written(believed.clock), believed.offset, believed.source + day_alone


def _on_local_clocks(instant: Moment, others: Iterable[Moment]) -> Moment:
    for other in others:
        if other.is_whole and not other.is_instant and other.source != "file date":
            offset = _reckoned(other, instant)
            if offset is not None and other.offset in (None, offset):
                return replace(instant, clock=instant.clock + timedelta(minutes=offset), offset=offset)
    return instant


def _offsets(believed: Moment, moments: Iterable[Moment]) -> Iterator[int]:
    for other in moments:
        if not other.is_instant and other.offset and abs(other.clock - believed.clock) < timedelta(seconds=1):
            yield other.offset
    for other in moments:
        if other.is_instant and (offset := _reckoned(believed, other)) is not None:
            yield offset


def _reckoned(local: Moment, utc: Moment) -> int | None:
    """The offset in use somewhere by which a local time is ahead of an instant."""
    minutes = (local.clock - utc.clock).total_seconds() / 60
    nearest = min(OFFSETS, key=lambda offset: abs(offset - minutes))
    if abs(nearest - minutes) > SLACK or (nearest == 0 and utc.source == "Takeout"):
        return None
    return nearest


def _clock(year: int, month: int, day: int, hour: int, minute: int, second: int, microsecond: int) -> datetime:
    try:
        clock = datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        written = f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        raise ValueError(f"{written} is no date") from None
    return _believable(clock)


def _believable(clock: datetime) -> datetime:
    if clock.year < OLDEST or clock == datetime(1970, 1, 1):
        raise ValueError(
            f"{clock:%F %T} is before there were photos" if clock.year < OLDEST else f"{clock:%F} is unset"
        )
    if clock > datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1):
        raise ValueError(f"{clock:%F %T} is in the future")
    return clock


def _minutes(local: datetime) -> int | None:
    offset = local.utcoffset()
    return None if offset is None else round(offset.total_seconds() / 60)


def _written(clock: datetime) -> str:
    text = clock.isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".") if "." in text else text
