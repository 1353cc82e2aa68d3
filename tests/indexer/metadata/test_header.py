"""What a file carries beside its pixels: taken from the open image, or alone, and never at any price."""

import struct
import subprocess
import sys

import pytest

from indexer.decode import decode, header
from indexer.errors import NotAPicture
from indexer.metadata import read
from tests import headers, pictures
from tests.indexer.conftest import REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # decode hushes Pillow; pytest makes it speak again
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "JXL")
ALL = headers.exif(headers.PHONE, headers.PHONE_EXIF, headers.gps(*headers.FUJI, utc="2024:05:03 05:22:10"))


@pytest.mark.parametrize("format_", pictures.FORMATS)
def test_a_header_read_alone_is_that_of_the_decoded_picture(format_: str) -> None:
    options: dict[str, object] = {"exif": ALL} if format_ in FORMATS else {}
    data = pictures.encoded(pictures.gradient((200, 100)), format_, **options)
    decoded = decode(data, 16)
    assert header(data) == (decoded.header, 200, 100, format_)
    assert bool(decoded.header.exif) == bool(options)


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "TIFF"])
def test_a_turned_picture_has_its_upright_size(format_: str) -> None:
    assert header(pictures.turned(pictures.gradient((64, 48)), 6, format_))[1:3] == (64, 48)


def test_a_jpeg_with_more_pictures_behind_the_first_has_the_header_of_the_first() -> None:
    assert header(pictures.several("red", "blue"))[1:] == (*pictures.SIZE, "JPEG")


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_a_picture_whose_pixels_are_damaged_still_gives_its_header(format_: str) -> None:
    data = bytearray(pictures.encoded(pictures.gradient((200, 100)), format_, exif=ALL))
    exif = data.find(b"Apple") - 400, data.find(b"Apple") + 1000
    for place in range(len(data) // 3, len(data) - 20):
        if not exif[0] < place < exif[1]:
            data[place] = 0x55
    found, width, height, _ = header(bytes(data))
    assert (width, height) == (200, 100)
    assert found.exif[0x0110] == "iPhone 15 Pro"


@pytest.mark.parametrize("late", [False, True])
def test_a_png_without_exif_is_not_decoded_for_its_header(late: bool) -> None:
    data = bytearray(headers.png({"Title": "a title"}, late=late))
    data[data.index(b"IDAT") + 6] ^= 0xFF
    with pytest.raises(NotAPicture):
        decode(bytes(data))
    found, *size, _ = header(bytes(data))
    assert (found.texts, tuple(size)) == ({"Title": "a title"}, pictures.scene(1).size)


def test_a_jpeg_cut_off_behind_its_header_still_gives_it() -> None:
    data = pictures.encoded(pictures.gradient((200, 100)), "JPEG", exif=ALL)
    data = data[: data.index(b"\xff\xda") + 20]
    with pytest.raises(NotAPicture):
        decode(data)
    assert header(data)[0].exif[0x010F] == "Apple"


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in pictures.broken().items()])
def test_what_is_no_picture_has_no_header_or_a_whole_one(data: bytes) -> None:
    try:
        found, width, height, _ = header(data)
    except NotAPicture as refused:
        assert str(refused)
    else:
        assert width > 0 and height > 0 and found.notes == ()


# -- texts of PNG that would cost the picture


def damaged_text() -> bytes:
    data = bytearray(headers.png({"Title": "a title", "Description": "a lighthouse"}))
    data[data.index(b"Title") + 7] ^= 0xFF  # its checksum is wrong now
    return bytes(data)


def bomb_of_text() -> bytes:
    return headers.png({"Description": "x" * (40 << 20)}, compressed=True)


@pytest.mark.parametrize("make", [damaged_text, bomb_of_text])
def test_a_damaged_or_enormous_text_costs_the_texts_and_not_the_picture(make: object) -> None:
    data = make()  # type: ignore[operator]
    decoded = decode(data)
    assert (decoded.width, decoded.height) == pictures.scene(1).size
    for found in (decoded.header, header(data)[0]):
        assert found.texts == {}
        assert len(found.notes) == 1 and found.notes[0].startswith("texts: ")


def test_a_png_damaged_elsewhere_is_no_picture_with_or_without_texts() -> None:
    data = headers.png({"Title": "a title"})
    with pytest.raises(NotAPicture):
        decode(data[: len(data) // 2])


# -- EXIF that claims what it has not


def claiming(number: int, count: int, size: int = 2000) -> bytes:
    """An EXIF block with a number of tags that each claim `count` bytes, from its beginning on."""
    entries = b"".join(struct.pack("<HHLL", 0xC000 + tag, 1, count, 8) for tag in range(number))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", number) + entries + bytes(4)
    return b"Exif\0\0" + block.ljust(size, b"\0")


def png_with_exif(exif: bytes) -> bytes:
    return pictures.encoded(pictures.scene(1), exif=exif)


MEMORY = """
import resource, sys
from indexer.decode import decode, header
from tests.indexer.metadata.test_header import claiming, png_with_exif
data = png_with_exif(claiming(*map(int, sys.argv[1:])))
decode(png_with_exif(b""))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
notes = decode(data).header.notes + header(data)[0].notes
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(grown // (1024 * 1024 if sys.platform == "darwin" else 1024), len(notes))
"""


@pytest.mark.parametrize(
    ("number", "count", "size", "notes"),
    [(1, 0xFFFFFFFF, 2000, 0), (1000, 1_000_000, 1 << 20, 2), (3, 1 << 26, 20 << 20, 2)],
)
def test_exif_that_claims_gigabytes_costs_no_memory(number: int, count: int, size: int, notes: int) -> None:
    command = [sys.executable, "-c", MEMORY, str(number), str(count), str(size)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout.split()
    assert int(said[0]) < 200  # megabytes
    assert int(said[1]) == notes


def test_a_photo_with_boundless_exif_keeps_what_else_it_says() -> None:
    packet = headers.xmp(attributes='xmp:Rating="4"')
    facts = read(decode(headers.jpeg(claiming(5000, 1 << 16, 62_000), packet)).header, "a.jpg")
    assert facts.rating == 4
    assert facts.notes == ("EXIF: claims more than the 62,006 bytes it has",)


def test_a_tag_of_the_wrong_type_costs_that_tag_alone() -> None:
    exif = headers.exif(
        {0x010F: 5, 0x0110: "X100V", 0x4746: "four", 0x0132: b"2019:07:14 05:31:22"},
        inner={0x9003: (1, 2), 0x9011: 9.0, 0x9286: 7, 0xA434: b"23mm\0"},
        gps={1: 5, 2: (35,), 3: b"E", 4: (1,), 7: (1,), 29: 3},
    )
    facts = read(decode(headers.jpeg(exif)).header, "a.jpg")
    assert facts.camera is not None and "X100V" in facts.camera
    assert facts.lens == "23mm"
    assert facts.latitude is None
