"""Host side: files -> pixels for the model, per core, beside Pillow alone on the same photos."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import interleaved
from benchmarks.result import Figure, Target, compared
from indexer.feed import Picture, Reader, feed
from indexer.photo import File

PER_CORE = Target(70, at_least=True)
OTHERS = {"PNG": ".png", "WebP": ".webp", "HEIC": ".heic", "DNG": ".dng", "DNG without preview": material.BARE}
FEW = 2  # of each other format: they are slow to make, and no target hangs on them
Rate = tuple[float, float]  # photos a second on the wall, and a second of one core


def measure(bench: Bench) -> list[Figure]:
    """Reading, hashing, decoding and preparing, as `pics index` does it."""
    photos = [file for file in material.files(bench.photos) if file.path.lower().endswith((".jpg", ".jpeg"))]
    kinds = {"": photos}
    if not bench.given_photos:
        kinds = {f" {kind.name}": [file for file in photos if kind.name in file.path] for kind in material.KINDS}
    figures = [figure for kind, files in kinds.items() for figure in _jpeg(bench, kind, files)]
    return figures + [_other(bench, name, suffix) for name, suffix in OTHERS.items()]


def _jpeg(bench: Bench, kind: str, photos: Sequence[File]) -> list[Figure]:
    """Beside the same number of threads in which Pillow does the least that has to be done."""
    reader = _reader(bench)
    one, floor, two, floor_of_two = interleaved(
        bench.runs,
        lambda: _rate(photos, lambda: _feed(photos, reader, 1)),
        lambda: _rate(photos, lambda: _pillow(photos, bench.encoder.image_size, 1)),
        lambda: _rate(photos, lambda: _feed(photos, reader, 2)),
        lambda: _rate(photos, lambda: _pillow(photos, bench.encoder.image_size, 2)),
    )
    what = f"host,{kind} JPEG of {_megabytes(photos):.1f} MB"
    return [
        compared(f"{what}, 1 worker", "img/s", _wall, one, floor, "bare Pillow", PER_CORE),
        compared(f"{what}, a core's second", "img/s", _core, one, floor, "bare Pillow"),
        compared(f"{what}, 2 workers", "img/s", _wall, two, floor_of_two, "bare Pillow, 2 threads"),
    ]


def _other(bench: Bench, name: str, suffix: str) -> Figure:
    photos, reader = list(material.files(material.photos(bench.work / f"photos{suffix}", FEW, suffix))), _reader(bench)
    (rates,) = interleaved(bench.runs, lambda: _rate(photos, lambda: _feed(photos, reader, 1)))
    return compared(f"host, {name} of {_megabytes(photos):.1f} MB, 1 worker", "img/s", _wall, rates)


def _megabytes(photos: Sequence[File]) -> float:
    """The mean."""
    return sum(photo.size for photo in photos) / len(photos) / 1e6


def _reader(bench: Bench) -> Reader:
    return Reader(bench.encoder.prepare, bench.encoder.image_size)


def _feed(photos: Sequence[File], reader: Reader, workers: int) -> None:
    for outcome in feed(photos, reader, workers):
        if not isinstance(outcome, Picture):
            raise ValueError(f"cannot be measured with: {outcome}")


def _pillow(photos: Sequence[File], side: int, threads: int) -> None:
    def shrink(photo: File) -> None:
        with Image.open(photo.path) as image:
            image.draft(None, (2 * side, 2 * side))
            image.load()
            short = min(image.size)
            size = (image.width * side // short, image.height * side // short)
            image.resize(size, Image.Resampling.BICUBIC)

    if threads == 1:
        for photo in photos:
            shrink(photo)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(shrink, photos))


def _rate(photos: Sequence[File], work: Callable[[], None]) -> Rate:
    begun, begun_cpu = time.perf_counter(), time.process_time()
    work()
    return len(photos) / (time.perf_counter() - begun), len(photos) / (time.process_time() - begun_cpu)


def _wall(rate: Rate) -> float:
    return rate[0]


def _core(rate: Rate) -> float:
    return rate[1]
