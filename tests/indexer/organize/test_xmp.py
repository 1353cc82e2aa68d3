"""Tags as XMP: read back by Exiv2 and by our own reader, beside all that was there, and taken away again."""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo.tour import ALBUM
from indexer.build import build
from indexer.errors import LacksPackage
from indexer.header import header_of
from indexer.metadata import Folders, xmp
from indexer.organize import xmp as writer
from indexer.organize.tags import contents_at, give, take
from indexer.organize.xmp import Change, Form, NotWritten, remove_tags, write, write_tags
from indexer.photo import Encoder, Skip
from indexer.query import Filters
from indexer.store.library import Library

pyexiv2 = pytest.importorskip("pyexiv2")

LIGHTROOM = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
    xmlns:darktable="http://darktable.sf.net/" xmlns:cc="http://creativecommons.org/ns#" xmlns:my="http://example.com/my/"
    xmp:Rating="4" crs:Exposure2012="+0.35" my:thing="kept">
   <dc:subject><rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>犬</rdf:li></rdf:Bag></dc:subject>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">A &amp; B</rdf:li>
     <rdf:li xml:lang="ja">題</rdf:li></rdf:Alt></dc:title>
   <lr:hierarchicalSubject><rdf:Bag><rdf:li>places|home</rdf:li></rdf:Bag></lr:hierarchicalSubject>
   <crs:MaskGroupBasedCorrections><rdf:Seq><rdf:li><rdf:Description crs:CorrectionAmount="1"><crs:CorrectionMasks>
     <rdf:Seq><rdf:li crs:What="Mask/Image" crs:MaskActive="true"/></rdf:Seq></crs:CorrectionMasks></rdf:Description>
   </rdf:li></rdf:Seq></crs:MaskGroupBasedCorrections>
   <xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:when="2020-01-01T00:00:00"/></rdf:Seq></xmpMM:History>
   <mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Ann, B"
     mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.1" stArea:y="0.2"/></rdf:Description></rdf:li></rdf:Bag>
   </mwg-rs:RegionList></mwg-rs:Regions>
   <darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:params="gz48eJz"/></rdf:Seq></darktable:history>
   <cc:license rdf:resource="http://creativecommons.org/licenses/by/4.0/"/>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()
OURS = ("Xmp.dc.subject", "Xmp.lr.hierarchicalSubject", "Xmp.digiKam.TagsList")
SIDE, INSIDE = Form(), Form(into_file=True)


def properties(data: bytes) -> dict[str, Any]:
    with pyexiv2.ImageData(data) as image:
        return dict(image.read_xmp())


def others(data: bytes) -> dict[str, Any]:
    """All that is not ours to write."""
    return {
        name: value for name, value in properties(data).items() if name not in OURS and not name.startswith("Xmp.pics")
    }


def put(photo: Path, *tags: str, form: Form = SIDE) -> list[Change]:
    return write(photo, tags, form, Folders())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(tmp_path / "a.jpg")


def save(path: Path) -> Path:
    noise = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


# -- beside a photo


def test_the_lists_of_lightroom_capture_one_and_digikam_are_written_beside_a_photo(photo: Path) -> None:
    side = photo.with_name("a.jpg.xmp")
    assert put(photo, "dog", "trips/Oslo", "犬") == [Change(str(photo), str(side), ("dog", "trips/Oslo", "犬"), ())]
    written = properties(side.read_bytes())
    assert written["Xmp.dc.subject"] == ["dog", "Oslo", "犬"]
    assert written["Xmp.lr.hierarchicalSubject"] == ["dog", "trips|Oslo", "犬"]
    assert written["Xmp.digiKam.TagsList"] == ["dog", "trips/Oslo", "犬"]
    text = side.read_text("utf-8")
    for name, kind in (("dc:subject", "Bag"), ("lr:hierarchicalSubject", "Bag"), ("digiKam:TagsList", "Seq")):
        assert text.split(f"<{name}>")[1].split()[0] == f"<rdf:{kind}>"
    assert set(xmp.told(side.read_bytes()).keywords) == {"dog", "Oslo", "trips", "犬"}


def test_nothing_that_others_wrote_is_lost_and_taking_away_leaves_just_that(photo: Path) -> None:
    side = photo.with_name("a.xmp")
    side.write_bytes(LIGHTROOM)
    (change,) = put(photo, "dog", "holiday", "犬")
    assert change.file == str(side)
    written = properties(side.read_bytes())
    assert written["Xmp.dc.subject"] == ["holiday", "犬", "dog"]
    assert written["Xmp.lr.hierarchicalSubject"] == ["places|home", "dog", "holiday", "犬"]
    assert others(side.read_bytes()) == others(LIGHTROOM)
    assert put(photo, "dog", "holiday", "犬") == []
    (change,) = put(photo)
    assert (change.added, change.removed) == ((), ("dog", "holiday", "犬"))
    assert properties(side.read_bytes()) == properties(LIGHTROOM)
    assert xmp.told(side.read_bytes()).keywords == xmp.told(LIGHTROOM).keywords
    assert b"urn:pics" not in side.read_bytes()


def test_a_side_file_that_pics_made_goes_with_its_tags_unless_others_wrote_into_it(photo: Path) -> None:
    side = photo.with_name("a.jpg.xmp")
    put(photo, "dog")
    put(photo)
    assert not side.exists()
    put(photo, "dog")
    with pyexiv2.Image(str(side)) as image:
        image.modify_xmp({"Xmp.xmp.Rating": "5"})
    put(photo)
    assert properties(side.read_bytes()) == {"Xmp.xmp.Rating": "5"}


def test_tags_of_before_go_and_new_ones_come(photo: Path) -> None:
    put(photo, "dog", "cat")
    (change,) = put(photo, "cat", "sea")
    assert (change.added, change.removed) == (("sea",), ("dog",))
    assert properties(photo.with_name("a.jpg.xmp").read_bytes())["Xmp.dc.subject"] == ["cat", "sea"]


def test_what_a_person_added_in_another_program_stays(photo: Path) -> None:
    side = photo.with_name("a.jpg.xmp")
    put(photo, "dog")
    with pyexiv2.Image(str(side)) as image:
        image.modify_xmp({"Xmp.dc.subject": ["dog", "theirs"]})
    put(photo, "cat")
    assert properties(side.read_bytes())["Xmp.dc.subject"] == ["theirs", "cat"]
    put(photo)
    assert properties(side.read_bytes())["Xmp.dc.subject"] == ["theirs"]


@pytest.mark.parametrize(
    ("name", "there", "written"),
    [
        ("a.jpg", [], ["a.jpg.xmp"]),
        ("a.cr3", [], ["a.xmp"]),
        ("a.jpg", ["a.xmp"], ["a.xmp"]),
        ("a.jpg", ["A.XMP"], ["A.XMP"]),
        ("a.jpg", ["a.xmp", "a.jpg.xmp"], ["a.jpg.xmp", "a.xmp"]),
        ("a.jpg", ["a.xmp", "a.CR3"], ["a.jpg.xmp"]),
        ("a.cr3", ["a.xmp", "a.jpg"], ["a.xmp"]),
        ("a.heic", ["a.heic.xmp"], ["a.heic.xmp"]),
    ],
)
def test_the_side_file_is_the_one_there_is_or_the_one_that_programs_look_for(
    tmp_path: Path, name: str, there: list[str], written: list[str]
) -> None:
    save(tmp_path / "any.jpg").rename(tmp_path / name)
    for side in there:
        (tmp_path / side).write_bytes(LIGHTROOM)
    assert [Path(change.file).name for change in put(tmp_path / name, "dog")] == written


def test_a_dry_run_writes_nothing(photo: Path) -> None:
    assert [change.added for change in put(photo, "dog", form=Form(dry_run=True))] == [("dog",)]
    before = photo.read_bytes()
    assert put(photo, "dog", form=Form(into_file=True, dry_run=True))
    assert [path.name for path in photo.parent.iterdir()] == ["a.jpg"] and photo.read_bytes() == before


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<x><y>", "not well-formed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "entities"),
        (LIGHTROOM.replace(b"kept", b"k\xffpt"), "not well-formed"),
        (b"<html><body>no XMP</body></html>", "unknown"),
    ],
)
def test_a_side_file_that_is_no_xmp_is_left_as_it_is(photo: Path, data: bytes, why: str) -> None:
    side = photo.with_name("a.jpg.xmp")
    side.write_bytes(data)
    with pytest.raises(NotWritten, match=why):
        put(photo, "dog")
    assert side.read_bytes() == data
    assert sorted(path.name for path in photo.parent.iterdir()) == ["a.jpg", "a.jpg.xmp"]


def test_what_exiv2_would_lose_is_not_written(photo: Path) -> None:
    side = photo.with_name("a.jpg.xmp")
    qualified = b'<my:thing rdf:parseType="Resource"><rdf:value>it</rdf:value><my:sure>95 percent</my:sure></my:thing>'
    side.write_bytes(LIGHTROOM.replace(b"<cc:license", qualified + b"<cc:license").replace(b' my:thing="kept"', b""))
    before = side.read_bytes()
    try:
        put(photo, "dog")
    except NotWritten as error:
        assert "would not keep" in str(error) and side.read_bytes() == before
    else:
        assert b"95 percent" in side.read_bytes()


def test_a_crash_while_writing_leaves_the_file_as_it_was(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    side = photo.with_name("a.jpg.xmp")
    side.write_bytes(LIGHTROOM)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(NotWritten, match="No space left"):
        put(photo, "dog")
    assert side.read_bytes() == LIGHTROOM
    assert sorted(path.name for path in photo.parent.iterdir()) == ["a.jpg", "a.jpg.xmp"]


def test_a_link_stays_a_link(photo: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.xmp"
    real.write_bytes(LIGHTROOM)
    photo.with_name("a.jpg.xmp").symlink_to(real)
    put(photo, "dog")
    assert photo.with_name("a.jpg.xmp").is_symlink() and "dog" in properties(real.read_bytes())["Xmp.dc.subject"]


# -- inside


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_tags_go_into_a_photo_and_out_of_it_and_its_pixels_stay(tmp_path: Path, suffix: str) -> None:
    photo = save(tmp_path / f"a{suffix}")
    before = photo.read_bytes()
    put(photo, "dog", "trips/Oslo", form=INSIDE)
    assert properties(photo.read_bytes())["Xmp.dc.subject"] == ["dog", "Oslo"]
    with Image.open(io.BytesIO(before)) as old, Image.open(photo) as new:
        assert np.array_equal(np.asarray(old), np.asarray(new))
    with Image.open(photo) as new:
        assert set(xmp.told(header_of(new, photo.read_bytes()).xmp).keywords) == {"dog", "Oslo", "trips"}
    assert [path.name for path in tmp_path.iterdir()] == [photo.name]
    put(photo, form=INSIDE)
    assert properties(photo.read_bytes()) == {}


def test_other_xmp_and_exif_in_a_photo_stay(photo: Path) -> None:
    with pyexiv2.Image(str(photo)) as image:
        image.modify_exif({"Exif.Image.Model": "Camera", "Exif.Photo.UserComment": "kept"})
        image.modify_iptc({"Iptc.Application2.Keywords": ["theirs"]})
        image.modify_raw_xmp(LIGHTROOM.decode())
    with pyexiv2.Image(str(photo)) as image:
        exif, iptc = image.read_exif(), image.read_iptc()
    put(photo, "dog", form=INSIDE)
    with pyexiv2.Image(str(photo)) as image:
        assert (image.read_exif(), image.read_iptc()) == (exif, iptc)
    assert others(photo.read_bytes()) == others(LIGHTROOM)
    put(photo, form=INSIDE)
    assert properties(photo.read_bytes()) == properties(LIGHTROOM)


@pytest.mark.parametrize("name", ["a.heic", "a.cr3", "a.gif", "a.dng"])
def test_what_exiv2_cannot_write_or_should_not_is_not_written_into(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"whatever")
    with pytest.raises(NotWritten, match="are not written into"):
        put(tmp_path / name, "dog", form=INSIDE)


# -- the photos of a library


@pytest.fixture
def trip(tmp_path: Path, mini: Encoder) -> tuple[Library, Path]:
    """A library of three drawings, one of them twice."""
    folder = tmp_path / "trip"
    folder.mkdir()
    for name in ("dog.jpg", "cat.jpg", "key.jpg"):
        shutil.copy(ALBUM / name, folder / name)
    shutil.copy(ALBUM / "dog.jpg", folder / "dog again.jpg")
    library = Library(tmp_path / "home")
    build(library, mini, [str(folder)])
    give(library, "犬", contents_at(library, folder / "dog.jpg"))
    give(library, "trips/Oslo", contents_at(library, folder / "dog.jpg"))
    give(library, "cat", contents_at(library, folder / "cat.jpg"))
    return library, folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"dog.jpg", "dog again.jpg", "cat.jpg", "key.jpg"}


def test_every_copy_of_a_tagged_photo_gets_its_side_file_and_loses_it_again(trip: tuple[Library, Path]) -> None:
    library, folder = trip
    list(write_tags(library))
    assert names(folder) == {"dog.jpg.xmp", "dog again.jpg.xmp", "cat.jpg.xmp"}
    assert properties((folder / "dog.jpg.xmp").read_bytes())["Xmp.dc.subject"] == ["dog", "Oslo"]
    assert list(write_tags(library)) == []
    list(write_tags(library, japanese=True))
    assert properties((folder / "dog.jpg.xmp").read_bytes())["Xmp.dc.subject"] == ["犬", "Oslo"]
    take(library, "cat", contents_at(library, folder / "cat.jpg"))
    list(write_tags(library, Filters(folders=(str(folder / "cat.jpg"),))))
    assert names(folder) == {"dog.jpg.xmp", "dog again.jpg.xmp"}
    assert len(list(remove_tags(library))) == 2
    assert names(folder) == set()


def test_what_was_written_is_found_by_an_index_run(trip: tuple[Library, Path], mini: Encoder) -> None:
    from indexer.inform import inform

    library, folder = trip
    list(write_tags(library))
    build(library, mini, [str(folder)])
    inform(library)
    (dog,) = contents_at(library, folder / "dog.jpg")
    assert set(library.facts([dog])[dog].keywords) == {"dog", "Oslo", "trips"}


def test_photos_that_were_written_into_keep_their_vectors_and_tags(
    trip: tuple[Library, Path], mini: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, folder = trip
    (dog,) = contents_at(library, folder / "dog.jpg")
    vector = library.vectors_of([dog])
    changes = [change for change in write_tags(library, form=INSIDE) if isinstance(change, Change)]
    assert {Path(change.file).name for change in changes} == {"dog.jpg", "dog again.jpg", "cat.jpg"}
    report = build(library, mini, [str(folder)])
    assert (report.unchanged, report.new, report.changed) == (4, 0, 0)
    assert contents_at(library, folder / "dog again.jpg") == contents_at(library, folder / "dog.jpg") == [dog]
    assert np.array_equal(library.vectors_of([dog]), vector)
    assert library.facts([dog])[dog].tags == ("dog", "trips/Oslo")
    moved = (folder / "dog.jpg").rename(folder / "moved.jpg")
    report = build(library, mini, [str(folder)])
    assert (report.moved, report.new) == (1, 0) and contents_at(library, moved) == [dog]


def test_what_cannot_be_written_is_said_and_the_others_are_written(trip: tuple[Library, Path]) -> None:
    library, folder = trip
    (folder / "cat.jpg").unlink()
    (folder / "dog.jpg.xmp").write_bytes(b"<x>")
    outcomes = list(write_tags(library))
    skipped = {Path(outcome.path).name: outcome.reason for outcome in outcomes if isinstance(outcome, Skip)}
    assert skipped.keys() == {"cat.jpg", "dog.jpg"}
    assert "drive" in skipped["cat.jpg"] and "well-formed" in skipped["dog.jpg"]
    assert names(folder) == {"dog.jpg.xmp", "dog again.jpg.xmp"}


def test_without_pyexiv2_it_is_said_what_to_install(
    trip: tuple[Library, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    has_none: Callable[[str], None] = lambda _: None  # noqa: E731
    monkeypatch.setattr(writer, "find_spec", has_none)
    with pytest.raises(LacksPackage, match=r"pyexiv2.*pics\[xmp\]"):
        list(write_tags(trip[0]))
