"""What a device can do at most, as work to be timed: products of large matrices, and sums that only move memory."""

from typing import Literal

from mlx_clip.backend import mx
from mlx_clip.device import Device

__all__ = ["Additions", "Products", "device_name"]

Dtype = Literal["float16", "bfloat16", "float32"]


def device_name(device: Device) -> str | None:
    """What the maker calls it; None where MLX does not know."""
    found = mx.device_info(getattr(mx, device.device)).get("device_name")
    return str(found) if found else None


class Products:
    """Called, it multiplies square matrices of `side` numbers a side, `times` one after the other: `flop` in all."""

    def __init__(self, device: Device, dtype: Dtype, side: int, times: int = 1) -> None:
        self._device = getattr(mx, device.device)
        self._times = times
        self.flop = 2.0 * side**3 * times
        with mx.stream(self._device):
            # a length that a product keeps: numbers neither vanish nor leave float16
            drawn = [mx.random.normal((side, side), scale=side**-0.5).astype(getattr(mx, dtype)) for _ in range(2)]
            self._left, self._right = drawn
            mx.eval(self._left, self._right)

    def __call__(self) -> None:
        with mx.stream(self._device):
            product = self._left
            for _ in range(self._times):
                product = product @ self._right
            mx.eval(product)


class Additions:
    """Called, it adds one to each number of an array, which reads and writes it: `bytes` in all."""

    def __init__(self, device: Device, size: int, times: int = 1) -> None:
        self._device = getattr(mx, device.device)
        self._times = times
        self.bytes = 2.0 * size * times
        with mx.stream(self._device):
            self._numbers = mx.zeros((size // 4,), mx.float32)
            mx.eval(self._numbers)

    def __call__(self) -> None:
        with mx.stream(self._device):
            for _ in range(self._times):
                mx.eval(self._numbers + 1)
