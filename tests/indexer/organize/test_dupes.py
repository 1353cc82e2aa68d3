"""Photos of one picture among others that look like it, found with pics-mini in a library of known families."""

import os
import random
import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.tour import ALBUM
from indexer.build import build
from indexer.errors import NoSuchPath
from indexer.organize import dupes, look, looking
from indexer.organize.dupes import Found, Group, candidates, duplicates
from indexer.photo import Encoder, File
from indexer.query import EVERYWHERE, Filters
from indexer.store.library import Library
from tests import headers
from tests.indexer.organize.families import GUISES, black, drawing, shot, sunset

GUISES_EACH = 2
WITH_TWINS = ("dog", "cat", "owl", "guitar", "pizza", "rocket", "sailboat", "umbrella", "strawberry", "penguin")
LOOK_ALIKE = ("dog-2", "dog-cat", "cat-2", "cat-bed", "owl-2", "guitar-2", "guitar-drum", "pizza-2", "rocket-2")


def families() -> dict[str, list[str]]:
    """Thirty drawings, and the guises that each has: all of them over all drawings."""
    alone = sorted(path.stem for path in ALBUM.glob("*.jpg") if path.stem.isalpha() and path.stem not in WITH_TWINS)
    chance = random.Random(2)
    alone = [name for name in alone if name not in ("broken", "mountains", "lion", "zebra")]
    names = ["lion", "zebra", *WITH_TWINS, *alone][:32]
    return {name: chance.sample(list(GUISES), GUISES_EACH) for name in names}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dupes").resolve() / "photos"
    folder.mkdir()
    for name, guises in families().items():
        shutil.copy(ALBUM / f"{name}.jpg", folder)
        for guise in guises:
            GUISES[guise](drawing(name)).save(folder / f"{name} {guise}.jpg", quality=88)
    for name in LOOK_ALIKE:
        drawing(name).save(folder / f"{name}.jpg")
    for number in range(4):
        sunset(number).save(folder / f"sunset {number}.png")
        black(number).save(folder / f"black {number}.png")
        Image.new("RGB", (80, 60 + number), "white").save(folder / f"white {number}.png")
        shot(1, 120 + 80 * number, 150 + 30 * number).save(folder / f"burst {number}.png")
    (folder / "backup").mkdir()
    shutil.copy(folder / "zebra.jpg", folder / "backup" / "zebra.jpg")
    shutil.copy(folder / "black 1.png", folder / "black 1 (copy).png")
    return folder


@pytest.fixture(scope="module")
def home(folder: Path, mini: Encoder) -> Path:
    with Library(folder.parent / "home") as library:
        build(library, mini, [str(folder)])
    return folder.parent / "home"


@pytest.fixture(scope="module")
def found(home: Path, mini: Encoder) -> Found:
    with Library(home) as library:
        return duplicates(library, lambda _: mini, EVERYWHERE)


@pytest.fixture
def library(home: Path, found: Found) -> Iterator[Library]:
    """After the first search."""
    with Library(home) as library:
        yield library


def names(group: Group) -> set[str]:
    return {Path(photo.path).name for photo in group.photos}


def test_families_are_found_with_a_precision_and_a_recall_of_95_per_cent(found: Found) -> None:
    truth = set()
    for name, guises in families().items():
        family = [f"{name}.jpg", *(f"{name} {guise}.jpg" for guise in guises)]
        truth |= {frozenset(pair) for pair in combinations(family, 2)}
    near = [{photo.path: photo for photo in group.photos} for group in found.groups if not group.is_exact]
    told = {frozenset(map(os.path.basename, pair)) for group in near for pair in combinations(group, 2)}
    told = {pair for pair in told if len(pair) == 2}  # the zebra's copy has its name
    assert len(truth) == 32 * 3
    assert len(truth & told) / len(truth) >= 0.95
    assert len(truth & told) / len(told) >= 0.95


def test_what_is_flat_or_black_and_sunsets_and_bursts_are_in_no_group_but_as_copies(found: Found) -> None:
    plain = ("black", "white", "sunset", "burst")
    (only,) = [group for group in found.groups if any(name.startswith(plain) for name in names(group))]
    assert names(only) == {"black 1.png", "black 1 (copy).png"}
    assert only.is_exact and Path(only.keep.path).name == "black 1.png"
    assert only.reason == "its name is no copy's"
    assert only.reclaimable == only.keep.file.size


def test_a_copy_goes_with_its_family_and_the_largest_is_kept(found: Found) -> None:
    (zebras,) = [group for group in found.groups if "zebra.jpg" in names(group)]
    assert sum(Path(photo.path).name == "zebra.jpg" for photo in zebras.photos) == 2
    assert zebras.keep.score == 1.0
    assert zebras.reclaimable == sum(photo.file.size for photo in zebras.photos[1:])
    for group in found.groups:
        if any("double" in name for name in names(group)):
            assert "double" in group.keep.path and group.reason.startswith("the most pixels (")


def test_no_photo_is_in_two_groups_and_those_that_free_most_come_first(found: Found) -> None:
    paths = [photo.path for group in found.groups for photo in group.photos]
    assert len(paths) == len(set(paths))
    freed = [group.reclaimable for group in found.groups]
    assert freed == sorted(freed, reverse=True)


def test_a_second_search_opens_no_picture_and_finds_the_same(
    library: Library, mini: Encoder, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found.looked > 300
    monkeypatch.setattr(looking, "decode", None)
    again = duplicates(library, lambda _: mini, EVERYWHERE)
    assert again.looked == again.unread == 0
    assert [names(group) for group in again.groups] == [names(group) for group in found.groups]


def test_a_new_photo_is_looked_at_beside_its_neighbours_alone(
    home: Path, folder: Path, mini: Encoder, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, tmp_path / "home")
    (tmp_path / "more").mkdir()
    drawing("lion").save(tmp_path / "more" / "lion.png")
    opened: list[int] = []
    decode = looking.decode
    monkeypatch.setattr(looking, "decode", lambda data, *more: opened.append(len(data)) or decode(data, *more))
    with Library(tmp_path / "home") as library:
        build(library, mini, [str(tmp_path / "more")])
        again = duplicates(library, lambda _: mini, EVERYWHERE)
    assert 1 < len(opened) <= 40 < found.looked
    (lions,) = [group for group in again.groups if "lion.png" in names(group)]
    assert "lion.jpg" in names(lions)


def test_only_what_passes_the_filters_is_compared(library: Library, mini: Encoder, folder: Path) -> None:
    assert duplicates(library, lambda _: mini, Filters(folders=(str(folder / "backup"),))) == Found()
    with pytest.raises(NoSuchPath):
        duplicates(library, lambda _: mini, Filters(folders=("/nowhere",)))
    pngs = duplicates(library, lambda _: mini, Filters(formats=("png",))).groups
    assert [names(group) for group in pngs] == [{"black 1.png", "black 1 (copy).png"}]


def test_exact_copies_are_found_without_opening_any(
    library: Library, mini: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dupes, "nearest", None)
    exact = duplicates(library, lambda _: mini, EVERYWHERE, exact=True).groups
    assert [names(group) for group in exact if len(names(group)) > 1] == [{"black 1.png", "black 1 (copy).png"}]
    assert len(exact) == 2 and all(group.is_exact for group in exact)


def test_what_is_away_is_judged_by_what_was_found_before_else_left_out_and_counted(
    home: Path, folder: Path, mini: Encoder, found: Found, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path / "home")
    away = folder.rename(folder.with_name("away"))
    try:
        with Library(tmp_path / "home") as library:
            assert len(duplicates(library, lambda _: mini, EVERYWHERE).groups) == len(found.groups)
            library.looks.put(look.METHOD + 1, [(*pair, True) for pair in library.looks.all(look.METHOD)[0].tolist()])
            blind = duplicates(library, lambda _: mini, EVERYWHERE)
            assert blind.unread > 100 and len(blind.groups) == 2
    finally:
        away.rename(folder)


# -- bursts, candidates, chains


def test_two_shots_at_different_moments_are_none_however_alike(mini: Encoder, tmp_path: Path) -> None:
    photos, pixels = tmp_path / "photos", drawing("lion")
    photos.mkdir()
    for name, second, quality in (("one", 1, 95), ("next", 2, 90), ("one resaved", 1, 60)):
        exif = headers.exif({0x010F: "FUJIFILM", 0x0110: "X-T3"}, {0x9003: f"2019:07:14 09:30:0{second}"})
        pixels.save(photos / f"{name}.jpg", quality=quality, exif=exif)
    with Library(tmp_path / "home") as library:
        build(library, mini, [str(photos)])
        (group,) = duplicates(library, lambda _: mini, EVERYWHERE).groups
    assert names(group) == {"one.jpg", "one resaved.jpg"}


def test_candidates_are_the_alike_and_as_many_of_the_less_alike_as_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def at(*degrees: float) -> np.ndarray:
        angles = np.radians(degrees)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    vectors = at(0, 5, 39, 75, 170)
    assert len(candidates(vectors, 0.99)) == 10
    monkeypatch.setattr(dupes, "ROOM", 0)
    assert candidates(vectors, 0.99).tolist() == [[0, 1]]
    assert candidates(vectors, 0.8).tolist() == [[0, 1], [1, 2], [2, 3]]
    monkeypatch.setattr(dupes, "ROOM", 1)
    assert candidates(vectors, 0.99).tolist() == [[0, 1], [1, 2]]
    assert candidates(at(0), 0.9).shape == (0, 2)


def test_a_chain_of_small_steps_is_cut_where_the_keeper_is_no_longer_the_same(
    mini: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is the same as the next in size, and no other."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for step in range(4):
        drawing("lion").resize((320 + 20 * step, 240 + 15 * step)).save(photos / f"{step}.png")
    widths: dict[int, int] = {}

    def verdict(one: int, other: int, _: object) -> tuple[int, int, bool]:
        return one, other, abs(widths[one] - widths[other]) == 20

    monkeypatch.setattr(looking, "_verdict", verdict)
    with Library(tmp_path / "home") as library:
        build(library, mini, [str(photos)])
        ids, _ = library.all_vectors()
        widths |= {hit.content_id: hit.width for hit in library.hits([(number, 0.0) for number in ids.tolist()])}
        groups = duplicates(library, lambda _: mini, EVERYWHERE).groups
    assert [names(group) for group in groups] == [{"3.png", "2.png"}, {"1.png", "0.png"}]


def test_pairs_come_in_batches_and_each_is_looked_at_once() -> None:
    pairs = [(one, other) for one, other in combinations(range(60), 2) if (one * other) % 7 == 1]
    batches = list(looking._batches(looking._in_order(pairs)))
    assert sorted(pair for batch in batches for pair in batch) == sorted(pairs)
    assert len(batches) == 1
    far = [(number, number + 1) for number in range(0, 4 * looking.BATCH, 2)]
    assert max(len({*sum(batch, ())}) for batch in looking._batches(far)) == looking.BATCH
    assert sum(len(batch) for batch in looking._batches(far)) == len(far)


def test_what_a_look_found_goes_with_its_picture(library: Library, tmp_path: Path, home: Path) -> None:
    shutil.copytree(home, tmp_path / "home")
    with Library(tmp_path / "home") as copy:
        pairs, same = copy.looks.all(look.METHOD)
        one, other = pairs[same][0].tolist()
        assert (one, other) in copy.looks.same_among([one, other]) and copy.looks.same_among([one]) == []
        copy.let_go(file.path for file in copy.files.lying([one])[one])
        assert one not in copy.looks.all(look.METHOD)[0]
        copy.looks.put(look.METHOD, [(one, other, True)])  # by a search that was under way
        assert one not in copy.looks.all(look.METHOD)[0]
        assert copy.files.lying([one]) == {}
        assert isinstance(copy.files.lying([other])[other][0], File)
