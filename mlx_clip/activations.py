"""The activations that checkpoints name, by their names in config.json.

Plain arithmetic, and not the functions of mlx.nn: those are compiled one by one, which on a CPU starts a C++ compiler.
There, moreover, MLX evaluates erf and tanh number by number; a ratio of two polynomials is vectorised and takes a fifth
of the time, which was half of a tower's. In float16, on the GPU, polynomials would be coarse and erf is fast.

Each brings its derivative in closed form: that of the polynomials, found step by step, takes six times as long.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

from mlx_clip.backend import mx

__all__ = ["ACTIVATION", "erf", "gelu", "gelu_tanh", "quick_gelu", "tanh"]

# Minimax fits of f(x) / x in powers of x², lowest first, exact to 5e-7 up to the limit; beyond it f is 1 for float32.
ERF = (3.85, (1.1283774, 0.31847433, 0.067981671, 0.0087961339, 0.00031737452),
       (1.0, 0.61555397, 0.16550374, 0.025099363, 0.0022326745, 1.8575983e-05))  # fmt: skip
TANH = (8.0, (0.99999936, 0.1291364, 0.002938826, 1.1310208e-05),
        (1.0, 0.46246738, 0.02376382, 0.00023702825, 2.4238366e-07))  # fmt: skip


def erf(x: mx.array) -> mx.array:
    return _ratio(x, *ERF) if x.dtype == mx.float32 else mx.erf(x)


def tanh(x: mx.array) -> mx.array:
    return _ratio(x, *TANH) if x.dtype == mx.float32 else mx.tanh(x)


def _ratio(x: mx.array, limit: float, above: Sequence[float], below: Sequence[float]) -> mx.array:
    x = mx.clip(x, -limit, limit)
    square = x * x
    return x * _polynomial(square, above) / _polynomial(square, below)


def _polynomial(x: mx.array, coefficients: Sequence[float]) -> mx.array:
    *lower, last = coefficients
    total = mx.full(x.shape, last)
    for coefficient in reversed(lower):
        total = total * x + coefficient
    return total


Function = Callable[[mx.array], mx.array]


def _differentiable(function: Function, derivative: Function) -> Function:
    """The function, which has from now on the derivative that is given."""
    known: Any = mx.custom_function(function)

    @known.vjp  # type: ignore[untyped-decorator]
    def vjp(x: mx.array, cotangent: mx.array, _: mx.array) -> mx.array:
        return cotangent * derivative(x)

    return cast(Function, known)


def _quick_gelu(x: mx.array) -> mx.array:
    return x * _quick_gate(x)


def _quick_gelu_slope(x: mx.array) -> mx.array:
    gate = _quick_gate(x)
    return gate + 1.702 * x * gate * (1 - gate)


def _quick_gate(x: mx.array) -> mx.array:
    """sigmoid(1.702 x)."""
    return 0.5 + 0.5 * tanh(0.851 * x)


def _gelu(x: mx.array) -> mx.array:
    return x * (0.5 + 0.5 * erf(math.sqrt(0.5) * x))


def _gelu_slope(x: mx.array) -> mx.array:
    return 0.5 + 0.5 * erf(math.sqrt(0.5) * x) + x * mx.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _gelu_tanh(x: mx.array) -> mx.array:
    return x * (0.5 + 0.5 * tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)))


def _gelu_tanh_slope(x: mx.array) -> mx.array:
    t = tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x))
    return 0.5 + 0.5 * t + 0.5 * x * (1 - t * t) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


quick_gelu = _differentiable(_quick_gelu, _quick_gelu_slope)
gelu = _differentiable(_gelu, _gelu_slope)
gelu_tanh = _differentiable(_gelu_tanh, _gelu_tanh_slope)

ACTIVATION: dict[str, Function] = {
    "quick_gelu": quick_gelu,
    "gelu": gelu,
    "gelu_new": gelu_tanh,
    "gelu_fast": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
}
