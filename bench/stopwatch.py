"""How long a piece of work takes: of several runs the median, or the best where a limit is looked for."""

import time
from collections.abc import Callable
from statistics import median

Clock = Callable[[], float]
Work = Callable[[], object]
MOST = 200  # runs: more do not make a median better


def usual(work: Work, budget: float, clock: Clock = time.perf_counter) -> float:
    """Seconds of the median run, above nothing. A first run that takes the whole budget is the only one."""
    begun = clock()
    work()
    warm = clock() - begun
    return max(warm if warm >= budget else median(_runs(work, budget - warm, clock)), 1e-9)


def best(work: Work, budget: float, clock: Clock = time.perf_counter) -> float:
    """Seconds of the quickest run, above nothing: what the machine can do when nothing stands in its way.

    The first run warms up and never counts.
    """
    work()
    return max(min(_runs(work, budget, clock)), 1e-9)


def _runs(work: Work, budget: float, clock: Clock) -> list[float]:
    """Seconds of each run, one at least, for about `budget` of them in all."""
    taken: list[float] = []
    begun = clock()
    while not taken or (clock() - begun < budget and len(taken) < MOST):
        started = clock()
        work()
        taken.append(clock() - started)
    return taken
