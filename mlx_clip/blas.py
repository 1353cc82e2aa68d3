"""Finds OpenBLAS for MLX on Linux, whose wheel links the reference BLAS: matrix products become thirty times faster.

It has to be loaded, for every library to see, before MLX is: symbols are bound to whoever comes first. macOS has
Accelerate and Metal, and needs nothing.
"""

import ctypes
import sys
from functools import cache

__all__ = ["preload"]

LIBRARY = "libopenblas.so.0"


@cache
def preload() -> str | None:
    """Loads OpenBLAS once a process; the path it was loaded from, or None where there is none to be had."""
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL(LIBRARY, ctypes.RTLD_GLOBAL)
    except OSError:
        return None
    return _path_of(library)


class _Found(ctypes.Structure):
    """Dl_info of dlfcn.h."""

    _fields_ = (
        ("path", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


def _path_of(library: ctypes.CDLL) -> str:
    found = _Found()
    ctypes.CDLL(None).dladdr(library.cblas_sgemm, ctypes.byref(found))
    return found.path.decode() if found.path else LIBRARY
