"""What is published of Apple's chips (chips.toml), and the one that this machine has. Other machines are measured."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("chips.toml")


@dataclass(frozen=True, slots=True)
class Chip:
    """A GPU of so many cores at its published best: bytes a second, FLOP a second (None: no source), and the sources.

    `between` are the lowest and the highest FLOP a second where sources differ.
    """

    name: str
    gpu_cores: int
    bandwidth: float
    flops: float | None
    between: tuple[float, float] | None
    sources: tuple[str, ...]

    def of(self, cores: int) -> "Chip":
        """The same with as many cores as that."""
        part = cores / self.gpu_cores
        flops = self.flops and self.flops * part
        between = self.between and (self.between[0] * part, self.between[1] * part)
        return Chip(self.name, cores, self.bandwidth, flops, between, self.sources)


def chip(processor: str, gpu_cores: int | None) -> Chip | None:
    """By the processor's name and its GPU's cores. None for what is not in the table, or not for certain."""
    for found, sold in chips():
        if found.name.lower() == processor.strip().lower() and gpu_cores in sold:
            assert gpu_cores is not None
            return found.of(gpu_cores)
    return None


@cache
def chips() -> tuple[tuple[Chip, tuple[int, ...]], ...]:
    """Each with the most cores, and the numbers of cores it is sold with."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return tuple((_read(row, table["ratio_source"]), tuple(row["gpu_cores"])) for row in table["chips"])


def _read(row: dict[str, Any], ratio_source: str) -> Chip:
    low, high = row.get("between", (None, None))
    flops = row.get("tflops")
    return Chip(
        row["name"],
        max(row["gpu_cores"]),
        row["bandwidth"] * 1e9,
        flops and flops * 1e12,
        (low * 1e12, high * 1e12) if low else None,
        (*row["sources"], *([ratio_source] if flops else [])),
    )
