"""RAW photos: what is one, which of its pictures is shown, how it is turned, and what a damaged one costs.

Here the preview is red and what the sensor saw is blue, so that a pixel says which of them it is of.
"""

import random
import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.dng import Preview, Tags, directory, dng
from indexer.decode import decode, header
from indexer.errors import NotAPicture
from indexer.feed import Picture, Reader, feed
from indexer.header import header_of_cr3, header_of_tiff
from indexer.originals import small_picture
from indexer.photo import Hit
from indexer.query import Filters
from indexer.raw import FORMATS, SIGNATURES, SUFFIXES, format_of
from indexer.scan import Scan
from indexer.store.library import Library
from tests import headers, pictures
from tests.fake_encoder import SIDE, FakeEncoder
from tests.indexer.conftest import REPOSITORY, Index, file_at
from tests.indexer.test_decode import furthest

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # decode hushes Pillow; pytest makes it speak again
SIZE = (160, 120)
SAYS_IT_IS_A_DNG = struct.pack("<HH", 50706, 1)
ORIENTATION, XMP, EXIF_IFD = 274, 700, 34665


def preview(size: tuple[int, int] = SIZE) -> Preview:
    return Preview(pictures.encoded(pictures.plain("red", size), "JPEG"), size)


def negative(shown: Preview | None = None, said: Tags | None = None, size: tuple[int, int] = SIZE) -> bytes:
    return dng(pictures.plain("blue", size), shown, said)


def of_maker(make: bytes) -> bytes:
    """As cameras that write no DNG do."""
    return negative(preview(), {271: ("s", make)}).replace(SAYS_IT_IS_A_DNG, struct.pack("<HH", 50705, 1))


def is_of(image: Image.Image) -> str:
    red, _, blue = np.asarray(image, float).mean((0, 1))
    return "preview" if red > blue else "sensor"


# -- what is one


@pytest.mark.parametrize(
    ("make", "format_"),
    [
        *(
            (b"NIKON CORPORATION\0", "NEF"),
            (b"SONY\0", "ARW"),
            (b"PENTAX Corporation \0", "PEF"),
            (b"SAMSUNG\0", "SRW"),
        ),
        *((b"RICOH IMAGING COMPANY, LTD.  \0", "PEF"), (b"Hasselblad\0", "3FR"), (b"Nobody\0", "RAW")),
    ],
)
def test_a_tiff_with_what_a_sensor_saw_is_raw_and_its_maker_says_which(make: bytes, format_: str) -> None:
    assert format_of(of_maker(make)) == format_


@pytest.mark.parametrize("shown", [None, preview()])
def test_a_tiff_with_a_version_of_dng_is_one(shown: Preview | None) -> None:
    assert format_of(negative(shown)) == "DNG"


def test_a_tiff_of_either_byte_order_is_looked_into() -> None:
    entries = struct.pack(">HHHLHH", 1, 262, 3, 1, 32803, 0)
    assert format_of(b"MM\0*" + struct.pack(">L", 8) + entries + bytes(4)) == "RAW"


def test_a_tiff_that_a_camera_or_an_editor_wrote_is_none() -> None:
    data = pictures.encoded(pictures.gradient(), "TIFF", tiffinfo={271: "NIKON CORPORATION", 272: "NIKON D850"})
    assert format_of(data) is None
    assert decode(data).format == "TIFF"


def test_canon_says_it_behind_the_header() -> None:
    assert format_of(b"II*\0\x10\0\0\0CR\2\0" + bytes(40)) == "CR2"


@pytest.mark.parametrize(("place", "mark", "format_"), SIGNATURES)
def test_others_say_it_with_their_first_bytes(place: int, mark: bytes, format_: str) -> None:
    assert format_of(b"II".ljust(place, b"\x1a")[:place] + mark + bytes(40)) == format_
    assert format_ in FORMATS


@pytest.mark.parametrize("data", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", bytes(400)])
def test_what_has_only_begun_is_none(data: bytes) -> None:
    assert format_of(data) is None


@pytest.mark.parametrize("inner", [8, 26, 1 << 31])
def test_directories_that_lead_back_or_away_come_to_an_end(inner: int) -> None:
    entries = struct.pack("<HHHLL", 1, 330, 4, 1, inner)
    assert format_of(b"II*\0" + struct.pack("<L", 8) + entries + struct.pack("<L", 8)) is None


@pytest.mark.parametrize("format_", pictures.FORMATS)
def test_no_other_format_is_taken_for_one(format_: str) -> None:
    assert format_of(pictures.encoded(pictures.gradient(), format_)) is None


# -- which picture of it


@pytest.mark.parametrize(
    ("size", "side", "shown"),
    [
        *(
            ((160, 120), 32, "preview"),
            ((160, 120), 0, "preview"),
            ((80, 60), 60, "preview"),
            ((80, 60), 500, "preview"),
        ),
        *(((80, 60), 0, "preview"), ((40, 30), 30, "preview"), ((40, 30), 31, "sensor"), ((40, 30), 0, "sensor")),
    ],
)
def test_the_preview_is_the_picture_where_it_is_large_enough(size: tuple[int, int], side: int, shown: str) -> None:
    decoded = decode(negative(preview(size)), side)
    assert is_of(decoded.image) == shown
    assert min(decoded.image.size) >= min(side or 60, 60)
    assert (decoded.width, decoded.height, decoded.format, decoded.image.mode) == (*SIZE, "DNG", "RGB")


@pytest.mark.parametrize("side", [0, 16, 500])
def test_without_a_preview_it_is_developed_to_half_its_size(side: int) -> None:
    decoded = decode(negative(), side)
    assert (decoded.image.size, decoded.image.mode) == ((80, 60), "RGB")
    assert is_of(decoded.image) == "sensor"
    assert (decoded.width, decoded.height) == SIZE


def test_a_large_preview_is_drafted() -> None:
    data = negative(preview((1600, 1200)), size=(1600, 1200))
    assert decode(data, 64).image.size == (200, 150)
    assert decode(data).image.size == (1600, 1200)


def test_what_is_developed_looks_like_what_was_seen() -> None:
    seen = pictures.gradient((320, 240))
    developed = decode(dng(seen)).image
    difference = np.abs(np.asarray(developed, int) - np.asarray(seen.resize(developed.size), int))
    assert difference.mean() < 20


def test_a_sensor_without_colours_shows_greys() -> None:
    data = negative().replace(struct.pack("<HHLL", 262, 3, 1, 32803), struct.pack("<HHLL", 262, 3, 1, 34892))
    for tag in (33421, 33422, 50721, 50728):  # the colours of the pixels, of the camera, of the light
        data = data.replace(struct.pack("<H", tag), struct.pack("<H", 65000), 1)
    red, green, blue = decode(data).image.split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()


# -- upright


def lying(orientation: int) -> Image.Image:
    """A gradient as a sensor sees it that is held so."""
    turn = pictures.INVERSE_TURNS[orientation]
    return pictures.gradient(SIZE) if turn is None else pictures.gradient(SIZE).transpose(turn)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_preview_stands_upright(orientation: int) -> None:
    seen = lying(orientation)
    shown = Preview(pictures.encoded(seen, "JPEG"), seen.size)
    decoded = decode(dng(seen, shown, {ORIENTATION: ("H", orientation)}))
    assert (decoded.width, decoded.height) == SIZE
    assert furthest(decoded.image, pictures.gradient(SIZE)) <= 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_is_developed_stands_upright(orientation: int) -> None:
    decoded = decode(dng(lying(orientation), None, {ORIENTATION: ("H", orientation)}))
    assert (decoded.width, decoded.height) == SIZE
    assert furthest(decoded.image, decode(dng(pictures.gradient(SIZE))).image) <= 6


def test_a_preview_that_says_its_turn_too_is_turned_once() -> None:
    seen = lying(6)
    jpeg = pictures.encoded(seen, "JPEG", exif=headers.exif({ORIENTATION: 6}))
    decoded = decode(dng(seen, Preview(jpeg, seen.size), {ORIENTATION: ("H", 6)}))
    assert furthest(decoded.image, pictures.gradient(SIZE)) <= 8


def test_a_preview_that_is_upright_already_is_not_turned() -> None:
    upright = pictures.gradient(SIZE)
    decoded = decode(dng(lying(6), Preview(pictures.encoded(upright, "JPEG"), SIZE), {ORIENTATION: ("H", 6)}))
    assert furthest(decoded.image, upright) <= 8


# -- what it says of itself


def test_its_exif_and_xmp_are_read() -> None:
    packet = headers.xmp()
    file = BytesIO(negative(preview(), {306: ("s", b"2024:05:03 14:22:10\0"), XMP: ("B", *packet), EXIF_IFD: ("L", 0)}))
    file.seek(0, 2)
    place = directory(file, {0x9003: ("s", b"2024:05:03 14:22:10\0"), 0xA434: ("s", b"50mm F1.8\0")})
    data = file.getvalue().replace(struct.pack("<HHLL", EXIF_IFD, 4, 1, 0), struct.pack("<HHLL", EXIF_IFD, 4, 1, place))
    found, *told = header(data)
    assert found == decode(data).header
    assert (found.exif[0x0110], found.exif[0x9003], found.exif[0xA434]) == ("Made", "2024:05:03 14:22:10", "50mm F1.8")
    assert (found.xmp, found.notes, told) == (packet, (), [*SIZE, "DNG"])


def cr3(*, place: bytes = b"") -> bytes:
    """The boxes in which a CR3 keeps what it says of itself, and no picture."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", 8 + len(content)) + kind + content

    first, inner = (
        headers.exif({0x010F: "Canon", 0x0110: "Canon EOS R6"}),
        headers.exif({0x9003: "2024:05:03 14:22:10"}),
    )
    canon = box(b"CMT1", first[6:]) + box(b"CMT2", inner[6:]) + box(b"CMT4", place)
    packet = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + headers.xmp()
    return (
        box(b"ftyp", b"crx \0\0\0\1crx isom")
        + box(b"moov", box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + canon))
        + box(b"uuid", packet)
    )


def test_the_boxes_of_a_cr3_are_read() -> None:
    found = header_of_cr3(cr3(place=headers.exif(headers.gps(*headers.FUJI))[6:]))
    assert (found.exif[0x0110], found.exif[0x9003], found.notes) == ("Canon EOS R6", "2024:05:03 14:22:10", ())
    assert found.gps[1] == "N"
    assert found.xmp == headers.xmp()


@pytest.mark.parametrize("end", [0, 20, 60, 120])
def test_a_cr3_that_is_torn_costs_what_is_not_there(end: int) -> None:
    found = header_of_cr3(cr3()[:end])
    assert found.xmp == b""
    assert set(found.exif) <= {0x010F, 0x0110, 0x9003}


@pytest.mark.parametrize("mark", [b"IIU\0", b"IIRO", b"IIRS"])
def test_exif_is_read_where_a_tiff_calls_itself_something_else(mark: bytes) -> None:
    data = negative(said={306: ("s", b"2024:05:03 14:22:10\0")})
    assert header_of_tiff(mark + data[4:]) == header_of_tiff(data)
    assert header_of_tiff(data).exif[306] == "2024:05:03 14:22:10"


def test_exif_that_claims_more_than_there_is_is_a_note() -> None:
    one = struct.pack("<HHLL", 37500, 7, 1_000_000, 0)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 200) + 200 * one + bytes(1_000_000)
    assert header_of_tiff(data).notes == (f"EXIF: claims more than the {len(data):,} bytes it has",)


# -- what is damaged


def test_a_damaged_preview_costs_the_preview() -> None:
    shown = preview()
    assert is_of(decode(negative(shown._replace(jpeg=shown.jpeg[:200]))).image) == "sensor"


def test_a_preview_of_bare_pixels_is_not_believed() -> None:
    """rawpy would read past their end where there are fewer than they say."""
    pixels = Preview(bytes(30), (160, 120))
    assert is_of(decode(negative(pixels, {259: ("H", 1), 262: ("H", 2)})).image) == "sensor"


def without_pixels(shown: Preview | None = None) -> bytes:
    """What the sensor saw lies behind the end."""
    data = negative(shown)
    return data.replace(struct.pack("<HHLL", 273, 4, 1, 8), struct.pack("<HHLL", 273, 4, 1, len(data) - 40))


def test_a_preview_that_is_too_small_is_better_than_nothing() -> None:
    assert is_of(decode(without_pixels(preview((40, 30)))).image) == "preview"


def test_one_that_has_neither_says_so_in_a_line() -> None:
    with pytest.raises(NotAPicture, match=r"^cannot be developed \(.*\)$"):
        decode(without_pixels())


def test_one_that_libraw_does_not_know_says_so_in_a_line() -> None:
    with pytest.raises(NotAPicture, match=r"^damaged, or a RAF of a kind that LibRaw does not know \(.*\)$"):
        decode(b"FUJIFILMCCD-RAW 0201" + bytes(400))


def test_one_of_hostile_size_is_refused_before_anything_is_unpacked() -> None:
    data = negative(preview())
    for tag, pixels in ((256, SIZE[0]), (257, SIZE[1])):
        data = data.replace(struct.pack("<HHLL", tag, 4, 1, pixels), struct.pack("<HHLL", tag, 4, 1, 60_000))
    with pytest.raises(NotAPicture, match=r"^60000 x 60000 pixels is more than the limit of 256 megapixels \(raise"):
        decode(data)
    with pytest.raises(NotAPicture, match=r"^160 x 120 pixels is more than the limit"):
        decode(negative(), max_pixels=19_199)


@pytest.mark.parametrize("shown", [None, preview((40, 30))])
def test_whatever_happened_to_its_bytes_it_is_a_picture_or_not_a_picture(shown: Preview | None) -> None:
    whole, chance = negative(shown), random.Random(1)
    for _ in range(60):
        damaged = bytearray(whole[: chance.choice((len(whole), chance.randrange(len(whole))))])
        for place in chance.choices(range(max(0, len(damaged) - 600), len(damaged)), k=chance.choice((1, 2, 8))):
            damaged[place] = chance.randrange(256)
        for look in (lambda data: decode(data, 32, max_pixels=1_000_000).image.mode, lambda data: header(data)[3]):
            try:
                assert look(bytes(damaged))
            except NotAPicture as refused:
                assert str(refused) == " ".join(str(refused).split())


def test_what_is_damaged_in_a_header_is_not_warned_of_on_stderr() -> None:
    script = (
        "import struct; from PIL import Image; from bench.dng import dng; from indexer.decode import header\n"
        "data = bytearray(dng(Image.new('RGB', (64, 48)), said={305: ('s', bytes(51))}))\n"
        "place = data.find(struct.pack('<HH', 305, 2)) + 8\n"
        "data[place : place + 4] = struct.pack('<L', len(data) - 3)  # where that tag's bytes lie: at the end\n"
        "print(header(bytes(data))[3])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("DNG\n", "")


# -- in the library


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_a_suffix_is_taken_in_whatever_its_case(photos: Path, suffix: str) -> None:
    for name in (f"a{suffix}", f"B{suffix.upper()}"):
        (photos / name).write_bytes(b"not opened")
    assert len(list(Scan(str(photos)))) == 2


def test_raw_and_jpeg_side_by_side_are_two_photos_of_which_a_side_file_tells(
    index: Index, library: Library, photos: Path
) -> None:
    pictures.put(photos / "IMG_1.dng", negative(preview()))
    pictures.put(photos / "IMG_1.jpg", pictures.gradient(), "JPEG")
    (photos / "IMG_1.xmp").write_bytes(headers.xmp(headers.bag("dc:subject", "harbour")))
    index()
    assert library.files.formats() == {"DNG": 1, "JPEG": 1}
    (raw,) = hits_of(library, "raw")
    assert (raw.path, raw.width, raw.height) == (str(photos / "IMG_1.dng"), *SIZE)
    assert library.facts([raw.content_id])[raw.content_id].keywords == ("harbour",)
    assert [hits_of(library, name) for name in ("dng", ".DNG", "RAW")] == [[raw]] * 3
    small = small_picture([file_at(photos / "IMG_1.dng")], 64, 90)
    assert small is not None and is_of(Image.open(BytesIO(small.data))) == "preview"


def hits_of(library: Library, format_: str) -> list[Hit]:
    filters = Filters(formats=(format_,))
    return [hit for some in library.contents(filters) for hit in library.hits([(one, 0.0) for one in some], filters)]


def test_many_are_read_at_once(photos: Path) -> None:
    paths = [photos / f"{number}.dng" for number in range(12)]
    for number, path in enumerate(paths):
        pictures.put(path, negative(preview() if number % 2 else None))
    outcomes = list(feed([file_at(path) for path in paths], Reader(FakeEncoder().prepare, SIDE), 4))
    assert [outcome.content.format for outcome in outcomes if isinstance(outcome, Picture)] == ["DNG"] * 12
