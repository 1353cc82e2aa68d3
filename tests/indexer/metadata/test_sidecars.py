"""Which files beside a photo are its own, and what Google's JSON tells."""

import json
import os
from pathlib import Path

import pytest

from indexer.header import Header
from indexer.metadata import Folders, Side, has_sides, read, side_key, sides_of, speak_of
from indexer.photo import Facts
from tests import headers

LONG = "a rather long name that somebody gave to a photo"  # 48 characters


def beside(folder: Path, photo: str, *names: str) -> list[str]:
    """The side files that are taken for a photo's, of those that are put into a folder."""
    for name in names:
        (folder / name).write_bytes(headers.takeout() if name.lower().endswith(".json") else headers.xmp())
    return [side.name for side in sides_of(str(folder / photo))]


def of_takeout(**said: object) -> Facts:
    return read(Header(), "/a.jpg", [Side("a.jpg.json", headers.takeout(**said))])


# -- which are found


@pytest.mark.parametrize(
    ("photo", "side"),
    [
        ("IMG_1.jpg", "IMG_1.xmp"),
        ("IMG_1.jpg", "IMG_1.jpg.xmp"),
        ("IMG_1.JPG", "img_1.XMP"),
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-meta.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemen.json"),
        ("IMG_1.jpg", "IMG_1.jpg.s.json"),
        ("IMG_1.jpg", "IMG_1.jpg..json"),
        ("IMG_1(1).jpg", "IMG_1.jpg(1).json"),
        ("IMG_1(12).jpg", "IMG_1.jpg.supplemental-metadata(12).json"),
        ("IMG_1(1).jpg", "IMG_1(1).jpg.supplemental-metadata.json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1-edited.jpg", "IMG_1.HEIC.supplemental-metadata.json"),
        ("IMG_1-edited(1).jpg", "IMG_1.jpg(1).json"),
        ("IMG_1-編集済み.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1-bearbeitet.jpg", "IMG_1.jpg.json"),
        ("20230401_120000_HDR_at_the_lake.jpg", "20230401_120000_HDR_at_the_lake.jpg.supplement.json"),
        (f"{LONG[:47]}.jpg", f"{LONG[:46]}.json"),
        (f"{LONG[:40]}.jpg", f"{LONG[:40]}.jpg.s.json"),
        (f"{LONG[:40]}(1).jpg", f"{LONG[:40]}.jpg.s(1).json"),
        ("カフェ.jpg", "カフェ.jpg.json"),
        ("カフェ.jpg".replace("フェ", "フェ"), "カフェ.jpg.xmp"),
    ],
)
def test_a_side_file_is_found_under_every_name_it_may_have(tmp_path: Path, photo: str, side: str) -> None:
    assert beside(tmp_path, photo, side) == [side]
    assert speak_of(f"/p/{photo}", {side_key("other.xmp"), side_key(side)})


def test_a_name_in_the_other_form_of_unicode_is_the_same_name(tmp_path: Path) -> None:
    assert beside(tmp_path, "caf\u00e9.jpg", "cafe\u0301.jpg.xmp") == ["cafe\u0301.jpg.xmp"]
    assert speak_of("/p/caf\u00e9.jpg", {side_key("CAFE\u0301.jpg.xmp")})


@pytest.mark.parametrize(
    ("photo", "side"),
    [
        *(("IMG_1.jpg", "IMG_2.xmp"), ("IMG_1.jpg", "IMG_1.png.xmp"), ("IMG_1.jpg", "IMG_1.jpg(1).json")),
        *(
            ("IMG_1.jpg", "IMG_1(1).jpg.json"),
            ("IMG_1(1).jpg", "IMG_1.jpg.json"),
            ("IMG_1(1).jpg", "IMG_1.jpg(2).json"),
        ),
        *(("IMG_1.jpg", "IMG_10.jpg.json"), ("IMG_1.jpg", "IMG_1-edited.jpg.json"), ("IMG_1.jpg", "metadata.json")),
        ("IMG_1.jpg", "IMG_1.jpg.txt"),
    ],
)
def test_a_side_file_of_another_photo_is_not_taken(tmp_path: Path, photo: str, side: str) -> None:
    assert beside(tmp_path, photo, side) == []
    assert not speak_of(f"/p/{photo}", {side_key(side)})


def test_of_several_the_xmp_files_all_count_and_of_takeouts_the_photos_own(tmp_path: Path) -> None:
    names = ("IMG_1.xmp", "IMG_1-edited.jpg.xmp", "IMG_1.jpg.json", "IMG_1-edited.jpg.supplemental-metadata.json")
    assert beside(tmp_path, "IMG_1-edited.jpg", *names) == [names[1], names[3]]
    assert beside(tmp_path, "IMG_1.jpg") == [names[0], names[2]]


def test_a_folder_is_listed_once_for_all_photos_in_it(tmp_path: Path) -> None:
    folders = Folders()
    assert sides_of(str(tmp_path / "a.jpg"), folders) == ()
    (tmp_path / "a.xmp").write_bytes(headers.xmp())
    assert sides_of(str(tmp_path / "a.jpg"), folders) == ()
    assert len(sides_of(str(tmp_path / "a.jpg"))) == 1


def test_only_the_last_folders_are_remembered(tmp_path: Path) -> None:
    folders = Folders()
    for number in range(2 * Folders.REMEMBERED):
        sides_of(str(tmp_path / str(number) / "a.jpg"), folders)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "a.xmp").write_bytes(headers.xmp())
    assert len(sides_of(str(tmp_path / "0" / "a.jpg"), folders)) == 1


def test_a_photo_has_side_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").write_bytes(headers.xmp())
    assert has_sides(str(tmp_path / "a.jpg"), Folders())
    assert not has_sides(str(tmp_path / "b.jpg"), Folders())


def test_side_files_that_are_left_out_are_none(tmp_path: Path) -> None:
    for name in ("a.xmp", "a.jpg.json"):
        (tmp_path / name).write_bytes(headers.takeout())
    folders = Folders(lambda path: path == f"{tmp_path}/a.xmp")
    assert [side.name for side in sides_of(str(tmp_path / "a.jpg"), folders)] == ["a.jpg.json"]


# -- which cannot be read


def note_of(folder: Path) -> str:
    (note,) = read(Header(), str(folder / "a.jpg"), sides_of(str(folder / "a.jpg"))).notes
    return note


def test_a_side_file_that_is_too_large_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").touch()
    os.truncate(tmp_path / "a.xmp", 1 << 30)
    assert note_of(tmp_path) == "a.xmp: 1,073,741,824 bytes are too many"


def test_a_folder_a_pipe_and_a_loose_link_in_place_of_a_side_file_are_notes(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").mkdir()
    assert note_of(tmp_path) == "a.xmp: not a file"
    (tmp_path / "a.xmp").rmdir()
    os.mkfifo(tmp_path / "a.xmp")
    assert note_of(tmp_path) == "a.xmp: not a file"
    (tmp_path / "a.xmp").unlink()
    (tmp_path / "a.xmp").symlink_to(tmp_path / "gone")
    assert note_of(tmp_path) == "a.xmp: cannot be read: No such file or directory"


def test_a_placeholder_stands_for_a_side_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / ".a.xmp.icloud").write_bytes(b"bplist")
    assert sides_of(str(tmp_path / "a.jpg")) == (Side("a.xmp", b"", "in iCloud only", later=True),)
    (tmp_path / "a.xmp").write_bytes(b"here")
    assert sides_of(str(tmp_path / "a.jpg")) == (Side("a.xmp", b"here"),)


def test_only_what_may_read_without_having_changed_is_tried_later(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").symlink_to(tmp_path / "gone")
    (tmp_path / "a.jpg.xmp").symlink_to(tmp_path / "a.jpg.xmp")
    (tmp_path / "a.jpg.json").mkdir()
    assert [(side.name, side.later) for side in sides_of(str(tmp_path / "a.jpg"))] == [
        ("a.jpg.xmp", True),
        ("a.xmp", False),
        ("a.jpg.json", False),
    ]


def test_a_folder_that_may_not_be_listed_has_no_side_files(tmp_path: Path) -> None:
    assert sides_of(str(tmp_path / "gone" / "a.jpg")) == ()


# -- what Takeout tells


def test_takeout_tells_when_where_who_and_what() -> None:
    found = of_takeout(
        description="Grandma’s\nbirthday",
        geoData={"latitude": 35.3606, "longitude": 138.7274},
        people=[{"name": "花子"}, {"name": "Taro"}, {}, None],
    )
    assert (found.taken_at, found.taken_offset, found.taken_from) == ("2019-07-13T20:33:22", 0, "Takeout")
    assert (found.caption, found.people, found.title) == ("Grandma’s\nbirthday", ("花子", "Taro"), None)
    assert (found.latitude, found.longitude) == (35.3606, 138.7274)
    assert found.notes == ()


def test_takeouts_zeros_are_no_place_and_no_fault_and_the_cameras_own_are_asked_next() -> None:
    assert of_takeout().latitude is None
    found = of_takeout(geoDataExif={"latitude": -33.8568, "longitude": 151.2153})
    assert (found.latitude, found.notes) == (-33.8568, ())


@pytest.mark.parametrize("place", [{"latitude": 1e9, "longitude": 0}, {"latitude": float("nan"), "longitude": 1.0}])
def test_a_place_of_takeout_that_cannot_be_is_a_note(place: dict[str, float]) -> None:
    found = of_takeout(geoData=place)
    assert found.latitude is None
    assert len(found.notes) == 1 and found.notes[0].startswith("a.jpg.json: Takeout position: ")


@pytest.mark.parametrize(
    "said",
    [
        *({"photoTakenTime": None}, {"photoTakenTime": []}, {"photoTakenTime": {"timestamp": None}}),
        *({"people": {"name": "x"}}, {"people": [[]]}, {"geoData": 3}, {"geoData": {"latitude": "x", "longitude": []}}),
        {"description": 12},
    ],
)
def test_keys_of_the_wrong_kind_tell_nothing(said: dict[str, object]) -> None:
    found = of_takeout(**said)
    assert (found.caption, found.people, found.latitude, found.notes) == (None, (), None, ())


@pytest.mark.parametrize("data", [b"[1, 2]", b"{}", b"3", b"null", b'"x"', '{"name": "他"}'.encode("utf-16")])
def test_other_json_tells_nothing_and_is_no_fault(data: bytes) -> None:
    assert read(Header(), "/a.jpg", [Side("a.json", data)]) == Facts()


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xd8\xff", b"[" * 100_000, b'{"a":' * 100_000, json.dumps("x").encode()[:2]]
)
def test_what_is_no_json_is_a_note(data: bytes) -> None:
    (note,) = read(Header(), "/a.jpg", [Side("a.json", data)]).notes
    assert note.startswith("a.json: ")
    assert len(note) < 160
