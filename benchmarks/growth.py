"""How time and memory of index, rescan and query grow from a thousand photos to a million: a table, and a drawing.

Time is that of the processor, of all threads, so that what else a machine does says little: it takes a while.
Index and rescan are of tiny pictures and a fake encoder, so that what grows is ours and no model's; a query is a whole
`pics search` of a made library. What was measured is kept in --work, where the drawing is too: growth.svg.
"""

import shutil
import sys
from collections.abc import Callable
from statistics import median

from benchmarks import large, material, million
from benchmarks.bench import Bench
from benchmarks.drawing import Panel, draw
from benchmarks.measure import Sample, sample
from benchmarks.result import Figure
from benchmarks.subjects import without_model

SIZES = (1_000, 10_000, 100_000, 1_000_000)
INDEX, RESCAN, QUERY = "index without a model", "rescan, nothing changed", "query, a new process"
KEPT, DRAWING = "growth.json", "growth.svg"


def measure(bench: Bench) -> list[Figure]:
    sizes = [size for size in SIZES if size <= bench.large]
    took = {(what, size): _kept(bench, what, size) for size in sizes for what in STEPS}
    seconds, megabytes = Panel("Seconds of processor", "s"), Panel("Peak memory", "MB", starts_at=10)
    for (what, size), (some_seconds, some_megabytes) in took.items():
        seconds.lines.setdefault(what, []).append((size, some_seconds))
        megabytes.lines.setdefault(what, []).append((size, some_megabytes))
    (bench.work / DRAWING).write_text(draw("Photos in the library", (seconds, megabytes)), encoding="utf-8")
    print(f"drawn: {bench.work / DRAWING}", file=sys.stderr)
    figures = [figure for (what, size), found in took.items() for figure in _figures(f"{what}, {size:,}", found)]
    return [*figures, _further(took, *sizes[-2:])] if len(sizes) > 1 else figures


def _figures(what: str, found: tuple[float, float]) -> list[Figure]:
    return [Figure(f"{what}, processor", "s", found[0]), Figure(f"{what}, peak memory", "MB", found[1])]


def _further(took: dict[tuple[str, int], tuple[float, float]], few: int, many: int) -> Figure:
    """Whether index gets slower: photos by a second of processor, those after the first few beside these."""
    (for_few, _), (for_many, _) = took[INDEX, few], took[INDEX, many]
    first, further = few / for_few, (many - few) / (for_many - for_few)
    what = f"{INDEX}, photos from {few:,} to {many:,} by a second of processor"
    return Figure(what, "/s", further, first, f"up to {few:,}", further / first, million.FLAT)


def _kept(bench: Bench, what: str, size: int) -> tuple[float, float]:
    """Seconds of processor and MB, the medians of some runs, unless they were measured before."""
    name, file = f"{what} {size}", bench.work / KEPT
    known = large.noted(file)
    if f"{name} s" not in known:
        print(f"{name} …", file=sys.stderr)
        samples = STEPS[what](bench, size)
        large.note(file, f"{name} s", median(one.cpu_seconds for one in samples))
        large.note(file, f"{name} MB", median(one.megabytes for one in samples))
        known = large.noted(file)
    return known[f"{name} s"], known[f"{name} MB"]


def _index(bench: Bench, size: int) -> list[Sample]:
    """Of the larger ones a single run, which takes long enough to be of some worth."""
    samples = []
    for _ in range(1 if size > SIZES[1] else min(bench.runs, 3)):
        shutil.rmtree(bench.work / f"home-growth-{size}", ignore_errors=True)
        samples.append(_fake_index(bench, size))
    return samples


def _rescan(bench: Bench, size: int) -> list[Sample]:
    """The index before it has filled the library, if not in this run, then in one before."""
    if not (bench.work / f"home-growth-{size}" / "library.db").exists():
        _fake_index(bench, size)
    return [_fake_index(bench, size) for _ in range(min(bench.runs, 3))]


def _fake_index(bench: Bench, size: int) -> Sample:
    folder, home = material.tiny(bench.work / f"tiny-{size}", size), bench.work / f"home-growth-{size}"
    return sample(without_model(home, folder))


def _query(bench: Bench, size: int) -> list[Sample]:
    million.fill(bench, size)
    pics = bench.pics(f"home-large-{size}")
    sample(pics.search(5), fine=(0, 1))  # the first of all finds out what scores are worth with this model
    return [sample(pics.search(5), fine=(0, 1)) for _ in range(bench.runs)]


STEPS: dict[str, Callable[[Bench, int], list[Sample]]] = {INDEX: _index, RESCAN: _rescan, QUERY: _query}
