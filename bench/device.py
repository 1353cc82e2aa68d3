"""Pixels -> vectors on the device that MLX computes on: by model and batch, against what the device can do at most."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.bandwidth import Memory
from bench.chips import Chip
from bench.stopwatch import Clock, best, usual
from bench.verdict import computing_bound, roofline
from mlx_clip.device import Device
from mlx_clip.gauge import Additions, Dtype, Products

SIDES = (256, 8192)  # of the matrices: from the smallest on, twice as large until a product is worth timing
WORTH = 0.02  # seconds
PATIENCE = 6.0  # seconds that a batch may take, to be tried at all


class Tower(Protocol):
    """mlx_clip.blank.Blank, or what stands for it. `flop` is the work for one picture."""

    name: str
    flop: float
    image_size: int

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]: ...

    def traffic(self, batch: int) -> float: ...


class Multiplying(Protocol):
    flop: float

    def __call__(self) -> None: ...


class Adding(Protocol):
    bytes: float

    def __call__(self) -> None: ...


Multiplier = Callable[[Device, Dtype, int, int], Multiplying]
Adder = Callable[[Device, int], Adding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most FLOP and bytes a second: measured, and published where the chip is in the table."""

    stage: ClassVar[str] = "peak"
    device: str
    dtype: str
    flops: float
    bytes_per_second: float
    chip: str | None
    published_flops: float | None
    published_between: tuple[float, float] | None
    published_bytes_per_second: float | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """`flops` are the model's FLOP a second, `of_measured`, `of_published` and `of_bandwidth` parts of the peak's.

    `limit` is how many pictures a second the measured roofline lets through.
    """

    stage: ClassVar[str] = "device"
    model: str
    device: str
    dtype: str
    batch: int
    images_per_second: float
    flops: float
    of_measured: float
    of_published: float | None
    of_bandwidth: float
    limit: float
    bound_by: str


def peak(
    device: Device,
    dtype: Dtype,
    chip: Chip | None,
    memory: Memory,
    size: int,
    budget: float,
    clock: Clock = time.perf_counter,
    multiplier: Multiplier = Products,
    adder: Adder = Additions,
) -> Peak:
    """`memory` is what all cores read: a CPU has no other. `size` is in bytes, of what a GPU copies."""
    known = chip if device.device == "gpu" else None  # the table is of GPUs
    if device.device == "cpu":
        moved = memory.bytes_per_second
    else:
        additions = adder(device, size)
        moved = additions.bytes / best(additions, budget / 2, clock)
    return Peak(
        device=device.device,
        dtype=dtype,
        flops=_products(device, dtype, budget, clock, multiplier),
        bytes_per_second=moved,
        chip=known.name if known else None,
        published_flops=known.flops if known and dtype != "bfloat16" else None,
        published_between=known.between if known and dtype != "bfloat16" else None,
        published_bytes_per_second=known.bandwidth if known else None,
        sources=known.sources if known else (),
    )


def _products(device: Device, dtype: Dtype, budget: float, clock: Clock, multiplier: Multiplier) -> float:
    """The most FLOP a second of any product on the way to one that is worth timing."""
    side, most = SIDES
    fastest = 0.0
    while True:
        work = multiplier(device, dtype, side, 1)
        seconds = best(work, budget / 8, clock)
        fastest = max(fastest, work.flop / seconds)
        if seconds >= WORTH or side >= most:
            break
        side *= 2
    # where one is over in no time, several without a pause between them
    work = multiplier(device, dtype, side, max(1, min(32, round(WORTH / seconds))))
    return max(fastest, work.flop / best(work, budget / 2, clock))


def encodings(
    tower: Tower,
    called: str,
    device: Device,
    peak: Peak,
    batches: Iterable[int],
    budget: float,
    clock: Clock = time.perf_counter,
) -> Iterator[Encoding]:
    """Batch by batch, as long as the next one does not try one's patience. The model is `called` so."""
    random = np.random.default_rng(0)
    seconds_each = 0.0
    for batch in batches:
        if batch * seconds_each > PATIENCE:
            return
        pixels = random.integers(0, 256, (batch, tower.image_size, tower.image_size, 3), np.uint8)
        if device.compiled or not seconds_each:
            tower.encode(pixels)  # weights are made at the first call, and a GPU compiles each shape anew
        seconds = usual(lambda pixels=pixels: tower.encode(pixels), budget, clock)  # type: ignore[misc]
        seconds_each = seconds / batch
        yield _encoding(tower, called, device, peak, batch, batch / seconds)


def _encoding(tower: Tower, called: str, device: Device, peak: Peak, batch: int, rate: float) -> Encoding:
    moved = tower.traffic(batch) / batch
    flops = rate * tower.flop
    of_measured, of_bandwidth = flops / peak.flops, rate * moved / peak.bytes_per_second
    return Encoding(
        model=called,
        device=device.device,
        dtype=device.dtype,
        batch=batch,
        images_per_second=rate,
        flops=flops,
        of_measured=of_measured,
        of_published=flops / peak.published_flops if peak.published_flops else None,
        of_bandwidth=of_bandwidth,
        limit=roofline(tower.flop, moved, peak.flops, peak.bytes_per_second),
        bound_by=computing_bound(of_measured, of_bandwidth),
    )
