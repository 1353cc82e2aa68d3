"""A position -> the names of what is there, in English and as they are written there."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.metadata import places
from indexer.metadata.places import place_of


@pytest.mark.parametrize(
    ("latitude", "longitude", "english", "local"),
    [
        (35.2220, 138.6100, ("Fujinomiya", "Shizuoka", "Japan"), ("富士宮市", "静岡県", "日本")),
        (35.6938, 139.7036, ("Kabukicho", "Shinjuku", "Tokyo", "Japan"), ("新宿区", "東京都", "日本")),
        (35.0116, 135.7681, ("Kyoto", "Japan"), ("京都市", "京都府", "日本")),
        (34.3853, 132.4553, ("Hiroshima", "Japan"), ("広島市", "広島県", "日本")),
        (26.2124, 127.6809, ("Naha", "Okinawa", "Japan"), ("那覇市", "沖縄県", "日本")),
    ],
)
def test_japanese_towns_have_both_names(latitude: float, longitude: float, english: object, local: object) -> None:
    assert place_of(latitude, longitude) == (english, local)


@pytest.mark.parametrize(
    ("latitude", "longitude", "words"),
    [
        (48.1370, 11.5750, {"Munich", "Bavaria", "Bayern", "Germany", "Deutschland", "ドイツ"}),
        (43.7700, 11.2500, {"Florence", "Firenze", "Tuscany", "Toscana", "Italy", "Italia", "イタリア"}),
        (37.5660, 126.978, {"Seoul", "서울특별시", "South Korea", "대한민국", "韓国"}),
        (25.0330, 121.565, {"Taipei", "台北市", "Taiwan", "台灣"}),
        (55.7558, 37.6173, {"Moscow", "Russia", "Россия"}),
        (40.7128, -74.006, {"New York City", "New York", "United States", "アメリカ合衆国"}),
        (-33.8568, 151.21, {"Sydney", "New South Wales", "Australia"}),
        (-17.7, 178.0, {"Fiji"}),
    ],
)
def test_places_all_over_the_world_are_found_by_what_people_call_them(
    latitude: float, longitude: float, words: set[str]
) -> None:
    english, local = place_of(latitude, longitude)
    assert words <= {*english, *local}


def test_far_from_any_town_the_region_is_named_and_at_sea_nothing() -> None:
    assert place_of(33.5, 139.5) == (("Tokyo", "Japan"), ("東京都", "日本"))  # at sea, 51 km from an isle of Tokyo's
    assert place_of(24.5, 132.0) == ((), ())  # at sea, hundreds of kilometres from Okinawa
    assert place_of(23.0, 10.0) == ((), ())  # in the Sahara
    assert place_of(-89.9, 10.0) == ((), ())


def test_the_nearest_is_looked_for_across_the_date_line() -> None:
    towns = places._towns()
    assert towns is not None
    west, east = towns.nearest(-16.8, 179.99), towns.nearest(-16.8, -179.99)
    assert west is not None and east is not None
    assert abs(west[1] - east[1]) < 5


def test_many_threads_may_ask_at_once() -> None:
    places._load_towns.cache_clear()
    places._place_of.cache_clear()
    spots = [(30 + number / 10, 135.0) for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda spot: place_of(*spot), spots))
    assert found == [place_of(*spot) for spot in spots]
    assert places._load_towns.cache_info().misses == 1


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_position_on_earth_is_named_or_is_not(latitude: float, longitude: float) -> None:
    english, local = place_of(latitude, longitude)
    assert all(isinstance(name, str) and name.strip() for name in (*english, *local))
    assert len(set(english)) == len(english) and len(set(local)) == len(local)
    assert bool(english) == bool(local)
