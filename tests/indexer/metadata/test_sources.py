"""EXIF, XMP and IPTC, written into real files by Pillow or by hand -> what is known of the photo."""

import struct

import pytest
from PIL.TiffImagePlugin import IFDRational

from indexer.decode import decode
from indexer.metadata import Side, read
from indexer.photo import Facts
from tests import headers, pictures

COMMENT, RATING, PERCENT = 0x9286, 0x4746, 0x4749


def facts(data: bytes, *sides: Side) -> Facts:
    return read(decode(data).header, "/photos/a.jpg", sides)


def of_exif(ifd0: dict[int, object] | None = None, **more: dict[int, object]) -> Facts:
    return facts(headers.jpeg(headers.exif(ifd0, **more)))


def of_xmp(body: str = "", attributes: str = "") -> Facts:
    return facts(headers.jpeg(xmp_packet=headers.xmp(body, attributes)))


# -- EXIF


def test_a_phones_photo_tells_its_camera_lens_time_and_place() -> None:
    found = of_exif(headers.PHONE, inner=headers.PHONE_EXIF, gps=headers.gps(*headers.FUJI))
    assert found == Facts(
        taken_at="2024-05-03T14:22:10.482",
        taken_offset=540,
        taken_from="EXIF DateTimeOriginal",
        camera="Apple iPhone 15 Pro",
        lens="Apple iPhone 15 Pro back triple camera 6.765mm f/1.78",
        latitude=pytest.approx(headers.FUJI[0], abs=1e-6),
        longitude=pytest.approx(headers.FUJI[1], abs=1e-6),
        place=found.place,
        place_local=found.place_local,
    )


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "JXL"])
def test_every_format_that_carries_exif_and_xmp_tells_it(format_: str) -> None:
    options: dict[str, object] = {"exif": headers.exif(headers.PHONE, headers.PHONE_EXIF, headers.gps(*headers.FUJI))}
    if format_ not in ("PNG", "TIFF", "JXL"):
        options["xmp"] = headers.xmp(attributes='xmp:Rating="4"')
    found = facts(pictures.encoded(pictures.scene(1), format_, **options))
    assert (found.camera, found.taken_at) == ("Apple iPhone 15 Pro", "2024-05-03T14:22:10.482")
    assert found.latitude == pytest.approx(headers.FUJI[0], abs=1e-6)
    assert found.rating == (4 if "xmp" in options else None)
    assert found.notes == ()


def test_the_xmp_of_png_tiff_and_jpeg_xl_is_found_in_its_own_place() -> None:
    packet = headers.xmp(attributes='xmp:Rating="4"')
    tiff = pictures.encoded(pictures.scene(1), "TIFF", tiffinfo={700: packet})
    box = struct.pack(">I", len(packet) + 8) + b"xml " + packet
    jxl = pictures.encoded(pictures.scene(1), "JXL", exif=headers.exif(headers.PHONE)) + box  # EXIF makes it of boxes
    for data in (headers.png({"XML:com.adobe.xmp": packet.decode()}), tiff, jxl):
        assert facts(data).rating == 4


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 5D Mark IV", "Canon EOS 5D Mark IV"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("SONY", "ILCE-7M4\0", "SONY ILCE-7M4"),
        ("FUJIFILM  ", " X-T5 ", "FUJIFILM X-T5"),
        ("", "X-T5", "X-T5"),
        ("Leica", "", "Leica"),
        ("", "", None),
    ],
)
def test_make_and_model_are_one_name(make: str, model: str, camera: str | None) -> None:
    assert of_exif({0x010F: make, 0x0110: model}).camera == camera


@pytest.mark.parametrize(
    ("comment", "caption"),
    [
        (b"ASCII\0\0\0" + b"a pool", "a pool"),
        (b"UNICODE\0" + "富士山".encode("utf-16-be"), "富士山"),
        (b"UNICODE\0" + "富士山".encode("utf-16-le"), "富士山"),
        (b"UNICODE\0" + "a pool".encode("utf-16-le"), "a pool"),
        (b"UNICODE\0" + "a pool".encode("utf-16"), "a pool"),
        (b"UNICODE\0" + b"a pool", "a pool"),
        (b"JIS\0\0\0\0\0" + "富士山".encode("iso2022_jp"), "富士山"),
        (bytes(8) + "富士山".encode(), "富士山"),
        (bytes(8) + "café".encode("latin-1"), "café"),
        (b"a pool without a charset", "a pool without a charset"),
        (b"ASCII\0\0\0" + bytes(200), None),
        (b"ASCII\0\0\0" + b" " * 200, None),
        (b"UNICODE\0", None),
        (b"UNICODE\0" + b"\xd8\x01\xd8\x02", "\ufffd\ufffd"),
        (b"", None),
    ],
)
def test_a_comment_is_read_by_its_charset(comment: bytes, caption: str | None) -> None:
    assert of_exif(inner={COMMENT: comment}).caption == caption


def test_captions_that_are_utf_8_against_the_rules_are_read_as_such() -> None:
    assert of_exif({0x010E: "富士山".encode()}).caption == "富士山"
    assert of_exif({0x010E: "café".encode("latin-1")}).caption == "café"


@pytest.mark.parametrize("stock", ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", r"DCIM\100MEDIA\DJI_0042.JPG", "dav"])
def test_what_a_camera_writes_of_every_photo_is_no_caption(stock: str) -> None:
    assert of_exif({0x010E: stock}).caption is None
    assert of_exif({0x010E: stock}, inner={COMMENT: b"ASCII\0\0\0the dog"}).caption == "the dog"


def test_a_caption_that_begins_like_one_of_a_camera_stays() -> None:
    assert of_exif({0x010E: "Davos in winter"}).caption == "Davos in winter"


def test_windows_own_tags_are_read() -> None:
    wide = {0x9C9B: "題 名\0", 0x9C9C: "a comment\0", 0x9C9E: "fuji; snow ;;富士\0", 0x9C9F: "a subject\0"}
    found = of_exif({tag: text.encode("utf-16-le") for tag, text in wide.items()})
    assert (found.title, found.caption, found.keywords) == ("題 名", "a comment", ("fuji", "snow", "富士"))


@pytest.mark.parametrize(
    ("tags", "rating"),
    [
        *(
            ({RATING: 4}, 4),
            ({RATING: 0}, None),
            ({RATING: 0, PERCENT: 99}, None),
            ({PERCENT: 1}, 1),
            ({PERCENT: 25}, 2),
        ),
        *(({PERCENT: 50}, 3), ({PERCENT: 75}, 4), ({PERCENT: 99}, 5), ({RATING: 65535}, -1)),
    ],
)
def test_ratings_are_one_to_five_stars(tags: dict[int, object], rating: int | None) -> None:
    found = of_exif(tags)
    assert (found.rating, found.notes) == (rating, ())


def test_a_rating_that_cannot_be_is_a_note() -> None:
    found = of_exif({RATING: 77})
    assert (found.rating, found.notes) == (None, ("EXIF rating: 77 is none",))


# -- positions


def at(latitude: float, longitude: float) -> Facts:
    return of_exif(gps=headers.gps(latitude, longitude))


@pytest.mark.parametrize("latitude", [-89.5, -33.8568, 35.3606, 89.5])
@pytest.mark.parametrize("longitude", [-179.9, -151.2153, 138.7274, 179.9])
def test_positions_of_all_four_quarters_come_back(latitude: float, longitude: float) -> None:
    found = at(latitude, longitude)
    assert found.latitude == pytest.approx(latitude, abs=1e-6)
    assert found.longitude == pytest.approx(longitude, abs=1e-6)


FAULTS: dict[str, tuple[dict[int, object], str]] = {
    "zeros": (headers.gps(0, 0), "EXIF position: 0, 0 is a GPS without a fix"),
    "too far north": (headers.gps(95, 10), "EXIF position: 95, 10 is nowhere on Earth"),
    "too far east": (headers.gps(10, 200), "EXIF position: 10, 200 is nowhere on Earth"),
    "no denominators": (
        headers.gps(35, 138) | {2: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
        "EXIF position: incomplete, or not in degrees",
    ),
    "no half of the globe": (headers.gps(35, 138) | {1: ""}, "EXIF position: incomplete, or not in degrees"),
    "half a position": ({1: "N", 2: headers.degrees(35)}, "EXIF position: incomplete, or not in degrees"),
}


@pytest.mark.parametrize(("gps", "note"), FAULTS.values(), ids=FAULTS)
def test_a_position_that_cannot_be_is_a_note(gps: dict[int, object], note: str) -> None:
    found = of_exif(headers.PHONE, gps=gps)
    assert (found.latitude, found.longitude, found.place) == (None, None, ())
    assert found.notes == (note,)
    assert found.camera == "Apple iPhone 15 Pro"


def test_a_position_in_decimal_degrees_is_one() -> None:
    gps = {1: "N", 2: (IFDRational(353606, 10000),), 3: "E", 4: (IFDRational(1387274, 10000),)}
    assert of_exif(gps=gps).latitude == pytest.approx(35.3606)


# -- XMP


def test_words_of_xmp_are_read_from_elements_and_attributes() -> None:
    found = of_xmp(
        headers.bag("dc:title", "Fuji at dawn", kind="Alt")
        + headers.bag("dc:subject", "fuji", "snow", "Fuji")
        + '<dc:description><rdf:Alt><rdf:li xml:lang="ja-JP">富士</rdf:li>'
        '<rdf:li xml:lang="x-default">The mountain &amp; the lake</rdf:li></rdf:Alt></dc:description>'
        + headers.bag("lr:hierarchicalSubject", "Places|Japan|Fuji", "snow")
        + headers.bag("digiKam:TagsList", "Animals/Dog", kind="Seq"),
        'xmp:Rating="3" photoshop:City="Fujinomiya" photoshop:State="Shizuoka" photoshop:Country="Japan"'
        ' Iptc4xmpCore:Location="Shiraito Falls" tiff:Make="SONY" tiff:Model="ILCE-7M4" aux:Lens="FE 24-70mm"',
    )
    assert found.title == "Fuji at dawn"
    assert found.caption == "The mountain & the lake"
    assert found.keywords == ("fuji", "snow", "Places", "Japan", "Animals", "Dog")
    assert found.place == ("Shiraito Falls", "Fujinomiya", "Shizuoka", "Japan")
    assert (found.rating, found.camera, found.lens) == (3, "SONY ILCE-7M4", "FE 24-70mm")
    assert found.notes == ()


FACES = (
    '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>'
    '<rdf:li rdf:parseType="Resource"><mwg-rs:Name>花子</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type></rdf:li>'
    '<rdf:li><rdf:Description mwg-rs:Name="Taro" mwg-rs:Type="Face"/></rdf:li>'
    '<rdf:li><rdf:Description mwg-rs:Name="Pochi" mwg-rs:Type="Pet"/></rdf:li>'
    '<rdf:li><rdf:Description mwg-rs:Type="Face"/></rdf:li>'
    "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>'
    '<rdf:li rdf:parseType="Resource"><MPReg:PersonDisplayName>Jirō</MPReg:PersonDisplayName></rdf:li>'
    '<rdf:li MPReg:PersonDisplayName="Taro"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>'
)


def test_people_are_read_from_the_regions_of_their_faces() -> None:
    found = of_xmp(FACES + headers.bag("Iptc4xmpExt:PersonInImage", "Saburō"))
    assert found.people == ("花子", "Taro", "Jirō", "Saburō")


@pytest.mark.parametrize(
    ("text", "rating", "notes"),
    [
        *(("5", 5, 0), ("3.0", 3, 0), ("0", None, 0), ("-1", -1, 0), (" ", None, 0)),
        *(("-2", None, 1), ("6", None, 1), ("nan", None, 1), ("five", None, 1), ("1e999", None, 1)),
    ],
)
def test_the_rating_of_xmp_is_one_to_five_or_rejected(text: str, rating: int | None, notes: int) -> None:
    found = of_xmp(attributes=f'xmp:Rating="{text}"')
    assert (found.rating, len(found.notes)) == (rating, notes)


def test_the_position_in_xmp_is_in_degrees_and_minutes() -> None:
    found = of_xmp(attributes='exif:GPSLatitude="35,21.636N" exif:GPSLongitude="138,43,38.6E"')
    assert (found.latitude, found.longitude) == (pytest.approx(35.3606), pytest.approx(138.72739, abs=1e-5))
    assert of_xmp(attributes='exif:GPSLatitude="35,0S" exif:GPSLongitude="70,0W"').latitude == -35
    assert of_xmp(attributes='exif:GPSLatitude="north" exif:GPSLongitude="70,0W"').notes == (
        "XMP position: 'north' is not in degrees",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_xmp_of_any_unicode_encoding_is_read(encoding: str) -> None:
    packet = headers.xmp(headers.bag("dc:subject", "富士")).decode().encode(encoding)
    assert read(decode(headers.jpeg()).header, "a.jpg", [Side("a.xmp", packet)]).keywords == ("富士",)


def test_xmp_with_a_declaration_and_padding_is_read() -> None:
    packet = b'<?xml version="1.0" encoding="UTF-16"?>\n' + headers.xmp(attributes='xmp:Rating="2"') + b" \n\0" * 500
    assert facts(headers.jpeg(), Side("a.xmp", packet)).rating == 2


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
).encode()


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        pytest.param(headers.xmp()[:300], "not well-formed XML (", id="cut"),
        pytest.param(b"<x", "not well-formed XML (unclosed token", id="a scrap"),
        pytest.param(b"\x89PNG not XML", "not well-formed XML (", id="no XML"),
        pytest.param(LAUGHS + headers.xmp(attributes='xmp:Rating="5"'), "it declares entities", id="a billion laughs"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + headers.xmp("<dc:title>&a;</dc:title>"),
            "it declares entities",
            id="a file",
        ),
        pytest.param(b"<x>" + bytes(5 << 20), "5,242,883 bytes are too many", id="huge"),
    ],
)
def test_xmp_that_is_none_is_a_note_and_costs_nothing_else(packet: bytes, reason: str) -> None:
    exif = headers.exif(headers.PHONE)
    found = facts(headers.jpeg(exif), Side("a.xmp", packet))
    assert found.camera == "Apple iPhone 15 Pro"
    assert len(found.notes) == 1 and found.notes[0].startswith(f"a.xmp: {reason}")
    if len(packet) < 60_000:
        assert facts(headers.jpeg(exif, packet)).notes[0].startswith(f"XMP: {reason}")


def test_a_side_file_is_heard_before_the_photo_itself() -> None:
    inside = headers.xmp(headers.bag("dc:subject", "fuji"), 'xmp:Rating="2"')
    beside = headers.xmp(headers.bag("dc:subject", "snow"), 'xmp:Rating="5"')
    found = facts(headers.jpeg(xmp_packet=inside), Side("a.xmp", beside))
    assert (found.rating, found.keywords) == (5, ("snow", "fuji"))


# -- IPTC


def test_the_records_of_iptc_are_read() -> None:
    block = headers.iptc(
        *((5, b"A title"), (25, b"fuji"), (25, "富士".encode()), (120, "Café".encode("latin-1")), (55, b"20190714")),
        *((60, b"053122+0900"), (92, b"The lake"), (90, b"Fujinomiya"), (95, b"Shizuoka"), (101, b"Japan")),
    )
    found = facts(headers.jpeg(iptc_block=block))
    assert (found.title, found.caption, found.keywords) == ("A title", "Café", ("fuji", "富士"))
    assert (found.taken_at, found.taken_offset, found.taken_from) == ("2019-07-14T05:31:22", 540, "IPTC")
    assert found.place == ("The lake", "Fujinomiya", "Shizuoka", "Japan")
    assert found.notes == ()


def test_names_that_are_written_come_before_those_that_are_reckoned() -> None:
    exif = headers.exif(gps=headers.gps(35.22, 138.61))
    found = facts(headers.jpeg(exif, headers.xmp(attributes='photoshop:City="Shiraito" photoshop:Country="Japan"')))
    assert found.place == ("Shiraito", "Japan", "Fujinomiya", "Shizuoka")


# -- too much of it


def test_huge_texts_are_cut_and_many_keywords_are_fewer() -> None:
    words = [f"word{number}" for number in range(10_000)]
    body = headers.bag("dc:subject", *words) + headers.bag("dc:description", "富" * 300_000, kind="Alt")
    found = facts(headers.jpeg(), Side("a.xmp", headers.xmp(body + headers.bag("dc:title", "t" * 9999))))
    assert found.keywords == tuple(words[:500])
    assert (len(found.caption or ""), len(found.title or "")) == (10_000, 300)


def test_controls_and_lone_surrogates_do_not_come_in() -> None:
    assert of_exif({0x010F: "Ca\0no\x1b[31mn\x07"}).camera == "Cano[31mn"
    found = facts(headers.png({"Title": "a\u202e b", "Comment": "one\r\ntwo\x85three\x00"}))
    assert found.caption is not None and "\0" not in found.caption
    beside = Side("a.jpg.json", b'{"description": "\\ud83d lone \\u0000\\u001b[2J", "people": [{"name": "\\udc00"}]}')
    found = facts(headers.jpeg(), beside)
    assert (found.caption, found.people) == ("lone [2J", ())


def test_words_come_in_one_form_of_unicode() -> None:
    assert of_xmp(headers.bag("dc:subject", "cafe\u0301", "か\u3099")).keywords == ("café", "が")
