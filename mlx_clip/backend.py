"""The one door to MLX: every room takes it from here, so that OpenBLAS is in memory before MLX is, and malloc set."""

from mlx_clip import blas, memory

OPENBLAS = blas.preload()
memory.keep()

import mlx.core as mx  # noqa: E402
from mlx import nn  # noqa: E402
from mlx.utils import tree_flatten, tree_unflatten  # noqa: E402

__all__ = ["OPENBLAS", "mx", "nn", "tree_flatten", "tree_unflatten"]
