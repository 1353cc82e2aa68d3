"""Lines on a sheet whose two axes go up tenfold from line to line, as SVG that is legible on light and on dark."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT, LEFT, TOP = 340, 240, 60, 40  # of a panel's sheet, and what is beside and above it
GAP, FOOT, KEY = 100, 50, 20
COLOURS = (("#0b62c4", "#6cb2ff"), ("#b3541e", "#ffa768"), ("#1a7f37", "#56d364"))  # on light, on dark
STYLE = """text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 }
.grid { stroke: #8c959f; stroke-opacity: .35 } .line { fill: none; stroke-width: 2 }"""

Point = tuple[float, float]


@dataclass(slots=True)
class Panel:
    """One sheet: what its values are, and lines by name. Its lowest value is `starts_at` or below."""

    title: str
    unit: str
    lines: dict[str, list[Point]] = field(default_factory=dict)
    starts_at: float = 1.0


@dataclass(frozen=True, slots=True)
class Axis:
    """From 10 to the power of `low` to 10 to the power of `high`, over so many pixels."""

    low: int
    high: int
    pixels: int

    @classmethod
    def over(cls, values: Sequence[float], pixels: int) -> "Axis":
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(low, max(high, low + 1), pixels)

    def at(self, value: float) -> float:
        return (math.log10(value) - self.low) / (self.high - self.low) * self.pixels

    def tens(self) -> Iterator[float]:
        return (10.0**power for power in range(self.low, self.high + 1))


def draw(across: str, panels: Sequence[Panel]) -> str:
    """The panels side by side, and what is on their lower axis. Values are above 0."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    width, height = len(panels) * (LEFT + WIDTH) + (len(panels) - 1) * (GAP - LEFT) + 40, TOP + HEIGHT + FOOT + KEY
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">', _style(names)]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({LEFT + number * (WIDTH + GAP)} {TOP})">')
        parts += [*_panel(across, panel, names), "</g>"]
    for number, name in enumerate(names):
        x, y = LEFT + number * 230, TOP + HEIGHT + FOOT + 8
        parts.append(f'<path class="line of{number}" d="M{x} {y - 4}h24"/><text x="{x + 30}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _style(names: Sequence[str]) -> str:
    light, dark = (
        " ".join(f".of{n} {{ stroke: {COLOURS[n % len(COLOURS)][how]} }}" for n in range(len(names))) for how in (0, 1)
    )
    return f"<style>{STYLE}\n{light}\n@media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} {dark} }}</style>"


def _panel(across: str, panel: Panel, names: Sequence[str]) -> Iterator[str]:
    points = [point for line in panel.lines.values() for point in line]
    x = Axis.over([point[0] for point in points], WIDTH)
    y = Axis.over([panel.starts_at, *(point[1] for point in points)], HEIGHT)
    yield f'<text class="title" x="0" y="-14">{panel.title}</text>'
    for ten in x.tens():
        yield f'<path class="grid" d="M{x.at(ten):.1f} 0v{HEIGHT}"/>'
        yield f'<text x="{x.at(ten):.1f}" y="{HEIGHT + 16}" text-anchor="middle">{ten:,.0f}</text>'
    for ten in y.tens():
        yield f'<path class="grid" d="M0 {HEIGHT - y.at(ten):.1f}h{WIDTH}"/>'
        yield f'<text x="-6" y="{HEIGHT - y.at(ten) + 4:.1f}" text-anchor="end">{ten:,g} {panel.unit}</text>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT + 34}" text-anchor="middle">{across}</text>'
    for name, line in panel.lines.items():
        path = "L".join(f"{x.at(a):.1f} {HEIGHT - y.at(b):.1f}" for a, b in line)
        yield f'<path class="line of{names.index(name)}" d="M{path}"/>'
