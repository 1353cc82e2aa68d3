"""Bursts and duplicates as one hit: of what is found, by vectors, clocks, and what was looked at before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.asking.calibration import Scale
from indexer.asking.folding import NEAR, SAME, Folding, alike, moment
from indexer.photo import Content, Facts, File, Hit, ModelIdentity, Vector
from indexer.query import Filters, Query, Term
from indexer.search import search
from indexer.store.library import Library

MODEL = ModelIdentity("flat", "1", "0", 2, "none")
SCALE = Scale(alike=0.0, mean=0.2, deviation=0.1, mode=0.5, spread=0.1, growth=0.1, of=32, photos=100)
CAMERA = Facts(camera="X-T3", taken_from="EXIF DateTimeOriginal")


def at(degrees: float) -> Vector:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def taken(clock: str, camera: str = "X-T3", source: str = "EXIF DateTimeOriginal") -> Facts:
    return Facts(taken_at=f"2019-07-14T{clock}", taken_from=source, camera=camera)


class Shelf:
    """A library of photos that are directions in a plane."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.number = 0

    def put(self, name: str, degrees: float, facts: Facts = Facts(), content: str = "") -> None:  # noqa: B008
        data = (content or name).encode()
        file = File(f"/p/{name}.jpg", len(data), 1, 1)
        made = Content(data.ljust(32, b"."), len(data), 40, 30, "JPEG")
        self.library.put([(file, made, facts, at(degrees))])

    def ids(self) -> dict[str, int]:
        ids, _ = self.library.all_vectors()
        return {Path(hit.path).stem: hit.content_id for hit in self.library.hits([(n, 0.0) for n in ids.tolist()])}

    def folded(self) -> list[list[str]]:
        """By their vectors' distance from 0 degrees."""
        ranked = self.library.by_vector(at(0), 100)
        facts = self.library.facts([content_id for content_id, _ in ranked])
        hits = [replace(hit, facts=facts[hit.content_id]) for hit in self.library.hits(ranked)]
        return names(Folding(self.library, "flat", SCALE).folded(hits))


def names(hits: list[Hit]) -> list[list[str]]:
    return [[Path(path).stem for path in (hit.path, *hit.similar)] for hit in hits]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Library(tmp_path / "home") as library:
        library.adopt(MODEL)
        yield Shelf(library)


def test_the_share_of_the_way_from_the_unrelated_to_the_same_is_each_models_own() -> None:
    assert alike(SCALE, NEAR) == pytest.approx(0.8)
    assert alike(replace(SCALE, mean=0.6), NEAR) == pytest.approx(0.9)
    assert alike(replace(SCALE, mean=0.99), NEAR) == pytest.approx(0.95)
    assert alike(None, 0.5) == pytest.approx(0.75)


def test_copies_are_one_hit(shelf: Shelf) -> None:
    shelf.put("a", 0, content="same")
    shelf.put("b", 0, content="same")
    shelf.put("c", 60)
    assert shelf.folded() == [["a", "b"], ["c"]]


def test_a_burst_is_one_hit_as_long_as_each_follows_within_ten_seconds(shelf: Shelf) -> None:
    for number, clock in enumerate(("09:30:00", "09:30:09", "09:30:18.5", "09:30:40")):
        shelf.put(str(number), 3 * number, taken(clock))
    assert shelf.folded() == [["0", "1", "2"], ["3"]]


def test_another_camera_another_picture_and_another_source_of_time_are_no_burst(shelf: Shelf) -> None:
    shelf.put("first", 0, taken("09:30:00"))
    shelf.put("other camera", 1, taken("09:30:01", "iPhone"))
    shelf.put("file date", 20, taken("09:30:01", source="file date"))
    shelf.put("other picture", 45, taken("09:30:02"))
    assert shelf.folded() == [["first"], ["other camera"], ["file date"], ["other picture"]]


def test_where_no_clock_says_it_they_must_look_the_same(shelf: Shelf) -> None:
    same, near = np.degrees(np.arccos([alike(SCALE, SAME), alike(SCALE, NEAR)]))
    shelf.put("a", 0, taken("09:30:00"))
    shelf.put("as good as the same", float(same) - 1)
    shelf.put("alike", float(near) - 1)
    assert shelf.folded() == [["a", "as good as the same"], ["alike"]]


def test_what_was_looked_at_and_is_the_same_folds_however_far_away(shelf: Shelf) -> None:
    shelf.put("a", 0)
    shelf.put("grey now", 50)
    shelf.put("other", 55)
    ids = shelf.ids()
    shelf.library.looks.put(1, [(ids["a"], ids["grey now"], True), (ids["grey now"], ids["other"], False)])
    assert shelf.folded() == [["a", "grey now"], ["other"]]


def test_only_a_time_of_a_clock_that_ran_then_is_a_moment() -> None:
    assert moment(taken("09:30:00")) and moment(taken("09:30:00.5"))
    assert moment(None) is None and moment(Facts()) is None
    assert moment(Facts(taken_at="2019-07-14T00:00:00", taken_from="file name (day alone)")) is None


# -- in a search


def search_for(shelf: Shelf, **more: object) -> list[list[str]]:
    """As like the first photo."""
    query = Query(terms=(Term(picture=Path("/p/first.jpg")),), by_words=False, **more)  # type: ignore[arg-type]
    return names(search(shelf.library, lambda _: None, query).hits)  # type: ignore[arg-type, return-value]


@pytest.fixture
def bursts(shelf: Shelf) -> Shelf:
    """Forty of five shots each, and the photo that is asked with."""
    shelf.put("first", 0)
    for burst in range(40):
        for shot in range(5):
            shelf.put(f"{burst}.{shot}", 20 + burst + shot / 10, taken(f"{burst % 24:02}:{burst:02}:{shot:02}"))
    return shelf


def test_a_search_gives_as_many_folded_hits_as_were_asked_for_and_looks_deeper_for_them(bursts: Shelf) -> None:
    hits = search_for(bursts, limit=30, fold=True)
    assert hits[0] == ["0.0", "0.1", "0.2", "0.3", "0.4"]
    assert len(hits) == 30 and {len(hit) for hit in hits} == {5}


def test_unless_it_is_asked_for_nothing_is_folded(bursts: Shelf) -> None:
    assert search_for(bursts, limit=7) == [["0.0"], ["0.1"], ["0.2"], ["0.3"], ["0.4"], ["1.0"], ["1.1"]]


def test_a_list_of_the_newest_folds_too(bursts: Shelf) -> None:
    query = Query(filters=Filters(after="2019"), limit=3, fold=True)
    newest = names(search(bursts.library, lambda _: None, query).hits)  # type: ignore[arg-type, return-value]
    assert [hit[0] for hit in newest] == ["23.4", "22.4", "21.4"] and {len(hit) for hit in newest} == {5}
