"""The cards: each reads, says what the towers it describes are, and where its figures come from."""

import hashlib
import re
from collections.abc import Iterator
from math import prod
from typing import Any

import pytest

import mlx_clip
from mlx_clip import Card, catalog
from mlx_clip.backend import nn, tree_flatten
from mlx_clip.catalog import find
from mlx_clip.config import ModelConfig
from mlx_clip.families import FAMILIES, family
from tests.published import CONFIGS, configured

CARDS = {card.name: card for card in mlx_clip.cards()}
UNUSED = {
    "clip-japanese-base": (512 - 77) * 768 + 1,  # positions behind a text's longest, and the loss's temperature
    "dinov2-small": 384,  # what stands for a hidden patch in training
    "dinov2-base": 768,
}
every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
every_published = pytest.mark.parametrize("name", CONFIGS)


@every_card
def test_a_card_is_of_a_family_that_exists_and_of_a_repo_or_a_folder(card: Card) -> None:
    assert card.family in FAMILIES
    if card.repo:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", card.repo)
        assert card.revision is None or re.fullmatch("[0-9a-f]{40}", card.revision)
    else:
        assert card.folder
        assert card.folder.is_dir()
        assert card.revision


@every_card
def test_a_card_says_what_one_chooses_by(card: Card) -> None:
    assert card.title
    assert card.note
    assert card.licence
    assert card.gflops > 0
    assert card.download_bytes is not None
    assert all(re.match("https://|models/", score.source) for score in card.scores)
    assert all(0 < score.value <= 100 for score in card.scores)


@every_card
def test_a_card_takes_about_the_room_of_its_parameters(card: Card) -> None:
    if card.repo:
        assert card.download_bytes == pytest.approx(4 * card.parameters, rel=0.05)


def test_names_and_repos_are_unique() -> None:
    assert len(CARDS) == len(mlx_clip.cards()) > 1
    repos = [card.repo for card in CARDS.values() if card.repo]
    assert len(set(repos)) == len(repos)


def test_every_card_of_a_repo_has_its_published_config_here() -> None:
    assert CONFIGS.keys() == {card.name for card in CARDS.values() if card.repo}


# -- the figures that follow from a config


@every_published
def test_a_cards_sizes_and_parameters_are_those_of_the_towers_it_describes(name: str) -> None:
    card, config = CARDS[name], configured(name)
    assert (card.family, card.dim) == (config.family, config.dim)
    assert card.patch_size == config.image.patch_size
    if config.family != "dinov2":  # which is shown less than its config says
        assert card.image_size == config.image.image_size
    assert card.parameters - UNUSED.get(name, 0) == sum(parameters(config))
    assert bool(card.languages) == (config.text is not None)


@every_published
def test_a_cards_work_is_that_of_its_image_tower(name: str) -> None:
    assert CARDS[name].gflops == pytest.approx(gflops(configured(name), CARDS[name].image_size), rel=0.02)


def parameters(config: ModelConfig) -> Iterator[int]:
    module = family(config.family)
    towers: list[nn.Module] = [module.ImageTower(config), *([module.TextTower(config)] if config.text else [])]
    yield from (prod(parameter.shape) for tower in towers for _, parameter in tree_flatten(tower.parameters()))


def gflops(config: ModelConfig, side: int) -> float:
    """Two for each weight of a matrix and position, and attention's two products."""
    image: Any = config.image
    positions = (side // image.patch_size) ** 2 + (0 if config.family == "siglip" else 1)
    width, wide = image.hidden_size, image.intermediate_size
    matrices = 4 * width * width + (3 if config.family == "clyp" else 2) * width * wide
    layer = 2 * positions * matrices + 4 * positions * positions * width
    patches = 2 * positions * width * 3 * image.patch_size**2
    head = 2 * positions * 2 * width * width + 4 * width * wide if config.family == "siglip" else 0
    return (image.num_hidden_layers * layer + patches + head) / 1e9


# -- finding one


def test_a_shipped_models_card_says_which_weights_lie_beside_it() -> None:
    """Its revision is what tells a library's vectors from those of a later training."""
    for card in CARDS.values():
        if card.folder:
            weights = (card.folder / "model.safetensors").read_bytes()
            assert card.revision == hashlib.sha256(weights).hexdigest()[:16]
            assert card.download_bytes == 0


def test_exactly_one_card_is_the_default() -> None:
    assert [card for card in CARDS.values() if card.default] == [mlx_clip.default_card()]


def test_a_card_is_found_by_its_name_and_its_repo_in_any_case() -> None:
    card = mlx_clip.default_card()
    assert find(card.name.upper()) == find(str(card.repo)) == card
    assert find("no such model") is None


def test_a_score_is_found_by_its_benchmark() -> None:
    card = next(card for card in CARDS.values() if card.scores)
    assert card.score(card.scores[0].benchmark) == card.scores[0].value
    assert card.score("no such benchmark") is None


def test_of_a_name_its_own_card_alone_is_read_and_of_a_folder_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "cards", lambda: pytest.fail("all cards were read"))
    for name, card in CARDS.items():
        assert find(name) == find(name.upper()) == card
    assert find("/home/me/openai-b32") is None
    assert find("~/openai-b32") is None
