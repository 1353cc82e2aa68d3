"""Attention, feed-forward, block: the transformer that every tower is made of. Parameter names as in the checkpoints.

Shapes: n lines or pictures, l positions, w the width. Modules hold no state but their parameters and do no I/O, so
that they can be trained as they are.
"""

from mlx_clip.activations import ACTIVATION
from mlx_clip.backend import mx, nn
from mlx_clip.config import TowerConfig

__all__ = ["MLP", "Attention", "Block", "Transformer"]


class Attention(nn.Module):
    """Multi-head self-attention, (n, l, w) -> (n, l, w); `mask` is None or 'causal'."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.scale = (config.hidden_size // self.heads) ** -0.5
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.k_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.v_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.out_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def __call__(self, x: mx.array, mask: str | None) -> mx.array:
        q, k, v = (self._split(project(x)) for project in (self.q_proj, self.k_proj, self.v_proj))
        x = mx.fast.scaled_dot_product_attention(q, k, v, scale=self.scale, mask=mask)
        return self.out_proj(x.swapaxes(1, 2).flatten(2))

    def _split(self, x: mx.array) -> mx.array:
        return mx.unflatten(x, 2, (self.heads, -1)).swapaxes(1, 2)  # (n, heads, l, w / heads)


class MLP(nn.Module):
    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.activation = ACTIVATION[config.hidden_act]
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def __call__(self, x: mx.array) -> mx.array:
        return self.fc2(self.activation(self.fc1(x)))


class Block(nn.Module):
    """Pre-norm: x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.self_attn = Attention(config)
        self.layer_norm2 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = MLP(config)

    def __call__(self, x: mx.array, mask: str | None) -> mx.array:
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp(self.layer_norm2(x))


class Transformer(nn.Module):
    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.layers = [Block(config) for _ in range(config.num_hidden_layers)]

    def __call__(self, x: mx.array, mask: str | None = None) -> mx.array:
        for layer in self.layers:
            x = layer(x, mask)
        return x
