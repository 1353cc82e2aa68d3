"""How well a library answers questions whose right answers are known: by each model, by pictures, by words, by both.

    recall@k          of the right pictures, or of k where more are right, the part that is among the first k
    mrr               1 / the rank of the first right picture, 0 beyond the thousandth: the mean reciprocal rank
    rank_correlation  Spearman's, of ranks and grades, of questions with two grades at least; what was not found ties

Each is a mean over questions, in an interval that would hold it in 95 of 100 such sets of questions: by bootstrap, of
a fixed seed. Two ways of asking are compared question by question, and differ only where that interval leaves out 0.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from indexer.organize.questions import Question
from indexer.photo import Hit
from indexer.query import EVERYWHERE, Filters, Query
from indexer.settings import Progress, Watch

Floats = NDArray[np.float64]
Find = Callable[[Query], Sequence[Hit]]
Setting = Literal["both", "pictures", "words"]
Measure = Literal["recall@1", "recall@5", "recall@10", "mrr", "rank_correlation"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
LOWEST: dict[Measure, float] = {"rank_correlation": -1.0}  # 0 else

DEPTH = 1000  # paths asked for
FIRST = 10  # a right picture that comes later is missed
ROUNDS = 2000  # of the bootstrap
AT_ONCE = 1 << 20  # draws of it held in memory
OUTSIDE = 0.025  # of the rounds, on either side of an interval
FEWEST = 6  # questions that differ: fewer fall on one side by chance more often than once in twenty


class Way(NamedTuple):
    """A way of asking. Words are looked for where they are written: that is the same with any model, None."""

    model: str | None
    setting: Setting


@dataclass(frozen=True, slots=True)
class Outcome:
    """At which rank the first right picture came, None: not at all; by `MEASURES` what it is worth, NaN: not asked."""

    question: Question
    rank: int | None
    figures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """All questions asked in one way."""

    way: Way
    outcomes: list[Outcome]

    def figures(self, measure: Measure) -> Floats:
        """(questions,)"""
        column = MEASURES.index(measure)
        return np.array([outcome.figures[column] for outcome in self.outcomes])

    @property
    def misses(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.rank is None or outcome.rank > FIRST]


class Interval(NamedTuple):
    """A mean over questions, and between what it lies."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """A mean difference, and between what it lies; it is not `clear` where chance may have made it."""

    value: float
    low: float
    high: float
    clear: bool


def ways(models: Sequence[str], settings: Collection[str]) -> list[Way]:
    """Each model by itself, so that one at a time is in memory."""
    by_model = [Way(model, setting) for model in models for setting in ("both", "pictures") if setting in settings]
    return by_model + [Way(None, "words")] * ("words" in settings)


def evaluate(
    questions: Sequence[Question],
    asked: Sequence[Way],
    find: Find,
    watch: Watch,
    filters: Filters = EVERYWHERE,
) -> list[Trial]:
    """Asks every question in every way, of what passes the filters, through `find`, which is `search`."""
    trials: list[Trial] = []
    total = len(questions) * len(asked)
    for way in asked:
        outcomes: list[Outcome] = []
        for question in questions:
            watch(Progress("eval", len(trials) * len(questions) + len(outcomes), total))
            outcomes.append(_ask(question, way, find, filters))
        trials.append(Trial(way, outcomes))
    watch(Progress("eval", total, total))
    return trials


def _ask(question: Question, way: Way, find: Find, filters: Filters) -> Outcome:
    """The thousandth answer costs four times what the hundredth does: it is asked for where there is need of it."""
    query = Query(
        terms=question.terms,
        filters=filters,
        limit=DEPTH // 10,
        model=way.model,
        by_picture=way.setting != "words",
        by_words=way.setting != "pictures",
    )
    hits = find(query)
    sought = question.grades.keys() if question.is_graded else set[int]()
    found = outcome(question, hits)
    if len(hits) < query.limit or (found.rank and sought <= {hit.content_id for hit in hits}):
        return found
    return outcome(question, find(replace(query, limit=DEPTH)))


# -- one question


def outcome(question: Question, hits: Sequence[Hit]) -> Outcome:
    """What an answer is worth. Copies are one picture, and a picture that was asked with is none."""
    ranks: dict[int, int] = {}
    for hit in hits:
        if hit.content_id not in question.own:
            ranks.setdefault(hit.content_id, len(ranks) + 1)
    of_right = sorted(ranks[content_id] for content_id in question.right & ranks.keys())
    recalls = (sum(rank <= first for rank in of_right) / min(first, len(question.right)) for first in (1, 5, FIRST))
    return Outcome(
        question,
        of_right[0] if of_right else None,
        (*recalls, 1 / of_right[0] if of_right else 0.0, _rank_correlation(question, ranks)),
    )


def _rank_correlation(question: Question, ranks: dict[int, int]) -> float:
    """Of graded pictures; 0 where all rank the same, as when none was found."""
    if not question.is_graded:
        return math.nan
    found = np.array([-ranks.get(content_id, math.inf) for content_id in question.grades])
    return spearman(np.array(list(question.grades.values())), found)


def spearman(one: Floats, other: Floats) -> float:
    """The correlation of their ranks, -1 to 1; those that tie have the mean of their ranks. 0 where all of one tie."""
    centred = [ranks - ranks.mean() for ranks in (_ranks(one), _ranks(other))]
    lengths = math.prod(float(np.linalg.norm(ranks)) for ranks in centred)
    return float(centred[0] @ centred[1]) / lengths if lengths else 0.0


def _ranks(values: Floats) -> Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    ranks: Floats = (last - (counts - 1) / 2)[places]
    return ranks


# -- all of them


def interval(trial: Trial, measure: Measure) -> Interval | None:
    """None where no question says anything of it."""
    values = _known(trial.figures(measure))
    if not len(values):
        return None
    return Interval(float(values.mean()), *_span(values, LOWEST.get(measure, 0.0), 1.0))


def difference(one: Trial, other: Trial, measure: Measure) -> Difference | None:
    """Of the same questions, one less the other."""
    values = _known(one.figures(measure) - other.figures(measure))
    if not len(values):
        return None
    reach = 1.0 - LOWEST.get(measure, 0.0)
    low, high = _span(values, -reach, reach)
    enough = np.count_nonzero(values) >= FEWEST
    return Difference(float(values.mean()), low, high, bool(enough and (low > 0 or high < 0)))


def best(trials: Sequence[Trial]) -> Trial:
    """By mean reciprocal rank."""
    return max(trials, key=lambda trial: float(trial.figures("mrr").mean()))


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _span(values: Floats, lowest: float, highest: float) -> tuple[float, float]:
    """The mean of as many values drawn from them again and again: from low to high, but for OUTSIDE on either side.

    Drawn from values that are all the same it would be sure of them, be they ever so few; then it is what a share of
    other values that would not have been seen yet could make of it.
    """
    mean = float(values.mean())
    if (values == values[0]).all():
        unseen = 1 - OUTSIDE ** (1 / len(values))
        return mean - unseen * (mean - lowest), mean + unseen * (highest - mean)
    random, means = np.random.default_rng(1), []
    step = max(1, AT_ONCE // len(values))
    for start in range(0, ROUNDS, step):
        draws = random.integers(len(values), size=(min(step, ROUNDS - start), len(values)))
        means.append(values[draws].mean(axis=1))
    low, high = np.quantile(np.concatenate(means), (OUTSIDE, 1 - OUTSIDE))
    return float(low), float(high)
