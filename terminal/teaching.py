"""How a taught concept looks: a line for people, an object for programs."""

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from terminal.text import json_line

if TYPE_CHECKING:
    from indexer.asking.concepts import Concept

WELL, SOMEWHAT = 0.95, 0.9
"""How often a held-out example must score higher than a photo of the library; well: and 4 of 5 be found again."""


def lines(concepts: "Iterable[Concept]", model: str, as_json: bool) -> Iterator[str]:
    for concept in concepts:
        yield json_line(facts(concept, model)) if as_json else line(concept, model)


def line(concept: "Concept", model: str) -> str:
    """`rex: 5 examples, 2 that are none; separates well (AUC 0.98; 5 of 5 found again)`"""
    number = f"{concept.examples} {'example' if concept.examples == 1 else 'examples'}"
    none = f", {concept.others} that {'is' if concept.others == 1 else 'are'} none" if concept.others else ""
    return f"{concept.name}: {number}{none}; {_how_well(concept, model)}\n"


def facts(concept: "Concept", model: str) -> dict[str, Any]:
    """docs/json.md says what each key means."""
    head = concept.head
    return {
        "name": concept.name,
        "examples": concept.examples,
        "not": concept.others,
        "missing": list(concept.missing),
        "model": model,
        "head": head.way if head else None,
        "auc": None if head is None or math.isnan(head.auc) else round(head.auc, 4),
        "found": head.found if head else None,
        "of": head.of if head else None,
        "separates": separates(concept),
    }


def separates(concept: "Concept") -> Literal["well", "somewhat", "not"] | None:
    """None where there is no telling."""
    head = concept.head
    if head is None or math.isnan(head.auc):
        return None
    if head.auc >= WELL and head.found >= 0.8 * head.of:
        return "well"
    return "somewhat" if head.auc >= SOMEWHAT else "not"


def _how_well(concept: "Concept", model: str) -> str:
    if concept.head is None:
        return (
            f"cannot be told with {model}: {len(concept.missing)} of its pictures are not there as they"
            " were, and this model has not seen them"
        )
    how = separates(concept)
    if how is None:
        return "there are too few other photos here to tell it from"
    figures = f"(AUC {concept.head.auc:.2f}; {concept.head.found} of {concept.head.of} found again)"
    if how == "not":
        return f"does not separate {figures}: more examples, or --not"
    return f"separates {how} {figures}"
