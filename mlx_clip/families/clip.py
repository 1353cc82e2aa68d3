"""CLIP: two towers and their projections, as transformers' `CLIPModel` computes them and names their parameters.

Shapes: n texts or pictures, l tokens of the longest text, w a tower's width, d the shared space. What comes out is
not yet of unit length: training wants it so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlx_clip import config as base
from mlx_clip.backend import mx, nn
from mlx_clip.config import Lines, ModelConfig
from mlx_clip.layers import Patches, Transformer, patch_matrix, with_first

__all__ = [
    "IMAGE", "TEXT", "TOKEN_TABLE", "ImageConfig", "ImageModel", "ImageTower", "TextConfig", "TextTower",
    "parse", "part", "sanitize",
]  # fmt: skip

TEXT = ("text_model.", "text_projection.", "logit_scale")
IMAGE = ("vision_model.", "visual_projection.")
TOKEN_TABLE = "text_model.embeddings.token_embedding.weight"

LEGACY_EOS = 2
"""What OpenAI's configs call the end of a text. Their tokeniser never did: it is then the highest id of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(base.TextConfig):
    hidden_size: int = 512
    intermediate_size: int = 2048
    num_attention_heads: int = 8
    hidden_act: str = "quick_gelu"
    vocab_size: int = 49408
    max_position_embeddings: int = 77
    eos_token_id: int = 49407


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(base.ImageConfig):
    hidden_act: str = "quick_gelu"
    patch_size: int = 32


def parse(config: Mapping[str, Any]) -> ModelConfig:
    text = base.tower(TextConfig, part(config, "text_config"), "text_config")
    cleaning: base.Cleaning = (
        "web_lower" if config.get("open_clip") else "none"
    )  # as openclip.py marks what it translates
    return ModelConfig(
        family="clip",
        text=text,
        image=base.tower(ImageConfig, part(config, "vision_config"), "vision_config"),
        dim=base.number("projection_dim", int, config.get("projection_dim", 512)),
        lines=Lines(length=text.max_position_embeddings, cleaning=cleaning),
    )


def part(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A tower's part. Old files keep it under `…_config_dict`, which then replaces `…_config` altogether."""
    given: Mapping[str, Any] = config.get(f"{key}_dict") or config.get(key) or {}
    return given


class TextEmbeddings(nn.Module):
    def __init__(self, config: base.TextConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embedding = nn.Embedding(config.max_position_embeddings, config.hidden_size)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class TextModel(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.eos_token_id = config.eos_token_id
        self.embeddings = TextEmbeddings(config)
        self.encoder = Transformer(config)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, ids: mx.array) -> mx.array:
        x = self.encoder(self.embeddings(ids), mask="causal")
        return self.final_layer_norm(x[mx.arange(len(x)), self.ends(ids)])  # (n, w): only the ends are looked at

    def ends(self, ids: mx.array) -> mx.array:
        """(n, l) -> (n,): where each text ends, by the rule of transformers."""
        legacy = self.eos_token_id == LEGACY_EOS
        is_end = ids == (ids.max(axis=1, keepdims=True) if legacy else self.eos_token_id)
        return mx.where(is_end, mx.arange(ids.shape[1]), ids.shape[1] - 1).min(axis=1)


class TextTower(nn.Module):
    """(n, l) token ids -> (n, d). Tokens behind a text's end change nothing.

    `logit_scale` (of the loss, as a logarithm) lies here so that the two towers hold all of a checkpoint.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.text_model = TextModel(config.text)
        self.text_projection = nn.Linear(config.text.hidden_size, config.dim, bias=False)
        self.logit_scale = mx.array(2.6592)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.text_projection(self.text_model(ids))


class ImageEmbeddings(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.class_embedding = mx.zeros((config.hidden_size,))
        self.patch_embedding = Patches(config, bias=False)
        self.position_embedding = nn.Embedding(config.patches + 1, config.hidden_size)

    def __call__(self, pixels: mx.array) -> mx.array:
        return with_first(self.class_embedding, self.patch_embedding(pixels)) + self.position_embedding.weight


class ImageModel(nn.Module):
    def __init__(self, config: base.ImageConfig) -> None:
        super().__init__()
        self.embeddings = ImageEmbeddings(config)
        self.pre_layrnorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)  # so spelt in every checkpoint
        self.encoder = Transformer(config)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.post_layernorm(self.encoder.first(self.pre_layrnorm(self.embeddings(pixels))))


class ImageTower(nn.Module):
    """(n, h, w, c) normalised pixels -> (n, d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.vision_model = ImageModel(config.image)
        self.visual_projection = nn.Linear(config.image.hidden_size, config.dim, bias=False)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.visual_projection(self.vision_model(pixels))


def sanitize(tensors: dict[str, mx.array], config: ModelConfig) -> dict[str, mx.array]:  # noqa: ARG001
    """Drops what old checkpoints carry besides, the numbers 0, 1, 2, …; the patch convolution becomes a matrix."""
    kept = {name: tensor for name, tensor in tensors.items() if not name.endswith(".embeddings.position_ids")}
    patches = "vision_model.embeddings.patch_embedding.weight"
    return kept | ({patches: patch_matrix(kept[patches])} if patches in kept else {})
