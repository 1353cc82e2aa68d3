"""Whatever stands where metadata should be, a photo keeps its pixels, and what cannot be read is a note."""

import json
import random
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.decode import decode, header
from indexer.errors import NotAPicture
from indexer.header import Header
from indexer.metadata import Side, read
from indexer.photo import Facts
from tests import headers, pictures

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # decode hushes Pillow; pytest makes it speak again
anything = st.recursive(
    st.none() | st.integers() | st.floats() | st.binary(max_size=60) | st.text(max_size=60),
    lambda inner: st.tuples(inner) | st.tuples(inner, inner, inner) | st.lists(inner, max_size=3),
    max_leaves=6,
)
tags = st.dictionaries(st.integers(0, 0xFFFF) | st.sampled_from((0x9003, 0x9286, 0x4746, 0x010F, 0x9C9B)), anything)
names = st.sampled_from(("parameters", "prompt", "workflow", "Comment", "sd-metadata", "Dream", "Description", "Title"))
KINDS = {"taken_offset": int, "rating": int, "latitude": float, "longitude": float}


def is_sound(facts: Facts) -> None:
    """Every fact has its type and a bearable length, and can be written down as UTF-8."""
    for field in fields(Facts):
        value = getattr(facts, field.name)
        if isinstance(value, tuple):
            assert len(value) <= 600
        for part in value if isinstance(value, tuple) else (value,):
            assert part is None or isinstance(part, KINDS.get(field.name, str))
            if isinstance(part, str):
                assert part and len(part) <= 20_000
                assert not {"\0", "\x1b"} & set(part)
                part.encode()
    assert all(len(note) <= 300 and "\n" not in note for note in facts.notes)


@given(tags, st.dictionaries(st.integers(0, 31), anything))
def test_exif_of_any_tags_never_raises(exif: dict[int, object], gps: dict[int, object]) -> None:
    is_sound(read(Header(exif=exif, gps=gps), "/a.jpg"))


@given(st.binary(max_size=400), st.sampled_from((".xmp", ".json")))
def test_side_files_of_any_bytes_never_raise(data: bytes, suffix: str) -> None:
    is_sound(read(Header(xmp=data), "/a.jpg", [Side(f"a{suffix}", data)]))


@given(st.dictionaries(names, st.text(max_size=200) | st.text(max_size=80).map(lambda text: "{" + text + "}")))
def test_texts_of_any_kind_never_raise(texts: dict[str, str]) -> None:
    is_sound(read(Header(texts=texts), "/a.png"))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(("KSampler", "prompt")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(
                (
                    *(
                        "class_type",
                        "inputs",
                        "positive",
                        "negative",
                        "text",
                        "nodes",
                        "links",
                        "id",
                        "image",
                        "prompt",
                        "uc",
                    ),
                    *(
                        "v4_prompt",
                        "caption",
                        "char_captions",
                        "photoTakenTime",
                        "timestamp",
                        "geoData",
                        "latitude",
                        "people",
                    ),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_json_of_any_shape_never_raises(value: object) -> None:
    written = json.dumps(value)
    texts = {"prompt": written, "workflow": written, "Comment": written}
    is_sound(read(Header(texts=texts), "/a.png", [Side("a.png.json", written.encode())]))


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 3), st.integers(0, 130)), st.binary(max_size=40) | st.lists(st.binary(max_size=40))
    )
)
def test_iptc_of_any_records_never_raises(records: dict[tuple[int, int], bytes | list[bytes]]) -> None:
    is_sound(read(Header(iptc=records), "/a.jpg"))


@given(st.text(max_size=80), st.integers(-(2**63), 2**63 - 1))
def test_names_and_dates_of_any_kind_never_raise(name: str, mtime_ns: int) -> None:
    is_sound(read(Header(), f"/photos/{name}", (), mtime_ns))


@settings(max_examples=60)
@given(st.binary(max_size=600))
def test_blocks_of_any_bytes_leave_the_picture_as_it_is(block: bytes) -> None:
    exif = b"Exif\0\0" + block
    for data in (headers.jpeg(exif, block, block), headers.jpeg(b"Exif\0\0II*\0\x08\0\0\0" + block)):
        decoded = decode(data)
        assert decoded.image.size == pictures.scene(1).size
        is_sound(read(decoded.header, "/a.jpg"))


FULL = {
    "JPEG": headers.jpeg(
        headers.exif(headers.PHONE, headers.PHONE_EXIF, headers.gps(*headers.FUJI)),
        headers.xmp(headers.bag("dc:subject", "fuji", "snow"), 'xmp:Rating="4"'),
        headers.iptc((25, b"lake"), (55, b"20190714")),
    ),
    "PNG": headers.png({"parameters": "a pool\nSteps: 20, Seed: 1", "Title": "a title"}),
}


@pytest.mark.parametrize("format_", FULL)
def test_of_a_damaged_file_the_header_is_sound_or_it_is_no_picture(format_: str) -> None:
    chance = random.Random(format_)
    for _ in range(300):
        damaged = bytearray(FULL[format_])
        for place in chance.choices(range(2, 900), k=chance.choice((1, 2, 8))):
            damaged[place % len(damaged)] = chance.randrange(256)
        for way in (lambda data: decode(data, max_pixels=1_000_000).header, lambda data: header(data)[0]):
            try:
                found = way(bytes(damaged))
            except NotAPicture:
                continue
            is_sound(read(found, "/a.jpg"))


def test_a_bug_in_one_reader_is_a_note_and_the_others_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr("indexer.metadata.xmp.told", broken)
    facts = read(decode(FULL["JPEG"]).header, str(Path("/a.jpg")))
    assert facts.camera == "Apple iPhone 15 Pro"
    assert facts.keywords == ("lake",)
    assert facts.notes == ("XMP: bug",)
