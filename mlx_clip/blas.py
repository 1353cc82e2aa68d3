"""OpenBLAS before MLX, on Linux: MLX's wheel links the reference BLAS, which is thirty times slower.

Symbols that are loaded first, and globally, win. macOS has Metal and Accelerate and needs none of this.
"""

import ctypes
import sys
from functools import cache

OPENBLAS = "libopenblas.so.0"


@cache
def preload() -> str | None:
    """Loads OpenBLAS if the system has it, and returns its name. Must run before the first `import mlx.core`."""
    if sys.platform != "linux":
        return None
    try:
        ctypes.CDLL(OPENBLAS, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return None
    return OPENBLAS
