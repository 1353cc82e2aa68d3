"""config.json -> frozen dataclasses, with transformers' defaults for what a sparse one leaves out.

An activation or a family that is not implemented is an error that names the key, not a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from mlx_clip.errors import UnsupportedModel
from mlx_clip.families import FAMILIES

__all__ = ["ACTIVATIONS", "ClipConfig", "ImageConfig", "TextConfig", "TowerConfig", "parse"]

ACTIVATIONS = ("quick_gelu", "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh")

LEGACY_EOS = 2
"""What OpenAI's configs call the end of a text. Their tokeniser never did: it is then the highest id of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TowerConfig:
    """One transformer: width, feed-forward width, depth, heads. Field names as in config.json."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int = 12
    num_attention_heads: int
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(TowerConfig):
    hidden_size: int = 512
    intermediate_size: int = 2048
    num_attention_heads: int = 8
    vocab_size: int = 49408
    max_position_embeddings: int = 77
    eos_token_id: int = 49407


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(TowerConfig):
    hidden_size: int = 768
    intermediate_size: int = 3072
    num_attention_heads: int = 12
    num_channels: int = 3
    image_size: int = 224
    patch_size: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipConfig:
    """Two towers that end in one space of `projection_dim` numbers."""

    family: str
    text: TextConfig
    image: ImageConfig
    projection_dim: int = 512


def parse(config: Mapping[str, Any]) -> ClipConfig:
    """What config.json says. Raises UnsupportedModel."""
    if config.get("model_type") not in FAMILIES:
        raise UnsupportedModel("model_type", config.get("model_type"), ", ".join(FAMILIES))
    return ClipConfig(
        family=config["model_type"],
        text=_tower(TextConfig, config, "text_config"),
        image=_tower(ImageConfig, config, "vision_config"),
        projection_dim=_number("projection_dim", int, config.get("projection_dim", 512)),
    )


T = TypeVar("T", TextConfig, ImageConfig)


def _tower(kind: type[T], config: Mapping[str, Any], key: str) -> T:
    """A tower's part. Old files keep it under `…_config_dict`, which then replaces `…_config` altogether."""
    given = config.get(f"{key}_dict") or config.get(key) or {}
    known = {field.name: field.type for field in fields(kind)}
    values = {name: _value(f"{key}.{name}", known[name], value) for name, value in given.items() if name in known}
    tower = kind(**values)
    if tower.hidden_act not in ACTIVATIONS:
        raise UnsupportedModel(f"{key}.hidden_act", tower.hidden_act, ", ".join(ACTIVATIONS))
    if tower.hidden_size % tower.num_attention_heads:
        raise UnsupportedModel(f"{key}.num_attention_heads", tower.num_attention_heads, "a divisor of hidden_size")
    return tower


def _value(key: str, kind: Any, value: Any) -> Any:
    return value if kind is str else _number(key, kind, value)


def _number(key: str, kind: type[float], value: Any) -> Any:
    """A number of the kind that is wanted: lists (several ends of text, oblong pictures) and nulls are not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or kind(value) != value:
        raise UnsupportedModel(key, value, f"one {kind.__name__}")
    return kind(value)
