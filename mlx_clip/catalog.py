"""models/*.toml -> cards: what this project knows about models. A card's name is what one types."""

import sys
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from mlx_clip.errors import UnknownModel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
FOLDERS = (HERE / "models", HERE.parent / "models")  # in an installed package, and in a checkout


@dataclass(frozen=True)
class Score:
    """A published figure, in per cent, and where it was published."""

    benchmark: str
    value: float
    source: str


@dataclass(frozen=True)
class Card:
    """One known model. `revision` None: pinned at its first download. Sizes in pixels and bytes."""

    name: str
    repo: str
    family: str
    title: str
    dim: int
    image_size: int
    licence: str
    revision: str | None = None
    patch_size: int | None = None
    parameters: int | None = None
    download_bytes: int | None = None
    commercial_use: bool | None = None
    languages: tuple[str, ...] = ("en",)
    default: bool = False
    note: str = ""
    scores: tuple[Score, ...] = ()


@cache
def cards() -> tuple[Card, ...]:
    """All cards, by name."""
    folder = next(folder for folder in FOLDERS if folder.is_dir())
    return tuple(_card(tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml")))


def default_card() -> Card:
    return next(card for card in cards() if card.default)


def find(name: str) -> Card | None:
    """The card with this name, or of this repository."""
    return next((card for card in cards() if name in (card.name, card.repo)), None)


def unknown(name: str) -> UnknownModel:
    """The error for a name that is no card, folder or repository, with what may have been meant."""
    names = [card.name for card in cards()]
    near = get_close_matches(name, names, 3, 0.4)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return UnknownModel(
        f"{name}: no such model. {meant}Give a name of `pics models`, a repository (owner/name) or a folder"
    )


def _card(raw: dict[str, Any]) -> Card:
    scores = tuple(Score(**score) for score in raw.pop("scores", ()))
    return Card(**raw | {"languages": tuple(raw.get("languages", ("en",))), "scores": scores})
