"""Whether two pictures are one, by a second look at both."""

from itertools import combinations

import pytest
from PIL import Image, ImageDraw

from indexer.organize.look import Sight, is_same, sight
from tests.indexer.organize.families import GUISES, black, drawing, shot, sunset

SOME = ("airplane", "cat-bed", "dog", "fireworks-castle", "guitar-drum", "lion", "mountains", "pizza", "ship", "zebra")
LOOK_ALIKE = (
    *(("dog", "dog-2"), ("cat", "cat-2"), ("butterfly", "butterfly-2"), ("umbrella", "umbrella-2")),
    *(("strawberry", "strawberry-2"), ("dog", "dog-cat"), ("dog-cat", "dog-beach-with-umbrella"), ("owl", "owl-2")),
    *(("guitar", "guitar-drum"), ("cat", "cat-bed"), ("rocket", "rocket-2"), ("sailboat", "sailboat-sun")),
)


@pytest.fixture(scope="module")
def drawings() -> dict[str, Sight]:
    return {name: sight(drawing(name)) for name in SOME}


@pytest.mark.parametrize("guise", GUISES)
def test_a_picture_is_known_in_every_guise(guise: str, drawings: dict[str, Sight]) -> None:
    missed = [name for name in SOME if not is_same(drawings[name], sight(GUISES[guise](drawing(name))))]
    assert missed == []


def test_it_does_not_matter_which_of_two_comes_first(drawings: dict[str, Sight]) -> None:
    cut = sight(GUISES["cropped"](drawing("zebra")))
    assert is_same(cut, drawings["zebra"]) and is_same(drawings["zebra"], cut)


def test_one_that_was_turned_by_ninety_degrees_is_the_same(drawings: dict[str, Sight]) -> None:
    assert is_same(drawings["lion"], sight(drawing("lion").rotate(90, expand=True)))


def test_drawings_that_look_alike_are_two(drawings: dict[str, Sight]) -> None:
    assert [pair for pair in LOOK_ALIKE if is_same(*(sight(drawing(name)) for name in pair))] == []
    assert [pair for pair in combinations(drawings, 2) if is_same(drawings[pair[0]], drawings[pair[1]])] == []


def test_one_drawing_in_other_colours_is_another() -> None:
    hue, *others = drawing("umbrella").convert("HSV").split()
    other = Image.merge("HSV", (hue.point(lambda value: (value + 90) % 256), *others)).convert("RGB")
    assert not is_same(sight(drawing("umbrella")), sight(other))


def test_two_sunsets_are_two_and_one_is_one() -> None:
    sunsets = [sight(sunset(number)) for number in range(21)]
    assert [pair for pair in combinations(range(21), 2) if is_same(sunsets[pair[0]], sunsets[pair[1]])] == []
    for guise in ("half", "recompressed", "darker", "softer"):
        assert is_same(sunsets[0], sight(GUISES[guise](sunset(0)))), guise


def test_frames_of_a_burst_in_which_somebody_moved_are_two() -> None:
    frames = [sight(shot(1, 120 + 110 * step, 150 + 40 * step)) for step in range(4)]
    assert [pair for pair in combinations(range(4), 2) if is_same(frames[pair[0]], frames[pair[1]])] == []
    assert is_same(frames[0], sight(GUISES["half"](shot(1, 120, 150))))


def test_a_date_at_the_edge_leaves_it_the_same_and_a_thing_in_the_midst_does_not() -> None:
    dated, with_a_thing = shot(2, 200, 200), shot(2, 200, 200)
    ImageDraw.Draw(dated).rectangle((560, 455, 630, 475), fill="orange")
    ImageDraw.Draw(with_a_thing).ellipse((380, 260, 430, 310), fill="orange")
    plain = sight(shot(2, 200, 200))
    assert is_same(plain, sight(dated))
    assert not is_same(plain, sight(with_a_thing))


def test_what_shows_nothing_is_never_the_same() -> None:
    nothing = [black(1), black(2), *(Image.new("RGB", (64, 48), colour) for colour in ("black", "white", "red", "red"))]
    sights = [sight(image) for image in nothing]
    assert all(one.is_flat for one in sights)
    assert not any(is_same(one, other) for one, other in combinations(sights, 2))
    assert not is_same(sights[0], sights[0])


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 7), (5000, 20)])
def test_a_picture_of_any_shape_can_be_looked_at(size: tuple[int, int]) -> None:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    seen, other = sight(image), sight(drawing("zebra"))
    assert is_same(seen, other) is False and is_same(other, seen) is False
