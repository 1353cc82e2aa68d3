"""What a machine makes of pics' work: a table of rates and of what bounds them, and JSON to share."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import groupby
from typing import Any, TypeVar

from bench.bandwidth import Disk, Memory
from bench.course import OWN, Result, Tell
from bench.device import Encoding, Peak
from bench.host import Reading
from bench.machine import Machine
from bench.nearest import Asking
from bench.verdict import Advice
from terminal.text import size

BOUND = {
    "core": "a core",
    "cores": "the cores",
    "sharing": "shared cores",
    "files": "the files",
    "disk": "the disk",
    "compute": "arithmetic",
    "memory": "memory",
    "steps": "small steps",
    "model": "the model",
}
LEGEND = """\
shared cores  they hinder each other: by memory, by heat, by other programs, or because some are slower
at most       pictures a second that the device's most FLOP and bytes a second would allow
small steps   neither of these: time goes into what lies between the matrix products, or into waiting to begin
arithmetic    more than half of the time goes into the products themselves"""
WAYS = {"exact": "every vector", "codes": "codes, once open"}
BUSY = 0.3  # of the cores: so much load disturbs

T = TypeVar("T")


@contextmanager
def measuring() -> Iterator[Tell]:
    """Says on stderr what is being measured, for the length of the block."""
    if not sys.stderr.isatty():
        yield lambda what: _say(f"measuring: {what}\n")
        return
    yield lambda what: _say(f"\r\x1b[Kmeasuring: {what} …")
    _say("\r\x1b[K")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def facts(result: Result) -> dict[str, Any]:
    """One figure as one object; docs/json.md says what each key means."""
    return {"stage": result.stage} | {name: _rounded(value) for name, value in asdict(result).items()}


def _rounded(value: object) -> object:
    if isinstance(value, tuple):
        return [_rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def disturbance(machine: Machine) -> str | None:
    """A sentence where other programs are at work."""
    if machine.load <= BUSY * machine.cores:
        return None
    return f"other programs are at work (load {machine.load:.1f} on {machine.cores} cores): rates will come out low"


def rows(results: Sequence[Result]) -> Iterator[str]:
    """The whole table, line by line."""
    for machine in _of(results, Machine):
        yield from _machine(machine, _of(results, Memory), _of(results, Disk))
    yield ""
    yield from _reading(_of(results, Reading))
    yield ""
    yield from _peaks(_of(results, Peak))
    yield from _encoding(_of(results, Encoding))
    yield ""
    yield from _asking(_of(results, Asking))
    yield ""
    yield from _advice(_of(results, Advice))


def _of(results: Sequence[Result], kind: type[T]) -> list[T]:
    return [result for result in results if isinstance(result, kind)]


def _machine(machine: Machine, memories: Sequence[Memory], disks: Sequence[Disk]) -> Iterator[str]:
    cores = f"{machine.cores} cores" + (f" ({machine.fast_cores} fast)" if machine.fast_cores else "")
    gpu = f", GPU of {machine.gpu_cores} cores" if machine.gpu_cores else f", {machine.gpu}" if machine.gpu else ""
    yield f"{machine.processor}, {cores}, {size(machine.memory)}{gpu}; {machine.system}"
    yield f"pics {machine.pics}, MLX {machine.mlx}, Python {machine.python}; {machine.date}, load {machine.load:.1f}"
    read = [f"{size(found.bytes_per_second)}/s to {_cores(found.workers)}" for found in memories]
    kept = [f"disk {size(found.bytes_per_second)}/s" + (" (as remembered)" if found.cached else "") for found in disks]
    yield "memory " + "; ".join([", ".join(read), *kept])


def _cores(number: int) -> str:
    return "one core" if number == 1 else f"all {number} cores"


def _reading(reading: Sequence[Reading]) -> Iterator[str]:
    everyone = max((read.workers for read in reading), default=1)
    head = ("READING", "", "a picture", "decode", "resize", "one core", f"{_cores(everyone)}, files", "bound by")
    table = [head]
    for _, of_format in groupby(reading, key=lambda read: read.format):
        alone, *from_files = of_format
        together = from_files[-1]
        table.append(
            (
                alone.format,
                f"{alone.megapixels:.0f} MP",
                size(alone.bytes),
                _duration(alone.decode),
                _duration(alone.prepare),
                f"{_figure(alone.images_per_second)}/s",
                f"{_figure(together.images_per_second)}/s",
                BOUND[together.bound_by],
            )
        )
    yield from _aligned(table)


def _peaks(peaks: Sequence[Peak]) -> Iterator[str]:
    for peak in peaks[:1]:
        yield f"THE {peak.device.upper()}, {peak.dtype}"
        yield f"  measured   {_flops(peak.flops)}, {size(peak.bytes_per_second)}/s"
        if peak.published_bytes_per_second:
            flops = _flops(peak.published_flops) if peak.published_flops else "FLOP unknown"
            differ = " (sources differ)" if peak.published_between else ""
            yield f"  published  {flops}{differ}, {size(peak.published_bytes_per_second)}/s, {peak.chip}"
    for peak in peaks[1:]:
        yield f"  {peak.dtype:<9}  {_flops(peak.flops)}"


def _encoding(encoding: Sequence[Encoding]) -> Iterator[str]:
    with_published = any(done.of_published is not None for done in encoding)
    head = ("MODEL", "batch", "pictures", "at most", "", "of measured", "of published", "bound by")
    table = [head]
    for _, of_model in groupby(encoding, key=lambda done: done.model):
        for number, done in enumerate(of_model):
            published = "" if done.of_published is None else _part(done.of_published)
            table.append(
                (
                    done.model if number == 0 else "",
                    str(done.batch),
                    f"{_figure(done.images_per_second)}/s",
                    f"{_figure(done.limit)}/s",
                    _flops(done.flops),
                    _part(done.of_measured),
                    published,
                    BOUND[done.bound_by],
                )
            )
    yield from _aligned(table if with_published else [(*row[:6], row[7]) for row in table])


def _asking(askings: Sequence[Asking]) -> Iterator[str]:
    for first in askings[:1]:
        yield f"ANSWERS among {first.vectors:,} vectors of {first.dim} numbers"
    for asking in askings:
        line = f"  {WAYS[asking.way]:<18}{_duration(asking.seconds):>8}"
        if asking.way == "exact":
            line += f"   {size(asking.bytes_per_second)}/s, {_part(asking.of_memory)} of what one core reads"
            line += f"; bound by {BOUND[asking.bound_by]}"
        yield line


def _advice(advices: Sequence[Advice]) -> Iterator[str]:
    for advice in advices:
        model = "NAME" if advice.model.startswith(OWN) else advice.model
        yield f"pics index --model {model} --workers {advice.workers} --batch {advice.batch}"
        yield f"  about {_figure(advice.images_per_second)} photos a second, bound by {BOUND[advice.bound_by]}"


def _aligned(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The first and the last column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [
            cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _figure(value: float) -> str:
    """Three figures are all that a measurement is good for."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _part(value: float) -> str:
    return f"{100 * value:.0f} %"


def _duration(seconds: float | None) -> str:
    return "" if seconds is None else f"{_figure(1000 * seconds)} ms"


def _flops(value: float) -> str:
    return f"{_figure(value / 1e12)} TFLOP/s" if value >= 1e12 else f"{_figure(value / 1e9)} GFLOP/s"
