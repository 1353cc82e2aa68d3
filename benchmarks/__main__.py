"""`python -m benchmarks`: measures, and prints a Markdown table (or JSON)."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    encode,
    growth,
    host,
    machine,
    measured,
    memory,
    million,
    ordering,
    overlap,
    query,
    rescan,
    serve,
)
from benchmarks.bench import Bench
from benchmarks.result import Figure, table

MEASUREMENTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "host": host.measure,
    "encode": encode.measure,
    "overlap": overlap.measure,
    "query": query.measure,
    "serve": serve.measure,
    "rescan": rescan.measure,
    "memory": memory.measure,
    "ordering": ordering.measure,
}
BY_NAME_ALONE = {"million": million.measure, "growth": growth.measure}  # they take an hour, and much room


def main() -> int:
    """1 if a target was missed."""
    asked = _arguments()
    rclip = (asked.rclip.absolute(), asked.rclip_data.absolute()) if asked.rclip else None
    about, load = machine.describe(), machine.load()
    with tempfile.TemporaryDirectory(prefix="pics-benchmarks-") as temporary:
        work = (asked.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        bench = Bench(
            work,
            asked.runs,
            asked.number,
            asked.library,
            _absolute(asked.checkpoint),
            _absolute(asked.photos),
            rclip,
            asked.large,
        )
        peer = bench.peer("rclip-version")
        about += f"\nBeside {peer.version}." if peer else ""
        figures = []
        for name in asked.what:
            found = _measure(name, bench)
            figures += found
            if asked.keep:
                measured.keep(name, about, found)
        conditions = f"{_conditions(bench)} {load}"
    if asked.json:
        told = [asdict(figure) | {"met": figure.met} for figure in figures]
        print(json.dumps({"about": f"{about}\n{conditions}", "figures": told}))
    else:
        print(f"{about}\n{conditions}\n\n{table(figures)}")
    return 1 if any(figure.met is False for figure in figures) else 0


def _measure(name: str, bench: Bench) -> list[Figure]:
    print(f"measuring {name} …", file=sys.stderr)
    return (MEASUREMENTS | BY_NAME_ALONE)[name](bench)


def _conditions(bench: Bench) -> str:
    model = "the model given" if bench.given_checkpoint else "a small model with random weights"
    photos = "the photos given" if bench.given_photos else f"{bench.number} made photos of 12 megapixels"
    return f"With {model}, {photos}; medians of {bench.runs} runs, ratios round by round."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="*", metavar="WHAT", help=f"{', '.join(MEASUREMENTS)} or all of these; {', '.join(BY_NAME_ALONE)}"
    )
    parser.add_argument("--checkpoint", type=Path, metavar="FOLDER", help="a CLIP; default: a small random one")
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="photos to index; default: made ones")
    parser.add_argument("--number", type=int, default=40, metavar="N", help="how many photos to make")
    parser.add_argument("--library", type=int, default=140_000, metavar="N", help="how many photos are put in order")
    parser.add_argument(
        "--large", type=int, default=1_000_000, metavar="N", help="how many `million` and `growth` have"
    )
    parser.add_argument("--rclip", type=Path, metavar="PROGRAM", help="rclip, to measure beside")
    parser.add_argument("--rclip-data", type=Path, metavar="FOLDER", help="where rclip keeps the same model")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where to work, and to find what was made before")
    parser.add_argument("--json", action="store_true", help="JSON instead of Markdown")
    parser.add_argument("--keep", action="store_true", help="keep the figures, of which `make docs` makes tables")
    asked = parser.parse_args()
    if bool(asked.rclip) != bool(asked.rclip_data):
        parser.error("--rclip and --rclip-data go together")
    if wrong := set(asked.what) - {*MEASUREMENTS, *BY_NAME_ALONE, "all"}:
        parser.error(f"no such measurement: {', '.join(sorted(wrong))}")
    asked.what = list(MEASUREMENTS) if not asked.what or "all" in asked.what else asked.what
    return asked


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path else None


if __name__ == "__main__":
    sys.exit(main())
