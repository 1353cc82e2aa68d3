"""Figures that are kept come back as they were, and the documents show them."""

from pathlib import Path

import pytest

from benchmarks import measured
from benchmarks.result import Figure, Target, table

QUICK = Figure("a question", "ms", 20.0, 80.0, "rclip", 0.25, Target(0.35, of="ratio"))
SLOW = Figure("a rescan", "s", 1.5)


def test_figures_are_shown_as_they_were_kept_with_where_and_when(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    measured.keep("query", "two cores; a Sunday", [QUICK], file)
    measured.keep("rescan", "one core; a Monday", [SLOW], file)
    assert measured.shown(["a rescan", "a question"], file=file) == "\n\n".join(
        [table([SLOW, QUICK]), "one core; a Monday\ntwo cores; a Sunday"]
    )
    assert measured.shown(names=["query"], file=file) == f"{table([QUICK])}\n\ntwo cores; a Sunday"
    assert measured.figure("a question", file) == QUICK


def test_a_measurement_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    for figure in (SLOW, QUICK):
        measured.keep("query", "two cores", [figure], file)
    assert measured.shown(names=["query"], file=file) == f"{table([QUICK])}\n\ntwo cores"


def test_what_nobody_has_measured_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="a rescan"):
        measured.shown(["a rescan"], file=tmp_path / "none.json")
