"""Attention beside MLX's own, and a block's first position beside all of them."""

from collections.abc import Callable

import numpy as np
import pytest

from mlx_clip.activations import softmax
from mlx_clip.backend import mx, nn
from mlx_clip.config import TowerConfig
from mlx_clip.families.dinov2 import ScaledBlock
from mlx_clip.layers import Block, PostNormBlock, Transformer, attention

CONFIG = TowerConfig(hidden_size=24, intermediate_size=48, num_hidden_layers=3, num_attention_heads=3)


def normal(*shape: int, scale: float = 1, seed: int = 0) -> mx.array:
    return mx.array(np.random.default_rng(seed).normal(size=shape, scale=scale).astype(np.float32))


def own(q: mx.array, k: mx.array, v: mx.array) -> mx.array:
    x = mx.fast.scaled_dot_product_attention(q, k, v, scale=q.shape[-1] ** -0.5)
    return x.swapaxes(1, 2).flatten(2)


@pytest.mark.parametrize("scale", [0.1, 1, 5])
@pytest.mark.parametrize("asking", [1, 7])
def test_attention_is_mlxs_own(asking: int, scale: float) -> None:
    with mx.stream(mx.cpu):
        q, k, v = normal(2, 3, asking, 8, scale=scale), normal(2, 3, 7, 8, seed=1), normal(2, 3, 7, 8, seed=2)
        assert np.allclose(np.array(attention(q, k, v)), np.array(own(q, k, v)), atol=1e-5)


def test_attention_can_be_differentiated() -> None:
    def slopes(attend: Callable[..., mx.array]) -> list[mx.array]:
        inputs = [normal(2, 3, 7, 8, seed=seed) for seed in range(3)]
        weights = normal(2, 7, 24, seed=3)
        found: list[mx.array] = mx.grad(lambda inputs: (weights * attend(*inputs)).sum())(inputs)
        return found

    with mx.stream(mx.cpu):
        for ours, theirs in zip(slopes(attention), slopes(own), strict=True):
            assert np.allclose(np.array(ours), np.array(theirs), atol=1e-5)


@pytest.mark.parametrize("scale", [0.1, 1, 10, 1000])
def test_softmax_is_exact_to_some_millionths_of_each_share(scale: float) -> None:
    x = normal(50, 65, scale=scale)
    ours, theirs = np.array(softmax(x)), np.array(mx.softmax(x.astype(mx.float32), axis=-1))
    assert np.allclose(ours, theirs, atol=1e-6)
    assert np.allclose(ours.sum(axis=-1), 1, atol=1e-6)


def test_softmax_stays_in_half_precision() -> None:
    assert softmax(normal(5, 9).astype(mx.float16)).dtype == mx.float16


@pytest.mark.parametrize("block", [Block, PostNormBlock, ScaledBlock])
def test_the_first_position_is_what_it_is_among_all(block: type[nn.Module]) -> None:
    tower = Transformer(CONFIG, block)
    x = normal(4, 7, CONFIG.hidden_size)
    first, among_all = tower.first(x), tower(x)[:, 0]
    assert first.shape == (4, CONFIG.hidden_size)
    assert np.allclose(np.array(first), np.array(among_all), atol=1e-5)
    assert not np.allclose(np.array(first), np.array(tower(x)[:, 1]), atol=1e-2)
