"""CLIP: two towers and their projections, as transformers' `CLIPModel` computes them and names their parameters.

Shapes: n texts or pictures, l tokens of the longest text, w a tower's width, d the shared space. What comes out is
not yet of unit length: training wants it so.
"""

import numpy as np
from numpy.typing import NDArray

from mlx_clip.backend import mx, nn
from mlx_clip.config import LEGACY_EOS, ClipConfig, ImageConfig, TextConfig
from mlx_clip.layers import Transformer

__all__ = ["IMAGE", "TEXT", "TOKEN_TABLE", "ImageTower", "TextTower", "is_buffer", "sanitize", "text_ends"]

TEXT = ("text_model.", "text_projection.", "logit_scale")
IMAGE = ("vision_model.", "visual_projection.")
TOKEN_TABLE = "text_model.embeddings.token_embedding.weight"


class TextEmbeddings(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embedding = nn.Embedding(config.max_position_embeddings, config.hidden_size)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class TextModel(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.embeddings = TextEmbeddings(config)
        self.encoder = Transformer(config)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, ids: mx.array, ends: mx.array) -> mx.array:
        x = self.encoder(self.embeddings(ids), mask="causal")
        return self.final_layer_norm(x[mx.arange(len(x)), ends])  # (n, w): only the ends are looked at


class TextTower(nn.Module):
    """(n, l) token ids and (n,) positions of their ends -> (n, d). Tokens behind an end change nothing.

    `logit_scale` (of the loss, as a logarithm) lies here so that the two towers hold all of a checkpoint.
    """

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.text_model = TextModel(config.text)
        self.text_projection = nn.Linear(config.text.hidden_size, config.projection_dim, bias=False)
        self.logit_scale = mx.array(2.6592)

    def __call__(self, ids: mx.array, ends: mx.array) -> mx.array:
        return self.text_projection(self.text_model(ids, ends))


class ImageEmbeddings(nn.Module):
    """Patches as rows times one matrix, which is what a convolution as wide as its stride is, and no slower."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.patch_size = config.patch_size
        patches = (config.image_size // config.patch_size) ** 2
        self.class_embedding = mx.zeros((config.hidden_size,))
        self.patch_embedding = nn.Linear(config.patch_size**2 * config.num_channels, config.hidden_size, bias=False)
        self.position_embedding = nn.Embedding(patches + 1, config.hidden_size)

    def __call__(self, pixels: mx.array) -> mx.array:
        patches = self.patch_embedding(self._patches(pixels))
        first = mx.broadcast_to(self.class_embedding, (len(patches), 1, patches.shape[2]))
        return mx.concatenate([first, patches], axis=1) + self.position_embedding.weight

    def _patches(self, pixels: mx.array) -> mx.array:
        """(n, h, w, c) -> (n, patches, size * size * c); a border narrower than a patch is cut off."""
        n, h, w, c = pixels.shape
        size = self.patch_size
        rows, columns = h // size, w // size
        x = pixels[:, : rows * size, : columns * size].reshape(n, rows, size, columns, size, c)
        return x.swapaxes(2, 3).reshape(n, rows * columns, size * size * c)


class ImageModel(nn.Module):
    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.embeddings = ImageEmbeddings(config)
        self.pre_layrnorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)  # so spelt in every checkpoint
        self.encoder = Transformer(config)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, pixels: mx.array) -> mx.array:
        x = self.encoder(self.pre_layrnorm(self.embeddings(pixels)))
        return self.post_layernorm(x[:, 0])


class ImageTower(nn.Module):
    """(n, h, w, c) normalised pixels -> (n, d)."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.vision_model = ImageModel(config.image)
        self.visual_projection = nn.Linear(config.image.hidden_size, config.projection_dim, bias=False)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.visual_projection(self.vision_model(pixels))


def text_ends(ids: NDArray[np.int32], config: ClipConfig) -> NDArray[np.int32]:
    """(n, l) -> (n,): where each text ends, by the rule of transformers."""
    if config.text.eos_token_id == LEGACY_EOS:
        return ids.argmax(axis=1).astype(np.int32)
    return (ids == config.text.eos_token_id).argmax(axis=1).astype(np.int32)


def is_buffer(name: str) -> bool:
    """Whether a tensor is no parameter: old checkpoints carry the numbers 0, 1, 2, … as `position_ids`."""
    return name.endswith(".embeddings.position_ids")


def sanitize(name: str, tensor: mx.array) -> mx.array:
    """A checkpoint's tensor as the module above has it: the patch convolution (w, c, size, size) becomes a matrix."""
    if name.endswith("patch_embedding.weight") and tensor.ndim == 4:
        return tensor.transpose(0, 2, 3, 1).flatten(1)
    return tensor
