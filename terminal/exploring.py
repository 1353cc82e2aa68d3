"""How groups, maps and strays look: lines for people, JSON for programs."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.objects import hit_object
from terminal.text import json_line, pictures, size

if TYPE_CHECKING:
    from indexer.organize.groups import Group
    from indexer.organize.page import Map
    from indexer.organize.vocabulary import Word
    from indexer.photo import Hit

CENTRAL = 3  # photos that stand for a group
BELOW = " " * 9


def group_facts(
    group: "Group", words: "Sequence[Word]", paths: Sequence[Sequence[str]], members: bool
) -> dict[str, Any]:
    """A group as a flat object; docs/json.md says what each key means."""
    from indexer.organize.naming import spelled

    name, japanese = spelled(words)
    found = {
        "path": paths[group.rows[0]][0],
        "score": round(group.cohesion, 4),
        "name": name or None,
        "japanese": japanese or None,
        "size": len(group.rows),
        "central": [paths[row][0] for row in group.rows[:CENTRAL]],
    }
    return found | ({"members": [path for row in group.rows for path in paths[row]]} if members else {})


def group_lines(group: dict[str, Any], as_json: bool) -> str:
    if as_json:
        return json_line(group)
    head = f"{group['size']:>7,}  {group['name'] or 'no name'}"
    return "\n".join([head, *(BELOW + path for path in group["central"])]) + "\n"


def map_facts(path: Path, drawn: "Map", method: str, n_bytes: int) -> dict[str, Any]:
    return {
        "path": str(path),
        "pictures": len(drawn.paths),
        "thumbnails": len(drawn.thumbnails),
        "groups": len(drawn.groups),
        "projection": method,
        "bytes": n_bytes,
    }


def map_said(drawn: dict[str, Any]) -> str:
    """One line beside the path."""
    groups = "1 group" if drawn["groups"] == 1 else f"{drawn['groups']} groups"
    return (
        f"{pictures(drawn['pictures'])} in {groups}, {drawn['thumbnails']:,} with a thumbnail, {size(drawn['bytes'])}:"
        " a browser opens it, and it asks no network"
    )


def odd_lines(hits: "Iterable[Hit]", as_json: bool, paths: bool, print0: bool) -> Iterator[str]:
    """A line each and one for the reason; print0's end with a NUL instead."""
    for hit in hits:
        if as_json:
            yield json_line(hit_object(hit))
        elif print0:
            yield hit.path + "\0"
        elif paths:
            yield hit.path + "\n"
        else:
            yield f"{hit.score:>7.2f}  {hit.path}\n{BELOW}{'; '.join(hit.why)}\n"
