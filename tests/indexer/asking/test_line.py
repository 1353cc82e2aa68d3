"""A line typed into a box -> what is asked; the options are those of `pics search`."""

import re
from pathlib import Path

import pytest

from indexer.asking.grammar import NotUnderstood
from indexer.asking.line import OPTIONS, Typed, read
from indexer.asking.narrowing import Narrowing, NotNarrowed
from indexer.errors import IndexerError
from indexer.query import Filters, Query, Term
from tests.documents import pics_help

OUTPUT = {"--json", "--paths", "--print0", "-0", "--help", "-h", "--show", "--open"}  # where the answer goes


def test_words_and_options_go_apart() -> None:
    typed = read('red bicycle --place "New York" at night --on 2019-11 --min likely --tag a --tag=b')
    assert typed == Typed(
        words="red bicycle at night",
        minimum="likely",
        narrowing=Narrowing(place=("New York",), on="2019-11", tag=("a", "b")),
    )
    assert typed.query(60) == Query(
        terms=(Term(words="red bicycle at night"),),
        filters=Filters(places=("New York",), after="2019-11", before="2019-12", tags=("a", "b")),
        limit=60,
        minimum="likely",
        fold=True,
    )


def test_quotes_and_signs_among_the_words_are_for_the_grammar() -> None:
    typed = read('2:"golden retriever" + Rex\'s bowl - "a - b" --unfold -n 7')
    assert typed.words == '2:"golden retriever" + Rex\'s bowl - "a - b"'
    query = typed.query(60)
    assert [(term.words, term.weight, term.wanted) for term in query.terms] == [
        ("golden retriever", 2, True),
        ("Rex's bowl", 1, True),
        ("a - b", 1, False),
    ]
    assert (query.limit, query.fold) == (7, False)


def test_pictures_are_asked_for_where_they_lie(tmp_path: Path) -> None:
    typed = read("pool + ./dog.jpg --like /b.png --not people --not ./cat.jpg")
    terms = typed.query(10, picture=lambda path: tmp_path / path.name).terms
    assert [(term.words or term.picture, term.wanted) for term in terms] == [
        ("pool", True),
        (tmp_path / "dog.jpg", True),
        (tmp_path / "b.png", True),
        ("people", False),
        (tmp_path / "cat.jpg", False),
    ]


@pytest.mark.parametrize(
    "line", ["dogs —place Kyoto", "dogs --place=Kyoto", "--place Kyoto dogs", "dogs --place='Kyoto'"]
)
def test_an_option_may_be_written_in_several_ways(line: str) -> None:
    assert read(line) == Typed(words="dogs", narrowing=Narrowing(place=("Kyoto",)))


def test_nothing_typed_asks_for_the_newest() -> None:
    assert read("  ").query(60) == Query(limit=60, fold=True)


@pytest.mark.parametrize("line", ["well-known", "-", "a - b", "red -- blue", "5-n", "--5"])
def test_what_only_looks_like_an_option_is_a_word(line: str) -> None:
    assert read(line) == Typed(words=line)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("dogs --plaice Kyoto", "`--plaice` is no option here: did you mean `--place`?"),
        ("dogs --json", "`--json` is no option here"),
        ("dogs --place", "--place: what follows it is missing"),
        ('dogs --place ""', "--place: what follows it is missing"),
        ("dogs --portrait=no", "--portrait: takes no value"),
        ("dogs --min sure", "--min: 'sure': write strong, likely, weak"),
        ("dogs --rating six", "--rating: 'six': write a number from 0 to 5"),
        ("dogs -n 0", "-n: '0': write a number from 1 to"),
        ("dogs --on July", "--on: 'July' is no date"),
        ("dogs --within 5km", "--within: say of where"),
    ],
)
def test_what_cannot_be_meant_is_named(line: str, complaint: str) -> None:
    with pytest.raises(IndexerError, match=re.escape(complaint)) as caught:
        read(line)
    assert isinstance(caught.value, NotUnderstood | NotNarrowed)


def test_words_alone_leave_nothing_to_ask_of_a_picture() -> None:
    with pytest.raises(NotNarrowed, match="--only-words"):
        read("./a.jpg --only-words").query(10)


def test_the_options_are_those_of_search_but_for_where_the_answer_goes() -> None:
    described = re.findall(
        r"^ +(?:(-\w), )?(--[a-z0-9-]+)(?:, (-\w))?(?: / (--[a-z-]+))?", pics_help("search"), re.MULTILINE
    )
    listed = {name for names in described for name in names if name}
    assert listed - OUTPUT == set(OPTIONS)
