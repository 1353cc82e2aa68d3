"""The stopwatch: what counts, and when it has enough."""

import pytest

from bench.stopwatch import MOST, best, usual
from tests.bench.ticking import Ticking


def test_the_median_run_counts_and_the_first_does_not() -> None:
    clock = Ticking()
    assert usual(lambda: clock.work(0.5, 0.1, 0.3, 0.2), 1.0, clock) == pytest.approx(0.2)
    assert clock.done == 4


def test_a_first_run_that_takes_all_the_time_is_the_only_one() -> None:
    clock = Ticking()
    assert usual(lambda: clock.work(2.0), 1.0, clock) == pytest.approx(2.0)
    assert clock.done == 1


def test_the_best_run_counts_even_where_the_first_took_all_the_time() -> None:
    clock = Ticking()
    assert best(lambda: clock.work(5.0, 0.3, 0.1, 0.8), 1.0, clock) == pytest.approx(0.1)


def test_no_more_runs_are_made_than_make_it_better_and_no_rate_is_endless() -> None:
    clock = Ticking()
    assert best(lambda: clock.work(0.0), 1.0, clock) > 0
    assert clock.done == MOST + 1
