"""On Linux, memory that MLX lets go of stays with the process, for what MLX asks for next.

glibc gives every large array back to the kernel, which clears each page of the next one anew: a fifth of the time of
encoding, and four fifths of training's. On macOS and on GPUs MLX keeps a cache of its own; on a Linux CPU it has none.
"""

import ctypes
import sys

__all__ = ["keep"]

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # malloc.h
AHEAD = 64 << 20


def keep() -> None:
    """Tells glibc's malloc to take large arrays from the heap, and not to shrink it. Another malloc is left alone."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, AHEAD)):
            mallopt(option, value)
