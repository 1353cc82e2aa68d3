"""The demo's album as pics-mini sees it, in a library of the test's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlx_clip
from demo.tour import ALBUM
from indexer.build import build
from indexer.photo import Encoder, Vector
from indexer.store.library import Library
from tests.indexer.organize.renderings import TEN, encoded, render


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return mlx_clip.load("pics-mini", cache=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def drawings(mini: Encoder) -> dict[str, Vector]:
    """Ten of the album's drawings, each with float32 (20, dim): of twenty pictures of it, on all sorts of grounds."""
    pictures = [render(drawing, seed) for drawing in TEN for seed in range(20)]
    return dict(zip(TEN, encoded(mini, pictures).reshape(10, 20, -1), strict=True))


@pytest.fixture(scope="session")
def album_home(mini: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Indexed once; not to be written to."""
    home = tmp_path_factory.mktemp("album")
    with Library(home) as library:
        build(library, mini, [str(ALBUM)])
    return home


@pytest.fixture
def album(album_home: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy that may be written to."""
    home = tmp_path / "album-home"
    shutil.copytree(album_home, home)
    with Library(home) as library:
        yield library
