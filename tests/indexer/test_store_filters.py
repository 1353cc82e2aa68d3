"""Filters act inside every search: the k best of those that pass, as brute force finds them."""

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.photo import Facts, Vector, is_within
from indexer.query import EVERYWHERE, Filters
from indexer.store.library import Library
from indexer.store.vectors import KNN_LIMIT
from tests.indexer.conftest import Photo, photo, put_photos, unit
from tests.indexer.test_properties import FOLDERS, new_library, vectors

X, Y, Z, W = np.eye(4, dtype=np.float32)
EARTH_KM = 6371.0088


def passed(library: Library, filters: Filters) -> list[str]:
    """The paths of the photos that pass, newest first."""
    return [hit.path for number in library.newest(99, filters) for hit in library.hits([(number, 0.0)], filters)]


def put_facts(library: Library, *facts: Facts) -> None:
    """At /0, /1, …"""
    put_photos(library, *(photo(f"/{n}", X, facts=each) for n, each in enumerate(facts)))


# -- one filter at a time


@pytest.mark.parametrize(
    ("after", "before", "numbers"),
    [
        ("2019", None, "43210"),
        ("2019", "2020", "3210"),
        ("2019-07", "2019-08", "210"),
        ("2019-07-14", "2019-07-15", "21"),
        ("2019-07-14T12:00:00", None, "432"),
        ("2019-07-14T12:00:00.25", None, "432"),
        ("2019-07-14T12:00:01", None, "43"),
        (None, "2019-07-14T12", "10"),
        (None, "2019-07-14T00:00:00", "0"),
        (None, "2019", ""),
        (None, "2020", "3210"),
        ("2021", None, ""),
    ],
)
def test_dates_and_their_beginnings(library: Library, after: str | None, before: str | None, numbers: str) -> None:
    times = ["2019-07-01T00:00:00", "2019-07-14T00:00:00", "2019-07-14T12:00:00.5", "2019-12-31T23:59:59.999"]
    put_facts(library, *(Facts(taken_at=time) for time in (*times, "2020-01-01T00:00:00", None)))
    assert passed(library, Filters(after=after, before=before)) == [f"/{number}" for number in numbers]


NAMES = [
    Facts(
        camera="FUJIFILM X-T3", place=("Fujinomiya", "Shizuoka", "Japan"), place_local=("富士宮市", "静岡県", "日本")
    ),
    Facts(camera="Apple iPhone 12", place=("Éauze", "Occitanie", "France")),
    Facts(camera='A "B" C', place=("Fuji", "Okayama", "Japan")),
    Facts(),
]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(cameras=("fuji",)), "0"),
        (Filters(cameras=("IPHONE", "x-t")), "10"),
        (Filters(cameras=('"b"',)), "2"),
        (Filters(cameras=("",)), "210"),
        (Filters(cameras=("nikon",)), ""),
        (Filters(places=("japan",)), "20"),
        (Filters(places=("静岡",)), "0"),
        (Filters(places=("日本", "occitanie")), "10"),
        (Filters(places=("éAUZE",)), "1"),
        (Filters(places=("eauze",)), ""),
        (Filters(places=("fuji, oka",)), "2"),
        (Filters(places=("[",)), ""),
        (Filters(places=("fuji",), cameras=("x-t3",)), "0"),
        (Filters(places=("france",), cameras=("x-t3",)), ""),
    ],
)
def test_names_of_cameras_and_places_in_any_case(library: Library, filters: Filters, numbers: str) -> None:
    put_facts(library, *NAMES)
    assert passed(library, filters) == [f"/{number}" for number in numbers]


@pytest.mark.parametrize(
    ("typed", "formats"),
    [
        ("jpg", ["JPEG"]),
        ("JPEG", ["JPEG"]),
        (".jpg", ["JPEG"]),
        ("heic", ["HEIF"]),
        ("heif", ["HEIF"]),
        ("png", ["PNG"]),
        ("webp", ["WEBP"]),
        ("tif", ["TIFF"]),
        ("tiff", ["TIFF"]),
        ("jp2", ["JPEG2000"]),
        ("bmp", ["BMP"]),
        ("avif", ["AVIF"]),
        ("jxl", ["JXL"]),
        ("gif", ["GIF"]),
        ("psd", []),
    ],
)
def test_formats_as_people_call_them(library: Library, typed: str, formats: list[str]) -> None:
    every = ("JPEG", "HEIF", "PNG", "WEBP", "TIFF", "JPEG2000", "BMP", "AVIF", "JXL", "GIF")
    put_photos(library, *(photo(f"/{format_}", X, format_=format_) for format_ in every))
    assert passed(library, Filters(formats=(typed,))) == [f"/{format_}" for format_ in formats]
    assert len(passed(library, Filters(formats=(typed, "gif")))) == len({*formats, "GIF"})


def test_shapes_sizes_and_ratings(library: Library) -> None:
    sizes = {"/tall": (3000, 4000), "/wide": (4000, 3000), "/square": (500, 500)}
    put_photos(library, *(photo(path, X, size=size, facts=Facts(rating=3)) for path, size in sizes.items()))
    put_photos(library, photo("/unrated", X, size=(1, 2)))
    assert passed(library, Filters(shape="portrait", min_side=2)) == ["/tall"]
    assert passed(library, Filters(shape="landscape")) == ["/wide"]
    assert passed(library, Filters(min_side=500)) == ["/square", "/wide", "/tall"]
    assert passed(library, Filters(min_side=3000)) == ["/wide", "/tall"]
    assert passed(library, Filters(min_side=3001)) == []
    assert len(passed(library, Filters(min_rating=3))) == 3
    assert passed(library, Filters(min_rating=4)) == []


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Along a great circle, by the angle between two points of a unit sphere."""

    def point(latitude: float, longitude: float) -> np.ndarray:  # type: ignore[type-arg]
        lat, lon = math.radians(latitude), math.radians(longitude)
        return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])

    p, q = point(*a), point(*b)
    return EARTH_KM * math.atan2(float(np.linalg.norm(np.cross(p, q))), float(p @ q))


def test_the_distance_is_that_of_a_known_pair() -> None:
    assert distance_km((35.6812, 139.7671), (34.7025, 135.4959)) == pytest.approx(403, abs=2)  # Tokyo, Osaka


@pytest.mark.parametrize(
    ("near", "km", "inside", "outside"),
    [
        ((35.6812, 139.7671), 404, (34.7025, 135.4959), (34.6, 135.3)),
        ((0.0, 179.99), 5, (0.0, -179.99), (0.0, -179.9)),
        ((-17.0, -179.9), 50, (-17.0, 179.8), (-17.0, 178.0)),
        ((89.9, 0.0), 30, (89.9, 180.0), (89.0, 0.0)),
        ((-90.0, 12.0), 120, (-89.0, -70.0), (-88.0, 12.0)),
        ((90.0, 0.0), 1, (90.0, 123.0), (89.9, 0.0)),
        ((10.0, 20.0), 0, (10.0, 20.0), (10.0, 20.001)),
        ((10.0, 190.0), 1, (10.0, -170.0), (10.0, 10.0)),
        ((10.0, 20.0), 99999, (-10.0, -160.0), None),
        ((10.0, 20.0), 20015, (-10.0, -160.1), None),
    ],
)
def test_near_is_near_also_over_the_date_line_and_the_poles(
    library: Library,
    near: tuple[float, float],
    km: float,
    inside: tuple[float, float],
    outside: tuple[float, float] | None,
) -> None:
    places = [inside, *([outside] if outside else [])]
    put_facts(library, *(Facts(latitude=lat, longitude=lon) for lat, lon in places), Facts(), Facts(latitude=near[0]))
    assert passed(library, Filters(near=near, within_km=km)) == ["/0"]


latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
points = st.tuples(latitudes | st.sampled_from([90.0, -90.0, 89.99]), longitudes | st.sampled_from([180.0, -180.0]))


@given(st.lists(points, min_size=1, max_size=30), points, st.floats(0.1, 21000))
@settings(max_examples=60)
def test_near_is_what_the_distance_says_anywhere(
    places: list[tuple[float, float]], near: tuple[float, float], km: float
) -> None:
    distances = [distance_km(place, near) for place in places]
    with new_library() as library:
        put_facts(library, *(Facts(latitude=lat, longitude=lon) for lat, lon in places))
        found = {int(path[1:]) for path in passed(library, Filters(near=near, within_km=km))}
    sure = {n for n, each in enumerate(distances) if each < km * (1 - 1e-6) - 0.001}
    perhaps = {n for n, each in enumerate(distances) if each < km * (1 + 1e-6) + 0.001}
    assert sure <= found <= perhaps


# -- any filters


CAMERAS = ("Canon EOS", "CANON", "Leica É", None)
FORMATS = {"JPEG": ("jpg", "jpeg"), "HEIF": ("heic",), "PNG": ("png",)}
times = st.sampled_from(("2018-05-01T10:00:00", "2019-01-01T00:00:00", "2019-07-14T12:00:00.5", "2020-02-29T23:59:59"))
facts = st.builds(
    Facts,
    taken_at=st.none() | times,
    camera=st.sampled_from(CAMERAS),
    place=st.sampled_from(((), ("Paris", "France"), ("Fuji", "Japan"))),
    place_local=st.sampled_from(((), ("富士", "日本"))),
    rating=st.none() | st.integers(0, 5),
    latitude=st.sampled_from((35.0, -89.5, 10.0)),
    longitude=st.sampled_from((139.0, 180.0, -179.0)),
)
sides = st.sampled_from((10, 20, 30))
stored = st.tuples(
    st.sampled_from(FOLDERS),
    vectors,
    facts,
    st.tuples(sides, sides),
    st.sampled_from(tuple(FORMATS)),
    st.integers(0, 9),
)
Drawn = tuple[str, Vector, Facts, tuple[int, int], str, int]
NONE: tuple[str, ...] = ()
every_filter = st.builds(
    Filters,
    folders=st.just(NONE) | st.lists(st.sampled_from((*FOLDERS, "/", "/none")), max_size=2).map(tuple),
    after=st.none() | st.sampled_from(("2018", "2019", "2019-07", "2019-07-14T12:00:01")),
    before=st.none() | st.sampled_from(("2019", "2020-02", "2021")),
    cameras=st.just(NONE) | st.sampled_from((("canon",), ("é", "eos"), ("none",))),
    places=st.just(NONE) | st.sampled_from((("fuji",), ("富士", "PARIS"), ("japan",))),
    near=st.none() | st.sampled_from(((35.0, 139.5), (-90.0, 0.0), (10.0, 179.5))),
    within_km=st.sampled_from((60.0, 300.0)),
    formats=st.just(NONE) | st.sampled_from((("jpg",), ("heic", "PNG"))),
    min_side=st.none() | sides,
    shape=st.sampled_from((None, None, "portrait", "landscape")),
    min_rating=st.none() | st.integers(0, 5),
)

NAMES_OF_FILTERS = [field.name for field in fields(Filters) if field.name != "within_km"]


def only(filters: Filters, names: set[str]) -> Filters:
    return replace(EVERYWHERE, within_km=filters.within_km, **{name: getattr(filters, name) for name in names})


few_filters = st.builds(only, every_filter, st.sets(st.sampled_from(NAMES_OF_FILTERS), max_size=3))

SHAPES = {"portrait": lambda width, height: height > width, "landscape": lambda width, height: width > height}


def passes(photos: Sequence[Photo], filters: Filters) -> bool:
    """Whether a content passes, by the plainest reading of each filter; `photos` are its files."""
    _, content, known, _ = photos[0]
    taken, camera, rating = known.taken_at or "", (known.camera or "").casefold(), known.rating
    places = [", ".join(names).casefold() for names in (known.place, known.place_local)]
    formats = {content.format.casefold(), *FORMATS[content.format]}
    here = (known.latitude or 0.0, known.longitude or 0.0)
    refused = (
        filters.folders and not any(_is_inside(file.path, filters) for file, *_ in photos),
        filters.after and taken < filters.after,
        filters.before and not (taken and taken < filters.before),
        filters.cameras and not any(part in camera for part in filters.cameras),
        filters.places and not any(part.casefold() in place for part in filters.places for place in places),
        filters.near and distance_km(here, filters.near) > filters.within_km,
        filters.formats and not formats & {typed.casefold() for typed in filters.formats},
        filters.min_side and min(content.width, content.height) < filters.min_side,
        filters.shape and not SHAPES[filters.shape](content.width, content.height),
        filters.min_rating is not None and (rating is None or rating < filters.min_rating),
    )
    return not any(refused)


def _is_inside(path: str, filters: Filters) -> bool:
    return not filters.folders or any(is_within(path, folder) for folder in filters.folders)


def drawn(photos: list[Drawn]) -> list[list[Photo]]:
    """The photos by content: of each of ten contents, the first that is drawn says what is known of it."""
    by_content: dict[int, list[Photo]] = {}
    for number, (folder, vector, known, size, format_, which) in enumerate(photos):
        files = by_content.setdefault(which, [])
        first = files[0] if files else photo("", vector, b"%d" % which, known, size, format_)
        file = photo(f"{folder}/{number}", vector, b"%d" % which)[0]
        files.append((file, *first[1:]))
    return list(by_content.values())


@given(st.lists(stored, min_size=1, max_size=25), vectors, few_filters | every_filter, st.integers(1, 12))
@settings(max_examples=80)
def test_any_search_gives_the_k_best_of_those_that_pass(
    photos: list[Drawn], query: Vector, filters: Filters, k: int
) -> None:
    contents = drawn(photos)
    with new_library() as library:
        put_photos(library, *(each for files in contents for each in files))
        number_of = [library.files.content_id(files[0][1].hash) or 0 for files in contents]
        passing = {n: files for n, files in zip(number_of, contents, strict=True) if passes(files, filters)}
        cosines = {n: float(files[0][3] @ query) for n, files in passing.items()}
        for limit, by_sqlite_vec in product((k, KNN_LIMIT + 1), (True, False)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("indexer.store.vectors.KNN_LIMIT", KNN_LIMIT if by_sqlite_vec else 0)
                nearest = library.by_vector(query, limit, filters)
            assert dict(nearest) == pytest.approx({n: cosines[n] for n, _ in nearest}, abs=1e-5)
            best = sorted(cosines.values(), reverse=True)[:limit]
            assert [score for _, score in nearest] == pytest.approx(best, abs=1e-5)
        newest = sorted(passing, key=lambda n: (passing[n][0][2].taken_at or "", n), reverse=True)
        assert library.newest(k, filters) == newest[:k]
        told = {n for n, files in passing.items() if _tells(files[0][2])}
        assert {match.content_id for match in library.by_words("canon paris 日本", 99, filters)} == told
        hits = {hit.path for hit in library.hits([(n, 0.0) for n in passing], filters)}
        assert hits == {file.path for files in passing.values() for file, *_ in files if _is_inside(file.path, filters)}


def _tells(known: Facts) -> bool:
    """Of a Canon, of Paris or of Japan in its own script."""
    return "canon" in (known.camera or "").lower() or "Paris" in known.place or "日本" in known.place_local


def test_pictures_that_lost_their_file_to_a_run_that_goes_on_are_no_answer(library: Library) -> None:
    put_photos(library, photo("/p/a", X, b"1", Facts(title="lake")), photo("/p/b", unit(1, 1, 0, 0), b"2"))
    library.files.begin_scan()
    library.files.compare([], [], [])
    library.put([photo("/p/a", Y, b"3")])  # the content that lay there goes when the run is over
    three, two = (
        library.files.content_id(photo("", Y, b"3")[1].hash),
        library.files.content_id(photo("", Y, b"2")[1].hash),
    )
    assert [number for number, _ in library.by_vector(X, 1)] == [two]
    assert [number for number, _ in library.by_vector(X, 9)] == [two, three]
    assert library.newest(9) == [three, two]
    assert library.by_words("lake", 9) == []
    library.files.end_scan()


def test_no_filters_let_everything_through(library: Library) -> None:
    put_facts(library, Facts(), Facts(taken_at="2019-01-01T00:00:00"), Facts())
    assert passed(library, EVERYWHERE) == ["/1", "/2", "/0"]
    assert len(library.newest(2)) == 2
