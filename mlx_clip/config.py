"""config.json -> frozen dataclasses. What a sparse file leaves out has the default it has in `transformers`.

Source: transformers/models/clip/configuration_clip.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from mlx_clip.errors import UnsupportedModel

ACTIVATIONS = frozenset({"quick_gelu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu"})
Values = Mapping[str, Any]


@dataclass(frozen=True)
class TextConfig:
    """The text tower. `eos_token_id` 2 marks the old OpenAI files, whose end of text is the largest id."""

    vocab_size: int = 49408
    hidden_size: int = 512
    intermediate_size: int = 2048
    num_hidden_layers: int = 12
    num_attention_heads: int = 8
    max_position_embeddings: int = 77
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5
    bos_token_id: int = 49406
    eos_token_id: int = 49407


@dataclass(frozen=True)
class VisionConfig:
    """The image tower: a picture of `image_size` pixels a side, cut into patches of `patch_size`."""

    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    num_channels: int = 3
    image_size: int = 224
    patch_size: int = 32
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5

    @property
    def patches(self) -> int:
        return (self.image_size // self.patch_size) ** 2


@dataclass(frozen=True)
class ClipConfig:
    """Both towers and the size of the space they share."""

    text: TextConfig
    vision: VisionConfig
    projection_dim: int = 512

    @classmethod
    def from_dict(cls, raw: Values) -> "ClipConfig":
        """Reads a parsed config.json. Raises UnsupportedModel naming the key that cannot be honoured."""
        family = raw.get("model_type", "clip")
        if family != "clip":
            raise UnsupportedModel(
                f"model_type {family!r} is not supported: pics reads CLIP checkpoints (model_type 'clip')"
            )
        text = _tower(TextConfig, "text_config", raw)
        vision = _tower(VisionConfig, "vision_config", raw)
        if vision.num_channels != 3:
            raise UnsupportedModel(f"vision_config.num_channels is {vision.num_channels}; only 3 (RGB) is supported")
        return cls(text, vision, raw.get("projection_dim", 512))


Tower = TypeVar("Tower", TextConfig, VisionConfig)


def _tower(kind: type[Tower], key: str, raw: Values) -> Tower:
    """One tower's values: the older `*_config_dict` wins over `*_config`, as in transformers."""
    values = raw.get(f"{key}_dict") or raw.get(key) or {}
    known = {field.name: values[field.name] for field in fields(kind) if values.get(field.name) is not None}
    config = kind(**known)
    if config.hidden_act not in ACTIVATIONS:
        raise UnsupportedModel(
            f"{key}.hidden_act {config.hidden_act!r} is not supported: {', '.join(sorted(ACTIVATIONS))} are"
        )
    if config.hidden_size % config.num_attention_heads:
        raise UnsupportedModel(
            f"{key}.hidden_size {config.hidden_size} does not divide into {config.num_attention_heads} heads"
        )
    return config
