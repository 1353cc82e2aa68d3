"""The demo's album as pics-mini sees it, in a library of the test's own."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import mlx_clip
from demo.tour import ALBUM
from indexer.asking.encoding import Speaker
from indexer.build import build
from indexer.photo import Encoder, Vector, identity
from indexer.store.library import Library
from tests.indexer.conftest import SETTINGS
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


@contextmanager
def copied(home: Path, folder: Path) -> Iterator[Library]:
    """A copy of a library in a folder, that may be written to."""
    shutil.copytree(home, folder / "home")
    with Library(folder / "home") as library:
        yield library


def album_and(folder: Path, album_home: Path, mini: Encoder, home: Path, exclude: Sequence[str] | None = None) -> Path:
    """Makes a library of the album and another folder."""
    with copied(album_home, home) as library:
        build(library, mini, [str(folder)], exclude, SETTINGS)
    return home / "home"


@pytest.fixture
def album(album_home: Path, tmp_path: Path) -> Iterator[Library]:
    with copied(album_home, tmp_path) as library:
        yield library


@pytest.fixture
def speaker(library: Library, mini: Encoder) -> Speaker:
    return Speaker(library, identity(mini), lambda _: mini)
