"""The activations against the functions of Python's own library."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from mlx_clip.activations import ACTIVATION, ERF, QUICK, TANH, Gate
from mlx_clip.backend import mx

POINTS = np.concatenate([np.linspace(-12, 12, 4801), [-1e30, -100, -1e-30, 0, 1e-30, 100, 1e30]]).astype(np.float32)

EXACT: dict[str, Callable[[float], float]] = {
    "quick_gelu": lambda x: x / (1 + math.exp(-1.702 * x)),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu_new": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
}


GATES: dict[str, tuple[Gate, Callable[[float], float]]] = {
    "erf": (ERF, lambda x: (1 + math.erf(x / math.sqrt(2))) / 2),
    "tanh": (TANH, lambda x: (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2),
    "quick": (QUICK, lambda x: (1 + math.tanh(0.851 * x)) / 2),
}


@pytest.mark.parametrize("name", GATES)
def test_gates_are_exact_to_some_millionths_everywhere(name: str) -> None:
    ours, exact = GATES[name]
    assert np.abs(np.array(ours(mx.array(POINTS))) - [exact(x) for x in POINTS.tolist()]).max() < 5e-6


@pytest.mark.parametrize("name", EXACT)
def test_large_numbers_pass_or_vanish(name: str) -> None:
    far = mx.array([-3e38, -1e30, -100, 0, 100, 1e30, 3e38])
    assert np.allclose(np.array(ACTIVATION[name](far)), [0, 0, 0, 0, 100, 1e30, 3e38], atol=1e-12)


@pytest.mark.parametrize("name", EXACT)
def test_activations_are_exact_to_a_millionth_of_their_input(name: str) -> None:
    points = POINTS[np.abs(POINTS) <= 12]
    wrong = np.array(ACTIVATION[name](mx.array(points))) - [EXACT[name](x) for x in points.tolist()]
    assert (np.abs(wrong) <= 1e-6 * np.maximum(np.abs(points), 1)).all()


@pytest.mark.parametrize("name", EXACT)
def test_activations_stay_in_half_precision_and_agree_with_full(name: str) -> None:
    half = mx.array(POINTS[np.abs(POINTS) <= 12]).astype(mx.float16)
    ours = ACTIVATION[name](half)
    assert ours.dtype == mx.float16
    assert np.abs(np.array(ours.astype(mx.float32)) - np.array(ACTIVATION[name](half.astype(mx.float32)))).max() < 0.02


@pytest.mark.parametrize("name", EXACT)
def test_activations_can_be_differentiated(name: str) -> None:
    points = np.linspace(-6, 6, 101, dtype=np.float32)
    slopes = np.array(mx.grad(lambda x: ACTIVATION[name](x).sum())(mx.array(points)))
    expected = [(EXACT[name](x + 1e-4) - EXACT[name](x - 1e-4)) / 2e-4 for x in points.tolist()]
    assert np.abs(slopes - expected).max() < 1e-4


@pytest.mark.parametrize("name", EXACT)
def test_the_derivative_that_an_activation_brings_is_its_own(name: str) -> None:
    points, step = np.linspace(-9, 9, 1801), 1e-4
    slopes = [(EXACT[name](x + step) - EXACT[name](x - step)) / (2 * step) for x in points.tolist()]
    found = mx.grad(lambda x: (3 * ACTIVATION[name](x)).sum())(mx.array(points.astype(np.float32)))
    assert np.abs(np.array(found) - 3 * np.array(slopes)).max() < 2e-4
