"""config.json -> frozen dataclasses, with transformers' defaults for what a sparse one leaves out.

Every family has its own defaults and its own reading (families/); what they share is here. An activation that is not
implemented, or a value of the wrong kind, is an error that names the key, not a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from mlx_clip.errors import UnsupportedModel

__all__ = [
    "ACTIVATIONS",
    "Cleaning",
    "ImageConfig",
    "Lines",
    "ModelConfig",
    "TextConfig",
    "TowerConfig",
    "number",
    "tower",
]

Cleaning = Literal["none", "lower", "canonical", "web", "web_lower"]
"""What a text goes through first: nothing; small letters; those without punctuation (SigLIP); ftfy (OpenCLIP)."""

ACTIVATIONS = ("quick_gelu", "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh")


@dataclass(frozen=True, slots=True, kw_only=True)
class TowerConfig:
    """One transformer: width, feed-forward width, depth, heads. Field names as in config.json."""

    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(TowerConfig):
    """`max_position_embeddings` is the most tokens a text may have."""

    vocab_size: int
    max_position_embeddings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(TowerConfig):
    """`image_size` and `patch_size` are sides of squares, in pixels."""

    num_channels: int = 3
    image_size: int = 224
    patch_size: int

    @property
    def patches(self) -> int:
        """In a picture; a border narrower than a patch is cut off."""
        return (self.image_size // self.patch_size) ** 2


@dataclass(frozen=True, slots=True)
class Marks:
    """The tokens that end a text and that fill up its row, and what texts go through first."""

    end: str
    pad: str
    cleaning: Cleaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """How a model wants its texts as rows of token ids.

    Cut at `length` tokens; padded with the id `pad` (None: with the token that ends a text) to the longest row, or with
    `full` to `length`. `start` is put in front of a row that then has no end. Of `marks`, those hold whose end the
    vocabulary knows; they take the place of the tokenizer's own, of `pad` and of `cleaning`.
    """

    length: int
    cleaning: Cleaning = "none"
    full: bool = False
    pad: int | None = None
    start: str | None = None
    marks: tuple[Marks, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Towers that end in one space of `dim` numbers. Without `text` and `lines` the model knows pictures only.

    `text` is a TextConfig with what the family adds to it.
    """

    family: str
    image: ImageConfig
    dim: int
    text: Any = None
    lines: Lines | None = None


Tower = TypeVar("Tower", bound=TowerConfig)


def tower(kind: type[Tower], given: Mapping[str, Any], key: str) -> Tower:
    """A tower's part of config.json; keys that are none of its fields are passed over. Raises UnsupportedModel."""
    known = {field.name: field.type for field in fields(kind)}
    read = kind(**{name: _value(f"{key}.{name}", known[name], value) for name, value in given.items() if name in known})
    if read.hidden_act not in ACTIVATIONS:
        raise UnsupportedModel(f"{key}.hidden_act", read.hidden_act, ", ".join(ACTIVATIONS))
    if read.hidden_size % read.num_attention_heads:
        raise UnsupportedModel(f"{key}.num_attention_heads", read.num_attention_heads, "a divisor of hidden_size")
    return read


def _value(key: str, kind: Any, value: Any) -> Any:
    return value if kind is str else number(key, kind, value)


def number(key: str, kind: type[float], value: Any) -> Any:
    """A number of the kind that is wanted: lists (several ends of text, oblong pictures) and nulls are not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or kind(value) != value:
        raise UnsupportedModel(key, value, f"one {kind.__name__}")
    return kind(value)
