"""8 bits a weight: what it takes, what it costs, and that its vectors pass for no other's."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mlx_clip
from mlx_clip import Encoder
from mlx_clip.backend import mx, nn, tree_flatten
from mlx_clip.families import clip, parse
from mlx_clip.quantise import quantise_tower, quantised, quantised_rows, whole

TEXTS = ["a dog", "富士山", "fireworks over a castle", "red apple", "an owl at night"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Encoder, Encoder]:
    """The model that comes with pics, trained: whole, and in 8 bits."""
    cache = tmp_path_factory.mktemp("cache")
    return mlx_clip.load("pics-mini", cache=cache), mlx_clip.load("pics-mini:8bit", cache=cache)


def pictures() -> list[Image.Image]:
    random = np.random.default_rng(0)
    return [Image.fromarray(random.integers(0, 256, (5, 5, 3), np.uint8)).resize((64, 64)) for _ in range(8)]


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return (a * b).sum(axis=1)


def test_vectors_stay_nearly_what_they_were(pair: tuple[Encoder, Encoder]) -> None:
    whole_model, small = pair
    for a, b in (
        (whole_model.encode_texts(TEXTS), small.encode_texts(TEXTS)),
        (whole_model.encode_images(pictures()), small.encode_images(pictures())),
    ):
        assert 0.999 < cosines(a, b).min() < 1 - 1e-7


def test_the_card_says_what_it_costs(pair: tuple[Encoder, Encoder]) -> None:
    whole_model, small = pair
    texts = 1 - cosines(whole_model.encode_texts(TEXTS), small.encode_texts(TEXTS)).mean()
    images = 1 - cosines(whole_model.encode_images(pictures()), small.encode_images(pictures())).mean()
    card = next(card for card in mlx_clip.cards() if card.name == "pics-mini")
    assert card.loss_8bit
    assert 0.25 < max(texts, images) / card.loss_8bit < 4  # of other pictures and words, some other figure


def test_it_takes_about_a_quarter_of_the_room(pair: tuple[Encoder, Encoder]) -> None:
    cache = Path(pair[0]._folder).parents[2]
    sizes = {copy.name: _weights(copy.folder) for copy in mlx_clip.converted(cache)}
    assert sizes["pics-mini:8bit"] < 0.36 * sizes["pics-mini"]


def _weights(folder: Path) -> int:
    names = ("text.safetensors", "image.safetensors", "tokens.npy", "token-scales.npy")
    return sum((folder / name).stat().st_size for name in names if (folder / name).exists())


def test_it_is_another_model_to_whoever_keeps_vectors(pair: tuple[Encoder, Encoder]) -> None:
    whole_model, small = pair
    assert (whole_model.name, small.name) == ("pics-mini", "pics-mini:8bit")
    assert whole_model.weights_hash != small.weights_hash
    assert (whole_model.dim, whole_model.preprocessing) == (small.dim, small.preprocessing)


def test_a_tower_that_stays_in_8_bits_computes_what_one_does_that_is_made_whole_again() -> None:
    """As on a GPU, and as on a CPU."""
    text = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "vocab_size": 50,
    }
    config = parse({"model_type": "clip", "text_config": text | {"eos_token_id": 49}, "projection_dim": 64})
    mx.random.seed(0)
    first = clip.TextTower(config)
    tensors = quantised(dict(tree_flatten(first.parameters())))
    ids = mx.array([[48, 3, 4, 49]])
    small, restored = clip.TextTower(config), clip.TextTower(config)
    quantise_tower(small, tensors)
    small.load_weights(list(tensors.items()), strict=True)
    restored.load_weights(list(whole(tensors).items()), strict=True)
    assert any(isinstance(module, nn.QuantizedLinear) for module in small.modules())
    assert mx.allclose(small(ids), restored(ids), atol=1e-4)
    assert not mx.allclose(restored(ids), first(ids), atol=1e-7)


def test_rows_of_the_token_table_come_back_within_half_a_step() -> None:
    table = np.random.default_rng(0).normal(size=(30, 64)).astype(np.float32)
    table[3] = 0
    rows, scales = quantised_rows(table)
    assert (rows.dtype, scales.shape) == (np.int8, (30, 1))
    assert (np.abs(rows * scales - table) <= scales / 2 + 1e-6).all()
