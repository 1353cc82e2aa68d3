"""One batch over the cores of a CPU: each takes its share of the rows, in a stream of MLX's of its own.

BLAS alone would spread the matrix products over the cores, and leave all of them but one idle in everything between:
activations, attention, norms, a third of a tower's time.
"""

from collections.abc import Callable
from functools import cache

from mlx_clip import blas
from mlx_clip.backend import mx

__all__ = ["shared_out"]

RowsToRows = Callable[[mx.array], mx.array]

AT_ONCE = 8
"""Rows that a core computes together. With more of them the products gain little, and all else leaves the cache."""


def shared_out(forward: RowsToRows, cores: int) -> RowsToRows:
    """The same function (n, …) -> (n, …) of rows that do not depend on each other, not lazy; for no cores, as it is."""
    if not cores:
        return forward

    def forward_in_shares(rows: mx.array) -> mx.array:
        starts = range(0, len(rows), cores * AT_ONCE)
        return mx.concatenate([_share_out(forward, rows[start : start + starts.step], cores) for start in starts])

    return forward_in_shares


def _share_out(forward: RowsToRows, rows: mx.array, cores: int) -> mx.array:
    n = min(cores, len(rows))
    shares = mx.split(rows, [len(rows) * share // n for share in range(1, n)])
    with blas.limited_to(cores // n):
        results = [
            _in_stream(stream, forward, share) for stream, share in zip(_streams(cores)[:n], shares, strict=True)
        ]
        mx.eval(results)
    return mx.concatenate(results)


def _in_stream(stream: mx.ThreadLocalStream, forward: RowsToRows, rows: mx.array) -> mx.array:
    with mx.stream(stream):
        return forward(rows)


@cache
def _streams(cores: int) -> list[mx.ThreadLocalStream]:
    """Each thread of Python's has streams of its own in these, and each of those works on a thread of its own."""
    return [mx.new_thread_local_stream(mx.cpu) for _ in range(cores)]
