"""The course of `pics bench`: machine, memory and disk, reading, the device's peak, each model, answers, advice."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import device, host, nearest
from bench.bandwidth import Disk, Memory, disk, memory
from bench.chips import chip
from bench.device import Encoding, Peak
from bench.dng import Size
from bench.host import Reading
from bench.machine import Machine, this_machine
from bench.made import ENCODINGS, PHOTO, made, photo
from bench.nearest import Asking
from bench.stopwatch import Clock
from bench.verdict import Advice, advice
from mlx_clip.blank import Blank
from mlx_clip.device import Device
from mlx_clip.gauge import Dtype, device_name

Result = Machine | Memory | Disk | Reading | Peak | Encoding | Asking | Advice
Tell = Callable[[str], None]

OWN = "a model of your own"  # in place of a folder's name or a repo's, which is nobody's business


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured: seconds for each figure, and upon what. Advice is for the first of the formats."""

    seconds: float
    formats: tuple[str, ...]
    size: Size
    cpu_batches: tuple[int, ...]
    gpu_batches: tuple[int, ...]
    vectors: int
    memory_bytes: int
    disk_bytes: int


WHOLE = Effort(
    seconds=1.5,
    formats=tuple(ENCODINGS),
    size=PHOTO,
    cpu_batches=(1, 8, 32),
    gpu_batches=(1, 8, 32, 64, 128),
    vectors=30_000,
    memory_bytes=256 << 20,
    disk_bytes=256 << 20,
)
QUICK = Effort(
    seconds=0.5,
    formats=("JPEG",),
    size=PHOTO,
    cpu_batches=(1, 16),
    gpu_batches=(1, 32, 128),
    vectors=10_000,
    memory_bytes=128 << 20,
    disk_bytes=64 << 20,
)


class Course:
    """One run. What is measured is written below `folder`, and gone when it ends; models are looked for in `cache`."""

    def __init__(
        self, device: Device, cache: Path, folder: Path | None, effort: Effort, tell: Tell, clock: Clock | None = None
    ) -> None:
        self._device = device
        self._cache = cache
        self._folder = folder
        self._effort = effort
        self._tell = tell
        self._clock = clock or time.perf_counter

    def run(self, *models: str, revision: str | None = None) -> Iterator[Result]:
        """Each figure as it is had. Pictures are prepared as the first of the models wants them.

        `revision` is of a model that may be here no more but for its converted copy. Raises as Blank does, at once.
        """
        towers = [Blank(model, self._cache, self._device, revision) for model in models]
        on_gpu = self._device.device == "gpu"
        machine = this_machine(device_name(self._device) if on_gpu else None)
        yield machine
        with TemporaryDirectory(prefix="pics-bench-", dir=self._folder) as below:
            memories, found = self._moving(machine.cores), self._disk(Path(below))
            yield from memories
            yield found
            reading: list[Reading] = []
            for read in self._reading(towers[0], Path(below), machine.cores, found):
                reading.append(read)
                yield read
            peaks = list(self._peaks(machine, max(memories, key=lambda found: found.bytes_per_second)))
            yield from peaks
            encoded: dict[str, dict[int, float]] = {}
            for done in self._encoding(towers, peaks[0]):
                encoded.setdefault(done.model, {})[done.batch] = done.images_per_second
                yield done
            yield from self._asking(Path(below), towers[0].dim, memories[0])
        for model, rates in encoded.items():
            yield self._advice(model, reading, rates, machine.cores, found)

    # -- stages

    def _moving(self, cores: int) -> list[Memory]:
        """Of one core first, of all last."""
        self._tell("memory")
        size, seconds = self._effort.memory_bytes, self._effort.seconds / 3
        return [memory(workers, size, seconds, self._clock) for workers in sorted({1, cores})]

    def _disk(self, folder: Path) -> Disk:
        self._tell("disk")
        return disk(folder, self._effort.disk_bytes, self._clock)

    def _reading(self, tower: Blank, folder: Path, cores: int, found: Disk) -> Iterator[Reading]:
        picture, seconds = None, self._effort.seconds
        for encoding in self._effort.formats:
            self._tell(f"reading {encoding}")
            picture = picture or photo(self._effort.size)
            file = made(picture, encoding)
            alone = host.in_memory(file, tower.prepare, tower.image_size, seconds, self._clock)
            yield alone
            for workers in sorted({1, cores} if encoding == self._effort.formats[0] else {cores}):
                yield host.from_files(
                    alone, file, folder, tower.prepare, tower.image_size, workers, found, seconds, self._clock
                )

    def _peaks(self, machine: Machine, memory: Memory) -> Iterator[Peak]:
        """In the precision that models run in first."""
        self._tell(f"the {self._device.device} at its most")
        others: tuple[Dtype, ...] = ("bfloat16", "float32") if self._device.device == "gpu" else ()
        published = chip(machine.processor, machine.gpu_cores)
        for dtype in (self._device.dtype, *others):
            yield device.peak(
                self._device, dtype, published, memory, self._effort.memory_bytes, self._effort.seconds, self._clock
            )

    def _encoding(self, towers: Sequence[Blank], peak: Peak) -> Iterator[Encoding]:
        batches = self._effort.gpu_batches if self._device.device == "gpu" else self._effort.cpu_batches
        for tower, called in zip(towers, names(towers), strict=True):
            self._tell(called)
            yield from device.encodings(tower, called, self._device, peak, batches, self._effort.seconds, self._clock)

    def _asking(self, folder: Path, dim: int, memory: Memory) -> Iterator[Asking]:
        self._tell(f"answers among {self._effort.vectors:,} vectors")
        yield from nearest.askings(
            folder, self._effort.vectors, dim, memory, self._effort.seconds / 2, self._clock, self._effort.vectors
        )

    def _advice(
        self, model: str, reading: Sequence[Reading], rates: dict[int, float], cores: int, found: Disk
    ) -> Advice:
        """For the first of the formats, of which most photos are."""
        files = [read for read in reading if read.source == "files" and read.format == self._effort.formats[0]]
        return advice(
            model,
            self._device.device == "gpu",
            files[0].images_per_second,
            files[-1].images_per_second,
            cores,
            rates,
            found.bytes_per_second / files[0].bytes,
        )


def names(towers: Sequence[Blank]) -> list[str]:
    """What models are called where others may read it: those of the catalogue by their names."""
    own = count(1)
    return [tower.name if tower.has_card else _own(next(own)) for tower in towers]


def _own(number: int) -> str:
    return OWN if number == 1 else f"{OWN} ({number})"
