"""Finds OpenBLAS for MLX on Linux, whose wheel links the reference BLAS: matrix products become thirty times faster.

It has to be loaded, for every library to see, before MLX is: symbols are bound to whoever comes first. macOS has
Accelerate and Metal, and needs nothing.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["limited_to", "preload", "threads"]

LIBRARY = "libopenblas.so.0"


def preload() -> str | None:
    """Loads OpenBLAS once a process; the path it was loaded from, or None where there is none to be had."""
    library = _openblas()
    return _path_of(library) if library else None


@cache
def threads() -> int:
    """How many OpenBLAS started with: one a core, or OPENBLAS_NUM_THREADS. 1 where there is no OpenBLAS."""
    library = _openblas()
    return int(library.openblas_get_num_threads()) if library else 1


@contextmanager
def limited_to(number: int) -> Iterator[None]:
    """Has each product computed by so many threads, for all of the process; then again by all of them."""
    library, usual = _openblas(), threads()
    if library:
        library.openblas_set_num_threads(number)
    try:
        yield
    finally:
        if library:
            library.openblas_set_num_threads(usual)


@cache
def _openblas() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(LIBRARY, ctypes.RTLD_GLOBAL)
    except OSError:
        return None


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
