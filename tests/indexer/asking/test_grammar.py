"""What is typed -> terms."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.asking.grammar import NotUnderstood, named, parse
from indexer.query import Term


def told(*words: str) -> list[tuple[str, float, bool]]:
    return [(str(term.words or term.picture), term.weight, term.wanted) for term in parse(words)]


@pytest.mark.parametrize(
    "words",
    [
        ("beach", "at", "night"),
        ("beach at night",),
        ("t-shirt",),
        ("black-and-white", "photo"),
        ("a+b",),
        ("2", "dogs"),
        ("2 dogs",),
        ("2019:",),
        ("2:30 train",),
        ("a 16:9 screen",),
        ("2: dogs",),
        ("photo.jpg",),
        ("-5 degrees",),
        ("C++", "book"),
        ("富士山 と 湖",),
    ],
)
def test_plain_words_stay_one_text(words: tuple[str, ...]) -> None:
    assert told(*words) == [(" ".join(words), 1.0, True)]


@pytest.mark.parametrize(
    "words", [("2:golden retriever", "+", "./pool.jpg", "-", "fruit"), ("2:golden retriever + ./pool.jpg - fruit",)]
)
def test_signs_join_terms_inside_a_text_and_between_the_words_of_a_shell(words: tuple[str, ...]) -> None:
    assert told(*words) == [("golden retriever", 2.0, True), ("pool.jpg", 1.0, True), ("fruit", 1.0, False)]


@pytest.mark.parametrize("path", ["./a.jpg", "../a b.HEIC", "~/a.png", "/no/such.webp", "2:./a.jpg"])
def test_what_looks_like_a_path_of_a_picture_is_one_also_when_it_is_not_there(path: str) -> None:
    (term,) = parse([path])
    assert term.picture == Path(path.removeprefix("2:"))


def test_a_file_that_is_there_is_a_picture_unless_it_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pool.jpg").touch()
    monkeypatch.chdir(tmp_path)
    assert parse(["pool.jpg"]) == (Term(picture=Path("pool.jpg")),)
    assert parse(['"pool.jpg"']) == (Term(words="pool.jpg"),)
    assert parse(["pool.txt"]) == (Term(words="pool.txt"),)


def test_quotes_inside_a_text_keep_signs_and_weights_from_being_read() -> None:
    assert told('"rock + roll" - jazz') == [("rock + roll", 1.0, True), ("jazz", 1.0, False)]
    assert told("""'2:one' + 3:"four five" """) == [("2:one", 1.0, True), ("four five", 3.0, True)]


def test_a_lone_minus_in_front_asks_for_what_is_not_there() -> None:
    assert told("-", "people") == told("- people") == [("people", 1.0, False)]


def test_options_add_terms() -> None:
    terms = parse(["pool"], [Path("dog.jpg")], ["people", "./crowd.jpg", "2:fruit"])
    assert terms == (
        Term(words="pool"),
        Term(picture=Path("dog.jpg")),
        Term(words="people", wanted=False),
        Term(picture=Path("crowd.jpg"), wanted=False),
        Term(words="fruit", weight=2.0, wanted=False),
    )
    assert parse([], without=["rock - roll"]) == (Term(words="rock - roll", wanted=False),)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["a", "+"], r"`\+` at the end"),
        (["a + - b"], r"`\+ -`: nothing stands between"),
        (["a", "./b.jpg"], r"`./b.jpg`: a picture among words; put ` \+ `"),
        (["a 2:b"], "`2:b`: a weight inside a text"),
        (["0:a"], "`0:a`: a weight is more than 0"),
        (["101:a"], "`101:a`: a weight is more than 0 and at most 100"),
    ],
)
def test_what_is_not_understood_is_named_with_how_to_write_it(words: list[str], complaint: str) -> None:
    with pytest.raises(NotUnderstood, match=f"^{complaint}.*; write it like `pics search "):
        parse(words)


@given(st.lists(st.text(), max_size=4))
def test_whatever_is_typed_is_terms_or_a_sentence(words: list[str]) -> None:
    try:
        terms = parse(words)
    except NotUnderstood as error:
        assert str(error)
    else:
        assert all(term.picture or str(term.words).strip() for term in terms)


@given(st.from_regex(r"[a-z]+(-[a-z]+)*( [a-z]+)*", fullmatch=True), st.sampled_from([1, 2, 0.5]), st.booleans())
def test_terms_written_out_are_read_back(text: str, weight: float, wanted: bool) -> None:
    written = f"{'' if weight == 1 else f'{weight}:'}{text}"
    assert parse(["first", "+" if wanted else "-", written])[1] == Term(words=text, weight=weight, wanted=wanted)


NAMES = ["rex", "old rex", "レックス", "my red sofa", "K9"]


@pytest.mark.parametrize(
    ("text", "names", "rest"),
    [
        ("rex on the beach", ["rex"], "the beach"),
        ("Rex", ["rex"], None),
        ("a photo of rex", ["rex"], None),
        ("photo of REX in the snow", ["rex"], "the snow"),
        ("rex's ball", ["rex"], "ball"),
        ("two dogs and rex playing", ["rex"], "two dogs playing"),
        ("cat with rex", ["rex"], "cat"),
        ("my  Red sofa, with a cat", ["my red sofa"], "a cat"),
        ("rex and old rex", ["rex", "old rex"], None),
        ("Ｒｅｘ on sofa", ["rex"], "sofa"),
        ("K9 unit", ["K9"], "unit"),
        ("t-rex skeleton", [], "t-rex skeleton"),
        ("trex rexes k99", [], "trex rexes k99"),
        ("ビーチのレックス", ["レックス"], "ビーチ"),
        ("レックスがビーチにいる", ["レックス"], "ビーチにいる"),
        ("rexと猫", ["rex"], "猫"),
        ("rexの写真", ["rex"], None),
    ],
)
def test_taught_names_are_found_in_a_text_and_what_joined_them_goes(
    text: str, names: list[str], rest: str | None
) -> None:
    assert named(text, NAMES) == (names, rest)


@given(st.text(max_size=30))
def test_a_text_without_a_taught_name_stays_as_it_is(text: str) -> None:
    found = named(text, ["qqqq"])
    assert found.names or found.rest == text


@given(st.text(max_size=15), st.text(min_size=1, max_size=8).filter(str.strip), st.text(max_size=15))
def test_whatever_is_typed_around_a_name_something_or_nothing_is_left(before: str, name: str, after: str) -> None:
    rest = named(f"{before} {name} {after}", [name]).rest
    assert rest is None or rest.strip()
