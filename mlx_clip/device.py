"""The one switch between Metal (or CUDA) and the CPU: where MLX computes, how exactly, and whether it compiles.

GPU   float16: half the memory and twice the speed. Compiled, in batches padded to few shapes.
CPU   float32: half precision is thirty times slower there. Eager: compiling wants g++ and gains nothing. Each core
      takes its share of a batch.
"""

from dataclasses import dataclass
from typing import Literal

from mlx_clip.errors import UnsupportedDevice

__all__ = ["Device", "describe_device"]

Kind = Literal["gpu", "cpu"]
Dtype = Literal["float16", "float32"]


@dataclass(frozen=True, slots=True)
class Device:
    """Where and how MLX computes; `blas` is the path of OpenBLAS, None where it is not needed or not found.

    `cores` of a CPU share a batch out among them: as many as OpenBLAS has threads, 1 without it; 0 on a GPU.
    """

    device: Kind
    dtype: Dtype
    compiled: bool
    blas: str | None
    mlx: str
    cores: int = 0


def describe_device(device: Kind | None = None) -> Device:
    """The GPU where there is one, unless told otherwise. Raises UnsupportedDevice."""
    from mlx_clip import blas
    from mlx_clip.backend import OPENBLAS, mx

    has_gpu = bool(mx.is_available(mx.gpu))
    version = mx.__version__  # type: ignore[attr-defined]  # missing in MLX's stubs alone
    if device == "gpu" and not has_gpu:
        raise UnsupportedDevice(device)
    if device == "gpu" or (device is None and has_gpu):
        return Device("gpu", "float16", compiled=True, blas=OPENBLAS, mlx=version)
    return Device("cpu", "float32", compiled=False, blas=OPENBLAS, mlx=version, cores=blas.threads())
