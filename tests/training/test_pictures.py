"""Pictures to learn from: what is asked for is in them."""

import numpy as np
import pytest

from training.pictures import COLOURS, SHAPES, SIDE, Place, compose, shape


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_drawn_in_its_colour(name: str) -> None:
    drawn = shape(name, COLOURS["red"])
    inked = drawn[drawn[..., 3] > 250]
    assert 0.05 < len(inked) / 96**2 < 1 and (inked[:, :3] == COLOURS["red"]).all()


def test_a_thing_lies_where_it_is_put() -> None:
    red = (shape("square", (255, 0, 0)), False, (255, 0, 0))
    for seed in range(20):
        random = np.random.default_rng(seed)
        made = compose([red], [Place(0.25, 0.5, 0.4)], (255, 255, 255), random).astype(int)
        left, right = made[:, : SIDE // 2], made[:, SIDE // 2 :]
        assert np.ptp(left, axis=(0, 1)).max() > 80 > np.abs(np.median(right, (0, 1)) - right.mean((0, 1))).max()


def test_the_same_generator_draws_the_same_picture() -> None:
    thing = (shape("star", (1, 2, 3)), True, None)
    one, two = (compose([thing], [Place(0.5, 0.5, 0.8)], None, np.random.default_rng(3)) for _ in range(2))
    assert (one == two).all()
