"""EXIF -> what it tells: camera, lens, dates, position, rating, and the texts of cameras and of Windows.

Tags and types after Exif 3.0 (CIPA DC-008); XP… and Rating are Microsoft's.
"""

import math
from collections.abc import Mapping
from typing import SupportsFloat, cast

from indexer.header import Header
from indexer.metadata.prompts import is_generated
from indexer.metadata.text import CAPTION, PROMPT, clean, clean_all, decoded, mended, utf16
from indexer.metadata.told import Told, camera_name

DESCRIPTION, MAKE, MODEL, DATE_TIME = 0x010E, 0x010F, 0x0110, 0x0132
RATING, RATING_PERCENT = 0x4746, 0x4749
USER_COMMENT, LENS_MAKE, LENS_MODEL = 0x9286, 0xA433, 0xA434
XP_TITLE, XP_COMMENT, XP_KEYWORDS, XP_SUBJECT = 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F
DATES = (  # source, tag of the date, of its fraction of a second, of its offset
    ("EXIF DateTimeOriginal", 0x9003, 0x9291, 0x9011),
    ("EXIF DateTimeDigitized", 0x9004, 0x9292, 0x9012),
    ("EXIF DateTime", DATE_TIME, 0x9290, 0x9010),
)
CHARSETS = {b"ASCII\0\0\0": "", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): ""}
STOCK = frozenset(  # what cameras write of every photo
    {
        *("olympus digital camera", "sony dsc", "minolta digital camera", "konica minolta digital camera"),
        *("samsung", "samsung digital camera", "kodak digital still camera", "nikon", "digital camera"),
        *("default", "ascii", "exif_jpeg_picture", "exif_jpeg_t422", "jpeg", "dav", "cof", "hdrpl", "binary comment"),
    }
)
GPS_LATITUDE, GPS_LONGITUDE, GPS_TIME, GPS_DAY = 2, 4, 7, 29  # the half of the globe is in the tag before
HALVES = {"N": 1, "S": -1, "E": 1, "W": -1}


def told(header: Header) -> Told:
    """What EXIF tells. Raises nothing that a wrong type could cause but ValueError and TypeError."""
    exif, tell = header.exif, Told()
    tell.camera = camera_name(_name(exif, MAKE), _name(exif, MODEL))
    tell.lens = camera_name(_name(exif, LENS_MAKE), _name(exif, LENS_MODEL)) if _name(exif, LENS_MODEL) else None
    tell.title = clean(_wide(exif.get(XP_TITLE)))
    tell.caption = _caption(exif)
    tell.keywords = clean_all((_wide(exif.get(XP_KEYWORDS)) or "").split(";"))
    _dates(exif, tell)
    _rating(exif, tell)
    if header.gps:
        _position(header.gps, tell)
        _gps_clock(header.gps, tell)
    return tell


def comment(exif: Mapping[int, object]) -> str | None:
    """UserComment: eight bytes that say its character set, and the text."""
    value = exif.get(USER_COMMENT)
    if not isinstance(value, bytes):
        return clean(mended(value), PROMPT)
    body = value[8 : 8 + 8 * PROMPT]
    charset = CHARSETS.get(value[:8].upper())
    if charset is None:
        return clean(value, PROMPT)
    if charset == "utf-16" and (body.startswith((b"\xff\xfe", b"\xfe\xff")) or not body.isascii() or b"\0" in body):
        return clean(utf16(body), PROMPT)
    return clean(body.decode(charset, errors="replace") if charset == "iso2022_jp" else body, PROMPT)


def generator_texts(exif: Mapping[int, object]) -> list[str]:
    """The texts in which a program that draws pictures may have left its prompt, the likeliest first.

    ComfyUI writes `prompt:{…}` and `workflow:{…}` where a camera writes its model and make.
    """
    found = [text for tag in (MODEL, MAKE, DESCRIPTION) if isinstance(text := mended(exif.get(tag)), str)]
    found = [
        text.partition(":")[2] if _is_graph(text) else text for text in found if _is_graph(text) or is_generated(text)
    ]
    said = comment_whole(exif)
    return [*found, *([said] if said else [])]


def _is_graph(text: str) -> bool:
    return text.lower().startswith(("prompt:", "workflow:"))


def comment_whole(exif: Mapping[int, object]) -> str | None:
    """UserComment uncut where it is JSON, which a cut would spoil."""
    value = exif.get(USER_COMMENT)
    body = value[8:] if isinstance(value, bytes) else b""
    text = utf16(body) if b"\0" in body[:40] else decoded(body)
    return text if text.lstrip().startswith("{") else comment(exif)


def _name(exif: Mapping[int, object], tag: int) -> str | None:
    text = clean(mended(exif.get(tag)))
    return None if text is None or _is_graph(text) else text


def _caption(exif: Mapping[int, object]) -> str | None:
    described = clean(mended(exif.get(DESCRIPTION)), CAPTION)
    for text in (described, clean(_wide(exif.get(XP_COMMENT)), CAPTION), comment(exif)):
        if text and not _is_stock(text) and not is_generated(text):
            return text[:CAPTION]
    return clean(_wide(exif.get(XP_SUBJECT)), CAPTION)


def _is_stock(text: str) -> bool:
    return text.lower() in STOCK or text.lower().startswith(("dcim\\", "charset=")) or _is_graph(text)


def _wide(value: object) -> str | None:
    """Windows's texts: UTF-16, little end first, in bytes."""
    if isinstance(value, tuple) and all(isinstance(part, int) and 0 <= part < 256 for part in value):
        value = bytes(value)
    return value[: 16 * CAPTION].decode("utf-16-le", errors="replace") if isinstance(value, bytes) else None


def _dates(exif: Mapping[int, object], tell: Told) -> None:
    offset = str(exif.get(0x9011, "")) or None
    if offset is None and exif.get(0x9003) == exif.get(DATE_TIME):
        offset = str(exif.get(0x9010, ""))  # of the last change, which there was none
    for source, tag, fraction, zone in DATES:
        written = str(exif.get(zone, "")) if source != "EXIF DateTimeOriginal" else offset or ""
        digits = str(exif.get(fraction, "")).strip("\0 ")
        tell.date(source, exif.get(tag), fraction=digits, offset=written)


def _rating(exif: Mapping[int, object], tell: Told) -> None:
    stars, percent = exif.get(RATING), exif.get(RATING_PERCENT)
    if isinstance(stars, int):
        tell.stars("EXIF", stars - 65536 if stars > 32767 else stars)
    elif isinstance(percent, int) and 0 < percent < 100:
        tell.stars("EXIF", 1 + round(percent / 25))  # 1, 25, 50, 75, 99
    elif stars is not None:
        tell.notes.append("EXIF rating: not a number")


def _position(gps: Mapping[int, object], tell: Told) -> None:
    if GPS_LATITUDE not in gps and GPS_LONGITUDE not in gps:
        return
    latitude, longitude = (_degrees(gps, tag) for tag in (GPS_LATITUDE, GPS_LONGITUDE))
    if latitude is None or longitude is None:
        tell.notes.append("EXIF position: incomplete, or not in degrees")
    else:
        tell.at("EXIF", latitude, longitude)


def _degrees(gps: Mapping[int, object], tag: int) -> float | None:
    parts = _numbers(gps.get(tag))
    half = HALVES.get(str(mended(gps.get(tag - 1)) or "").strip("\0 ")[:1].upper())
    if not parts or half is None:
        return None
    return half * math.fsum(part / 60**power for power, part in enumerate(parts[:3]))


def _numbers(value: object) -> list[float]:
    """Rationals -> finite floats; none at all when one of them is not (as 0/0)."""
    values = value if isinstance(value, tuple) else (value,)
    try:
        numbers = [float(cast("SupportsFloat", part)) for part in values]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _gps_clock(gps: Mapping[int, object], tell: Told) -> None:
    """GPS's own time, in UTC: a moment that is not believed itself, but by which the camera's offset is reckoned."""
    day, time = str(gps.get(GPS_DAY, "")).strip("\0 "), _numbers(gps.get(GPS_TIME))
    if day and len(time) == 3 and all(part < 60 for part in time) and day.replace(":", "").isdecimal():
        hour, minute, second = map(int, time)
        if any(time):  # midnight to the second is what a GPS without a fix writes
            tell.date("GPS", f"{day} {hour:02}:{minute:02}:{second:02}Z")
