"""SigLIP and SigLIP 2 at a fixed size, as transformers' `SiglipModel` computes them and names their parameters.

A text is read in both directions, always 64 tokens of it, and pooled at the last; a picture is pooled by a head that
asks its patches one learnt question (MAP, multi-head attention pooling). Shapes as in clip.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlx_clip import config as base
from mlx_clip.backend import mx, nn
from mlx_clip.config import Lines, ModelConfig
from mlx_clip.errors import UnsupportedModel
from mlx_clip.families.clip import TextEmbeddings, sanitize
from mlx_clip.layers import MLP, Patches, Transformer, attention, split_heads

__all__ = ["IMAGE", "TEXT", "TOKEN_TABLE", "ImageTower", "TextTower", "parse", "sanitize", "settled"]

TEXT = ("text_model.", "logit_scale", "logit_bias")
IMAGE = ("vision_model.",)
TOKEN_TABLE = "text_model.embeddings.token_embedding.weight"

MARKS = (base.Marks("<eos>", "<pad>", "lower"), base.Marks("</s>", "</s>", "canonical"))
"""Of SigLIP 2's vocabulary, which is Gemma's, and of SigLIP's, which fills up with what ends a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(base.TextConfig):
    hidden_act: str = "gelu_pytorch_tanh"
    layer_norm_eps: float = 1e-6
    vocab_size: int = 32000
    max_position_embeddings: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(base.ImageConfig):
    hidden_act: str = "gelu_pytorch_tanh"
    layer_norm_eps: float = 1e-6
    patch_size: int = 16


def parse(config: Mapping[str, Any]) -> ModelConfig:
    text, image = config.get("text_config") or {}, config.get("vision_config") or {}
    if not image.get("vision_use_head", True):
        raise UnsupportedModel("vision_config.vision_use_head", False, True)
    text_tower = base.tower(TextConfig, text, "text_config")
    image_tower = base.tower(ImageConfig, image, "vision_config")
    dim = text.get("projection_size") or text_tower.hidden_size
    if dim != image_tower.hidden_size:
        raise UnsupportedModel("text_config.projection_size", dim, f"{image_tower.hidden_size}, the pictures' width")
    lines = Lines(length=text_tower.max_position_embeddings, full=True, marks=MARKS)
    return ModelConfig(family="siglip", text=text_tower, image=image_tower, dim=dim, lines=lines)


def settled(config: dict[str, Any], preprocessing: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """With SigLIP's way with pictures where the checkpoint says nothing of it."""
    return config, preprocessing or {"image_processor_type": "SiglipImageProcessor"}


class TextModel(nn.Module):
    def __init__(self, config: base.TextConfig, dim: int) -> None:
        super().__init__()
        self.embeddings = TextEmbeddings(config)
        self.encoder = Transformer(config)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.head = nn.Linear(config.hidden_size, dim)

    def __call__(self, ids: mx.array) -> mx.array:
        x = self.encoder(self.embeddings(ids))
        return self.head(self.final_layer_norm(x[:, -1]))


class TextTower(nn.Module):
    """(n, 64) token ids -> (n, d).

    `logit_scale` and `logit_bias` (of the sigmoid) lie here so that the two towers hold all of a checkpoint.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.text_model = TextModel(config.text, config.dim)
        self.logit_scale = mx.zeros((1,))
        self.logit_bias = mx.zeros((1,))

    def __call__(self, ids: mx.array) -> mx.array:
        return self.text_model(ids)


class ImageEmbeddings(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.patch_embedding = Patches(config, bias=True)
        self.position_embedding = nn.Embedding(config.patches, config.hidden_size)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.patch_embedding(pixels) + self.position_embedding.weight


class ProbeAttention(nn.Module):
    """One query for each picture, the probe (1, 1, w), over its patches (n, l, w) -> (n, w)."""

    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        w = config.hidden_size
        self.heads = config.num_attention_heads
        self.in_proj_weight = mx.zeros((3 * w, w))  # queries, keys, values
        self.in_proj_bias = mx.zeros((3 * w,))
        self.out_proj = nn.Linear(w, w)

    def __call__(self, probe: mx.array, x: mx.array) -> mx.array:
        weights, biases = mx.split(self.in_proj_weight, 3), mx.split(self.in_proj_bias, 3)
        inputs = (mx.broadcast_to(probe, (len(x), 1, x.shape[2])), x, x)
        q, k, v = (split_heads(i @ w.T + b, self.heads) for i, w, b in zip(inputs, weights, biases, strict=True))
        return self.out_proj(attention(q, k, v)[:, 0])


class Head(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.probe = mx.zeros((1, 1, config.hidden_size))
        self.attention = ProbeAttention(config)
        self.layernorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = MLP(config)

    def __call__(self, x: mx.array) -> mx.array:
        x = self.attention(self.probe, x)
        return x + self.mlp(self.layernorm(x))


class ImageModel(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.embeddings = ImageEmbeddings(config)
        self.encoder = Transformer(config)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.head = Head(config)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.head(self.post_layernorm(self.encoder(self.embeddings(pixels))))


class ImageTower(nn.Module):
    """(n, h, w, c) normalised pixels -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.vision_model = ImageModel(config.image)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.vision_model(pixels)
