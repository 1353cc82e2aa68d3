"""What this project knows about models: `models/*.toml`, one card each."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Card", "Score", "cards", "default_card", "find"]

PLACES = (Path(__file__).parent / "models", Path(__file__).parents[1] / "models")
"""Where the cards lie: inside an installed package, or beside it in a checkout."""


@dataclass(frozen=True, slots=True)
class Score:
    """A published figure in per cent, and where it was published."""

    benchmark: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One known model: a `repo` of the hub, or a `folder` beside the card.

    `revision` is a commit of the repo, None where it is pinned at the first download; of a folder, it says which
    weights. `image_size` and `patch_size` are in pixels; `gflops` is the work for one picture, a multiplication and its
    addition counted as two. A model without `languages` knows pictures only. `commercial_use` is None where the licence
    leaves it open. `loss_8bit` is what 8 bits a weight cost: 1 less the cosine of its vectors and the whole model's, in
    the worse of its towers.
    """

    name: str
    family: str
    title: str
    dim: int
    image_size: int
    patch_size: int
    parameters: int
    gflops: float
    licence: str
    languages: tuple[str, ...]
    note: str
    repo: str | None = None
    folder: Path | None = None
    revision: str | None = None
    download_bytes: int | None = None
    commercial_use: bool | None = None
    loss_8bit: float | None = None
    default: bool = False
    scores: tuple[Score, ...] = ()

    def score(self, benchmark: str) -> float | None:
        return next((score.value for score in self.scores if score.benchmark == benchmark), None)

    def is_called(self, name: str) -> bool:
        return name.lower() in (self.name.lower(), (self.repo or self.name).lower())


@cache
def cards() -> tuple[Card, ...]:
    """All known models, by name."""
    return tuple(_read(file) for file in sorted(_place().glob("*.toml")))


def default_card() -> Card:
    return next(card for card in cards() if card.default)


def find(name: str) -> Card | None:
    """The card of that name or repo, in any case. Of a name its own card alone is read, of a folder's path none."""
    if name.startswith(("/", "~")):
        return None
    file = _place() / f"{name.lower()}.toml"
    if "/" not in name and file.is_file():
        return _read(file)
    return next((card for card in cards() if card.is_called(name)), None)


def _place() -> Path:
    return next(place for place in PLACES if place.is_dir())


@cache
def _read(file: Path) -> Card:
    facts = tomllib.loads(file.read_text("utf-8"))
    scores = tuple(Score(**score) for score in facts.pop("scores", ()))
    folder = file.parent / facts["folder"] if "folder" in facts else None
    return Card(**facts | {"languages": tuple(facts["languages"]), "scores": scores, "folder": folder})
