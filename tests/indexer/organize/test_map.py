"""The map: where pictures lie on it, and a page that holds them all and asks no network."""

import base64
import hashlib
import json
import re
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indexer.errors import CannotWrite, LacksPackage, NotOurMap
from indexer.organize import page, project
from indexer.organize.draw import draw
from indexer.organize.gathered import gather
from indexer.organize.page import Map
from indexer.organize.thumbnails import SIDE, thumbnails
from indexer.photo import Encoder, Vector
from indexer.query import EVERYWHERE
from indexer.settings import DEFAULTS, Progress
from indexer.store.library import Library
from tests.indexer.organize.test_groups import bunches

EVIL = [
    "/a/</script><script>alert(1)</script>.jpg",
    '/a/it\'s "quoted" & <b>.jpg',
    "/a/{{photos}} \u2028\\.jpg",
    "/写真/富士山.jpg",
]


def nobody(_: Progress) -> None:
    """Watches nothing."""


def data_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.fixture(scope="module")
def drawn(mini: Encoder, album_home: Path) -> Map:
    with Library(album_home) as library:
        return draw(library, lambda _: mini, gather(library, EVERYWHERE), "tsne", None, 60, nobody)


# -- the page


def test_the_page_names_no_address_and_its_policy_lets_nothing_be_fetched(drawn: Map) -> None:
    html = page.render(drawn)
    assert not re.findall(
        r"""https?:|\b(?:src|href|url)\s*[=(]\s*["']?//|@import|fetch\(|XMLHttp|WebSocket|sendBeacon""", html
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: file:"
    for kind in ("script", "style"):
        text = re.search(f"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


def test_all_pictures_are_on_it_with_their_copies_and_groups(drawn: Map, album_home: Path) -> None:
    data = data_of(page.render(drawn))
    with Library(album_home) as library:
        everywhere = {path for paths in gather(library, EVERYWHERE).paths for path in paths}
    firsts = [f"{data['folders'][folder]}/{name}" for folder, name in zip(data["folder"], data["name"], strict=True)]
    assert {*firsts, *(path for copies in data["copies"].values() for path in copies)} == everywhere
    assert len(firsts) == len(data["x"]) == len(data["y"]) == len(data["group"]) == len(drawn.paths)
    assert sum(group["size"] for group in data["groups"]) == len(firsts)
    sizes = np.bincount(data["group"]).tolist()
    assert sizes == [group["size"] for group in data["groups"]]
    assert all(group["name"] and group["japanese"] for group in data["groups"])
    assert min(data["x"]) >= 0 and max(data["x"]) <= page.FINE


def test_the_thumbnails_are_small_pictures_of_their_photos(drawn: Map) -> None:
    data = data_of(page.render(drawn))
    assert len(data["thumbnails"]) == 60
    row, width, height, jpeg = data["thumbnails"][7]
    image = Image.open(BytesIO(base64.b64decode(jpeg)))
    assert image.size == (width, height)
    assert max(image.size) == SIDE
    original = Image.open(drawn.paths[row][0]).convert("RGB").resize(image.size)
    assert np.abs(np.asarray(image, float) - np.asarray(original, float)).mean() < 12
    assert np.mean([len(jpeg) for *_, jpeg in data["thumbnails"]]) < 4000


def test_names_that_look_like_tags_or_scripts_stay_names(drawn: Map) -> None:
    wild = replace(drawn, paths=[[path, path + "2"] for path in EVIL] + [*drawn.paths[len(EVIL) :]])
    html = page.render(wild)
    data = data_of(html)
    assert [f"{data['folders'][data['folder'][row]]}/{data['name'][row]}" for row in range(len(EVIL))] == EVIL
    assert data["copies"]["0"] == [EVIL[0] + "2"]
    assert html.count("<script") == html.count("</script") == page.TEMPLATE.read_text().count("<script") == 2
    assert "alert(1)</" not in html


# -- where it is written


def test_a_map_takes_the_place_of_a_map_and_of_nothing_else(drawn: Map, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    page.check(out, force=False)
    assert page.write(out, drawn) == out.stat().st_size
    page.check(out, force=False)
    other = tmp_path / "letter.html"
    other.write_text("<!doctype html>my letter")
    with pytest.raises(NotOurMap, match="--force"):
        page.check(other, force=False)
    page.check(other, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.html", "map.html"]


def test_what_cannot_be_written_is_said_before_the_work(drawn: Map, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "none" / "map.html"):
        with pytest.raises(CannotWrite, match="name another"):
            page.check(out, force=True)
    with pytest.raises(CannotWrite):
        page.write(tmp_path / "none" / "map.html", drawn)


# -- thumbnails


def test_photos_that_are_away_or_no_pictures_are_dots_and_a_copy_stands_in(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    Image.new("RGB", (30, 10), "red").save(tmp_path / "small.png")
    paths = [[str(tmp_path / name)] for name in ("gone.jpg", "text.jpg", "small.png")]
    paths[0].append(paths[2][0])
    told: list[Progress] = []
    made = list(thumbnails([2, 1, 0], paths, DEFAULTS, told.append))
    assert [(small.row, small.width, small.height) for small in made] == [(2, 30, 10), (0, 30, 10)]
    assert told == [Progress("draw", 0, 3)]


# -- where they lie


def kept_together(places: Vector, each: int) -> float:
    """The part of pictures whose nearest on the map is of their own bunch."""
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((apart.argmin(axis=1) // each == np.arange(len(places)) // each).mean())


def test_alike_pictures_lie_beside_each_other_and_always_at_the_same_places() -> None:
    vectors = bunches(8, 30)
    told: list[Progress] = []
    places = project.project(vectors, "tsne", told.append)
    assert kept_together(places, 30) > 0.98
    assert places.min() >= 0 and places.max() <= 1 and np.ptp(places, axis=0).max() == pytest.approx(1, abs=1e-5)
    assert (project.project(vectors, "tsne", nobody) == places).all()
    assert {(progress.stage, progress.total) for progress in told} == {("compare", 240), ("project", 750)}
    assert told[-1].done == 750


def test_of_many_a_sample_is_laid_out_and_the_others_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "LAID_OUT", 160)
    places = project.project(bunches(8, 60), "tsne", nobody)
    assert kept_together(places, 60) > 0.97
    assert len(np.unique(places, axis=0)) == 480


def test_principal_components_need_no_package_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    monkeypatch.setattr(project, "find_spec", lambda _: None)
    assert project.available(None) == "pca"
    with pytest.raises(LacksPackage, match=r"pics\[map\]"):
        project.available("tsne")
    assert kept_together(project.project(bunches(2, 40), "pca", nobody), 40) == 1.0


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9])
@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_few_pictures_have_places_too(n: int, method: project.Method) -> None:
    places = project.project(bunches(n, 1), method, nobody)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all() and places.min() >= 0 and places.max() <= 1


def test_every_beginning_of_the_order_is_evenly_spread() -> None:
    random = np.random.default_rng(1)
    crowd = 0.02 * random.random((5000, 2)) + 0.4
    places = np.concatenate([crowd, random.random((400, 2))]).astype(np.float32)
    order = project.spread(places, 1000)
    assert len(order) == len(set(order.tolist())) == 1000
    fields = {tuple(field) for field in (places * 4).astype(int).clip(0, 3).tolist()}
    assert {tuple(field) for field in (places[order[: len(fields)]] * 4).astype(int).clip(0, 3).tolist()} == fields
    assert (order[:200] >= 5000).mean() > 0.5
    assert sorted(project.spread(places, 9999).tolist()) == list(range(5400))
