"""What the gallery says in words, and the headings among its photos."""

import pytest

from indexer.photo import Facts, Hit
from web.gallery import FEW, Heading, _headings
from web.reference import operations
from web.saying import amount, broken, described, moment, months, pixels, shape, sizes, stars, ticked


def hit(number: int = 1, taken_at: str | None = None, verdict: str | None = None, **said: object) -> Hit:
    score = 0.3 if verdict else 0.0
    facts = Facts(taken_at=taken_at, **said)  # type: ignore[arg-type]
    return Hit(number, f"/a/{number}.jpg", score, 30, 20, "JPEG", 1, verdict=verdict, facts=facts)


def test_dates_sizes_and_stars_are_said_as_people_say_them() -> None:
    assert moment("2019-07-14T09:30:00", 540) == "Sunday 14 July 2019, 09:30 (UTC+9)"
    assert moment("2019-07-14T09:30:00.25", -210) == "Sunday 14 July 2019, 09:30 (UTC-3:30)"
    assert moment("2019-07-14T09:30:00", None) == "Sunday 14 July 2019, 09:30"
    assert [amount(size) for size in (3, 81_400, 3_400_000)] == ["1 kB", "81 kB", "3.4 MB"]
    assert pixels(4000, 3000) == "4000 × 3000, 12.0 megapixels"
    assert pixels(90, 60) == "90 × 60"
    assert stars(4) == "★★★★☆"


def test_months_join_and_say_a_year_that_is_theirs_once() -> None:
    assert months("July 2019", "July 2019") == "July 2019"
    assert months("July 2019", "May 2019") == "May – July 2019"
    assert months("July 2019", "December 2018") == "December 2018 – July 2019"


def test_who_does_not_see_a_picture_is_told_what_was_written_of_it() -> None:
    assert described(hit(7)) == "7.jpg"
    assert (
        described(hit(7, "2019-07-14T09:30:00", caption="A dog", place=("Kyoto", "Japan")))
        == "A dog, 14 July 2019, Kyoto"
    )


def test_words_of_strangers_are_never_markup() -> None:
    assert broken("/a/<b>.jpg") == "/<wbr>a/<wbr>&lt;b&gt;.jpg"
    assert ticked("<i> type `pics index <x>`") == "&lt;i&gt; type <code>pics index &lt;x&gt;</code>"


@pytest.mark.parametrize(
    ("width", "height", "percent"), [(300, 200, 150), (200, 300, 65), (9000, 100, 300), (1, 900, 45)]
)
def test_a_tile_has_one_of_the_shapes_of_the_style_sheet(width: int, height: int, percent: int) -> None:
    assert shape(width, height) == percent


def test_a_small_picture_is_as_wide_as_its_longer_side_lets_it_be() -> None:
    assert sizes(320, 4000, 2000) == 320
    assert sizes(320, 2000, 4000) == 160
    assert sizes(320, 100, 50) == 100


def test_photos_of_few_months_stand_below_one_heading_and_undated_ones_apart() -> None:
    july = [hit(number, "2019-07-01T00:00:00") for number in range(FEW)]
    few = [hit(90, "2019-06-01T00:00:00"), hit(91, "2019-04-01T00:00:00")]
    headings = _headings([*july, *few, hit(99)], 0)
    assert headings == {
        0: Heading("July 2019", "July 2019"),
        FEW: Heading("June 2019", "April 2019"),
        FEW + 2: Heading("No date", "No date"),
    }
    assert _headings([hit(1), hit(2)], 0) == {}
    assert _headings([hit(1)], 60) == {0: Heading("No date", "No date")}  # what it follows is not known here


def test_the_less_likely_begin_once_and_not_where_nothing_is_surer() -> None:
    sure, guess = hit(1, verdict="strong"), hit(2, verdict="weak")
    assert list(_headings([sure, guess, sure, guess], 0)) == [1]
    assert _headings([guess, guess], 0) == {}
    assert list(_headings([guess, guess], 60)) == [0]


def test_an_operation_is_told_with_its_body_its_answer_and_an_example() -> None:
    thing = {
        "type": "object",
        "required": ["texts"],
        "properties": {"texts": {"type": "array", "items": {"type": "string"}}},
    }
    row = {"properties": {"rows": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    answer = {"description": "Successful Response", "content": {"application/json": {"schema": row}}}
    told = {"description": "Does it.", "requestBody": {"content": content}, "responses": {"200": answer}}
    (one,) = operations({"paths": {"/api/do": {"post": told}}, "components": {"schemas": {"Thing": thing}}})
    assert (one.method, one.anchor, one.said) == ("POST", "post-api-do", "Does it.")
    assert [(field.name, field.kind, field.required) for field in one.body_fields] == [
        ("texts", "list of string", True)
    ]
    assert [field.name for field in one.answers[0].fields] == ["rows", "rows[].texts"]
    assert one.curl == """'{base}/api/do' -H 'Content-Type: application/json' -d '{"texts": ["a red bicycle"]}'"""
