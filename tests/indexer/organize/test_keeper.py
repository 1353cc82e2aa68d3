"""Which of several photos of one picture is kept, and why."""

from dataclasses import replace

import pytest

from indexer.organize.keeper import Photo, keeper
from indexer.photo import Facts, File

DATED = Facts(taken_at="2019-07-14T09:30:00", taken_from="EXIF DateTimeOriginal", camera="X-T3")


def photo(path: str = "/p/a.jpg", size: int = 1000, mtime_ns: int = 5, **more: object) -> Photo:
    facts = {"content_id": 1, "width": 400, "height": 300, "format": "JPEG", "facts": Facts()}
    return Photo(file=File(path, size, mtime_ns, 1), **{**facts, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        (photo(width=800, height=600), photo(format="PNG", facts=DATED, size=9000), "the most pixels (800 x 600)"),
        (photo(format="PNG"), photo(facts=DATED, size=9000), "PNG loses nothing"),
        (photo(path="/p/a.nef", format="NEF"), photo(facts=DATED), "NEF loses nothing"),
        (photo(facts=DATED), photo(size=9000), "knows a date and a camera"),
        (photo(size=2000, path="/p/a copy.jpg"), photo(), "the larger file"),
        (photo(mtime_ns=9), photo(path="/p/a copy.jpg"), "its name is no copy's"),
        (photo(path="/p/b.jpg", mtime_ns=4), photo(), "the oldest file"),
        (photo(), photo(path="/p/b.jpg"), "as good as the others"),
    ],
)
def test_one_criterion_after_the_other_decides(better: Photo, worse: Photo, reason: str) -> None:
    assert keeper([worse, better]) == keeper([better, worse]) == (better, reason)


def test_every_criterion_that_left_some_behind_is_told() -> None:
    small, large = photo(), photo(width=800, height=600)
    dated = replace(large, facts=replace(DATED, latitude=35.0))
    kept, reason = keeper([small, large, dated])
    assert kept == dated
    assert reason == "the most pixels (800 x 600), knows a date and a camera and a place on the map"


def test_what_is_nearly_as_large_or_as_heavy_is_as_large_and_as_heavy() -> None:
    turned = photo(width=402, height=301, size=1050)
    assert keeper([turned, photo(facts=DATED)])[1] == "knows a date and a camera"
    assert keeper([turned, photo(path="/p/b.jpg", mtime_ns=1)])[1] == "the oldest file"


def test_a_date_that_every_copy_has_is_none() -> None:
    assert photo(facts=Facts(taken_at="2019-07-14", taken_from="file name (day alone)")).known == []
    assert photo(facts=DATED).known == ["a date", "a camera"]


@pytest.mark.parametrize(
    "path",
    [
        *("/p/dog copy.jpg", "/p/dog (copy).jpg", "/p/dog (1).jpg", "/p/IMG_1234 2.jpg", "/p/dog-edited.jpg"),
        *("/p/dog_small.jpg", "/p/犬のコピー.jpg", "/p/Copy of dog.jpg", "/p/IMG-20190714-WA0001.jpg", "/p/dog~2.jpg"),
        *("/p/backup/dog.jpg", "/p/WhatsApp Images/dog.jpg"),
    ],
)
def test_names_of_copies_are_known(path: str) -> None:
    assert not photo(path).looks_original


@pytest.mark.parametrize(
    "path",
    ["/p/IMG_1234.jpg", "/p/dog 1.jpg", "/p/DSC_0002.JPG", "/p/copyright.jpg", "/backup/2019/dog.jpg", "/p/2.jpg"],
)
def test_names_of_originals_are_too(path: str) -> None:
    assert photo(path).looks_original
