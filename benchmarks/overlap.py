"""Overlap: whether an index run is as fast as the slower of its two halves, reading and encoding. Both are played.

A photo takes a thread a pause to read; a batch keeps a device busy for a while, one behind the other, as a GPU does it.
What is measured is how they wait for each other, on any machine, whatever else it does.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import interleaved
from benchmarks.result import Figure, Target, compared
from indexer.build import Settings, build
from indexer.feed import Reader, feed
from indexer.photo import Pixels, Vector
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder

FILES = 3_000
SECONDS_A_PHOTO = 0.005
SETTINGS = Settings(batch=32, workers=2)
DEVICES = (0.5, 0.8, 1.0, 1.25, 2.0)  # times as fast as the host
NEARLY = Target(0.95, of="ratio", at_least=True)


class Played(FakeEncoder):
    """Pauses for every photo that it prepares; its device takes a second for so many."""

    def __init__(self, device: float = float("inf")) -> None:
        super().__init__()
        self._device = device
        self._free_at = 0.0

    def prepare(self, image: Image.Image) -> Pixels:
        time.sleep(SECONDS_A_PHOTO)
        return super().prepare(image)

    def begin_pixels(self, pixels: Pixels) -> Callable[[], Vector]:
        vectors = self.encode_pixels(pixels)
        done_at = self._free_at = max(self._free_at, time.perf_counter()) + len(pixels) / self._device

        def waited_for() -> Vector:
            time.sleep(max(done_at - time.perf_counter(), 0))
            return vectors

        return waited_for


def measure(bench: Bench) -> list[Figure]:
    folder = material.tiny(bench.work / f"tiny-{FILES}", FILES)
    runs = min(bench.runs, 3)
    _host(folder)  # warms the caches
    host = _host(folder)
    return [_beside(bench.work, folder, runs, times, host) for times in DEVICES]


def _beside(work: Path, folder: Path, runs: int, times: float, host: float) -> Figure:
    device = times * host
    rates, hosts = interleaved(runs, lambda: _index(work / "home-overlap", folder, device), lambda: _host(folder))
    slower = [min(alone, device) for alone in hosts]
    what = f"overlap, an encoder {times:g} times as fast as the reading"
    return compared(what, "img/s", float, rates, slower, "the slower alone", NEARLY)


def _host(folder: Path) -> float:
    """Photos a second that are read when nobody encodes them."""
    files, encoder = list(material.files(folder)), Played()
    begun = time.perf_counter()
    for _ in feed(files, Reader(encoder.prepare, encoder.image_size), SETTINGS.workers, SETTINGS.batch):
        pass
    return len(files) / (time.perf_counter() - begun)


def _index(home: Path, folder: Path, device: float) -> float:
    shutil.rmtree(home, ignore_errors=True)
    with Library(home) as library:
        begun = time.perf_counter()
        build(library, Played(device), [str(folder)], settings=SETTINGS)
        return FILES / (time.perf_counter() - begun)
