"""From a million photos, which were measured, to a thousand million, which nobody has here: a table for docs/scale.md.

What grows with the number of photos is taken to go on growing with it. That is true of bytes; of times, as long as what
is read stays in memory.
"""

from collections.abc import Callable
from math import ceil

from benchmarks.measured import figure

SIZES = (10**6, 10**7, 10**8, 10**9)
HEADS = ("10⁶", "10⁷", "10⁸", "10⁹")
MEASURED = 10**6
DIM = 512
A_VECTOR = 4 * DIM  # bytes
A_PHOTO = 3e6  # bytes
ROOM = 32e9  # bytes of a machine of 64 GB that vectors or codes may have
PACE = 100  # photos a second that a machine reads and encodes
MONTH = 30 * 86_400  # seconds


def markdown() -> str:
    """Raises LookupError where the million was not measured."""
    lines = [("what", "reckoned as", *HEADS), ("---", "---", *["---:"] * len(SIZES))]
    lines += [(what, how, *(cell(size) for size in SIZES)) for what, how, cell in _rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows() -> list[tuple[str, str, Callable[[int], str]]]:
    on_disk = figure("library of 1,000,000 on disk").ours * 1e9 / MEASURED
    codes = figure("codes beside it").ours * 1e9 / MEASURED
    exact = figure("exact, after").ours / MEASURED
    quick = figure("no filter, 1,000,000 pass").ours / 1000 / MEASURED
    return [
        ("photos of 3 MB", "3 MB each", lambda n: _bytes(A_PHOTO * n)),
        ("the library on disk", f"{on_disk:,.0f} bytes a photo", lambda n: _bytes(on_disk * n)),
        ("codes beside it", f"{codes:,.0f} bytes a photo", lambda n: _bytes(codes * n)),
        ("vectors in memory, as Milvus' `FLAT` has them", f"4 × {DIM} bytes a photo", lambda n: _bytes(A_VECTOR * n)),
        ("one machine, all vectors", f"{1e6 * exact:.2g} µs a photo", lambda n: _time(exact * n)),
        ("one machine, by codes", f"{1e6 * quick:.2g} µs a photo", lambda n: _time(quick * n)),
        ("machines that answer by codes in a second", "", lambda n: _machines(quick * n)),
        ("machines of 64 GB that hold all vectors in half of it", "", lambda n: _machines(A_VECTOR * n / ROOM)),
        ("one machine, to index it", f"{PACE} photos a second", lambda n: _time(n / PACE)),
        ("machines, to index it in 30 days", "", lambda n: _machines(n / PACE / MONTH)),
    ]


def _bytes(number: float) -> str:
    return _in_units(number, ((1e15, "PB"), (1e12, "TB"), (1e9, "GB")))


def _time(seconds: float) -> str:
    return _in_units(seconds, ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")))


def _in_units(number: float, units: tuple[tuple[float, str], ...]) -> str:
    """Two figures, in the largest unit of which there is one at least."""
    worth, unit = next((unit for unit in units if number >= unit[0]), units[-1])
    value = number / worth
    return f"{value:,.0f} {unit}" if value >= 9.5 else f"{value:.1f} {unit}"


def _machines(number: float) -> str:
    return f"{ceil(number):,}"
