"""Figures of labelled questions: against plain reckoning, on the album, and how sure they may be of themselves."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from indexer.complete import complete
from indexer.organize.evaluate import (
    FEWEST,
    MEASURES,
    Measure,
    Outcome,
    Trial,
    Way,
    best,
    difference,
    evaluate,
    interval,
    outcome,
    spearman,
    ways,
)
from indexer.organize.questions import Question, resolve
from indexer.organize.questions import read as read_labels
from indexer.photo import Encoder, Hit
from indexer.query import Filters, Query, Term
from indexer.search import search
from indexer.settings import Progress
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder

PLAIN = ("bicycle", "guitar", "owl", "elephant", "rocket", "octopus", "strawberry", "umbrella", "giraffe", "butterfly")


def question(grades: dict[int, float], own: frozenset[int] = frozenset()) -> Question:
    return Question(1, "x", (Term(words="x"),), grades, own)


def hits(*contents: int) -> list[Hit]:
    return [Hit(content_id, f"/{place}.jpg", 0.0, 1, 1, "JPEG", 1) for place, content_id in enumerate(contents)]


def trial(figures: Sequence[float], measure: Measure = "mrr", name: str = "a") -> Trial:
    """Questions of which one measure is known."""
    column = MEASURES.index(measure)
    rows = [tuple(float(figure) if place == column else 0.0 for place in range(len(MEASURES))) for figure in figures]
    return Trial(Way(name, "both"), [Outcome(question({1: 1}), 1, row) for row in rows])


# -- one question


def test_recall_is_of_the_right_or_of_as_many_as_there_is_room_for() -> None:
    found = outcome(question({1: 1, 2: 1, 3: 1}), hits(1, 9, 2, 8, 7, 6, 5, 4, 10, 11, 12, 3))
    assert found.figures[:4] == (1, 2 / 3, 2 / 3, 1)
    many = question(dict.fromkeys(range(20), 1))
    assert outcome(many, hits(*range(20))).figures[:4] == (1, 1, 1, 1)


def test_copies_take_one_rank_and_what_was_asked_with_takes_none() -> None:
    found = outcome(question({3: 1}, frozenset({9})), hits(9, 1, 1, 1, 2, 2, 9, 3))
    assert found.rank == 3
    assert found.figures[3] == 1 / 3


def test_what_is_graded_zero_is_not_right() -> None:
    assert outcome(question({1: 0, 2: 2}), hits(1, 2)).rank == 2


def test_nothing_found_is_worth_nothing_and_grades_then_say_nothing() -> None:
    nothing = outcome(question({1: 1, 2: 2}), [])
    assert nothing.rank is None
    assert nothing.figures == (0, 0, 0, 0, 0)


def test_without_two_grades_there_is_no_rank_correlation() -> None:
    assert math.isnan(outcome(question({1: 1, 2: 1}), hits(1, 2)).figures[4])


def test_the_order_of_the_grades_correlates_fully_and_its_reverse_does_so_against() -> None:
    graded = question({1: 3, 2: 2, 3: 1, 4: 0})
    assert outcome(graded, hits(1, 2, 3, 4)).figures[4] == pytest.approx(1)
    assert outcome(graded, hits(4, 3, 2, 1)).figures[4] == pytest.approx(-1)


def test_pictures_that_were_not_found_tie_below_those_that_were() -> None:
    graded = {1: 3.0, 2: 2.0, 3: 1.0, 4: 0.0}
    expected = spearmanr(list(graded.values()), [-1, -2, -99, -99]).statistic
    assert outcome(question(graded), hits(1, 2)).figures[4] == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=2, max_size=30))
def test_spearman_is_that_of_scipy_with_ties(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, float).T
    expected = 0.0 if len(set(one)) < 2 or len(set(other)) < 2 else spearmanr(one, other).statistic
    assert spearman(one, other) == pytest.approx(expected, abs=1e-9)


# -- of a library


def test_ways_are_each_model_by_itself_and_words_once() -> None:
    assert ways(["a", "b"], ["words", "pictures"]) == [Way("a", "pictures"), Way("b", "pictures"), Way(None, "words")]
    assert len(ways(["a", "b"], ["both", "pictures", "words"])) == 5


def test_by_pictures_the_figures_are_those_of_comparing_with_every_vector(
    album: Library, mini: Encoder, tmp_path: Path
) -> None:
    """Reckoned from the vectors alone, with none of what `search` or the figures are made of."""
    file = tmp_path / "labels.csv"
    rows = [f"{name},**/{name}*.jpg,{1 + len(name) % 3}\n{name},cat.jpg,0" for name in PLAIN]
    file.write_text("query,path,grade\n" + "\n".join(rows))
    questions = resolve(album, file, read_labels(file)).questions
    (found,) = evaluate(questions, [Way(mini.name, "pictures")], finder(album, mini), lambda _: None)
    ids, vectors = album.all_vectors(model=mini.name)
    for asked, one in zip(questions, found.outcomes, strict=True):
        order = ids[np.argsort(-(vectors @ mini.encode_texts([asked.text])[0]))].tolist()
        ranks = {number: order.index(number) + 1 for number in asked.grades}
        of_right = sorted(ranks[number] for number in asked.right)
        recalls = [sum(rank <= k for rank in of_right) / min(k, len(of_right)) for k in (1, 5, 10)]
        correlation = spearmanr(list(asked.grades.values()), [-rank for rank in ranks.values()]).statistic
        assert one.figures == pytest.approx((*recalls, 1 / of_right[0], correlation))
    assert found.figures("mrr").mean() >= 0.85  # the model does know drawings of these


def finder(library: Library, *encoders: Encoder):  # type: ignore[no-untyped-def]
    by_name = {encoder.name: encoder for encoder in encoders}
    return lambda query: search(library, lambda model: by_name[model.name], query).hits


def test_a_model_that_knows_the_things_is_clearly_better_than_one_that_sees_colours(
    album: Library, mini: Encoder
) -> None:
    colours = FakeEncoder("colours")
    complete(album, colours)
    right = [(name, next(iter(album.by_words(name, 1))).content_id) for name in PLAIN]
    questions = [Question(n, name, (Term(words=name),), {number: 1.0}) for n, (name, number) in enumerate(right)]
    asked = ways([colours.name, mini.name], ["pictures", "words"])
    trials = evaluate(questions, asked, finder(album, mini, colours), lambda _: None)
    by_way = {trial.way: trial for trial in trials}
    assert best(trials).way != Way(colours.name, "pictures")
    found = difference(by_way[Way(mini.name, "pictures")], by_way[Way(colours.name, "pictures")], "mrr")
    assert found is not None
    assert found.clear
    assert found.low > 0.3
    assert len(by_way[Way(colours.name, "pictures")].misses) > len(by_way[Way(mini.name, "pictures")].misses)


def test_every_question_is_asked_in_every_way_within_the_filters_and_told() -> None:
    queries: list[Query] = []
    told: list[Progress] = []

    def find(query: Query) -> list[Hit]:
        queries.append(query)
        return hits(1)

    filters = Filters(formats=("jpg",))
    trials = evaluate([question({1: 1}), question({2: 1})], ways(["m"], ["both", "words"]), find, told.append, filters)
    assert [(query.model, query.by_picture, query.by_words) for query in queries] == [
        *[("m", True, True)] * 2,
        *[(None, False, True)] * 2,
    ]
    assert {query.filters for query in queries} == {filters}
    assert [progress.done for progress in told] == [0, 1, 2, 3, 4]
    assert [len(trial.misses) for trial in trials] == [1, 1]


@pytest.mark.parametrize(
    ("grades", "first", "limits", "rank"),
    [
        ({7: 1}, range(100), [100], 8),
        ({700: 1}, range(100), [100, 1000], 701),
        ({7: 2, 700: 1}, range(100), [100, 1000], 8),
        ({7: 2, 70: 1}, range(100), [100], 8),
        ({700: 1}, range(50), [100], None),
    ],
)
def test_the_thousandth_answer_is_asked_for_where_the_first_hundred_do_not_say(
    grades: dict[int, float], first: range, limits: list[int], rank: int | None
) -> None:
    asked: list[int] = []

    def find(query: Query) -> list[Hit]:
        asked.append(query.limit)
        return hits(*(first if query.limit == 100 else range(1000)))

    (found,) = evaluate([question(grades)], [Way("m", "both")], find, lambda _: None)
    assert asked == limits
    assert found.outcomes[0].rank == rank


# -- how sure it is


def test_the_same_questions_have_the_same_interval_every_time() -> None:
    figures = np.random.default_rng(3).random(50)
    assert interval(trial(figures), "mrr") == interval(trial(figures), "mrr")


def test_an_interval_holds_the_truth_about_nineteen_times_in_twenty() -> None:
    random = np.random.default_rng(5)
    inside = 0
    for _ in range(200):
        found = interval(trial((random.random(60) < 0.7).astype(float)), "mrr")
        assert found is not None
        inside += found.low <= 0.7 <= found.high
    assert 0.9 <= inside / 200 <= 0.99


@pytest.mark.parametrize(("figures", "low", "high"), [([1.0] * 3, 0.292, 1.0), ([0.0] * 10, 0.0, 0.309)])
def test_few_questions_that_all_went_one_way_are_not_sure(figures: list[float], low: float, high: float) -> None:
    """The limits of Clopper and Pearson."""
    found = interval(trial(figures), "mrr")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


def test_rank_correlation_is_of_the_graded_questions_alone() -> None:
    found = interval(trial([math.nan, 0.5, math.nan, 0.7], "rank_correlation"), "rank_correlation")
    assert found is not None
    assert found.value == pytest.approx(0.6)
    assert interval(trial([math.nan], "rank_correlation"), "rank_correlation") is None


def test_a_way_does_not_differ_from_itself() -> None:
    one = trial(np.random.default_rng(1).random(40))
    found = difference(one, one, "mrr")
    assert found is not None
    assert found.value == 0
    assert not found.clear


@pytest.mark.parametrize(("better", "clear"), [(FEWEST - 1, False), (20, True)])
def test_what_fewer_questions_say_than_chance_would_is_no_clear_difference(better: int, clear: bool) -> None:
    one, other = trial([1.0] * 40), trial([0.0] * better + [1.0] * (40 - better))
    found, reverse = difference(one, other, "mrr"), difference(other, one, "mrr")
    assert found is not None
    assert reverse is not None
    assert (found.clear, reverse.clear) == (clear, clear)
    assert reverse.value == -found.value


def test_two_ways_that_are_equally_good_hardly_ever_differ_clearly() -> None:
    random = np.random.default_rng(7)
    drawn = [(trial(random.random(50) < 0.6), trial(random.random(50) < 0.6)) for _ in range(200)]
    found = [difference(one, other, "mrr") for one, other in drawn]
    assert sum(one is not None and one.clear for one in found) / 200 <= 0.09
