"""What is typed for filters -> Filters."""

from pathlib import Path
from typing import Any

import pytest
import typer

from indexer.asking.narrowing import following
from indexer.query import EVERYWHERE, Filters
from terminal.options import Narrowed


def test_nothing_typed_lets_everything_through() -> None:
    assert not Narrowed().anything
    assert Narrowed().filters() == EVERYWHERE


def test_each_option_is_a_filter(tmp_path: Path) -> None:
    narrowed = Narrowed(
        folders=[tmp_path],
        after="2019",
        before="2019-07-14",
        camera=["X-T3"],
        place=["Shizuoka"],
        near="35.36,138.73",
        within="5km",
        formats=["jpg"],
        min_size=1000,
        portrait=True,
        rating=4,
    )
    assert narrowed.anything
    assert narrowed.filters() == Filters(
        folders=(str(tmp_path.resolve()),),
        after="2019",
        before="2019-07-14",
        cameras=("X-T3",),
        places=("Shizuoka",),
        near=(35.36, 138.73),
        within_km=5.0,
        formats=("jpg",),
        min_side=1000,
        shape="portrait",
        min_rating=4,
    )


def test_false_is_an_answer_too() -> None:
    assert Narrowed(portrait=False).anything and Narrowed(rating=0).anything
    assert Narrowed(portrait=False).filters().shape == "landscape"


@pytest.mark.parametrize(
    ("on", "after", "before"),
    [
        ("2019", "2019", "2020"),
        ("2019-07", "2019-07", "2019-08"),
        ("2019-12", "2019-12", "2020"),
        ("2019-07-14", "2019-07-14", "2019-07-15"),
        ("2019-07-31", "2019-07-31", "2019-08"),
        ("2020-02-28", "2020-02-28", "2020-02-29"),
        ("2019-12-31", "2019-12-31", "2020"),
    ],
)
def test_on_is_the_whole_year_month_or_day(on: str, after: str, before: str) -> None:
    filters = Narrowed(on=on).filters()
    assert (filters.after, filters.before) == (after, before)
    assert following(on) == before


def test_on_and_after_hold_both() -> None:
    filters = Narrowed(on="2019", after="2019-07", before="2021").filters()
    assert (filters.after, filters.before) == ("2019-07", "2020")


@pytest.mark.parametrize(
    ("typed", "kilometres"), [("800m", 0.8), ("5km", 5.0), ("2.5 KM", 2.5), ("3mi", 4.828032), (".5km", 0.5)]
)
def test_distances_are_in_metres_kilometres_or_miles(typed: str, kilometres: float) -> None:
    assert Narrowed(near="0,0", within=typed).filters().within_km == pytest.approx(kilometres)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"on": "July"}, "'July' is no date: write 2019, 2019-07 or 2019-07-14"),
        ({"after": "2019-13"}, "the calendar has no such date"),
        ({"before": "2019-02-29"}, "the calendar has no such date"),
        ({"near": "Fuji"}, 'write "latitude,longitude"'),
        ({"near": "135.3,38"}, "latitude goes from -90 to 90"),
        ({"near": "nan,0"}, "latitude goes from -90 to 90"),
        ({"near": "0,0", "within": "5"}, "'5' is no distance: write 800m, 5km or 3mi"),
        ({"within": "5km"}, "say of where"),
        ({"folders": [Path("a\0b")]}, "no folder has such a name"),
        ({"folders": [Path("a")] * 1001}, "at most 1,000 folders at once"),
    ],
)
def test_what_cannot_be_meant_is_named(typed: dict[str, Any], complaint: str) -> None:
    with pytest.raises(typer.BadParameter, match=complaint):
        Narrowed(**typed).filters()
