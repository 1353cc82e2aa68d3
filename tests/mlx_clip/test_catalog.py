"""The cards."""

import hashlib
import re

import mlx_clip
from mlx_clip.catalog import find
from mlx_clip.families import FAMILIES


def test_every_card_reads_and_is_of_a_family_that_exists() -> None:
    cards = mlx_clip.cards()
    assert len({card.name for card in cards}) == len(cards) > 1
    assert all(card.family in FAMILIES for card in cards)
    of_hub = [card for card in cards if card.repo]
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", str(card.repo)) for card in of_hub)
    assert all(card.revision is None or re.fullmatch("[0-9a-f]{40}", card.revision) for card in of_hub)
    assert all(card.folder and card.folder.is_dir() and card.revision for card in cards if not card.repo)


def test_a_shipped_models_card_says_which_weights_lie_beside_it() -> None:
    """Its revision is what tells a library's vectors from those of a later training."""
    for card in mlx_clip.cards():
        if card.folder:
            weights = (card.folder / "model.safetensors").read_bytes()
            assert card.revision == hashlib.sha256(weights).hexdigest()[:16]
            assert card.download_bytes == 0


def test_exactly_one_card_is_the_default() -> None:
    assert [card for card in mlx_clip.cards() if card.default] == [mlx_clip.default_card()]


def test_a_card_is_found_by_its_name_and_its_repo_in_any_case() -> None:
    card = mlx_clip.default_card()
    assert find(card.name.upper()) == find(str(card.repo)) == card
    assert find("no such model") is None


def test_a_score_is_found_by_its_benchmark() -> None:
    card = next(card for card in mlx_clip.cards() if card.scores)
    assert card.score(card.scores[0].benchmark) == card.scores[0].value
    assert card.score("no such benchmark") is None
