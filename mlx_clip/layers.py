"""Attention, feed-forward, blocks, patches: what every tower is made of. Parameter names as in most checkpoints.

Shapes: n lines or pictures, l positions, w the width. Modules hold no state but their parameters and do no I/O, so
that they can be trained as they are.
"""

from collections.abc import Iterable

from mlx_clip.activations import ACTIVATION, softmax
from mlx_clip.backend import mx, nn
from mlx_clip.config import ImageConfig, TowerConfig

__all__ = [
    "ALL", "MLP", "Attention", "Block", "Mask", "Patches", "PostNormBlock", "Transformer", "attention", "patch_matrix",
    "renamed", "split_heads", "with_first",
]  # fmt: skip

Mask = mx.array | str | None
"""Which positions are looked at: all, what came before ('causal'), or where a boolean (n, 1, 1, l) is true."""


ALL = slice(None)


class Attention(nn.Module):
    """Multi-head attention: what `asking` (n, m, w) finds in x (n, l, w) -> (n, m, w)."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.k_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.v_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.out_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def __call__(self, asking: mx.array, x: mx.array, mask: Mask) -> mx.array:
        q, k, v = (split_heads(y, self.heads) for y in (self.q_proj(asking), self.k_proj(x), self.v_proj(x)))
        return self.out_proj(attention(q, k, v, mask))


def attention(q: mx.array, k: mx.array, v: mx.array, mask: Mask = None) -> mx.array:
    """Scaled dot products: (n, heads, m, d) asking, twice (n, heads, l, d) -> (n, m, heads * d).

    For a CPU MLX has no kernel of its own for it: its steps copy q, k and v, and its softmax is slow there.
    """
    scale = q.shape[-1] ** -0.5
    if mask is None and mx.default_device() == mx.cpu:
        q, k, v = (mx.contiguous(y) for y in (q, k, v))
        x = softmax((q * scale) @ k.swapaxes(2, 3)) @ v
    else:
        x = mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
    return x.swapaxes(1, 2).flatten(2)


class MLP(nn.Module):
    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.activation = ACTIVATION[config.hidden_act]
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def __call__(self, x: mx.array) -> mx.array:
        return self.fc2(self.activation(self.fc1(x)))


class Block(nn.Module):
    """Pre-norm: x + attention(norm(x)), then x + mlp(norm(x)). `at` are the positions that are wanted of the sum."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.self_attn = Attention(config)
        self.layer_norm2 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = MLP(config)

    def __call__(self, x: mx.array, mask: Mask, at: slice = ALL) -> mx.array:
        normed = self.layer_norm1(x)
        x = x[:, at] + self.self_attn(normed[:, at], normed, mask)
        return x + self.mlp(self.layer_norm2(x))


class PostNormBlock(Block):
    """The same parts, each sum normed after it is taken: norm(x + attention(x)), then norm(x + mlp(x))."""

    def __call__(self, x: mx.array, mask: Mask, at: slice = ALL) -> mx.array:
        x = self.layer_norm1(x[:, at] + self.self_attn(x[:, at], x, mask))
        return self.layer_norm2(x + self.mlp(x))


class Transformer(nn.Module):
    def __init__(self, config: TowerConfig, block: type[nn.Module] = Block) -> None:
        super().__init__()
        self.layers = [block(config) for _ in range(config.num_hidden_layers)]

    def __call__(self, x: mx.array, mask: Mask = None) -> mx.array:
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def first(self, x: mx.array) -> mx.array:
        """(n, l, w) -> (n, w): the first position alone, for which the last layer computes no other."""
        *lower, last = self.layers
        for layer in lower:
            x = layer(x, None)
        return last(x, None, slice(1))[:, 0]


class Patches(nn.Linear):
    """(n, h, w, c) pixels -> (n, patches, width): patches as rows times one matrix.

    That is what a convolution as wide as its stride is, and no slower.
    """

    def __init__(self, config: ImageConfig, bias: bool) -> None:
        super().__init__(config.patch_size**2 * config.num_channels, config.hidden_size, bias=bias)
        self.patch_size = config.patch_size

    def __call__(self, pixels: mx.array) -> mx.array:
        return self.project(self.cut(pixels))

    def project(self, patches: mx.array) -> mx.array:
        """(n, patches, size * size * c) -> (n, patches, width)."""
        return super().__call__(patches)

    def cut(self, pixels: mx.array) -> mx.array:
        """(n, h, w, c) -> (n, patches, size * size * c); a border narrower than a patch is cut off."""
        n, h, w, c = pixels.shape
        size = self.patch_size
        rows, columns = h // size, w // size
        x = pixels[:, : rows * size, : columns * size].reshape(n, rows, size, columns, size, c)
        return x.swapaxes(2, 3).reshape(n, rows * columns, size * size * c)


def split_heads(x: mx.array, heads: int) -> mx.array:
    """(n, l, w) -> (n, heads, l, w / heads)."""
    return mx.unflatten(x, 2, (heads, -1)).swapaxes(1, 2)


def with_first(token: mx.array, x: mx.array) -> mx.array:
    """A learnt token, w numbers in any shape, before the positions of each: (n, l, w) -> (n, 1 + l, w)."""
    return mx.concatenate([mx.broadcast_to(token, (len(x), 1, x.shape[2])), x], axis=1)


def renamed(name: str, table: Iterable[tuple[str, str]]) -> str:
    """A parameter by a checkpoint's name -> by ours: each (theirs, ours) of the table in turn."""
    for theirs, ours in table:
        name = name.replace(theirs, ours)
    return name


def patch_matrix(kernel: mx.array) -> mx.array:
    """A checkpoint's convolution (w, c, size, size) as the matrix of `Patches`; a matrix as it is."""
    return kernel.transpose(0, 2, 3, 1).flatten(1) if kernel.ndim == 4 else kernel
