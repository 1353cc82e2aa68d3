"""config.json: transformers' defaults, old spellings, and what is refused."""

from typing import Any

import pytest

from mlx_clip import UnsupportedModel
from mlx_clip.activations import ACTIVATION
from mlx_clip.config import ACTIVATIONS
from mlx_clip.families import parse
from mlx_clip.families.clip import ImageConfig, TextConfig


def test_a_sparse_config_takes_the_defaults_of_transformers() -> None:
    config = parse({"model_type": "clip", "vision_config": {"image_size": 336}})
    assert config.text == TextConfig()
    assert config.image == ImageConfig(image_size=336)
    assert (config.dim, config.text.eos_token_id, config.text.hidden_act) == (512, 49407, "quick_gelu")


def test_the_old_spelling_replaces_the_new_one_altogether() -> None:
    given = {"text_config": {"hidden_size": 768, "vocab_size": 9}, "text_config_dict": {"hidden_size": 1024}}
    assert parse({"model_type": "clip"} | given).text == TextConfig(hidden_size=1024)


def test_what_is_not_of_the_model_is_passed_over() -> None:
    assert parse({"model_type": "clip", "text_config": {"attention_dropout": 0.1, "top_k": 50}}).text == TextConfig()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"model_type": "siglip2"}, "model_type = 'siglip2'"),
        ({"model_type": None}, "model_type = None"),
        ({"text_config": {"hidden_act": "mish"}}, "text_config.hidden_act = 'mish'"),
        ({"text_config": {"eos_token_id": [2, 3]}}, r"text_config.eos_token_id = \[2, 3\]"),
        ({"vision_config": {"image_size": [224, 256]}}, r"vision_config.image_size = \[224, 256\]"),
        ({"vision_config": {"num_attention_heads": 7}}, "vision_config.num_attention_heads = 7"),
        ({"projection_dim": None}, "projection_dim = None"),
    ],
)
def test_what_cannot_be_honoured_is_named(given: dict[str, Any], key: str) -> None:
    with pytest.raises(UnsupportedModel, match=f"the checkpoint asks for {key}, which is not supported.*another model"):
        parse({"model_type": "clip"} | given)


def test_every_activation_that_is_accepted_is_implemented() -> None:
    assert tuple(ACTIVATION) == ACTIVATIONS
