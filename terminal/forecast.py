"""What another model would cost, before it is fetched: from its card, from what is here, and from a measured sample."""

from collections.abc import Callable
from pathlib import Path

import mlx_clip
from indexer.photo import Encoder
from indexer.plan import Candidate, Plan, plan
from indexer.settings import Settings
from indexer.store.library import Library
from mlx_clip.catalog import find
from mlx_clip.hub import EIGHT_BIT, resolve

BYTES_A_NUMBER = {"float16": 2, "float32": 4}

Load = Callable[[str, str | None], Encoder]
"""A model's name and its revision (None: as it is now) -> its encoder."""


def forecast(library: Library, name: str, cache: Path, load: Load, settings: Settings) -> Plan:
    """Nothing is fetched for it: what is not in the cache is reckoned from the model in use, by their cards.

    Raises UnknownModel.
    """
    ours = library.model()
    kept = next((kept.identity for kept in library.models() if kept.name == name), None)
    card = card_of(name)
    revision = kept.revision if kept else card.revision if card else None
    resolve(name, revision, cache)
    if _is_here(cache, name, revision):
        encoder = load(name, revision)
        return plan(library, Candidate(name, True, encoder.dim), encoder, settings=settings)
    candidate = _to_come(card, name) if card else Candidate(name, False, kept.dim if kept else None)
    work = _work(card, card_of(ours.name)) if ours else None
    if ours is None or work is None or not _is_here(cache, ours.name, ours.revision):
        return plan(library, candidate, None, settings=settings)
    return plan(library, candidate, load(ours.name, ours.revision), work, settings)


def card_of(name: str) -> mlx_clip.Card | None:
    """The card of a model by its name in a library, which may end in `:8bit`."""
    return find(name.removesuffix(EIGHT_BIT))


def _is_here(cache: Path, name: str, revision: str | None) -> bool:
    return any(copy.name == name and revision in (None, copy.revision) for copy in mlx_clip.converted(cache))


def _to_come(card: mlx_clip.Card, name: str) -> Candidate:
    each = 1 if name.endswith(EIGHT_BIT) else BYTES_A_NUMBER[mlx_clip.describe_device().dtype]
    return Candidate(name, False, card.dim, 0 if card.folder else card.download_bytes or 0, each * card.parameters)


def _work(card: mlx_clip.Card | None, ours: mlx_clip.Card | None) -> float | None:
    """How many times the work of ours a picture takes."""
    return card.gflops / ours.gflops if card and ours else None
