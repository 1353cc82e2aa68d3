"""Two orders into one."""

import pytest

from indexer.asking.fusion import fuse, is_name, saying, telling, verdict, weight
from indexer.store.words import WordMatch


def match(content_id: int, rank: float, field: str = "keywords") -> WordMatch:
    return WordMatch(content_id, rank, {field: ("word",)})


def order(values: dict[int, float]) -> list[int]:
    return sorted(values, key=lambda content_id: -values[content_id])


def by_id(*matches: WordMatch) -> dict[int, WordMatch]:
    return {match.content_id: match for match in matches}


def test_what_is_first_in_both_is_first() -> None:
    values = fuse([(1, "likely"), (2, "likely"), (3, "likely")], [by_id(match(3, 1.5), match(9, 1.4))])
    assert order(values)[:1] == [3]
    assert set(values) == {1, 2, 3, 9}


def test_a_whole_match_stands_among_the_first_pictures_and_a_part_of_one_does_not() -> None:
    pictures = [(number, "strong") for number in range(1, 11)]
    assert order(fuse(pictures, [by_id(match(99, 1.5))])).index(99) <= 1  # type: ignore[arg-type]
    assert order(fuse(pictures, [by_id(match(99, 0.5))])).index(99) == 10  # type: ignore[arg-type]


def test_words_that_most_photos_have_say_nothing_unless_photos_are_few() -> None:
    everywhere, telling_ = [match(1, 1.0005), match(2, 0.0005)], [match(3, 1.5)]
    assert saying([*everywhere, *telling_], 4) == telling_
    assert saying([*everywhere, *telling_], 6) == [*everywhere, *telling_]


def test_pictures_that_chance_would_find_yield_to_words() -> None:
    words = by_id(*(match(number, 1.5) for number in range(10, 20)))
    sure = order(fuse([(number, "strong") for number in range(5)], [words]))
    unsure = order(fuse([(number, "weak") for number in range(5)], [words]))
    assert len(set(sure[:10]) & set(words)) < len(set(unsure[:10]) & set(words)) == 10


@pytest.mark.parametrize(
    ("rank", "field", "expected"),
    [(1.5, "keywords", 1.0), (1.5, "folders", 0.5), (0.5, "name", 0.15)],
)
def test_a_match_says_as_much_as_it_has_words_and_as_its_field_tells(rank: float, field: str, expected: float) -> None:
    assert weight(match(1, rank, field)) == expected


def test_the_verdict_by_words_asks_for_every_text() -> None:
    whole, folder, part = match(1, 1.5), match(1, 1.5, "folders"), match(1, 0.5)
    assert [verdict([one], 1) for one in (whole, folder, part)] == ["strong", "likely", "weak"]
    assert verdict([whole], 2) == "weak"
    assert verdict([whole, folder], 2) == "likely"


@pytest.mark.parametrize("asked", ["IMG_0042", "img_0042.JPG", "IMG 0042", "ＩＭＧ_0042"])
def test_a_name_is_the_same_in_other_spellings(asked: str) -> None:
    assert is_name("/photos/IMG_0042.jpg", asked)


@pytest.mark.parametrize("asked", ["0042", "IMG", "IMG_00421", "", "photos"])
def test_a_part_of_a_name_is_not_it(asked: str) -> None:
    assert not is_name("/photos/IMG_0042.jpg", asked)


def test_small_words_are_not_looked_for_unless_there_are_no_others() -> None:
    assert telling("a photo of the sea at night") == "sea night"
    assert telling("the") == "the"
    assert telling("写真") == "写真"
