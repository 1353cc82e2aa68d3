"""Which date is believed, and how far its clock was ahead of UTC."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.header import Header
from indexer.metadata import Side, read
from indexer.metadata.dates import OFFSETS, instant, moment, name_moment, offset_of, taken
from indexer.photo import Facts
from tests import headers

HANAMI_UTC = "1563050002"  # 2019-07-13 20:33:22 UTC, 05:33:22 of the next day in Japan


def facts(exif: dict[int, object] | None = None, name: str = "a.jpg", **more: object) -> Facts:
    gps = more.pop("gps", {})
    takeout = more.pop("takeout", None)
    sides = [Side("a.jpg.json", headers.takeout(photoTakenTime={"timestamp": takeout}))] if takeout else []
    header = Header(exif=exif or {}, gps=gps, xmp=more.pop("xmp", b""), iptc=more.pop("iptc", {}))  # type: ignore[arg-type]
    return read(header, f"/photos/{name}", sides, **more)  # type: ignore[arg-type]


def when(found: Facts) -> tuple[str | None, int | None, str | None]:
    return found.taken_at, found.taken_offset, found.taken_from


# -- which source is believed


ORIGINAL, DIGITIZED, CHANGED = 0x9003, 0x9004, 0x0132
SOURCES: list[tuple[str, dict[str, object]]] = [
    ("EXIF DateTimeOriginal", {"exif": {ORIGINAL: "2001:01:01 01:01:01"}}),
    ("XMP", {"xmp": headers.xmp(attributes='xmp:CreateDate="2002-02-02T02:02:02"')}),
    ("IPTC", {"iptc": {(2, 55): b"20030303", (2, 60): b"030303"}}),
    ("Takeout", {"takeout": "1081051444"}),
    ("EXIF DateTimeDigitized", {"exif": {DIGITIZED: "2005:05:05 05:05:05"}}),
    ("file name", {"name": "IMG_20060606_060606.jpg"}),
    ("EXIF DateTime", {"exif": {CHANGED: "2007:07:07 07:07:07"}}),
    ("file date", {"mtime_ns": 1_218_153_600_000_000_000}),
]


@pytest.mark.parametrize("first", range(len(SOURCES)))
def test_of_several_dates_the_first_in_the_order_is_believed_and_said(first: int) -> None:
    given_: dict[str, object] = {"exif": {}}
    for _, source in SOURCES[first:]:
        tags = {**given_["exif"], **source.get("exif", {})}  # type: ignore[dict-item]
        given_ |= {**source, "exif": tags}
    found = facts(**given_)  # type: ignore[arg-type]
    assert found.taken_from == SOURCES[first][0]
    assert found.taken_at is not None and found.taken_at.startswith(f"200{first + 1}-")
    assert found.notes == ()


def test_a_photo_that_says_nothing_has_no_date() -> None:
    assert when(facts()) == (None, None, None)


def test_a_day_alone_is_said_to_be_one_and_takes_its_time_from_another_source_of_that_day() -> None:
    xmp = headers.xmp(attributes='photoshop:DateCreated="2019-07-14"')
    assert when(facts(xmp=xmp)) == ("2019-07-14T00:00:00", None, "XMP (day alone)")
    assert when(facts({DIGITIZED: "2019:07:14 05:31:22"}, xmp=xmp))[0] == "2019-07-14T05:31:22"
    assert when(facts({DIGITIZED: "2024:01:01 05:31:22"}, xmp=xmp))[0] == "2019-07-14T00:00:00"


def test_a_year_alone_is_its_first_day() -> None:
    assert moment("XMP", "1958").clock == datetime(1958, 1, 1)  # type: ignore[union-attr]
    assert moment("XMP", "1958-07").clock == datetime(1958, 7, 1)  # type: ignore[union-attr]


# -- how dates are written


@pytest.mark.parametrize(
    ("text", "clock", "offset"),
    [
        ("2019:07:14 05:31:22", "2019-07-14T05:31:22", None),
        ("2019:07:14 05:31:22\0", "2019-07-14T05:31:22", None),
        ("2019-07-14 05:31:22", "2019-07-14T05:31:22", None),
        ("2019/07/14 05:31:22", "2019-07-14T05:31:22", None),
        ("2019:07:14 05:31", "2019-07-14T05:31:00", None),
        ("2019-07-14T05:31:22Z", "2019-07-14T05:31:22", 0),
        ("2019-07-14T05:31:22+09:00", "2019-07-14T05:31:22", 540),
        ("2019-07-14T05:31:22.5-03:30", "2019-07-14T05:31:22.500000", -210),
        ("20190714 053122+0900", "2019-07-14T05:31:22", 540),
        ("20190714", "2019-07-14T00:00:00", None),
    ],
)
def test_every_notation_of_a_date_is_understood(text: str, clock: str, offset: int | None) -> None:
    found = moment("XMP", text)
    assert found is not None
    assert (found.clock.isoformat(), found.offset) == (clock, offset)


@pytest.mark.parametrize("blank", ["", "    :  :     :  :  ", "\0" * 19, "----:--:--"])
def test_a_blank_date_is_none_and_no_fault(blank: str) -> None:
    found = facts({ORIGINAL: blank})
    assert when(found) == (None, None, None)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("0000:00:00 00:00:00", "EXIF DateTimeOriginal: 0000-00-00 00:00:00 is no date"),
        ("2080:01:01 12:00:00", "EXIF DateTimeOriginal: 2080-01-01 12:00:00 is in the future"),
        ("1700:01:01 12:00:00", "EXIF DateTimeOriginal: 1700-01-01 12:00:00 is before there were photos"),
        ("1970:01:01 00:00:00", "EXIF DateTimeOriginal: 1970-01-01 is unset"),
        ("2019:02:30 12:00:00", "EXIF DateTimeOriginal: 2019-02-30 12:00:00 is no date"),
        ("2019:07:14 24:00:00", "EXIF DateTimeOriginal: 2019-07-14 24:00:00 is no date"),
        ("yesterday", "EXIF DateTimeOriginal: 'yesterday' is no date"),
        ("２０１９:07:14 05:31:22x", "EXIF DateTimeOriginal: '２０１９:07:14 05:31:22x' is no date"),
    ],
)
def test_a_date_that_cannot_be_is_a_note_and_the_next_source_is_believed(text: str, note: str) -> None:
    found = facts({ORIGINAL: text}, name="IMG_20190714_053122.jpg")
    assert found.notes == (note,)
    assert when(found) == ("2019-07-14T05:31:22", None, "file name")


@pytest.mark.parametrize(
    ("fraction", "written"),
    [("482", ".482"), ("5", ".5"), ("000", ""), ("", ""), ("1234567", ".123456"), ("  ", ""), ("x", ""), (12, ".12")],
)
def test_fractions_of_a_second_are_kept(fraction: object, written: str) -> None:
    found = facts({ORIGINAL: "2019:07:14 05:31:22", 0x9291: fraction})
    assert found.taken_at == f"2019-07-14T05:31:22{written}"


# -- offsets from UTC


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(
            ("+09:00", 540),
            ("-07:00", -420),
            ("+0530", 330),
            ("Z", 0),
            ("+00:00", 0),
            ("+05:45", 345),
            ("-03:30", -210),
        ),
        *(("", None), ("   :  ", None), ("+99:00", None), ("+09:75", None), ("JST", None), ("9", None)),
    ],
)
def test_offsets_are_understood_or_unknown(text: str, minutes: int | None) -> None:
    assert offset_of(text) == minutes
    assert facts({ORIGINAL: "2019:07:14 05:31:22", 0x9011: text}).taken_offset == minutes


@pytest.mark.parametrize(
    ("local", "utc", "offset"),
    [
        ("2019:07:14 05:31:22", "2019:07:13 20:31:22", 540),  # Tokyo, the day before in UTC
        ("2024:07:01 14:00:00", "2024:07:01 12:00:00", 120),  # Berlin in summer
        ("2024:01:01 13:00:00", "2024:01:01 12:00:00", 60),  # Berlin in winter
        ("2024:10:27 02:30:00", "2024:10:27 00:30:00", 120),  # Berlin, the hour that comes twice: the first time
        ("2024:10:27 02:30:00", "2024:10:27 01:30:00", 60),  # and the second
        ("2024:03:10 03:30:00", "2024:03:10 10:30:00", -420),  # Los Angeles, half an hour after an hour was left out
        ("2024:07:01 12:00:00", "2024:07:01 12:00:00", 0),  # Reykjavík
        ("2024:07:01 17:45:00", "2024:07:01 12:00:00", 345),  # Kathmandu
        ("2024:07:01 09:30:00", "2024:07:01 12:00:00", -150),  # St John's in summer
        ("2024:07:02 02:00:00", "2024:07:01 12:00:00", 840),  # Kiritimati
        ("2019:07:14 05:31:22", "2019:07:13 20:27:00", 540),  # a fix of four minutes ago
        ("2019:07:14 05:31:22", "2019:07:13 20:16:00", None),  # of a quarter of an hour ago: no zone is there
        ("2019:07:14 05:31:22", "2019:07:01 20:31:22", None),  # of another day
    ],
)
def test_the_offset_is_reckoned_against_the_clock_of_the_gps(local: str, utc: str, offset: int | None) -> None:
    found = facts({ORIGINAL: local}, gps=headers.gps(*headers.FUJI, utc=utc))
    assert found.taken_offset == offset
    assert found.taken_from == "EXIF DateTimeOriginal"


def test_an_offset_that_was_written_is_believed_before_the_gps() -> None:
    found = facts(
        {ORIGINAL: "2019:07:14 05:31:22", 0x9011: "+10:00"},
        gps=headers.gps(*headers.FUJI, utc="2019:07:13 20:31:22"),
    )
    assert found.taken_offset == 600


def test_the_offset_of_the_last_change_holds_for_the_photo_while_nothing_was_changed() -> None:
    unchanged = {ORIGINAL: "2019:07:14 05:31:22", CHANGED: "2019:07:14 05:31:22", 0x9010: "+09:00"}
    assert facts(unchanged).taken_offset == 540
    assert facts(unchanged | {CHANGED: "2019:12:24 18:00:00", 0x9010: "+01:00"}).taken_offset is None


def test_an_offset_is_borrowed_from_the_same_time_elsewhere_unless_it_is_zero() -> None:
    exif: dict[int, object] = {ORIGINAL: "2019:07:14 05:31:22"}
    same = headers.xmp(attributes='exif:DateTimeOriginal="2019-07-14T05:31:22.10+09:00"')
    assert facts(exif, xmp=same).taken_offset == 540
    careless = headers.xmp(attributes='exif:DateTimeOriginal="2019-07-14T05:31:22Z"')
    assert facts(exif, xmp=careless).taken_offset is None
    assert facts(xmp=careless).taken_offset == 0
    other = headers.xmp(attributes='exif:DateTimeOriginal="2019-07-14T06:31:22+10:00"')
    assert facts(exif, xmp=other).taken_offset is None


# -- instants in UTC


def test_of_takeout_the_local_time_is_that_of_a_source_a_possible_offset_away() -> None:
    expected = ("2019-07-14T05:33:22", 540, "Takeout")
    assert when(facts(takeout=HANAMI_UTC, name="IMG_20190714_053322.jpg")) == expected
    assert when(facts({DIGITIZED: "2019:07:14 05:33:22"}, takeout=HANAMI_UTC)) == expected


def test_of_takeout_alone_the_time_stays_in_utc() -> None:
    assert when(facts(takeout=HANAMI_UTC)) == ("2019-07-13T20:33:22", 0, "Takeout")
    assert when(facts(takeout=HANAMI_UTC, name="IMG_20190720_000000.jpg"))[0] == "2019-07-13T20:33:22"


def test_takeout_gives_exif_its_offset_but_never_zero() -> None:
    assert facts({ORIGINAL: "2019:07:14 05:33:22"}, takeout=HANAMI_UTC).taken_offset == 540
    assert facts({ORIGINAL: "2019:07:13 20:33:22"}, takeout=HANAMI_UTC).taken_offset is None


@pytest.mark.parametrize("stamp", ["0", "99999999999999999", "-9999999999999", "soon", "nan", "inf", "4000000000"])
def test_a_time_of_takeout_that_cannot_be_is_a_note(stamp: str) -> None:
    found = facts(takeout=stamp)
    assert found.taken_at is None
    assert len(found.notes) == 1 and found.notes[0].startswith("a.jpg.json: photoTakenTime: ")


def test_takeout_knows_photos_older_than_its_epoch() -> None:
    assert when(facts(takeout="-300000000"))[0] == "1960-06-29T18:40:00"


def test_a_pixels_name_is_in_utc() -> None:
    name = "PXL_20210101_123456789.jpg"
    assert when(facts(name=name)) == ("2021-01-01T12:34:56.789", 0, "file name")
    assert facts({ORIGINAL: "2021:01:01 21:34:56"}, name=name).taken_offset == 540
    assert facts({ORIGINAL: "2021:01:01 12:34:56"}, name=name).taken_offset == 0


# -- names


@pytest.mark.parametrize(
    ("name", "clock"),
    [
        ("IMG_20190714_053122.jpg", "2019-07-14T05:31:22"),
        ("IMG_20190714_053122_HDR.jpg", "2019-07-14T05:31:22"),
        ("IMG_20190714_053122_001.jpg", "2019-07-14T05:31:22"),
        ("IMG_20190714_053122123.jpg", "2019-07-14T05:31:22.123000"),
        ("20190714_053122.jpg", "2019-07-14T05:31:22"),
        ("20190714053122.jpg", "2019-07-14T05:31:22"),
        ("2019-07-14 05.31.22.jpg", "2019-07-14T05:31:22"),
        ("2019-07-14 05.31.22-1.jpg", "2019-07-14T05:31:22"),
        ("2019-07-14T05:31:22.png", "2019-07-14T05:31:22"),
        ("Screenshot_20190714-053122_Maps.png", "2019-07-14T05:31:22"),
        ("Screenshot_2019-07-14-05-31-22-123_com.app.png", "2019-07-14T05:31:22.123000"),
        ("Screenshot 2024-01-02 at 3.04.05 PM.png", "2024-01-02T15:04:05"),
        ("Screenshot 2024-01-02 at 3.04.05\u202fPM.png", "2024-01-02T15:04:05"),
        ("Screenshot 2024-01-02 at 12.04.05 AM.png", "2024-01-02T00:04:05"),
        ("スクリーンショット 2024-01-02 15.04.05.png", "2024-01-02T15:04:05"),
        ("WhatsApp Image 2019-07-14 at 05.31.22.jpeg", "2019-07-14T05:31:22"),
        ("photo_2019-07-14_05-31-22.jpg", "2019-07-14T05:31:22"),
        ("signal-2019-07-14-053122.jpg", "2019-07-14T05:31:22"),
    ],
)
def test_the_time_in_a_files_name_is_understood(name: str, clock: str) -> None:
    found = name_moment(name)
    assert found is not None and found.is_whole
    assert found.clock.isoformat() == clock


@pytest.mark.parametrize(
    "name",
    ["IMG-20190714-WA0001.jpg", "IMG_20190714_0001.jpg", "2019-07-14.jpg", "20190714_12345.jpg", "a 2019_07_14 b.png"],
)
def test_the_day_in_a_files_name_is_a_day_alone(name: str) -> None:
    found = name_moment(name)
    assert found is not None and not found.is_whole
    assert found.clock == datetime(2019, 7, 14)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "IMG_0001.jpg",
            "DSC01234.JPG",
            "1563082282123.jpg",
            "2019.jpg",
            "2019-07.jpg",
            "19201080.png",
            "1920x1080.jpg",
        ),
        *("99999999_999999.jpg", "IMG_20191332_053122.jpg", "20990101.jpg", "820190714.jpg", ""),
    ],
)
def test_a_number_that_is_no_date_is_none(name: str) -> None:
    assert name_moment(name) is None


# -- a file's date


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_files_date_is_the_last_resort_and_on_this_computers_clocks() -> None:
    stamp = 1_563_050_002_000_000_000
    assert when(facts(mtime_ns=stamp)) == ("2019-07-14T05:33:22", 540, "file date")
    assert when(facts(mtime_ns=stamp, takeout=HANAMI_UTC)) == ("2019-07-13T20:33:22", 0, "Takeout")


@pytest.mark.parametrize("mtime_ns", [2**63 - 1, -(2**63), 10**30, 0, 4_000_000_000 * 10**9])
def test_a_files_date_that_cannot_be_is_none(mtime_ns: int) -> None:
    assert when(facts(mtime_ns=mtime_ns)) == (None, None, None)


# -- as properties


@given(st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)), st.sampled_from(OFFSETS))
def test_whatever_the_offset_a_local_time_and_its_instant_give_it_back(utc: datetime, offset: int) -> None:
    utc = utc.replace(microsecond=0)
    local = utc + timedelta(minutes=offset)
    written = moment("EXIF DateTimeOriginal", f"{local:%Y:%m:%d %H:%M:%S}")
    seconds = utc.replace(tzinfo=UTC).timestamp()
    assert written is not None
    assert taken([written, instant("GPS", seconds)])[:2] == (local.isoformat(), offset)
    if offset:
        assert taken([written, instant("Takeout", seconds)])[1] == offset


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_a_reason_or_blank(text: str) -> None:
    try:
        found = moment("XMP", text)
    except ValueError as error:
        assert str(error)
    else:
        assert found is None or 1826 <= found.clock.year <= datetime.now().year + 1
    assert getattr(name_moment(text), "source", "file name") == "file name"


@given(st.text(alphabet="0123456789:-. TZ+", max_size=32))
def test_any_row_of_digits_is_a_date_or_a_reason_or_blank(text: str) -> None:
    test_any_text_is_a_date_or_a_reason_or_blank.hypothesis.inner_test(text)  # type: ignore[attr-defined]
