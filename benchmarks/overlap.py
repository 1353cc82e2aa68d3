"""Overlap: whether an index run is as fast as the slower of its two halves, reading and encoding. Both are played.

A photo takes a thread a pause to read, a batch takes the encoder a pause: what is measured is how they wait for each
other, on any machine, whatever else it does.
"""

import shutil
import time
from pathlib import Path

from PIL import Image

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import interleaved
from benchmarks.result import Figure, Target, compared
from indexer.build import Settings, build
from indexer.feed import Reader, feed
from indexer.photo import Pixels
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder

FILES = 1_500
SECONDS_A_PHOTO = 0.005
SETTINGS = Settings(batch=32, workers=2)
DEVICES = (0.5, 0.8, 1.0, 1.25, 2.0)  # times as fast as the host
NEARLY = Target(0.95, of="ratio", at_least=True)


class Played(FakeEncoder):
    """Pauses for every photo that it prepares, and for every batch."""

    def prepare(self, image: Image.Image) -> Pixels:
        time.sleep(SECONDS_A_PHOTO)
        return super().prepare(image)


def measure(bench: Bench) -> list[Figure]:
    folder = material.tiny(bench.work / f"tiny-{FILES}", FILES)
    runs = min(bench.runs, 3)
    host = _host(folder)
    return [_beside(bench.work, folder, runs, times, host) for times in DEVICES]


def _beside(work: Path, folder: Path, runs: int, times: float, host: float) -> Figure:
    device = times * host
    (rates,) = interleaved(runs, lambda: _index(work / "home-overlap", folder, device))
    what = f"overlap, an encoder {times:g} times as fast as the reading"
    return compared(what, "img/s", float, rates, [min(host, device)] * len(rates), "the slower alone", NEARLY)


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
        build(library, Played(seconds_a_batch=SETTINGS.batch / device), [str(folder)], settings=SETTINGS)
        return FILES / (time.perf_counter() - begun)
