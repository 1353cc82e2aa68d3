"""Both halves together answer better than either of them, and lose nothing that has a name."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from indexer.store.library import Library
from tests.ranking.make_collection import PHOTOS, as_json
from tests.ranking.measure import Figure, answers, collection, library_of, table, unwanted_found


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return collection()


@pytest.fixture(scope="module")
def library(told: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with library_of(told, tmp_path_factory.mktemp("collection")) as library:
        yield library


@pytest.fixture(scope="module")
def figures(library: Library, told: dict[str, Any]) -> dict[str, dict[str, Figure]]:
    return table(library, told)


def test_the_collection_is_what_its_script_writes(told: dict[str, Any]) -> None:
    """Vectors to the third digit: another processor may round otherwise."""
    again = json.loads(as_json())
    assert len(told["photos"]) == PHOTOS and len(told["questions"]) >= 60
    assert [without_vectors(row) for row in again["photos"]] == [without_vectors(row) for row in told["photos"]]
    assert [without_vectors(row) for row in again["questions"]] == [without_vectors(row) for row in told["questions"]]
    for one, other in zip(again["photos"], told["photos"], strict=True):
        assert one["vector"] == pytest.approx(other["vector"], abs=2e-3)


def without_vectors(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("vector")}


def test_both_halves_beat_each_of_them(figures: dict[str, dict[str, Figure]]) -> None:
    both, pictures, words = (figures["all"][half] for half in ("both", "pictures", "words"))
    assert both.recall > max(pictures.recall, words.recall) + 0.15
    assert both.reciprocal_rank > max(pictures.reciprocal_rank, words.reciprocal_rank) + 0.05


@pytest.mark.parametrize("kind", ["meaning", "mixed", "filters", "not", "japanese"])
def test_for_questions_of_each_kind_words_take_nothing_from_pictures(
    figures: dict[str, dict[str, Figure]], kind: str
) -> None:
    assert figures[kind]["both"].recall >= figures[kind]["pictures"].recall
    assert figures[kind]["both"].reciprocal_rank >= figures[kind]["pictures"].reciprocal_rank


def test_where_only_words_can_answer_pictures_hardly_stand_in_the_way(figures: dict[str, dict[str, Figure]]) -> None:
    assert figures["words"]["both"].recall >= 0.95 * figures["words"]["words"].recall
    assert figures["words"]["both"].reciprocal_rank == 1.0


def test_a_file_is_always_among_the_first_three_by_its_exact_name(library: Library, told: dict[str, Any]) -> None:
    names = [photo["path"].rpartition("/")[2] for photo in told["photos"]]
    for photo, name in list(zip(told["photos"], names, strict=True))[::3]:
        for text in (name, name.removesuffix(".jpg")):
            assert photo["path"] in answers(library, told, {"text": text}, "both")[:3], text


def test_filters_let_nothing_else_through(library: Library, told: dict[str, Any]) -> None:
    by_path = {photo["path"]: photo for photo in told["photos"]}
    for question in told["questions"]:
        filters = question.get("filters", {})
        for path in answers(library, told, question, "both"):
            assert by_path[path]["taken_at"] >= filters.get("after", "")
            assert all(camera in by_path[path]["camera"].lower() for camera in filters.get("cameras", []))
            assert all(path.startswith(folder) for folder in filters.get("folders", []))


def test_what_is_not_wanted_leaves_the_first_ten(library: Library, told: dict[str, Any]) -> None:
    assert unwanted_found(library, told, negated=False) > 1
    assert unwanted_found(library, told, negated=True) < 0.4 * unwanted_found(library, told, negated=False)
