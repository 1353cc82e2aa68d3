"""How ways of asking did with questions whose answers are known: a table to choose by, and JSON."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from indexer.organize.evaluate import DEPTH, MEASURES, Outcome, Trial, Way, best, difference, interval

if TYPE_CHECKING:
    from indexer.organize.evaluate import Difference, Interval
    from indexer.organize.questions import Asked, Question

HEADS = ("recall@1", "recall@5", "recall@10", "MRR", "rank corr.")
LEGEND = """\
recall@k    of the right pictures, or of k where more are right, the part that is among the first k
MRR         the mean of 1 / the rank of the first right picture
rank corr.  of the ranks with the grades (Spearman), where pictures are graded
            below each: between what it lies, with 95 in 100 such sets of questions"""


def rows(trials: Sequence[Trial]) -> Iterator[str]:
    """A block a model, two lines a setting: the figures, and their intervals."""
    graded = any(interval(trial, "rank_correlation") for trial in trials)
    heads = HEADS if graded else HEADS[:-1]
    yield _row("", heads)
    model: str | None = ""
    for trial in trials:
        if trial.way.model != model:
            model = trial.way.model
            yield model or "any model"
        spans = [interval(trial, measure) for measure in MEASURES[: len(heads)]]
        yield _row(f"  {trial.way.setting}", ["-" if span is None else f"{span.value:.2f}" for span in spans])
        yield _row("", ["" if span is None else f"{span.low:.2f}..{span.high:.2f}" for span in spans])


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<12}{''.join(f'{cell:>12}' for cell in cells)}".rstrip()


def verdicts(trials: Sequence[Trial]) -> Iterator[str]:
    """Which way is the best, and of each other whether it is clear that it is worse."""
    if len(trials) < 2:
        return
    first = best(trials)
    yield f"best by MRR: {called(first.way)}"
    for trial in trials:
        found = None if trial is first else difference(first, trial, "mrr")
        if found and found.clear:
            yield f"  {called(trial.way)}: {found.value:.2f} lower ({found.low:.2f} to {found.high:.2f})"
        elif found:
            yield f"  {called(trial.way)}: no clear difference"


def called(way: Way) -> str:
    return f"{way.model}, {way.setting}" if way.model else f"{way.setting} alone, with any model"


def misses(trials: Sequence[Trial]) -> Iterator[str]:
    """For each way the questions whose right pictures come late or not at all, the latest first."""
    for trial in trials:
        if trial.misses:
            yield f"{called(trial.way)}: {len(trial.misses)} of {len(trial.outcomes)} not among the first ten"
        for missed in sorted(trial.misses, key=lambda missed: -(missed.rank or DEPTH + 1)):
            rank = f"rank {missed.rank:,}" if missed.rank else f"not in {DEPTH:,}"
            yield f"  {rank:<12}  {missed.question.text} (line {missed.question.line})"


def counted(asked: "Asked", questions: "Sequence[Question]") -> str:
    """One line: on how much the figures stand."""
    right = sum(len(question.right) for question in questions)
    line = f"{_number(len(questions), 'question')}, {_number(right, 'right picture')}"
    if asked.missing:
        line += f"; left out: {_number(len(asked.missing), 'path')} that the library does not have"
        line += f", and with them {_number(asked.left_out, 'question')}" if asked.left_out else ""
    if narrowed := len(asked.questions) - len(questions):
        line += f"; {_number(narrowed, 'question')} left out, whose right pictures do not pass the filters"
    return line


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def facts(trial: Trial, trials: Sequence[Trial], with_misses: bool) -> dict[str, Any]:
    """A way of asking as one object; docs/json.md says what each key means."""
    first = best(trials)
    found: dict[str, Any] = {
        "model": trial.way.model,
        "setting": trial.way.setting,
        "questions": len(trial.outcomes),
        "right": sum(len(outcome.question.right) for outcome in trial.outcomes),
        "missed": len(trial.misses),
        "best": trial is first,
    }
    for measure in MEASURES:
        span = interval(trial, measure)
        behind = difference(trial, first, measure) if trial is not first else None
        found[measure] = span and _rounded(span) | {"behind_best": behind and _rounded(behind)}
    return found | ({"misses": [_missed(missed) for missed in trial.misses]} if with_misses else {})


def _rounded(span: "Interval | Difference") -> dict[str, float]:
    return {name: value if isinstance(value, bool) else round(value, 6) for name, value in span._asdict().items()}


def _missed(missed: Outcome) -> dict[str, Any]:
    return {"query": missed.question.text, "line": missed.question.line, "rank": missed.rank}
