"""What bounds a stage, told from its rate and from what would be possible; and what to do about it. Arithmetic alone.

A roofline: work of so many FLOP that moves so many bytes cannot be quicker than the one takes at the most FLOP a second
and the other at the most bytes a second (Williams, Waterman and Patterson, 2009).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

MOSTLY = 0.5  # of what is possible: from there on it takes most of the time
GOOD_ENOUGH = 0.97  # of the best: a smaller batch then waits less and takes less memory
AHEAD = 1.25  # so many times as quick as the model the reading threads should be, for it never to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What `pics index` is reckoned to do here with a model, what bounds it, and the options that make it so."""

    stage: ClassVar[str] = "advice"
    model: str
    images_per_second: float
    bound_by: str
    workers: int
    batch: int


def roofline(flop: float, moved: float, flops: float, bandwidth: float) -> float:
    """Times a second that work of so many FLOP and bytes can be done at most."""
    return 1 / max(flop / flops, moved / bandwidth)


def computing_bound(of_compute: float, of_bandwidth: float) -> str:
    """By the parts of the possible FLOP and bytes a second that are reached.

    `steps`: neither; time goes into what lies between the products, or into waiting to begin.
    """
    if max(of_compute, of_bandwidth) < MOSTLY:
        return "steps"
    return "compute" if of_compute >= of_bandwidth else "memory"


def reading_bound(rate: float, alone: float, workers: int, size: int, disk: float) -> str:
    """Of pictures of so many bytes, by their rate and what one core makes of them in memory.

    `sharing`: the cores hinder each other, by memory, heat, or because some are slower than others.
    """
    if rate * size >= MOSTLY * disk:
        return "disk"
    if workers == 1:
        return "core" if rate >= MOSTLY * alone else "files"
    return "cores" if rate >= MOSTLY * alone * workers else "sharing"


def scanning_bound(of_memory: float) -> str:
    """Of a scan by one core, by the part of what it could read that it reads."""
    return "memory" if of_memory >= MOSTLY else "core"


def batch_for(rates: Mapping[int, float]) -> int:
    """The smallest of some batches that is as good as the best; `rates` are pictures a second."""
    best = max(rates.values())
    return min(batch for batch, rate in rates.items() if rate >= GOOD_ENOUGH * best)


def advice(
    model: str,
    on_gpu: bool,
    one: float,
    everyone: float,
    cores: int,
    rates: Mapping[int, float],
    from_disk: float,
) -> Advice:
    """`one` and `everyone` are what a reading thread and one a core make of files, `from_disk` what the disk gives.

    Pictures a second, all of them; `rates` what the model makes, by batch. A model on the cores takes turns with the
    reading.
    """
    batch = batch_for(rates)
    computed = rates[batch]
    read = min(everyone, from_disk)
    if not on_gpu:
        both = 1 / (1 / everyone + 1 / computed)
        rate, bound = min((both, "cores"), (from_disk, "disk"))
        return Advice(model=model, images_per_second=rate, bound_by=bound, workers=cores, batch=batch)
    rate, bound = min((computed, "model"), (everyone, "cores"), (from_disk, "disk"))
    workers = _workers(AHEAD * computed, one, everyone, cores) if read > computed else cores
    return Advice(model=model, images_per_second=rate, bound_by=bound, workers=workers, batch=batch)


def _workers(wanted: float, one: float, everyone: float, cores: int) -> int:
    """As many threads as read so many pictures a second: between one and all their rate is taken to grow evenly."""
    if wanted <= one:
        return 1
    if wanted >= everyone:
        return cores
    return min(cores, 1 + math.ceil((cores - 1) * (wanted - one) / (everyone - one)))
