"""What a library holds, as facts for scripts and as lines for people."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from indexer.store.library import Library
from indexer.store.models import Kept
from indexer.store.roots import Root
from terminal.forecast import card_of
from terminal.text import pictures, size


def facts(library: Library) -> dict[str, Any]:
    model = library.model()
    return {
        "photos": library.files.count(),
        "distinct": library.files.count_contents(),
        "model": model.name if model else None,
        "revision": model.revision if model else None,
        "dim": model.dim if model else 0,
        "models": [_model(kept) for kept in library.models()],
        "library": str(library.path),
        "bytes": library.bytes_on_disk,
        "skipped": len(library.files.skipped()),
        "roots": [_root(library, root) for root in library.roots.all()],
    }


def _model(kept: Kept) -> dict[str, Any]:
    return {
        "name": kept.name,
        "revision": kept.identity.revision,
        "dim": kept.identity.dim,
        "pictures": kept.pictures,
        "of": kept.of,
        "in_use": kept.is_current,
    }


def _root(library: Library, root: Root) -> dict[str, Any]:
    return {
        "path": root.path,
        "photos": library.files.count(root.path),
        "present": Path(root.path).exists(),
        "exclude": root.exclude,
        "scanned_at": root.scanned_at,
    }


def lines(facts: dict[str, Any]) -> Iterator[str]:
    yield f"photos   {facts['photos']:,} ({facts['distinct']:,} different pictures)"
    for model in facts["models"]:
        use = "in use" if model["in_use"] else "not in use"
        vectors = f"{model['dim']} numbers for {model['pictures']:,} of {pictures(model['of'])}"
        yield f"model    {model['name']} ({use}: {vectors})"
    yield f"library  {facts['library']} ({size(facts['bytes'])})"
    yield f"skipped  {facts['skipped']:,}" + (" (`pics errors` says why)" if facts["skipped"] else "")
    for root in facts["roots"]:
        there = "" if root["present"] else "  not there now: its photos are kept"
        yield f"folder   {root['path']}  {root['photos']:,}{there}"


def that_know_words(models: Iterable[Kept]) -> str:
    """An end for a sentence that complains of a model that knows none."""
    names = [kept.name for kept in models if kept.pictures and (card := card_of(kept.name)) and card.languages]
    return f" (of the models here, {' and '.join(names)} would: `--model {names[0]}`)" if names else ""
