"""Recommendations: of every kind that was liked, not of what was disliked, nothing twice, and no burst in a row."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.asking.encoding import Speaker
from indexer.build import build
from indexer.errors import NothingLiked
from indexer.organize.more import Recommended, kinds_of, more, varied
from indexer.photo import Encoder, Vector
from indexer.query import EVERYWHERE, Filters
from indexer.settings import Settings
from indexer.store.library import Library
from tests.indexer.organize.conftest import album_and, copied
from tests.indexer.organize.renderings import render

SETTINGS = Settings(batch=32, workers=2)
DRAWINGS = ("dog", "cat", "pizza", "sunflower", "guitar")
EACH = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven pictures each of five things, and a burst: one picture of the pizza in four hardly different ones."""
    folder = tmp_path_factory.mktemp("kinds")
    for drawing in DRAWINGS:
        for seed in range(EACH):
            render(drawing, seed).save(folder / f"{drawing}.{seed}.png")
    burst = np.asarray(render("pizza", 50))
    for number in range(4):
        Image.fromarray(np.roll(burst, number, axis=1)).save(folder / f"burst.{number}.png")
    return folder


@pytest.fixture(scope="module")
def home(album_home: Path, folder: Path, mini: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return album_and(folder, album_home, mini, tmp_path_factory.mktemp("liked"))


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Iterator[Library]:
    with copied(home, tmp_path) as library:
        yield library


@pytest.fixture
def only(folder: Path) -> Filters:
    """Without the album, among which are more of each thing."""
    return Filters(folders=(str(folder.resolve()),))


def stems(found: Recommended) -> list[str]:
    return [Path(hit.path).stem for hit in found.hits]


def kinds(found: Recommended) -> Counter[str]:
    return Counter(name.split(".")[0].replace("burst", "pizza") for name in stems(found))


def paths(folder: Path, *names: str) -> list[Path]:
    return [folder / f"{name}.png" for name in names]


def shown(library: Library, found: Recommended) -> Recommended:
    library.opinions.note_shown(hit.content_id for hit in found.hits)
    return found


def test_more_of_a_thing_comes_first_and_not_what_was_named(
    library: Library, speaker: Speaker, folder: Path, only: Filters
) -> None:
    found = more(library, speaker, paths(folder, "dog.0", "dog.1", "dog.2"), [], only, limit=4)
    assert kinds(found)["dog"] >= 3, stems(found)
    assert not {"dog.0", "dog.1", "dog.2"} & set(stems(found))
    assert found.hits[0].why[0].startswith("like dog.0.png and 2 more 0.")


def test_likes_of_two_kinds_bring_both(library: Library, speaker: Speaker, folder: Path, only: Filters) -> None:
    liked = paths(folder, "dog.0", "dog.1", "dog.2", "sunflower.0", "sunflower.1")
    found = kinds(more(library, speaker, liked, [], only, limit=6))
    assert found["dog"] >= 2
    assert found["sunflower"] >= 2
    assert found["dog"] + found["sunflower"] >= 5


def test_what_is_disliked_falls_away(library: Library, speaker: Speaker, folder: Path, only: Filters) -> None:
    liked = paths(folder, "dog.0", "dog.1", "sunflower.0", "sunflower.1")
    before = kinds(more(library, speaker, liked, [], only, limit=8))
    after = kinds(more(library, speaker, liked, paths(folder, "sunflower.2", "sunflower.3"), only, limit=8))
    assert before["sunflower"] >= 3
    assert after["sunflower"] <= 1
    assert after["dog"] >= 3


def test_what_was_shown_does_not_come_again_unless_asked_for(
    library: Library, speaker: Speaker, folder: Path, only: Filters
) -> None:
    first = shown(library, more(library, speaker, paths(folder, "dog.0", "dog.1"), [], only, limit=3))
    second = shown(library, more(library, speaker, [], [], only, limit=3))
    assert not {*stems(first)} & {*stems(second)}
    again = more(library, speaker, [], [], only, limit=3, again=True)
    assert stems(again) == stems(first)


def test_a_burst_is_not_all_there_is(library: Library, speaker: Speaker, folder: Path, only: Filters) -> None:
    found = more(library, speaker, paths(folder, "pizza.0", "pizza.1", "pizza.2"), [], only, limit=5)
    assert sum(name.startswith("burst") for name in stems(found)) <= 2, stems(found)
    assert kinds(found)["pizza"] >= 4, stems(found)


def test_likes_are_remembered_and_a_change_of_mind_too(
    library: Library, speaker: Speaker, folder: Path, only: Filters
) -> None:
    with pytest.raises(NothingLiked, match=r"pics more IMG"):
        more(library, speaker, [], [], only)
    first = more(library, speaker, paths(folder, "guitar.0", "guitar.1"), [], only, limit=4)
    assert stems(more(library, speaker, [], [], only, limit=4)) == stems(first)
    more(library, speaker, paths(folder, "cat.0", "cat.1", "cat.2"), paths(folder, "guitar.0", "guitar.1"), only)
    assert kinds(more(library, speaker, [], [], only, limit=4))["guitar"] == 0
    assert library.opinions.forget() == 5
    with pytest.raises(NothingLiked):
        more(library, speaker, [], paths(folder, "cat.0"), only)


def test_where_nothing_is_to_be_remembered_it_goes_by_the_named_alone(
    library: Library, speaker: Speaker, folder: Path, only: Filters
) -> None:
    more(library, speaker, [folder / "dog.0.png"], [folder / "pizza.0.png"], only)
    opinions = [library.opinions.of(kind) for kind in ("liked", "disliked", "shown")]
    found = more(library, speaker, [folder / "pizza.1.png"], [folder / "dog.1.png"], only, 6, remember=False)
    assert kinds(found).most_common(1)[0][0] == "pizza"
    assert "pizza.0" in stems(found), "what was disliked before does not count"
    assert [library.opinions.of(kind) for kind in ("liked", "disliked", "shown")] == opinions


def test_a_picture_that_is_not_in_the_library_counts_this_time(
    library: Library, speaker: Speaker, only: Filters, tmp_path: Path
) -> None:
    render("sunflower", 99).save(tmp_path / "flower.png")
    found = more(library, speaker, [tmp_path / "flower.png"], [], only, limit=3)
    assert kinds(found)["sunflower"] >= 2
    assert found.strangers == (str(tmp_path / "flower.png"),)
    with pytest.raises(NothingLiked):
        more(library, speaker, [], [], only)


def test_filters_and_verdicts_hold(library: Library, speaker: Speaker, folder: Path) -> None:
    liked = paths(folder, "dog.0", "dog.1", "dog.2")
    nowhere = more(library, speaker, liked, [], Filters(formats=("heic",)))
    assert nowhere.hits == []
    sure = more(library, speaker, liked, [], EVERYWHERE, limit=50, minimum="likely")
    everything = more(library, speaker, liked, [], EVERYWHERE, limit=50)
    assert len(sure.hits) < len(everything.hits)
    assert {hit.verdict for hit in sure.hits} <= {"strong", "likely"}


def test_each_picture_comes_once_however_many_copies_lie_there(
    library: Library, speaker: Speaker, folder: Path, mini: Encoder, tmp_path: Path
) -> None:
    shutil.copy(folder / "dog.3.png", tmp_path / "copy.png")
    build(library, mini, [str(tmp_path / "copy.png")], None, SETTINGS)
    found = more(library, speaker, paths(folder, "dog.0", "dog.1"), [], limit=50)
    assert len({hit.content_id for hit in found.hits}) == len(found.hits)


def bunches(sizes: Sequence[int]) -> np.ndarray:
    random = np.random.default_rng(3)
    middles = random.normal(size=(len(sizes), 64))
    vectors = np.concatenate(
        [middle + 0.5 * random.normal(size=(size, 64)) for middle, size in zip(middles, sizes, strict=True)]
    )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_liked_pictures_are_sorted_into_their_kinds_the_largest_first() -> None:
    found = kinds_of(bunches([5, 1, 9]))
    assert [sorted(rows) for rows in found] == [[*range(6, 15)], [*range(5)], [5]]
    assert kinds_of(bunches([1])) == [[0]]
    assert kinds_of(np.zeros((0, 64), np.float32)) == []


class Rounded(np.ndarray):
    """Vectors whose product a BLAS has rounded a little otherwise on one side of the diagonal."""

    def __matmul__(self, other: object) -> Vector:
        product = np.asarray(self) @ np.asarray(other)
        return product + np.tril(np.full_like(product, 1e-12))


def test_likes_make_the_same_kinds_however_their_products_are_rounded() -> None:
    vectors = bunches([5, 1, 9])
    assert [sorted(kind) for kind in kinds_of(vectors.view(Rounded))] == [sorted(kind) for kind in kinds_of(vectors)]


def test_of_those_just_like_one_before_the_next_comes_after_others() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0.6, 0.8]], np.float32)
    assert varied(np.array([1.0, 0.99, 0.7, 0.1]), vectors, 3) == [0, 2, 1]
    assert varied(np.zeros(0), vectors[:0], 3) == []
