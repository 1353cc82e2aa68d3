"""Writes what pictures say of themselves: EXIF, XMP, IPTC, PNG's texts, Takeout's JSON; after their published forms."""

import json
import struct
from collections.abc import Mapping
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from tests import pictures

Rationals = tuple[IFDRational, ...]
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
}
PHONE: dict[int, object] = {
    0x010F: "Apple",
    0x0110: "iPhone 15 Pro",
    0x0112: 1,
    0x0131: "17.5.1",
    0x0132: "2024:05:03 14:22:10",
}
PHONE_EXIF: dict[int, object] = {
    0x9003: "2024:05:03 14:22:10",
    0x9004: "2024:05:03 14:22:10",
    0x9010: "+09:00",
    0x9011: "+09:00",
    0x9291: "482",
    0xA433: "Apple",
    0xA434: "iPhone 15 Pro back triple camera 6.765mm f/1.78",
}
FUJI = (35.3606, 138.7274)


def exif(
    ifd0: Mapping[int, object] | None = None,
    inner: Mapping[int, object] | None = None,
    gps: Mapping[int, object] | None = None,
) -> bytes:
    """An EXIF block with tags of IFD0, of the EXIF IFD and of the GPS IFD."""
    block = Image.Exif()
    block.update(ifd0 or {})
    block.get_ifd(0x8769).update(inner or {})
    block.get_ifd(0x8825).update(gps or {})
    return block.tobytes()


def degrees(value: float) -> Rationals:
    """Degrees, minutes and seconds as EXIF counts them."""
    whole, rest = divmod(abs(value) * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return IFDRational(int(whole)), IFDRational(int(minutes)), IFDRational(round(seconds * 1000), 1000)


def gps(latitude: float, longitude: float, utc: str = "") -> dict[int, object]:
    """A GPS IFD; `utc` as `YYYY:MM:DD HH:MM:SS`."""
    tags: dict[int, object] = {
        1: "N" if latitude >= 0 else "S",
        2: degrees(latitude),
        3: "E" if longitude >= 0 else "W",
        4: degrees(longitude),
    }
    if utc:
        day, time = utc.split()
        tags |= {7: tuple(IFDRational(int(part)) for part in time.split(":")), 29: day}
    return tags


def jpeg(exif_block: bytes = b"", xmp_packet: bytes = b"", iptc_block: bytes = b"") -> bytes:
    """A small JPEG that carries them."""
    options: dict[str, object] = {"exif": exif_block} if exif_block else {}
    if xmp_packet:
        options["xmp"] = xmp_packet
    data = pictures.encoded(pictures.scene(1), "JPEG", **options)
    if iptc_block:
        resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc_block)) + iptc_block + b"\0" * (len(iptc_block) % 2)
        segment = b"Photoshop 3.0\0" + resource
        data = data[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    return data


def png(texts: Mapping[str, str], compressed: bool = False, late: bool = False) -> bytes:
    """A small PNG with texts before its pixels, or behind them."""
    info = PngInfo()
    for keyword, text in texts.items():
        if text.isascii():
            info.add_text(keyword, text, zip=compressed)
        else:
            info.add_itxt(keyword, text, zip=compressed)
    out = BytesIO()
    pictures.scene(1).save(out, "PNG", pnginfo=info)
    data = out.getvalue()
    if late:
        start, end = data.index(b"IHDR") + 21, data.index(b"IDAT") - 4
        data = data[:start] + data[end:-12] + data[start:end] + data[-12:]
    return data


def xmp(body: str = "", attributes: str = "") -> bytes:
    """A packet: `body` are elements, `attributes` are written into the description itself."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared} {attributes}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def bag(name: str, *items: str, kind: str = "Bag") -> str:
    """A property with a list of items."""
    listed = "".join(f"<rdf:li>{item}</rdf:li>" for item in items)
    return f"<{name}><rdf:{kind}>{listed}</rdf:{kind}></{name}>"


def iptc(*datasets: tuple[int, bytes]) -> bytes:
    """Datasets of the second record, by number."""
    return b"".join(b"\x1c\x02" + struct.pack(">BH", number, len(value)) + value for number, value in datasets)


def takeout(**said: object) -> bytes:
    """The JSON that Google lays beside a photo, with some of its keys otherwise."""
    usual: dict[str, object] = {
        "title": "IMG_1.jpg",
        "description": "",
        "imageViews": "12",
        "creationTime": {"timestamp": "1563100000", "formatted": "14 Jul 2019, 10:26:40 UTC"},
        "photoTakenTime": {"timestamp": "1563050002", "formatted": "13 Jul 2019, 20:33:22 UTC"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0},
        "url": "https://photos.google.com/photo/x",
    }
    return json.dumps(usual | said, ensure_ascii=False).encode()
