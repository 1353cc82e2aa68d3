"""OpenCLIP's models with a RoBERTa for texts (LAION's XLM-RoBERTa, LLM-jp's): mean of the tokens, two layers on top.

transformers has no such model; openclip.py brings its checkpoints into this form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlx_clip import config as base
from mlx_clip.activations import gelu
from mlx_clip.backend import mx, nn
from mlx_clip.config import Lines, ModelConfig
from mlx_clip.families import bert, clip
from mlx_clip.families.bert import BertModel
from mlx_clip.families.chinese_clip import sanitize
from mlx_clip.families.clip import ImageTower

__all__ = ["IMAGE", "TEXT", "TOKEN_TABLE", "ImageTower", "TextTower", "parse", "sanitize"]

TEXT, IMAGE = clip.TEXT, clip.IMAGE
TOKEN_TABLE = "text_model.embeddings.word_embeddings.weight"
TOKENS = 77


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(bert.TextConfig):
    layer_norm_eps: float = 1e-5
    vocab_size: int = 250002
    max_position_embeddings: int = 514
    type_vocab_size: int = 1
    pad_token_id: int = 1
    first_position: int = 2


def parse(config: Mapping[str, Any]) -> ModelConfig:
    text = base.tower(TextConfig, config.get("text_config") or {}, "text_config")
    return ModelConfig(
        family="roberta_clip",
        text=text,
        image=base.tower(clip.ImageConfig, config.get("vision_config") or {}, "vision_config"),
        dim=base.number("projection_dim", int, config.get("projection_dim", 512)),
        lines=Lines(length=TOKENS, cleaning="web", pad=text.pad_token_id),
    )


class Projection(nn.Module):
    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        between = (width + dim) // 2
        self.fc1 = nn.Linear(width, between, bias=False)
        self.fc2 = nn.Linear(between, dim, bias=False)

    def __call__(self, x: mx.array) -> mx.array:
        return self.fc2(gelu(self.fc1(x)))


class TextTower(nn.Module):
    """(n, l) token ids -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.text_model = BertModel(config.text)
        self.text_projection = Projection(config.text.hidden_size, config.dim)
        self.logit_scale = mx.array(2.6592)

    def __call__(self, ids: mx.array) -> mx.array:
        counts = self.text_model.mask(ids)[..., None]
        x = self.text_model(ids)
        return self.text_projection((x * counts).sum(axis=1) / counts.sum(axis=1))
