"""The activations that checkpoints name, by their names in config.json: x times a gate from 0 to 1. And softmax.

Plain arithmetic, and not the functions of mlx.nn: those are compiled one by one, which on a CPU starts a C++ compiler.
There, moreover, MLX evaluates erf, tanh and exp number by number, but sums and products vectorised: the 16th power of a
polynomial takes a third to a sixth of the time. In float16, on the GPU, polynomials would be coarse and erf is fast.

Each brings its derivative in closed form: that of the polynomials, found step by step, takes six times as long.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from mlx_clip.backend import mx

__all__ = ["ACTIVATION", "gelu", "gelu_tanh", "quick_gelu", "softmax"]

Function = Callable[[mx.array], mx.array]

EXP = (1.0, 0.062500044, 0.0019530113, 4.0772325e-05, 6.1302014e-07, 1.0448382e-08)
"""p in exp(-a) = 1 / p(a)^16 for a >= 0, lowest power first: exact to 1e-7, and to 2e-6 with what is rounded."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Where float32 is computed, gate(-a) = 1 / (p(a)^16 + c) for a >= 0, and gate(a) = 1 - gate(-a).

    `p` is a minimax fit, lowest power first: x times the gate is exact to 5e-7, and to 1e-6 with what is rounded.
    """

    exact: Function
    p: tuple[float, ...]
    c: int = 0

    def __call__(self, x: mx.array) -> mx.array:
        if x.dtype != mx.float32:
            return self.exact(x)
        below = 1 / self._growth(mx.abs(x))
        return mx.where(x < 0, below, 1 - below)

    def times(self, x: mx.array) -> mx.array:
        """x times the gate: the same in fewer steps."""
        if x.dtype != mx.float32:
            return x * self.exact(x)
        size = mx.abs(x)
        return mx.maximum(x, 0) - size / self._growth(size)

    def _growth(self, size: mx.array) -> mx.array:
        power = _power(size, self.p)
        return power + self.c if self.c else power


def _power(x: mx.array, p: tuple[float, ...]) -> mx.array:
    """p(x)^16."""
    *lower, last = p
    total = mx.array(last)
    for coefficient in reversed(lower):
        total = total * x + coefficient
    return mx.square(mx.square(mx.square(mx.square(total))))


def _tanh_argument(x: mx.array) -> mx.array:
    return math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)


ERF = Gate(
    lambda x: 0.5 + 0.5 * mx.erf(math.sqrt(0.5) * x),
    (1.0442738, 0.052071811, 0.022094011, 0.0033931766, 6.23599e-05, 4.321698e-05, 6.6132267e-06),
)
TANH = Gate(
    lambda x: 0.5 + 0.5 * mx.tanh(_tanh_argument(x)),
    (1.0442738, 0.052084812, 0.022015662, 0.0035112187, -0.0001117854, 7.9821418e-05, 2.4263436e-05),
)
QUICK = Gate(
    lambda x: 0.5 + 0.5 * mx.tanh(0.851 * x),
    (1.0, 0.10637338, 0.0056621808, 0.00019693807, 6.5058958e-06),
    c=1,
)


def _with_vjp(function: Function, vjp: Callable[[mx.array, mx.array, mx.array], mx.array]) -> Function:
    """The function, differentiated from now on by `vjp` of its input, the cotangent and its output."""
    known: Any = mx.custom_function(function)
    known.vjp(vjp)
    return cast(Function, known)


def _differentiable(function: Function, derivative: Function) -> Function:
    return _with_vjp(function, lambda x, cotangent, _: cotangent * derivative(x))


def _gelu_slope(x: mx.array) -> mx.array:
    return ERF(x) + x * mx.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _gelu_tanh_slope(x: mx.array) -> mx.array:
    gate = TANH(x)
    return gate + 2 * x * gate * (1 - gate) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


def _quick_gelu_slope(x: mx.array) -> mx.array:
    gate = QUICK(x)
    return gate + 1.702 * x * gate * (1 - gate)


gelu = _differentiable(ERF.times, _gelu_slope)
gelu_tanh = _differentiable(TANH.times, _gelu_tanh_slope)
quick_gelu = _differentiable(QUICK.times, _quick_gelu_slope)

ACTIVATION: dict[str, Function] = {
    "quick_gelu": quick_gelu,
    "gelu": gelu,
    "gelu_new": gelu_tanh,
    "gelu_fast": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
}


def _softmax(x: mx.array) -> mx.array:
    """Over the last axis."""
    if x.dtype != mx.float32:
        return mx.softmax(x, axis=-1)
    powers = 1 / _power(x.max(axis=-1, keepdims=True) - x, EXP)
    return powers / powers.sum(axis=-1, keepdims=True)


def _softmax_vjp(_: mx.array, cotangent: mx.array, y: mx.array) -> mx.array:
    return y * (cotangent - (y * cotangent).sum(axis=-1, keepdims=True))


softmax = _with_vjp(_softmax, _softmax_vjp)
