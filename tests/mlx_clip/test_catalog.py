"""The cards."""

import re

import mlx_clip
from mlx_clip.catalog import find
from mlx_clip.families import FAMILIES


def test_every_card_reads_and_is_of_a_family_that_exists() -> None:
    cards = mlx_clip.cards()
    assert len({card.name for card in cards}) == len(cards) > 1
    assert all(card.family in FAMILIES for card in cards)
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", card.repo) for card in cards)
    assert all(card.revision is None or re.fullmatch("[0-9a-f]{40}", card.revision) for card in cards)


def test_exactly_one_card_is_the_default() -> None:
    assert [card for card in mlx_clip.cards() if card.default] == [mlx_clip.default_card()]


def test_a_card_is_found_by_its_name_and_its_repo_in_any_case() -> None:
    card = mlx_clip.default_card()
    assert find(card.name.upper()) == find(card.repo) == card
    assert find("no such model") is None


def test_a_score_is_found_by_its_benchmark() -> None:
    card = next(card for card in mlx_clip.cards() if card.scores)
    assert card.score(card.scores[0].benchmark) == card.scores[0].value
    assert card.score("no such benchmark") is None
