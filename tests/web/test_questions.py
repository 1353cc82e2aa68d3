"""A question as a URL has it -> a Query, and its chips; where pictures that are named lie."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from indexer.asking.line import NARROWING
from indexer.asking.narrowing import NotNarrowed
from indexer.build import build
from indexer.query import Filters, Query, Term
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder
from tests.pictures import put_scenes
from web.chips import address, chips
from web.questions import NoSuchPicture, PictureNames, Question

ALL: dict[str, Any] = {
    "q": "red bicycle",
    "like": ["12"],
    "unlike": ["13"],
    "not": ["people", "cars"],
    "in": ["/photos"],
    "after": "2018",
    "on": "2019",
    "camera": ["X-T3"],
    "place": ["Kyoto", "Nara"],
    "near": "35.36,138.73",
    "within": "20km",
    "format": ["heic"],
    "min_size": 1000,
    "shape": "portrait",
    "rating": 0,
    "tag": ["dog"],
    "min": "likely",
    "fold": False,
    "model": "pics-mini",
    "only": "pictures",
}
LINE = (
    "red bicycle --like 12 --not people --not cars --in /photos --after 2018 --on 2019 --camera X-T3 --place Kyoto"
    " --place Nara --near 35.36,138.73 --within 20km --format heic --min-size 1000 --portrait --rating 0 --tag dog"
    " --min likely --unfold --model pics-mini --only-pictures"
)


def query(question: Question) -> Query:
    return question.query(picture=lambda path: Path("/at") / path, fold=True)


def test_every_parameter_means_what_the_option_of_its_name_means() -> None:
    asked = query(Question(**ALL))
    assert asked == Query(
        terms=(
            Term(words="red bicycle"),
            Term(picture=Path("/at/12")),
            Term(words="people", wanted=False),
            Term(words="cars", wanted=False),
            Term(picture=Path("/at/13"), wanted=False),
        ),
        filters=Filters(
            folders=("/photos",),
            after="2019",
            before="2020",
            cameras=("X-T3",),
            places=("Kyoto", "Nara"),
            near=(35.36, 138.73),
            within_km=20.0,
            formats=("heic",),
            min_side=1000,
            shape="portrait",
            min_rating=0,
            tags=("dog",),
        ),
        limit=60,
        model="pics-mini",
        by_words=False,
        minimum="likely",
    )


def test_options_in_the_words_go_to_their_parameters() -> None:
    settled = Question(q=LINE).settled()
    assert settled == Question(**{name: value for name, value in ALL.items() if name != "unlike"})
    assert settled.settled() == settled
    assert query(Question(q=LINE)) == query(settled)
    together = Question(q="dog --place Nara --min strong", place=["Kyoto"], minimum="weak").settled()
    assert (together.place, together.minimum) == (["Kyoto", "Nara"], "strong")
    assert Question(q="dog --landscape", shape="portrait").settled().shape == "landscape"


def test_every_option_that_narrows_has_a_parameter() -> None:
    names = {field.alias or name for name, field in Question.model_fields.items()}
    assert {option.lstrip("-").replace("-", "_") for option in NARROWING} - {"portrait", "landscape"} < names


def test_nothing_asked_is_the_newest() -> None:
    assert query(Question()) == Query(limit=60, fold=True)


@pytest.mark.parametrize(
    "wrong", [{"rating": 6}, {"shape": "round"}, {"n": 0}, {"tag": ["x"] * 51}, {"plaice": "Nara"}]
)
def test_what_is_no_such_value_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question(**wrong)


def test_what_only_looks_like_a_value_is_refused_with_a_sentence() -> None:
    with pytest.raises(NotNarrowed, match="no date"):
        query(Question(on="July"))


# -- chips


def test_each_chip_leads_to_the_question_without_it() -> None:
    question = Question(**ALL)
    shown = list(chips(question))
    assert [chip.label for chip in shown if chip.kind == "place"] == ["Kyoto", "Nara"]
    assert {chip.picture for chip in shown} == {None, "12", "13"}
    assert {chip.kind for chip in shown} == set(ALL) - {"q"}
    for chip in shown:
        less = asked(chip.without)
        assert less != question
        assert sum(less.model_dump()[name] != value for name, value in question.model_dump().items()) <= 2
    (kyoto,) = (chip for chip in shown if chip.label == "Kyoto")
    assert asked(kyoto.without) == question.model_copy(update={"place": ["Nara"]})


def test_an_address_says_a_question_whole() -> None:
    assert asked(address(Question(**ALL))) == Question(**ALL)
    assert (address(Question()), address(Question(q="a & b"))) == ("/", "/?q=a+%26+b")


def asked(url: str) -> Question:
    said = parse_qs(urlsplit(url).query)
    lists = {name for name, value in ALL.items() if isinstance(value, list)}
    return Question(**{name: values if name in lists else values[0] for name, values in said.items()})


# -- pictures


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    put_scenes(tmp_path / "photos", range(3))
    (tmp_path / "photos" / "copy.png").write_bytes((tmp_path / "photos" / "0002.png").read_bytes())
    with Library(tmp_path / "home") as library:
        build(library, FakeEncoder(), [str(tmp_path / "photos")])
        yield library


def test_pictures_are_those_of_the_library_and_uploads(library: Library, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    named = PictureNames(library, {"upload-1": sent}.get)
    path = tmp_path / "photos" / "0001.png"
    number = library.files.content_at(str(path))
    assert number is not None
    assert (named(Path("upload-1")), named(path), named(Path(str(number[0])))) == (sent, path, path)
    for name in (
        "upload-2",
        "99",
        "-1",
        "0",
        str(tmp_path / "elsewhere.png"),
        str(tmp_path / "home" / "library.db"),
        "..",
    ):
        with pytest.raises(NoSuchPicture, match="the library has no such picture"):
            named(Path(name))


def test_of_copies_one_that_is_there_is_taken(library: Library, tmp_path: Path) -> None:
    first, second = tmp_path / "photos" / "0002.png", tmp_path / "photos" / "copy.png"
    number = library.files.content_at(str(first))
    assert number is not None
    named = PictureNames(library, lambda _: None)
    first.unlink()
    assert named(Path(str(number[0]))) == second
    second.unlink()
    assert named(Path(str(number[0]))) in (first, second), "its vector is known all the same"
