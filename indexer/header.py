"""What a picture's file carries beside its pixels, as it stands there, taken from an image that is open anyway.

Nothing here says what any of it means (metadata/ does), and nothing here raises: what cannot be taken is a note.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from PIL import Image, ImageFile, IptcImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

T = TypeVar("T")
NOTHING: Mapping[Any, Any] = MappingProxyType({})
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAGS = (  # of EXIF, what metadata/ asks for: the rest (MakerNote above all) is left where it is
    *(0x010E, 0x010F, 0x0110, 0x0132, 0x4746, 0x4749),
    *(0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9286, 0x9290, 0x9291, 0x9292, 0xA433, 0xA434),
    *(0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F),
)
GPS_TAGS = (1, 2, 3, 4, 7, 29)  # where, and when in UTC
XMP_KEY = "XML:com.adobe.xmp"  # of PNG's text chunks, the one that is no text
XMP_TAG, XMP_BOX = 0x02BC, bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
TIFF_MARKS = {b"II": b"II*\0", b"MM": b"MM\0*"}
LARGEST = 16 << 20  # bytes of EXIF, of XMP or of all texts: more than that is no description of a photo
BYTES_OF_TYPE = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)  # TIFF's types, by their number


@dataclass(frozen=True, slots=True)
class Header:
    """`exif` has the tags of IFD0 and of the EXIF IFD by number, `gps` those of the GPS IFD, `iptc` datasets by
    (record, number), `texts` PNG's text chunks by keyword. `notes` say what could not be taken.
    """

    exif: Mapping[int, object] = field(default_factory=lambda: NOTHING)
    gps: Mapping[int, object] = field(default_factory=lambda: NOTHING)
    xmp: bytes = b""
    iptc: Mapping[tuple[int, int], bytes | list[bytes]] = field(default_factory=lambda: NOTHING)
    texts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    notes: tuple[str, ...] = ()


def header_of(image: Image.Image, data: bytes = b"") -> Header:
    """The header of an open image. `data`, the whole file, is asked only where Pillow does not keep a part of it."""
    notes: list[str] = []
    exif, gps = attempt("EXIF", lambda: _exif(exif_of(image), notes), notes) or ({}, {})
    xmp = attempt("XMP", lambda: _xmp(image, data), notes) or b""
    iptc = attempt("IPTC", lambda: _iptc(image), notes) or {}
    texts = attempt("texts", lambda: _texts(image), notes) or {}
    return Header(exif, gps, xmp, iptc, texts, tuple(notes))


def header_of_tiff(data: bytes) -> Header:
    """The header of a file that is built as a TIFF, but for its first four bytes, and is not opened as a picture."""
    notes: list[str] = []
    exif = attempt("EXIF", lambda: _loaded(data), notes) or Image.Exif()
    tags, gps = attempt("EXIF", lambda: _exif(exif, notes), notes) or ({}, {})
    xmp = attempt("XMP", lambda: _bounded(exif.get(XMP_TAG, b"")), notes) or b""
    return Header(tags, gps, xmp, notes=tuple(notes))


def header_of_cr3(data: bytes) -> Header:
    """The header of a CR3: boxes, in which each directory is a TIFF of its own. After L. Clévy."""
    notes: list[str] = []
    canon = next(_boxes(next(_boxes(data, b"moov"), b""), b"uuid"), b"")[16:]
    first, inner, place = (
        attempt("EXIF", partial(_loaded, next(_boxes(canon, kind), b"")), notes) or Image.Exif()
        for kind in (b"CMT1", b"CMT2", b"CMT4")
    )
    xmp = next((box[16:] for box in _boxes(data, b"uuid") if box.startswith(XMP_BOX)), b"")
    tags = _tags(first, TAGS, notes) | _tags(inner, TAGS, notes)
    found = attempt("XMP", lambda: _bounded(xmp), notes) or b""
    return Header(tags, _tags(place, GPS_TAGS, notes), found, notes=tuple(notes))


def attempt(what: str, take: Callable[[], T], notes: list[str]) -> T | None:
    """What `take` returns; None where it raises, and a note that says of what, and why."""
    try:
        return take()
    except Exception as error:  # noqa: BLE001  whatever a stranger wrote costs that part alone, never the photo
        notes.append(f"{what}: {reason_of(error)}")
        return None


def exif_of(image: Image.Image) -> Image.Exif:
    """EXIF as far as the header has it: PNG's own `getexif` would decode the pixels to look behind them."""
    return Image.Image.getexif(image)


def reason_of(error: BaseException) -> str:
    """One short line of what was raised."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def drop_boundless_exif(image: Image.Image) -> str | None:
    """Takes EXIF away from an open image that would need far more memory than it has bytes, and says so.

    Pillow copies the value of every tag when it reads one. Thousands of tags may claim the same bytes.
    """
    exif = image.info.get("exif")
    if not isinstance(exif, bytes) or (len(exif) <= LARGEST and _claimed(exif) <= 4 * len(exif) + 4096):
        return None
    del image.info["exif"]
    return f"EXIF: claims more than the {len(exif):,} bytes it has"


def _loaded(tiff: bytes) -> Image.Exif:
    """The first directory of a TIFF structure. Raises ValueError where it would need more memory than it has bytes."""
    exif = Image.Exif()
    if tiff and _claimed(tiff) > len(tiff):
        raise ValueError(f"claims more than the {len(tiff):,} bytes it has")
    is_marked = tiff[:4] in TIFF_MARKS.values()  # most are, and may have 50 MB
    exif.load(tiff if is_marked else TIFF_MARKS.get(tiff[:2], b"") + memoryview(tiff)[4:])
    return exif


def _exif(exif: Image.Exif, notes: list[str]) -> tuple[dict[int, object], dict[int, object]]:
    if not exif:
        return {}, {}
    found = _tags(exif, TAGS, notes)
    found |= _tags(_inner(exif, EXIF_IFD), [tag for tag in TAGS if tag not in found], notes)
    return found, _tags(_inner(exif, GPS_IFD), GPS_TAGS, notes)


def _inner(exif: Image.Exif, tag: int) -> Mapping[int, object]:
    """The IFD to which a tag points. Pillow's own `get_ifd` would unpack all of it: thrice the time."""
    offset = exif.get(tag)
    if not isinstance(offset, int):
        return offset if isinstance(offset, dict) else {}
    inner = ImageFileDirectory_v2(exif.head, group=tag)
    exif.fp.seek(offset)
    inner.load(exif.fp)
    return inner


def _tags(ifd: Mapping[int, object], tags: Iterable[int], notes: list[str]) -> dict[int, object]:
    found: dict[int, object] = {}
    for tag in tags:
        try:
            value = ifd.get(tag)
        except Exception as error:  # noqa: BLE001  a tag of the wrong type must not cost the others
            notes.append(f"EXIF tag {tag:#06x}: {reason_of(error)}")
            continue
        if value is not None:
            found[tag] = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    return found


def _xmp(image: Image.Image, data: bytes) -> bytes:
    xmp = image.info.get("xmp") or image.info.get(XMP_KEY) or b""
    if isinstance(xmp, str):
        xmp = xmp.encode(errors="replace")
    if not xmp and image.format == "JXL":
        xmp = next(_boxes(data, b"xml "), b"")
    return _bounded(xmp)


def _bounded(xmp: bytes) -> bytes:
    if len(xmp) > LARGEST:
        raise ValueError(f"{len(xmp):,} bytes are too many")
    return bytes(xmp)


def _iptc(image: Image.Image) -> dict[tuple[int, int], bytes | list[bytes]]:
    return (isinstance(image, ImageFile.ImageFile) and IptcImagePlugin.getiptcinfo(image)) or {}


def _texts(image: Image.Image) -> dict[str, str]:
    if image.format != "PNG":
        return {}
    texts = {str(key): str(value) for key, value in image.info.items() if isinstance(value, str) and key != XMP_KEY}
    if sum(map(len, texts.values())) > LARGEST:
        raise ValueError("too long")
    return texts


def _boxes(data: bytes, kind: bytes) -> Iterator[bytes]:
    """What is in the outermost boxes of a kind, of a file made of boxes (ISO 14496-12: length, kind, content)."""
    at = 0
    while at + 8 <= len(data):
        length, start = int.from_bytes(data[at : at + 4], "big"), at + 8
        if length == 1:
            length, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = at + length if length else len(data)
        if end < start:
            return
        if data[at + 4 : at + 8] == kind:
            yield data[start:end]
        at = end


def _claimed(exif: bytes) -> int:
    """How many bytes all tags of an EXIF block claim together, each no more than there are."""
    start = 6 if exif.startswith(b"Exif\0\0") else 0
    order = "<" if exif[start : start + 2] == b"II" else ">"
    places, seen, total = [int.from_bytes(exif[start + 4 : start + 8], "little" if order == "<" else "big")], set(), 0
    while places:
        place = places.pop()
        table = exif[start + place : start + place + 2]
        if place in seen or len(table) < 2:
            continue
        seen.add(place)
        count = struct.unpack(order + "H", table)[0]
        entries = exif[start + place + 2 : start + place + 2 + 12 * count]
        for tag, kind, number, value in struct.iter_unpack(order + "HHLL", entries[: len(entries) // 12 * 12]):
            total += min(number * (BYTES_OF_TYPE[kind] if kind < len(BYTES_OF_TYPE) else 0), len(exif))
            if tag in (EXIF_IFD, GPS_IFD):
                places.append(value)
    return total
