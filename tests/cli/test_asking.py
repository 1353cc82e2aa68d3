"""Filters, words, algebra and verdicts as a person types them."""

from pathlib import Path

import pytest

from tests import headers
from tests.cli.conftest import Pics, draw


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Pics:
    """Four photos: one of Mount Fuji in 2024, one rated in 2019, one upright, one that says nothing."""
    root = tmp_path_factory.mktemp("trip").resolve()
    photos = root / "photos"
    (photos / "2019").mkdir(parents=True)
    phone = headers.exif(headers.PHONE, headers.PHONE_EXIF, headers.gps(*headers.FUJI))
    (photos / "fuji.jpg").write_bytes(headers.jpeg(phone, headers.xmp(headers.bag("dc:subject", "volcano"))))
    dated = headers.exif({0x0110: "X-T3", 0x010F: "FUJIFILM"}, {0x9003: "2019:07:14 09:30:00"})
    rated = headers.xmp(attributes='xmp:Rating="4"')
    (photos / "2019" / "IMG_0042.jpg").write_bytes(headers.jpeg(dated, rated))
    draw(photos / "upright.png", "green", (600, 900))
    draw(photos / "plain.png", "blue")
    made = Pics(root / "home", checkpoint, root)
    result = made.index(photos)
    assert result.returncode == 0, result.stderr
    return made


def names(pics: Pics, *words: object) -> list[str]:
    return [Path(path).name for path in pics("search", "--paths", *words).stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--on", "2019-07"], {"IMG_0042.jpg"}),
        (["--after", "2024", "--before", "2025"], {"fuji.jpg"}),
        (["--camera", "iphone"], {"fuji.jpg"}),
        (["--camera", "iphone", "--camera", "x-t3"], {"fuji.jpg", "IMG_0042.jpg"}),
        (["--near", "35.3,138.7", "--within", "10km"], {"fuji.jpg"}),
        (["--near", "35.3,138.7", "--within", "800m"], set()),
        (["--place", "Japan"], {"fuji.jpg"}),
        (["--format", "png"], {"upright.png", "plain.png"}),
        (["--format", "jpg", "--rating", "4"], {"IMG_0042.jpg"}),
        (["--min-size", "500"], {"upright.png"}),
        (["--portrait"], {"upright.png"}),
        (["--in", "photos/2019"], {"IMG_0042.jpg"}),
    ],
)
def test_each_filter_keeps_to_its_photos_with_words_and_without(
    trip: Pics, options: list[str], found: set[str]
) -> None:
    assert set(names(trip, *options)) == found
    assert set(names(trip, "anything", *options)) == found


def test_similar_takes_the_same_filters(trip: Pics) -> None:
    hits = trip.json("similar", "photos/plain.png", "--on", "2019", "-n", 9)
    assert [Path(hit["path"]).name for hit in hits] == ["IMG_0042.jpg"]


def test_filters_alone_list_the_newest_first_by_their_day(trip: Pics) -> None:
    assert names(trip, "--format", "jpg") == ["fuji.jpg", "IMG_0042.jpg"]
    lines = trip("search", "--format", "jpg").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["2024-05-03", "2019-07-14"]


def test_words_find_what_is_written_and_say_where(trip: Pics) -> None:
    assert names(trip, "volcano", "--only-words") == ["fuji.jpg"]
    assert names(trip, "IMG_0042")[0] == "IMG_0042.jpg"
    hit, why = trip("search", "volcano", "-n", 1, "--explain").stdout.splitlines()
    assert hit.startswith("strong  ")
    assert 'word "volcano" in keywords' in why and "picture " in why
    assert trip("search", "xylophone", "--only-words").returncode == 1


def test_terms_are_typed_as_options_or_as_signs(trip: Pics) -> None:
    as_options = trip.json("search", "dog", "--like", "photos/plain.png", "--not", "volcano")
    as_signs = trip.json("search", "dog + ./photos/plain.png - volcano")
    assert as_options == as_signs
    assert Path(as_signs[-1]["path"]).name == "fuji.jpg"
    assert "plain.png" not in {Path(hit["path"]).name for hit in as_signs}
    alone = names(trip, "--only-words", "--", "-", "volcano")
    assert len(alone) == 4 and alone[-1] == "fuji.jpg"


def test_a_verdict_that_nothing_reaches_is_exit_code_1(trip: Pics) -> None:
    result = trip("search", "dog", "--only-pictures", "--min", "strong")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("nothing like that")
    assert {hit["verdict"] for hit in trip.json("search", "volcano", "--min", "strong")} == {"strong"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["a", "+"], "`+` at the end: nothing follows it"),
        (["a", "--on", "July"], "is no date"),
        (["a", "--within", "5km"], "say of where"),
        (["a", "--only-words", "--only-pictures"], "--only-words"),
        (["--only-words", "--like", "photos/plain.png"], "--only-words"),
        (["a", "--min", "certain"], "certain"),
        (["a", "--like", "photos/none.png"], "no such file"),
        ([], "say what is in the photo"),
    ],
)
def test_what_cannot_be_asked_is_exit_code_2_with_a_sentence(trip: Pics, words: list[str], complaint: str) -> None:
    result = trip("search", *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr


def test_a_search_that_was_asked_before_needs_no_model_for_its_verdicts(trip: Pics) -> None:
    words = ("search", "sea", "--not", "people", "--like", "photos/plain.png", "--explain")
    first = trip(*words)
    models = (trip.home / "models").rename(trip.home / "away")
    again = trip(*words)
    models.with_name("away").rename(trip.home / "models")
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")
