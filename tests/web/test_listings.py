"""Scrolling through an answer: page by page, nothing twice, nothing left out, whatever a deeper search would say."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.photo import Hit
from indexer.search import Answer
from web.listings import KEPT, Listings


def hit(number: int, *similar: int) -> Hit:
    return Hit(number, f"/{number}", 0.5, 1, 1, "PNG", 1, similar=tuple(f"/{other}" for other in similar))


def first(total: int, limits: list[int] | None = None) -> Callable[[int], Answer]:
    """A library of so many photos, in order; `limits` are noted."""

    def ask(limit: int) -> Answer:
        if limits is not None:
            limits.append(limit)
        return Answer([hit(number) for number in range(min(limit, total))], notes=("a note",))

    return ask


@pytest.mark.parametrize("total", [0, 1, 9, 10, 11, 20, 95, 100])
def test_pages_bring_all_and_the_last_knows_that_it_is(total: int) -> None:
    listings, found = Listings(), list[int]()
    ask = first(total)
    while True:
        page = listings.page("key", ask, len(found), 10)
        found += [hit.content_id for hit in page.hits]
        assert page.answer.notes == ("a note",)
        if not page.more:
            break
        assert len(page.hits) == 10
    assert found == list(range(total))


def test_a_scroller_asks_ever_more_at_a_time() -> None:
    listings, limits = Listings(), list[int]()
    for start in range(0, 1000, 10):
        listings.page("key", first(5000, limits), start, 10)
    assert limits == [10, 40, 160, 640, 2560]


def test_what_is_listed_stays_where_it_is_when_a_deeper_search_sees_it_otherwise() -> None:
    listings = Listings()
    assert [hit.content_id for hit in listings.page("key", first(100), 0, 3).hits] == [0, 1, 2]

    def otherwise(limit: int) -> Answer:
        return Answer([hit(number) for number in (9, 2, 8, 1, 7, 0, 6, 5, 4, 3)][:limit])

    assert [hit.content_id for hit in listings.page("key", otherwise, 3, 3).hits] == [9, 8, 7]


def test_what_was_folded_does_not_come_again_by_itself() -> None:
    listings = Listings()
    listings.page("key", lambda limit: Answer([hit(0, 5, 6)] * min(limit, 1)), 0, 1)
    listings._kept["key"].complete = False
    page = listings.page("key", lambda limit: Answer([hit(0), hit(5), hit(7)][:limit]), 1, 3)
    assert [hit.content_id for hit in page.hits] == [7]


def test_at_most_so_many_in_all() -> None:
    listings = Listings()
    pages = [listings.page("key", first(100), start, 10, most=25) for start in (0, 10, 20)]
    assert [(len(page.hits), page.more) for page in pages] == [(10, True), (10, True), (5, False)]


def test_the_first_page_is_asked_anew_and_few_listings_are_kept() -> None:
    listings, limits = Listings(), list[int]()
    for _ in range(3):
        listings.page("key", first(100, limits), 0, 10)
    assert limits == [10, 10, 10]
    for number in range(KEPT):
        listings.page(number, first(1), 0, 10)
    listings.page("key", first(100, limits), 10, 10)
    assert limits[3:] == [20], "it was no longer kept"


def test_a_photo_is_known_as_it_was_found_last() -> None:
    listings = Listings()
    assert listings.hit(3) is None
    listings.page("one", lambda _: Answer([hit(3)]), 0, 10)
    listings.page("two", lambda _: Answer([hit(3, 4)]), 0, 10)
    assert listings.hit(3) == hit(3, 4)


@pytest.fixture
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_take_turns_often")
def test_a_photo_is_looked_for_while_others_scroll() -> None:
    listings = Listings()
    with ThreadPoolExecutor(1) as thread:
        looking = thread.submit(lambda: [listings.hit(9) for _ in range(3000)])
        number = 0
        while not looking.done():
            listings.page(number, first(1), 0, 1)
            number += 1
        assert not any(looking.result())
