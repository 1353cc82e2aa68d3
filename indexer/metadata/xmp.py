"""XMP, inside a photo or beside it -> what it tells: words, rating, people, place and dates.

Namespaces after ISO 16684-1 and -2, IPTC's photo metadata standard, the Metadata Working Group and Microsoft.
"""

import math
import re
from collections.abc import Iterator
from itertools import chain
from xml.etree.ElementTree import Element, ParseError, fromstring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring as defused_fromstring

from indexer.metadata.text import CAPTION, clean, clean_all
from indexer.metadata.told import Told, camera_name

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
IPTC_CORE = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
IPTC_EXT = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
EXIF = "{http://ns.adobe.com/exif/1.0/}"
TIFF = "{http://ns.adobe.com/tiff/1.0/}"
AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
DIGIKAM = "{http://www.digikam.org/ns/1.0/}"
MICROSOFT = "{http://ns.microsoft.com/photo/1.0/}"
REGIONS = "{http://www.metadataworkinggroup.com/schemas/regions/}"
MS_REGION = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
COORDINATE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])")
LARGEST = 4 << 20  # bytes of one packet: more is an editing history, or an attack


def told(data: bytes) -> Told:
    """What an XMP packet tells. Raises ValueError with a reason where it is none."""
    tell = Told()
    root = _parsed(data)
    properties = Properties(root)
    _words(properties, tell)
    _people(root, properties, tell)
    _place(properties, tell)
    _camera(properties, tell)
    _rating(properties, tell)
    for name in (EXIF + "DateTimeOriginal", PHOTOSHOP + "DateCreated", XMP + "CreateDate"):
        tell.date("XMP", properties.first(name))
    return tell


def comment(data: bytes) -> str | None:
    """exif:UserComment, uncut: a program that draws pictures may have left its prompt there."""
    if b"UserComment" not in data:
        return None
    return Properties(_parsed(data)).first(EXIF + "UserComment")


class Properties:
    """All properties of all descriptions in a packet, however they are written: as attributes, elements or lists."""

    def __init__(self, root: Element) -> None:
        self._values: dict[str, list[str]] = {}
        for description in chain.from_iterable(rdf.iterfind(RDF + "Description") for rdf in root.iter(RDF + "RDF")):
            for name, text in description.attrib.items():
                self._values.setdefault(name, []).append(text)
            for element in description:
                self._values.setdefault(element.tag, []).extend(_texts(element))

    def all(self, *names: str) -> list[str]:
        return [text for name in names for text in self._values.get(name, ())]

    def first(self, *names: str) -> str | None:
        return next((text for text in self.all(*names) if text.strip()), None)


def _texts(element: Element) -> Iterator[str]:
    """The text of a property, or of each item of its list, that of the default language first."""
    items = list(element.iter(RDF + "li"))
    items.sort(key=lambda item: item.get(LANGUAGE) not in ("x-default", None))
    for item in items or [element]:
        yield item.text or item.get(RDF + "resource") or ""


def _parsed(data: bytes) -> Element:
    if len(data) > LARGEST:
        raise ValueError(f"{len(data):,} bytes are too many")
    try:
        text = _utf8(data)
        # Entities can be declared after `<!` alone. Where there is none, the faster parser has nothing to fear.
        root: Element = defused_fromstring(text) if b"<!" in text else fromstring(text)
    except ParseError as error:
        raise ValueError(f"not well-formed XML ({error})") from error
    except DefusedXmlException as error:
        raise ValueError("it declares entities, which no photo needs") from error
    return root


def _utf8(data: bytes) -> bytes:
    """A packet of any Unicode encoding, and with what padding it has -> UTF-8 that says nothing else of itself."""
    head = data[:4]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    elif head[:1] == b"\0" or head[1:2] == b"\0":
        text = data.decode("utf-16-be" if head[:1] == b"\0" else "utf-16-le", errors="replace")
    else:
        text = data.decode("utf-8-sig", errors="replace")
    text = text.strip("\0\ufeff \r\n\t")
    return re.sub(r"^<\?xml[^>]*\?>", "", text).encode(errors="replace")


def _words(properties: Properties, tell: Told) -> None:
    tell.title = clean(properties.first(DC + "title", PHOTOSHOP + "Headline"))
    tell.caption = clean(
        properties.first(DC + "description", EXIF + "ImageDescription", TIFF + "ImageDescription"), CAPTION
    )
    flat = properties.all(DC + "subject", MICROSOFT + "LastKeywordXMP")
    trees = properties.all(LIGHTROOM + "hierarchicalSubject", DIGIKAM + "TagsList")
    tell.keywords = clean_all([*flat, *(leaf for tree in trees for leaf in re.split(r"[|/]", tree))])


def _people(root: Element, properties: Properties, tell: Told) -> None:
    found = [name for region in root.iter() if (name := _person(region))]
    tell.people = clean_all([*found, *properties.all(IPTC_EXT + "PersonInImage")])


def _person(region: Element) -> str | None:
    """The name in a region, whose parts may be written as attributes or as elements; None for what is no face."""
    parts = dict(region.attrib)
    for part in region:
        if part.text:
            parts.setdefault(part.tag, part.text)
    if (parts.get(REGIONS + "Type") or "Face") != "Face":
        return None
    return parts.get(REGIONS + "Name") or parts.get(MS_REGION + "PersonDisplayName")


def _place(properties: Properties, tell: Told) -> None:
    names = (
        properties.first(IPTC_CORE + "Location"),
        properties.first(PHOTOSHOP + "City"),
        properties.first(PHOTOSHOP + "State"),
        properties.first(PHOTOSHOP + "Country"),
    )
    tell.place = clean_all(names)
    latitude, longitude = properties.first(EXIF + "GPSLatitude"), properties.first(EXIF + "GPSLongitude")
    if latitude and longitude:
        try:
            tell.at("XMP", _degrees(latitude), _degrees(longitude))
        except ValueError as error:
            tell.notes.append(f"XMP position: {error}")


def _degrees(text: str) -> float:
    """`35,21.63N` or `35,21,37.8N` -> degrees."""
    match = COORDINATE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text[:40]!r} is not in degrees")
    degrees = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -degrees if match[4] in "SW" else degrees


def _camera(properties: Properties, tell: Told) -> None:
    model, make = clean(properties.first(TIFF + "Model")), clean(properties.first(TIFF + "Make"))
    tell.camera = camera_name(make, model) if model else None
    tell.lens = clean(properties.first(AUX + "Lens"))


def _rating(properties: Properties, tell: Told) -> None:
    text = properties.first(XMP + "Rating")
    if text is None:
        return
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        tell.stars("XMP", value)
    else:
        tell.notes.append(f"XMP rating: {clean(text, 40)!r} is no number")
