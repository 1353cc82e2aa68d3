"""The real program, run as a subprocess with a library of its own and a small random checkpoint."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.random_checkpoint import write

REPOSITORY = Path(__file__).resolve().parents[2]
PLAIN = ("red", "green", "blue", "white", "black", "orange", "purple", "gold")


class Pics:
    """`pics("search", "words")` runs the command; `.json(...)` runs it with --json and parses the lines."""

    def __init__(self, home: Path, checkpoint: Path, folder: Path) -> None:
        self.home = home
        self.checkpoint = checkpoint
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "NO_COLOR"},
            "PICS_HOME": str(home),
            "HF_HUB_OFFLINE": "1",
            "HOME": str(folder),
            "PYTHONPATH": str(REPOSITORY),
        }

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "cli", *map(str, words)]

    def __call__(self, *words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*words),
            env=self.environment | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def typed(self, lines: str, *words: object) -> "subprocess.CompletedProcess[str]":
        """Runs the command with these lines on stdin."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=self.folder,
            input=lines,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def json(self, *words: object) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*words, "--json").stdout.splitlines()]

    def index(self, *words: object) -> "subprocess.CompletedProcess[str]":
        return self("index", *words, "--model", self.checkpoint)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny-clip"
    write(folder)
    return folder


@pytest.fixture
def pics(tmp_path: Path, checkpoint: Path) -> Pics:
    (tmp_path / "elsewhere").mkdir()
    return Pics(tmp_path / "home", checkpoint, tmp_path / "elsewhere")


def draw(path: Path, colour: str, size: tuple[int, int] = (90, 60)) -> Path:
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((10, 10, 50, 50), fill="gray")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eight photos in two folders, and one of them again as a copy."""
    folder = tmp_path / "photos"
    for number, colour in enumerate(PLAIN):
        draw(folder / ("even" if number % 2 == 0 else "odd") / f"{colour}.png", colour)
    (folder / "odd" / "red copy.png").write_bytes((folder / "even" / "red.png").read_bytes())
    return folder


@pytest.fixture
def indexed(pics: Pics, photos: Path) -> Callable[..., Any]:
    """A `pics` whose library holds the photos."""
    result = pics.index(photos)
    assert result.returncode == 0, result.stderr
    return pics
