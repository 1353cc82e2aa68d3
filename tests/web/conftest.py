"""The gallery as a person has it: the real `pics serve` in a process of its own, and a browser that looks at it.

Whatever the browser complains of, and whatever it asks of another host, fails the test that made it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from PIL import Image

import mlx_clip
from demo.tour import ALBUM
from indexer.build import build
from indexer.photo import Encoder
from indexer.store.library import Library
from tests.indexer.conftest import REPOSITORY
from tests.indexer.organize.renderings import TEN, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "no Chromium on this machine's PATH"
SEEDS = range(5)
SCRIPT = "<img src=x onerror=alert(1)>.jpg"
LONG = "鴨川の夕方、友達と歩いた道からの眺め " + "and a very long name indeed " * 4 + ".jpg"
GONE = "gone.jpg"
TAKEN = 0x9003
LONG_AGO = 1_552_000_000  # March 2019


class Gallery:
    """A library of the demo's album and some more, served. `model` is what it was indexed with."""

    def __init__(self, root: Path, model: Encoder) -> None:
        self.home = root / "home"
        self.photos = root / "photos"
        self.model = model
        self.address = ""

    def number(self, name: str) -> int:
        with Library(self.home) as library:
            found = library.files.content_at(str(self.photos / name))
        assert found is not None
        return int(found[0])


def taken(picture: Image.Image, path: Path, when: str, quality: int = 90) -> None:
    """A JPEG of the kind that a camera writes."""
    exif = Image.Exif()
    exif[0x0110] = "X-T3"
    exif.get_ifd(0x8769)[TAKEN] = when
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "JPEG", quality=quality, exif=exif)


def fill(photos: Path) -> None:
    """The album; ten drawings of it in months of 2021; a burst of five; names that are no plain names."""
    shutil.copytree(ALBUM, photos)
    for path in photos.rglob("*.jpg"):
        os.utime(path, (LONG_AGO, LONG_AGO))  # the only date they have
    for month, drawing in enumerate(TEN, 1):
        for seed in SEEDS:
            taken(render(drawing, seed), photos / "2021" / f"{drawing} {seed}.jpg", f"2021:{month:02}:03 10:{seed}0:00")
    for second in range(5):
        taken(
            render("penguin", 90), photos / "burst" / f"shot {second}.jpg", f"2022:05:01 12:00:0{second}", 80 + second
        )
    taken(render("camera", 91), photos / "names" / SCRIPT, "2022:04:01 12:00:00")
    taken(render("guitar", 92), photos / "names" / LONG, "2022:04:02 12:00:00")
    taken(render("pizza", 93), photos / "names" / GONE, "2022:04:03 12:00:00")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Not to be written to but by who tells how a library grows."""
    if not executable():
        pytest.skip(NO_BROWSER)
    root = tmp_path_factory.mktemp("gallery").resolve()
    made = Gallery(root, mlx_clip.load("pics-mini", cache=root / "home" / "models"))
    fill(made.photos)
    with Library(made.home) as library:
        build(library, made.model, [str(made.photos)])
    (made.photos / "names" / GONE).unlink()
    environment = os.environ | {"PICS_HOME": str(made.home), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "cli", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        made.address = server.stdout.readline().strip().rstrip("/")
        yield made
        server.terminate()


def executable() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Of a module alone: while it is there, its event loop runs, and nobody else can run one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield launched
        launched.close()


class Complaints:
    """What a page must not do. `bears` takes complaints that hold one of some words as what the test is about."""

    def __init__(self, gallery: Gallery) -> None:
        self._host = gallery.address + "/"
        self._gone = f"/photos/{gallery.number(f'names/{GONE}')}/thumbnail"
        self.forget()

    def watch(self, page: "Page") -> None:
        page.on(
            "console", lambda said: said.type in ("error", "warning") and self._hear(f"{said.text} {said.location}")
        )
        page.on("pageerror", lambda error: self._hear(f"thrown: {error}"))
        page.on("dialog", lambda dialog: self._hear(f"dialog: {dialog.message}"))
        page.on("request", self._asks)

    def forget(self) -> None:
        self._heard: list[str] = []
        self._borne = [self._gone]  # wherever it is among those shown

    def bears(self, *words: str) -> None:
        self._borne += words

    @property
    def left(self) -> list[str]:
        return [one for one in self._heard if not any(word in one for word in self._borne)]

    def _hear(self, complaint: str) -> None:
        self._heard.append(complaint)

    def _asks(self, request: Any) -> None:
        if not request.url.startswith((self._host, "data:", "blob:")):
            self._hear(f"asked elsewhere: {request.url}")


class Window(NamedTuple):
    page: "Page"
    complaints: Complaints


@pytest.fixture(scope="module")
def window(served: Gallery, browser: "Browser") -> "Iterator[Window]":
    """One for most tests: a new one takes a second."""
    complaints = Complaints(served)
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.set_default_timeout(10_000)
    complaints.watch(page)
    yield Window(page, complaints)


@pytest.fixture
def complaints(window: Window) -> Iterator[Complaints]:
    window.complaints.forget()
    yield window.complaints
    window.page.goto("about:blank")
    assert window.complaints.left == []


Look = Callable[..., "Page"]


@pytest.fixture
def look(served: Gallery, browser: "Browser", window: Window, complaints: Complaints) -> Iterator[Look]:
    """`look("/?q=dog", width=360)`: a page of the gallery; with options of a browser context, in one of its own."""
    contexts = []

    def open_page(path: str = "/", width: int = 1000, height: int = 700, **options: Any) -> "Page":
        page, size = window.page, {"width": width, "height": height}
        if options:
            contexts.append(browser.new_context(viewport=size, reduced_motion="reduce", **options))
            page = contexts[-1].new_page()
            page.set_default_timeout(10_000)
            complaints.watch(page)
        page.set_viewport_size(size)
        page.goto(served.address + path, wait_until="domcontentloaded")
        return page

    yield open_page
    for context in contexts:
        context.close()
