"""The demo's album as pics-mini sees it, in a library of the test's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlx_clip
from demo.tour import ALBUM
from indexer.build import build
from indexer.photo import Encoder
from indexer.store.library import Library


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return mlx_clip.load("pics-mini", cache=tmp_path_factory.mktemp("models"))


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
