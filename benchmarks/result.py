"""One measured figure, and a Markdown table of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure, or its ratio to the one beside it, is to reach."""

    limit: float
    of: Literal["figure", "ratio"] = "figure"
    at_least: bool = False

    def met(self, figure: float, ratio: float | None) -> bool:
        value = figure if self.of == "figure" or ratio is None else ratio
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{'x' if self.of == 'ratio' else ''}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, ours, what it stands beside, and the median ratio of the rounds."""

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    beside: str = ""
    ratio: float | None = None
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        return self.target.met(self.ours, self.ratio) if self.target else None

    def cells(self) -> tuple[str, ...]:
        verdict = {None: "", True: " ✓", False: " missed"}[self.met]
        return (
            self.what,
            f"{shown(self.ours)} {self.unit}",
            f"{self.beside} {shown(self.theirs)} {self.unit}" if self.theirs is not None else self.beside,
            f"{self.ratio:.2f}x" if self.ratio is not None else "",
            f"{self.target}{verdict}" if self.target else "",
        )


def compared(
    what: str,
    unit: str,
    take: Callable[[T], float],
    ours: Sequence[T],
    theirs: Sequence[T] = (),
    beside: str = "",
    target: Target | None = None,
) -> Figure:
    """The medians of what `take` reads off each round, and of the ratios round by round."""
    mine, others = [take(one) for one in ours], [take(one) for one in theirs]
    if not others:
        return Figure(what, unit, median(mine), target=target if target and target.of == "figure" else None)
    ratio = median(a / b for a, b in zip(mine, others, strict=True))
    return Figure(what, unit, median(mine), median(others), beside, ratio, target)


def shown(value: float | None) -> str:
    """Three figures are all that a measurement is good for."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(figures: Sequence[Figure]) -> str:
    """Markdown, with a header."""
    rows = [("what", "pics", "beside", "ratio", "target"), *(figure.cells() for figure in figures)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---|---:|---:|---:|---|", *lines[1:]])
