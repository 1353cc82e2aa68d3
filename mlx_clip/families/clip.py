"""CLIP: a vision transformer and a causal text transformer, projected into one space.

Source: Radford et al. 2021 (arXiv:2103.00020); parameter names of `transformers.CLIPModel`.
"""

import mlx.core as mx
from mlx import nn

from mlx_clip.config import ClipConfig, TextConfig, VisionConfig
from mlx_clip.layers import Transformer

LEGACY_EOS = 2  # what OpenAI's first config files say instead of 49407


class PatchEmbedding(nn.Module):
    """Patches -> vectors, as one matrix product: equal to a convolution whose stride is its size, and no slower."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.patch = config.patch_size
        scale = (config.num_channels * self.patch**2) ** -0.5
        shape = (config.hidden_size, self.patch, self.patch, config.num_channels)
        self.weight = mx.random.uniform(-scale, scale, shape)

    def __call__(self, pixels: mx.array) -> mx.array:
        """(n, side, side, 3) -> (n, patches, width)."""
        n, height, width, channels = pixels.shape
        p = self.patch
        grid = pixels.reshape(n, height // p, p, width // p, p, channels).swapaxes(2, 3)
        return grid.reshape(n, -1, p * p * channels) @ self.weight.flatten(1).T


class VisionEmbeddings(nn.Module):
    """A class token in front of the patches, and a learned position for each."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.class_embedding = mx.random.normal((config.hidden_size,)) * config.hidden_size**-0.5
        self.patch_embedding = PatchEmbedding(config)
        self.position_embedding = nn.Embedding(config.patches + 1, config.hidden_size)

    def __call__(self, pixels: mx.array) -> mx.array:
        patches = self.patch_embedding(pixels)
        first = mx.broadcast_to(self.class_embedding, (patches.shape[0], 1, patches.shape[2]))
        return mx.concatenate([first, patches], axis=1) + self.position_embedding.weight


class VisionModel(nn.Module):
    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.embeddings = VisionEmbeddings(config)
        self.pre_layrnorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)  # spelled so in checkpoints
        self.encoder = Transformer(config)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def __call__(self, pixels: mx.array) -> mx.array:
        x = self.encoder(self.pre_layrnorm(self.embeddings(pixels)))
        return self.post_layernorm(x[:, 0])


class ImageTower(nn.Module):
    """Normalised pixels (n, side, side, 3) -> (n, dim), not yet of unit length."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.vision_model = VisionModel(config.vision)
        self.visual_projection = nn.Linear(config.vision.hidden_size, config.projection_dim, bias=False)

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.visual_projection(self.vision_model(pixels))


class TextEmbeddings(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embedding = nn.Embedding(config.max_position_embeddings, config.hidden_size)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class TextModel(nn.Module):
    """Causal, read off at the end-of-text token: what stands behind it changes nothing."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.eos_token_id = config.eos_token_id
        self.embeddings = TextEmbeddings(config)
        self.encoder = Transformer(config)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def __call__(self, ids: mx.array) -> mx.array:
        x = self.encoder(self.embeddings(ids), mask="causal")
        return self.final_layer_norm(x[mx.arange(ids.shape[0]), self._end_of_text(ids)])

    def _end_of_text(self, ids: mx.array) -> mx.array:
        """(n, length) -> (n,) positions: of the largest id in the oldest files, else of the first EOS."""
        return mx.argmax(ids if self.eos_token_id == LEGACY_EOS else ids == self.eos_token_id, axis=1)


class TextTower(nn.Module):
    """Token ids (n, length), padded behind EOS -> (n, dim), not yet of unit length."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.text_model = TextModel(config.text)
        self.text_projection = nn.Linear(config.text.hidden_size, config.projection_dim, bias=False)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.text_projection(self.text_model(ids))


class Clip(nn.Module):
    """Both towers and the logit scale: what a checkpoint holds, and what training needs."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.image = ImageTower(config)
        self.text = TextTower(config)
        self.logit_scale = mx.array(2.6592)  # ln(1 / 0.07), the paper's start


def sanitize(weights: dict[str, mx.array]) -> dict[str, mx.array]:
    """A PyTorch checkpoint's tensors, named and laid out as the modules above want them.

    Convolutions go from (out, in, height, width) to (out, height, width, in); buffers of positions are dropped.
    """
    kept = {name: tensor for name, tensor in weights.items() if not name.endswith("position_ids")}
    patch = "vision_model.embeddings.patch_embedding.weight"
    if patch in kept:
        kept[patch] = kept[patch].transpose(0, 2, 3, 1)
    return kept
