"""A world of four things and a CLIP small enough to learn them while a test waits."""

import numpy as np
import pytest

from mlx_clip.families import parse
from training import recipe
from training.concepts import Concept
from training.pictograms import Pictograms
from training.pictures import COLOURS, shape

THINGS = {"circle": "円", "star": "星", "cross": "十字", "ring": "輪"}


@pytest.fixture
def concepts() -> list[Concept]:
    return [Concept(f"{n:X}", (english,), (japanese,)) for n, (english, japanese) in enumerate(THINGS.items())]


@pytest.fixture
def pictograms() -> Pictograms:
    """Each thing in three colours, which are styles here."""
    styles = {"noto": "red", "openmoji": "blue", "fxemoji": "green"}
    drawn = [(style, n, shape(name, COLOURS[ink])) for style, ink in styles.items() for n, name in enumerate(THINGS)]
    return Pictograms(
        np.stack([drawing for *_, drawing in drawn]), [style for style, *_ in drawn], np.array([n for _, n, _ in drawn])
    )


@pytest.fixture
def small_config() -> dict:
    """The recipe's, at a fraction of its size."""
    text, vision = recipe.CONFIG["text_config"], recipe.CONFIG["vision_config"]
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = recipe.CONFIG | {"projection_dim": 24, "text_config": text | small, "vision_config": vision | small}
    assert parse(config).dim == 24
    return config
