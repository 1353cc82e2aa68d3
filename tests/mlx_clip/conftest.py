"""A small random model, written once, and converted once a session."""

from pathlib import Path

import pytest

import mlx_clip
from mlx_clip import Encoder
from tests.random_checkpoint import write


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only: a test that changes files makes its own."""
    return write(tmp_path_factory.mktemp("checkpoint") / "tiny-clip")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def encoder(checkpoint: Path, cache: Path) -> Encoder:
    return mlx_clip.load(checkpoint, cache=cache, device="cpu")
