"""Chinese-CLIP: CLIP's image tower and a BERT that is pooled at its first token, as `ChineseCLIPModel` has them."""

from collections.abc import Mapping
from typing import Any

from mlx_clip import config as base
from mlx_clip.backend import mx, nn
from mlx_clip.config import Lines, ModelConfig
from mlx_clip.families import clip
from mlx_clip.families.bert import BertModel, TextConfig, renamed
from mlx_clip.families.clip import ImageTower

__all__ = ["IMAGE", "TEXT", "TOKEN_TABLE", "ImageTower", "TextTower", "parse", "sanitize"]

TEXT, IMAGE = clip.TEXT, clip.IMAGE
TOKEN_TABLE = "text_model.embeddings.word_embeddings.weight"
TOKENS = 52  # as it was trained; the table of positions would take 512


def parse(config: Mapping[str, Any]) -> ModelConfig:
    text = base.tower(TextConfig, clip.part(config, "text_config"), "text_config")
    return ModelConfig(
        family="chinese_clip",
        text=text,
        image=base.tower(clip.ImageConfig, clip.part(config, "vision_config"), "vision_config"),
        dim=base.number("projection_dim", int, config.get("projection_dim", 512)),
        lines=Lines(length=min(TOKENS, text.max_position_embeddings), pad=text.pad_token_id),
    )


class TextTower(nn.Module):
    """(n, l) token ids -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.text_model = BertModel(config.text)
        self.text_projection = nn.Linear(config.text.hidden_size, config.dim, bias=False)
        self.logit_scale = mx.array(2.6592)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.text_projection(self.text_model(ids)[:, 0])


def sanitize(tensors: dict[str, mx.array], config: ModelConfig) -> dict[str, mx.array]:
    """The text tower's names as in bert.py, the image tower as in clip.py."""
    return clip.sanitize(
        {renamed(name) if name.startswith("text_model.") else name: tensor for name, tensor in tensors.items()}, config
    )
