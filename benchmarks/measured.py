"""The figures that the documents show: `--keep` puts them beside this file, `make docs` makes tables of them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.result import Figure, Target, table

KEPT = Path(__file__).with_name("measured.json")
README = (
    "cold query, 140,000 photos",
    "cold query, peak memory",
    "the same words asked again",
    "the same words asked again, peak memory",
    "a question to `pics serve`, 140,000 photos",
    "rescan of 100,000 files",
    "host, plain JPEG of 0.9 MB, 1 worker",
    "host, plain JPEG of 0.9 MB, 2 workers",
    "host, busy JPEG of 3.2 MB, 1 worker",
    "host, HEIC of 1.7 MB, 1 worker",
    "host, DNG of 26.0 MB, 1 worker",
    "overlap, an encoder 0.8 times as fast as the reading",
    "overlap, an encoder 1.25 times as fast as the reading",
    "index on the CPU, photos after the first",
    "index of 40 photos",
    "index of 40 photos, peak memory",
    "peak memory, 200,000 files without a model",
    "what that is more",
)


def keep(name: str, about: str, figures: Iterable[Figure], file: Path = KEPT) -> None:
    """Puts what one measurement found in the place of what it found before."""
    kept = _read(file) | {name: {"about": about, "figures": [asdict(figure) for figure in figures]}}
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def shown(whats: Sequence[str] = (), names: Iterable[str] = (), file: Path = KEPT) -> str:
    """A table of the figures of those names, in that order, or of whole measurements; below it, on what, and when.

    Raises LookupError for a figure that nobody has measured.
    """
    kept = _read(file)
    by_what = _by_what(kept)
    chosen = [by_what[what] for what in whats]
    chosen += [(figure, name) for name in names for figure in _figures(kept, name)]
    about = dict.fromkeys(line for _, name in chosen for line in kept[name]["about"].splitlines())
    return "\n".join([table([figure for figure, _ in chosen]), "", *about])


def figure(what: str, file: Path = KEPT) -> Figure:
    """Raises LookupError for one that nobody has measured."""
    return _by_what(_read(file))[what][0]


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _by_what(kept: dict[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Each figure, and the name of its measurement."""
    return {figure.what: (figure, name) for name in kept for figure in _figures(kept, name)}


def _figures(kept: dict[str, Any], name: str) -> list[Figure]:
    """Those of one measurement."""
    return [Figure(**told | {"target": told["target"] and Target(**told["target"])}) for told in kept[name]["figures"]]
