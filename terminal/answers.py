"""How hits look: lines for people, JSON for programs, paths for xargs."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from indexer.objects import hit_object
from terminal.text import json_line

if TYPE_CHECKING:
    from indexer.photo import Hit
    from terminal.options import Shown

BELOW = " " * 15  # explanations stand under the paths


def lines(hits: "Iterable[Hit]", shown: "Shown") -> Iterator[str]:
    """A line each, of the kind asked for; print0's end with a NUL instead."""
    for hit in hits:
        if shown.as_json:
            yield json_line(hit_object(hit))
        elif shown.print0:
            yield hit.path + "\0"
        elif shown.paths:
            yield hit.path + "\n"
        else:
            yield f"{head(hit)}  {hit.path}{folded(hit)}\n"
            if shown.explain and hit.why:
                yield f"{BELOW}{'; '.join(hit.why)}\n"


def head(hit: "Hit") -> str:
    """`likely  0.312`; where nothing was asked but filters, the day it was taken."""
    if hit.verdict is None and not hit.score:
        return f"{(hit.facts.taken_at or 'no date')[:10]:<13}"
    return f"{hit.verdict or '':<6}  {hit.score:.3f}"


def folded(hit: "Hit") -> str:
    """`  (+2 similar)`"""
    return f"  (+{len(hit.similar)} similar)" if hit.similar else ""


def nothing(shown: "Shown") -> str:
    """What to say instead of a hit."""
    if shown.minimum is None:
        return "nothing found"
    return f"nothing like that (nothing is {shown.minimum} here; without --min you see what comes nearest)"
