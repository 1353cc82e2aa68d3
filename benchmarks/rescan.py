"""Rescan: `pics index` of 100,000 files of which none has changed, beside the bare walk and rclip's rescan."""

import time
from pathlib import Path

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import Sample, cpu_seconds, interleaved, megabytes, sample, seconds
from benchmarks.result import Figure, Target, compared
from benchmarks.subjects import Pics, Rclip
from indexer.build import Settings, build
from indexer.photo import identity
from indexer.store.library import Library

FILES = 100_000
OF_THE_WALK = Target(2.7, of="ratio")  # 0.7 s where the walk takes 0.26


def measure(bench: Bench) -> list[Figure]:
    """Tiny pictures, taken in once through a fake encoder under the model's name."""
    folder = material.tiny(bench.work / f"tiny-{FILES}", FILES)
    pics, rclip = bench.pics("home-rescan"), bench.peer("rclip-rescan")
    _fill(pics, bench, folder)
    subjects = [lambda: sample(pics("index")), lambda: _walk(folder)]
    if rclip:
        _fill_peer(rclip, folder)
        subjects += [lambda: sample(rclip.index(folder)), lambda: sample(rclip.query(folder, 1))]
    ours, walk, *of_rclip = interleaved(bench.runs, *subjects)
    what = f"rescan of {FILES:,} files"
    figures = [
        compared(what, "s", seconds, ours, walk, "walk and stat", OF_THE_WALK),
        compared(f"{what}, seconds of all cores", "s", cpu_seconds, ours, walk, "walk and stat"),
        compared(f"{what}, peak memory", "MB", megabytes, ours),
    ]
    if rclip:
        rescans, queries = of_rclip
        less = [Sample(a.seconds - b.seconds, 0, a.megabytes) for a, b in zip(rescans, queries, strict=True)]
        figures += [
            compared(what, "s", seconds, ours, less, "rclip less a query"),
            compared(f"{what}, peak memory", "MB", megabytes, ours, rescans, "rclip"),
        ]
    return figures


def _walk(folder: Path) -> Sample:
    begun, begun_cpu = time.perf_counter(), time.process_time()
    for _ in material.files(folder):
        pass
    return Sample(time.perf_counter() - begun, time.process_time() - begun_cpu, 0)


def _fill(pics: Pics, bench: Bench, folder: Path) -> None:
    pics.empty()
    with Library(pics.home) as library:
        stand_in = material.StandIn(identity(bench.encoder))
        report = build(library, stand_in, [str(folder)], settings=Settings(batch=512))
    if report.new != FILES:
        raise ValueError(f"{folder}: {report.new:,} of {FILES:,} files were taken in")


def _fill_peer(rclip: Rclip, folder: Path) -> None:
    vector = material.unit_vectors(1, material.DIM)[0].tobytes()
    files = material.files(folder)
    rclip.fill((file.path, file.mtime_ns / 1e9, file.size, vector, str(n)) for n, file in enumerate(files))
