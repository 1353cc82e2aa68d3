"""Tags as XMP, where photo managers look for them: in a file beside a photo, or inside it; and out of it again.

    dc:subject               every program; the last part of a tag
    lr:hierarchicalSubject   Lightroom, Capture One: parts|with|bars
    digiKam:TagsList         digiKam: parts/with/slashes

What pics has put there is written down beside it, in a namespace of its own, and just that is taken away again. All
else stays: what would lose a value is not written. By Exiv2, through pyexiv2.
"""

import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from indexer.errors import LacksPackage
from indexer.metadata import Folders, side_key
from indexer.photo import Skip, is_offline
from indexer.query import EVERYWHERE, Filters
from indexer.raw import SUFFIXES as RAW_SUFFIXES
from indexer.settings import Progress, Watch
from indexer.store.library import Library
from indexer.store.tags import Tag

OURS = "urn:pics:xmp:1.0/"
LISTS = {
    "Xmp.dc.subject": "Xmp.pics.subject",
    "Xmp.lr.hierarchicalSubject": "Xmp.pics.hierarchicalSubject",
    "Xmp.digiKam.TagsList": "Xmp.pics.TagsList",
}
"""Each with the property of ours that says what of it is ours."""
TOLD = "Xmp.pics.TagsList"  # the one of these in which tags are spelled as here
MADE = "Xmp.pics.made"  # there was no packet before
EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""/></rdf:RDF>'
    b'</x:xmpmeta>\n<?xpacket end="w"?>'
)
TAKES_IT_IN = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".jp2")  # by Exiv2
AN_UNORDERED = re.compile(r"(<(dc:subject|lr:hierarchicalSubject)>\s*<rdf:)Seq>(.*?</rdf:)Seq>", re.DOTALL)
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
LARGEST = 1 << 30  # bytes of a photo that is written into: all of it is in memory


@dataclass(frozen=True, slots=True)
class Change:
    """Tags that were, or would be, added to a file and taken from it."""

    photo: str
    file: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Whether XMP goes into the photo and not beside it, and whether nothing is to be written after all."""

    into_file: bool = False
    dry_run: bool = False


BESIDE = Form()


class NotWritten(Exception):
    """Says why a photo's tags cannot be written; the file is as it was."""


def write(photo: Path, tags: Sequence[str], form: Form, folders: Folders) -> list[Change]:
    """Has a photo's XMP say these tags, none: takes away what pics had put there. Raises NotWritten.

    One change for each file that was not so already. `folders` know which side files there are.
    """
    changes = []
    for file in [_inside(photo)] if form.into_file else _sides(photo, folders):
        try:
            if (change := _write(photo, file, tags, form.dry_run)) is not None:
                changes.append(change)
        except OSError as error:
            raise NotWritten(f"{file.name}: {error.strerror or error}") from error
        except (RuntimeError, UnicodeDecodeError) as error:  # all that Exiv2 has to say
            raise NotWritten(f"{file.name}: {error}") from error
    return changes


# -- which file


def _inside(photo: Path) -> Path:
    if photo.suffix.lower() not in TAKES_IT_IN:
        raise NotWritten(f"{photo.suffix or 'this'} files are not written into; leave out --into-file")
    return photo


def _sides(photo: Path, folders: Folders) -> list[Path]:
    """Those there are, else the one that the programs look for: IMG.xmp of a raw file, IMG.jpg.xmp of any other."""
    there = folders.sides_in(str(photo.parent))
    is_raw = photo.suffix.lower() in RAW_SUFFIXES
    names = [f"{photo.name}.xmp", f"{photo.stem}.xmp"]
    found = [photo.with_name(there[key]) for name in names if (key := side_key(name)) in there]
    if found and not is_raw and _has_raw_twin(photo):  # whose IMG.xmp it is
        found = [side for side in found if side_key(side.stem) != side_key(photo.stem)]
    return found or [photo.with_name(names[is_raw])]


def _has_raw_twin(photo: Path) -> bool:
    return any(photo.with_suffix(spelled).exists() for suffix in RAW_SUFFIXES for spelled in (suffix, suffix.upper()))


# -- what in it


def _write(photo: Path, file: Path, tags: Sequence[str], dry_run: bool) -> Change | None:
    inside = file == photo
    if inside or file.exists():
        info = file.stat()
        if is_offline(info):
            raise NotWritten(f"{file.name}: in iCloud only")
        if info.st_size > LARGEST:
            raise NotWritten(f"{file.name}: {info.st_size:,} bytes are too many")
        data = file.read_bytes()
    else:
        data = b""
    if not tags and OURS.encode() not in data:
        return None
    if not inside and not photo.exists():
        raise NotWritten("not there now: its drive is unplugged, or `pics index` has not seen that it went")
    packet = _packet_in(data) if inside else data
    edited, added, removed = _edited(packet, tags)
    if edited == packet:
        return None
    if not dry_run:
        _keep(file, _with_packet(data, edited) if inside else edited)
    return Change(str(photo), str(file), added, removed)


def _edited(packet: bytes, tags: Sequence[str]) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    """A packet, empty where there was none -> the same with these tags, those that came, and those that went."""
    before = _properties(packet)
    wanted = _wanted(before, tags, is_made=MADE in before or not packet)
    if all(wanted[name] in (before.get(name), _items(before, name) or None) for name in wanted):
        return packet, (), ()
    had, has = set(_items(before, TOLD)), set(wanted[TOLD] or ())
    came, went = tuple(sorted(has - had)), tuple(sorted(had - has))
    if not any(wanted.values()) and not before.keys() - wanted.keys():
        return b"" if MADE in before else EMPTY, came, went
    edited = _put(packet or EMPTY, {name: value for name, value in wanted.items() if value or name in before})
    _check(packet or EMPTY, edited, before, wanted)
    return edited, came, went


def _wanted(before: dict[str, Any], tags: Sequence[str], is_made: bool) -> dict[str, Any]:
    """Our properties and the lists that others write too, as they are to be; None: not at all."""
    wanted: dict[str, Any] = {}
    for name, record in LISTS.items():
        others = list((Counter(_items(before, name)) - Counter(_items(before, record))).elements())
        ours = list(dict.fromkeys(item for tag in tags if (item := _spelled(tag, name)) not in others))
        wanted |= {name: [*others, *ours] or None, record: ours or None}
    if any(wanted[record] for record in LISTS.values()):
        return wanted | {MADE: "True" if is_made else None}
    return wanted | {MADE: None}


def _spelled(tag: str, name: str) -> str:
    parts = [part.strip() for part in tag.split("/") if part.strip()] or [tag]
    return {"Xmp.dc.subject": parts[-1], "Xmp.lr.hierarchicalSubject": "|".join(parts)}.get(name, "/".join(parts))


def _items(properties: dict[str, Any], name: str) -> list[str]:
    value = properties.get(name) or []
    return [value] if isinstance(value, str) else list(value)


def _check(before: bytes, after: bytes, had: dict[str, Any], wanted: dict[str, object]) -> None:
    """Raises NotWritten where anything but our properties has changed, or the markup has lost a value."""
    has = _properties(after)
    due = had | wanted
    changed = [name for name in due.keys() | has.keys() if has.get(name) not in (due.get(name), _items(due, name))]
    ours = Counter(item for name in wanted for item in _items(had, name))
    lost = _values(before) - _values(after) - ours
    if changed or lost:
        what = changed[0] if changed else next(iter(lost))
        raise NotWritten(f"Exiv2 would not keep {what!r} as it is, so nothing was written")


def _values(packet: bytes) -> Counter[str]:
    """Every text and attribute in the markup, but those that are about the markup itself."""
    try:
        root: Element = fromstring(packet.strip(b"\0 \r\n\t"))
    except ParseError as error:
        raise NotWritten(f"the XMP there is not well-formed ({error})") from error
    except DefusedXmlException as error:
        raise NotWritten("the XMP there declares entities, which no photo needs") from error
    values: Counter[str] = Counter()
    for description in (inner for rdf in root.iter(RDF + "RDF") for inner in rdf.iter()):
        values.update(text.strip() for text in [description.text or ""] if text.strip())
        values.update(
            text for name, text in description.attrib.items() if name not in (RDF + "about", RDF + "parseType")
        )
    return values


# -- Exiv2


def _exiv2() -> Any:
    import pyexiv2

    pyexiv2.set_log_level(4)  # what it warns of is for people who write Exiv2
    pyexiv2.registerNs(OURS, "pics")
    return pyexiv2


def _properties(packet: bytes) -> dict[str, Any]:
    if not packet:
        return {}
    _values(packet)  # says what is the matter with it better than Exiv2
    with _exiv2().ImageData(packet) as image:
        return dict(image.read_xmp())


def _put(packet: bytes, properties: dict[str, object]) -> bytes:
    """Properties set, or, where None, removed. Exiv2 is told of ordered lists alone: those that have no order get it
    taken off.
    """
    with _exiv2().ImageData(packet) as image:
        image.clear_iptc()  # in which Exiv2 keeps a side file's subjects too, to give them back
        image.clear_exif()
        image.modify_xmp(properties)
        edited: bytes = image.get_bytes()
    return AN_UNORDERED.sub(r"\1Bag>\3Bag>", edited.decode()).encode()


def _packet_in(data: bytes) -> bytes:
    with _exiv2().ImageData(data) as image:
        packet: str = image.read_raw_xmp()
    return packet.encode()


def _with_packet(data: bytes, packet: bytes) -> bytes:
    """A photo's bytes with this packet in it, empty: with none, or, as some formats have it, with an empty one."""
    for attempt in [packet] if packet else [b"", EMPTY]:
        with _exiv2().ImageData(data) as image:
            if attempt:
                image.modify_raw_xmp(attempt.decode())
            else:
                image.clear_xmp()
            written: bytes = image.get_bytes()
        if _properties(_packet_in(written)) == _properties(packet):
            return written
    raise NotWritten("Exiv2 would not write it as it should be, so nothing was written")


# -- on disk


def _keep(file: Path, data: bytes) -> None:
    """Written beside it first, and then put in its place, so that no crash leaves half a file. Empty: it goes."""
    file = file.resolve()  # a link stays one
    if not data:
        file.unlink()
        return
    aside = file.with_name(f".{file.name}.pics-new")
    try:
        with aside.open("wb") as out:
            out.write(data)
            if is_there := file.exists():  # a new one can be written again
                out.flush()
                os.fsync(out.fileno())
        if is_there:
            shutil.copystat(file, aside)
            os.utime(aside)
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


# -- all of them


def write_tags(
    library: Library,
    filters: Filters = EVERYWHERE,
    form: Form = BESIDE,
    *,
    least: float = 0.0,
    japanese: bool = False,
    watch: Watch = lambda _: None,
) -> Iterator[Change | Skip]:
    """Of all photos that pass and have tags, or had some taken, writes those of at least that confidence.

    What is yielded is done. Raises LacksPackage.
    """

    def spelled(tags: Sequence[Tag]) -> list[str]:
        return [(japanese and tag.japanese) or tag.name for tag in tags if tag.confidence >= least]

    def wanted(contents: Sequence[int]) -> dict[int, list[str]]:
        return {content_id: spelled(tags) for content_id, tags in library.tags.of(contents).items()}

    return _each(library, filters, library.tagged(filters), wanted, form, watch)


def remove_tags(
    library: Library,
    filters: Filters = EVERYWHERE,
    form: Form = BESIDE,
    *,
    watch: Watch = lambda _: None,
) -> Iterator[Change | Skip]:
    """Takes away what `write_tags` has put beside, or into, the photos that pass, whatever tags they have now."""
    return _each(library, filters, library.contents(filters), lambda _: {}, form, watch)


def _file(photo: Path) -> tuple[bytes, int, int]:
    """SHA-256, size and mtime_ns, of what lies there now."""
    info = photo.stat()
    return hashlib.sha256(photo.read_bytes()).digest(), info.st_size, info.st_mtime_ns


def _each(
    library: Library,
    filters: Filters,
    contents: Iterable[list[int]],
    wanted: Callable[[Sequence[int]], dict[int, list[str]]],
    form: Form,
    watch: Watch,
) -> Iterator[Change | Skip]:
    if find_spec("pyexiv2") is None:
        raise LacksPackage("writing XMP", "pyexiv2", "xmp")
    folders, done = Folders(), 0
    for some in contents:
        tags = wanted(some)
        for hit in library.hits([(content_id, 0.0) for content_id in some], filters):
            photo, of_it = Path(hit.path), tags.get(hit.content_id, [])
            try:
                for change in write(photo, of_it, form, folders):
                    if form.into_file and not form.dry_run:
                        library.rewritten(hit.path, _file(photo))
                    yield change
            except NotWritten as error:
                yield Skip(hit.path, str(error))
            done += 1
        watch(Progress("write", done, 0))
