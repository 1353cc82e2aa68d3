"""What a library holds, as lines for people."""

from collections.abc import Iterable, Iterator
from typing import Any

from indexer.store.models import Kept
from terminal.forecast import card_of
from terminal.progress import DOING
from terminal.text import pictures, size


def lines(facts: dict[str, Any]) -> Iterator[str]:
    """Of a status as `indexer.objects` makes it."""
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
    if writing := facts["writing"]:
        yield f"writing  process {writing['process']}{_stage(writing)}"
    if facts["store"]:
        from terminal.moving import stored

        yield from stored(facts["store"])


def _stage(writing: dict[str, Any]) -> str:
    if not writing["stage"]:
        return ""
    of = f" of {writing['total']:,}" if writing["total"] else ""
    return f", {DOING.get(writing['stage'], writing['stage'])}: {writing['done']:,}{of}"


def that_know_words(models: Iterable[Kept]) -> str:
    """An end for a sentence that complains of a model that knows none."""
    names = [kept.name for kept in models if kept.pictures and (card := card_of(kept.name)) and card.languages]
    return f" (of the models here, {' and '.join(names)} would: `--model {names[0]}`)" if names else ""
