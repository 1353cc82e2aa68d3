"""LINE's clip-japanese-base: an EVA-02 for pictures, a BERT for texts, and one matrix each into the shared space.

After the code that comes with the checkpoint (`modeling_clyp.py`) and timm's `eva02_base_patch16_clip_224`; its
config.json gives no sizes, so those of the two are the defaults here. Shapes as in clip.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlx_clip import config as base
from mlx_clip.backend import mx, nn
from mlx_clip.config import Lines, ModelConfig
from mlx_clip.errors import UnsupportedModel
from mlx_clip.families import bert
from mlx_clip.families.bert import BertModel, renamed
from mlx_clip.layers import Patches, attention, patch_matrix, split_heads, with_first
from mlx_clip.processors import MEAN, STD

__all__ = ["IMAGE", "TEXT", "TOKENIZER_REPO", "TOKEN_TABLE", "ImageTower", "TextTower", "parse", "sanitize", "settled"]

TEXT, IMAGE = ("text_encoder.",), ("vision_encoder.",)
TOKEN_TABLE = "text_encoder.backbone.model.embeddings.word_embeddings.weight"
TOKENIZER_REPO = "rinna/japanese-roberta-base"
"""Where the checkpoint, which has no tokenizer, takes it from."""

BACKBONE = "eva02_base_patch16_clip_224.merged2b"
CLIP_NORMALISATION = {"image_mean": list(MEAN), "image_std": list(STD)}
ROPE_BASE = 10_000.0
ROPE_GRID = 16  # patches a side that the angles were learnt for


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(bert.TextConfig):
    vocab_size: int = 32000
    max_position_embeddings: int = 77
    pad_token_id: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(base.ImageConfig):
    intermediate_size: int = 2048
    layer_norm_eps: float = 1e-6
    patch_size: int = 16


def parse(config: Mapping[str, Any]) -> ModelConfig:
    encoder = config.get("vision_encoder_config") or {}
    named = (encoder.get("backbone_config") or {}).get("model_name", BACKBONE)
    if named != BACKBONE:
        raise UnsupportedModel("vision_encoder_config.backbone_config.model_name", named, BACKBONE)
    text = base.tower(TextConfig, config.get("text_config") or {}, "text_config")
    return ModelConfig(
        family="clyp",
        text=text,
        image=base.tower(ImageConfig, config.get("vision_config") or {}, "vision_config"),
        dim=base.number("out_channels", int, (encoder.get("neck_config") or {}).get("out_channels", 512)),
        lines=Lines(length=text.max_position_embeddings, cleaning="lower", pad=text.pad_token_id, start="[CLS]"),
    )


def settled(config: dict[str, Any], preprocessing: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its processor in the words of the others; what it normalises by is ImageNet's unless it says CLIP's."""
    by_clip = preprocessing.get("normalization_type") == "openai_clip"
    return config, {"image_processor_type": "CLYPImageProcessor"} | (CLIP_NORMALISATION if by_clip else {})


class Neck(nn.Module):
    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, dim, bias=False)


class TextBackbone(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.model = BertModel(config)


class TextEncoder(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.backbone = TextBackbone(config.text)
        self.neck = Neck(config.text.hidden_size, config.dim)


class TextTower(nn.Module):
    """(n, l) token ids -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.text_encoder = TextEncoder(config)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.text_encoder.neck.linear(self.text_encoder.backbone.model(ids)[:, 0])


class Attention(nn.Module):
    """With rotary positions for the patches (the first token has none) and a norm before the last matrix."""

    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        w = config.hidden_size
        self.heads = config.num_attention_heads
        self.q_proj = nn.Linear(w, w)
        self.k_proj = nn.Linear(w, w, bias=False)
        self.v_proj = nn.Linear(w, w)
        self.norm = nn.LayerNorm(w, config.layer_norm_eps)
        self.proj = nn.Linear(w, w)

    def __call__(self, x: mx.array, angles: mx.array) -> mx.array:
        q, k, v = (split_heads(project(x), self.heads) for project in (self.q_proj, self.k_proj, self.v_proj))
        q, k = (mx.concatenate([y[:, :, :1], _rotated(y[:, :, 1:], angles)], axis=2) for y in (q, k))
        return self.proj(self.norm(attention(q, k, v)))


class SwiGLU(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.fc1_g = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc1_x = nn.Linear(config.hidden_size, config.intermediate_size)
        self.norm = nn.LayerNorm(config.intermediate_size, config.layer_norm_eps)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def __call__(self, x: mx.array) -> mx.array:
        gate = self.fc1_g(x)
        return self.fc2(self.norm(gate * mx.sigmoid(gate) * self.fc1_x(x)))


class Block(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.attn = Attention(config)
        self.norm2 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = SwiGLU(config)

    def __call__(self, x: mx.array, angles: mx.array) -> mx.array:
        x = x + self.attn(self.norm1(x), angles)
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.proj = Patches(config, bias=True)


class Eva(nn.Module):
    """(n, h, w, c) normalised pixels -> (n, w), the first token."""

    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self._angles = _angles(config)
        self.cls_token = mx.zeros((1, 1, config.hidden_size))
        self.pos_embed = mx.zeros((1, config.patches + 1, config.hidden_size))
        self.patch_embed = PatchEmbed(config)
        self.blocks = [Block(config) for _ in range(config.num_hidden_layers)]
        self.norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, pixels: mx.array) -> mx.array:
        x = with_first(self.cls_token, self.patch_embed.proj(pixels)) + self.pos_embed
        for block in self.blocks:
            x = block(x, self._angles)
        return self.norm(x[:, 0])


class ImageEncoder(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.backbone = Eva(config.image)
        self.neck = Neck(config.image.hidden_size, config.dim)


class ImageTower(nn.Module):
    """(n, h, w, c) normalised pixels -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.vision_encoder = ImageEncoder(config)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.vision_encoder.neck.linear(self.vision_encoder.backbone(pixels))


def _angles(config: base.ImageConfig) -> mx.array:
    """(patches, w / heads): of each patch first its row's angles, then its column's, each for two numbers."""
    side = config.image_size // config.patch_size
    bands = config.hidden_size // config.num_attention_heads // 4
    frequencies = ROPE_BASE ** -(np.arange(bands) / bands)
    places = np.arange(side)[:, None] / side * ROPE_GRID * frequencies  # (side, bands)
    rows, columns = np.repeat(places, side, axis=0), np.tile(places, (side, 1))
    return mx.array(np.concatenate([rows, columns], axis=1).repeat(2, axis=1).astype(np.float32))


def _rotated(x: mx.array, angles: mx.array) -> mx.array:
    """(n, heads, patches, w / heads): each pair of numbers turned by its angle."""
    pairs = mx.unflatten(x, 3, (-1, 2))
    turned = mx.stack([-pairs[..., 1], pairs[..., 0]], axis=-1).flatten(3)
    return (x * mx.cos(angles) + turned * mx.sin(angles)).astype(x.dtype)


def sanitize(tensors: dict[str, mx.array], config: ModelConfig) -> dict[str, mx.array]:
    """The text tower's names as in bert.py, and as many of its positions as texts may have; patches as a matrix."""
    dropped = ("itc_loss_fn.temperature", "text_encoder.backbone.model.embeddings.position_ids")
    ours = {
        renamed(name) if name.startswith("text_encoder.") else name: tensor
        for name, tensor in tensors.items()
        if name not in dropped
    }
    if (positions := "text_encoder.backbone.model.embeddings.position_embeddings.weight") in ours:
        ours[positions] = ours[positions][: config.text.max_position_embeddings]
    if (patches := "vision_encoder.backbone.patch_embed.proj.weight") in ours:
        ours[patches] = patch_matrix(ours[patches])
    return ours
