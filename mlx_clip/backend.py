"""The one door to MLX: every room takes it from here, so that OpenBLAS is in memory before MLX is."""

from mlx_clip import blas

OPENBLAS = blas.preload()

import mlx.core as mx  # noqa: E402
from mlx import nn  # noqa: E402
from mlx.utils import tree_flatten, tree_unflatten  # noqa: E402

__all__ = ["OPENBLAS", "mx", "nn", "tree_flatten", "tree_unflatten"]
