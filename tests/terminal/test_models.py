"""The table of models: what stands where, in which order, within a terminal's width."""

from dataclasses import replace

import pytest

import mlx_clip
from indexer.photo import ModelIdentity
from indexer.store.models import Kept
from mlx_clip import Card, Score
from terminal.models import JAPANESE, LEGEND, RECALL, facts, marks, rows

DEFAULT = mlx_clip.default_card()


def card(name: str, **changes: object) -> Card:
    plain = {"default": False, "scores": (), "gflops": DEFAULT.gflops, "languages": ("en",), "commercial_use": True}
    return replace(DEFAULT, name=name, **plain | changes)  # type: ignore[arg-type]


def cells(*cards: Card, **marks: str) -> dict[str, list[str]]:
    head, *lines = [line.split() for line in rows([DEFAULT, *cards], marks)]
    assert head == ["name", "recall", "ja", "work", "size", "dim", "licence"]
    return {line[0]: line[1:] for line in lines if line[0] != DEFAULT.name}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"scores": (Score(RECALL, 47.2, "x"), Score(JAPANESE, 61.7, "x"))}, ["47", "62"]),
        ({"languages": ("en", "ja")}, ["?", "yes"]),
        ({"languages": ("en",)}, ["?", "no"]),
        ({"languages": ()}, ["-", "-"]),
    ],
)
def test_what_it_finds_is_the_published_figure_or_why_there_is_none(
    changes: dict[str, object], found: list[str]
) -> None:
    assert cells(card("other", **changes))["other"][:2] == found


@pytest.mark.parametrize(("times", "work"), [(0.5, "0.5x"), (1, "1x"), (4.07, "4.1x"), (85.3, "85x"), (250, ">100x")])
def test_work_is_told_beside_the_defaults(times: float, work: str) -> None:
    assert cells(card("other", gflops=DEFAULT.gflops * times))["other"][2] == work


@pytest.mark.parametrize(("may", "mark"), [(True, []), (False, ["!"]), (None, ["?"])])
def test_whether_it_may_be_used_commercially_stands_behind_its_licence(may: bool | None, mark: list[str]) -> None:
    assert cells(card("other", licence="MIT", commercial_use=may))["other"][-1 - len(mark) :] == ["MIT", *mark]


def test_the_least_work_comes_first_and_models_for_pictures_only_last() -> None:
    names = [
        line.split()[0]
        for line in rows(
            [card("slow", gflops=999.0), card("dino", gflops=0.1, languages=()), card("quick", gflops=0.2), DEFAULT], {}
        )
    ]
    assert names == ["name", "quick", DEFAULT.name, "slow", "dino"]


def test_marks_stand_before_their_names() -> None:
    line = next(line for line in rows([DEFAULT], {DEFAULT.name: "*+"}) if DEFAULT.name in line)
    assert line.startswith(f"*+  {DEFAULT.name} ")


def test_a_model_in_8_bits_is_listed_where_it_is_here() -> None:
    small = f"{DEFAULT.name}:8bit"
    _, first, second = rows([DEFAULT], {small: " ."})
    assert (first.split()[0], second.split()[:2]) == (DEFAULT.name, [".", small])


def test_what_is_here_of_a_model_is_marked_and_told_to_scripts() -> None:
    model = ModelIdentity(DEFAULT.name, "1", "5eed", DEFAULT.dim, "squash")
    kept = [Kept(model, True, 7, 9), Kept(replace(model, name="other"), False, 9, 9)]
    assert marks(kept, {DEFAULT.name, "third"}) == {DEFAULT.name: "*.", "other": "+ ", "third": " ."}
    told = facts(DEFAULT, kept, {DEFAULT.name})
    assert (told["name"], told["here"], told["pictures"], told["in_use"]) == (DEFAULT.name, True, 7, True)
    told = facts(DEFAULT, [], set())
    assert (told["here"], told["pictures"], told["in_use"]) == (False, 0, False)


def test_the_whole_catalogue_fits_a_terminal() -> None:
    lines = list(rows(mlx_clip.cards(), {card.name: "*." for card in mlx_clip.cards()}))
    assert len(lines) == 1 + len(mlx_clip.cards())
    assert max(map(len, [*lines, *LEGEND.splitlines()])) <= 80
    assert all(sign in LEGEND for sign in ("*", "+", ".", "!", "?", "-"))
