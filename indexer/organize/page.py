"""The map as a page: one HTML file that holds all it shows, asks no network, and opens from the disk."""

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer.errors import CannotWrite, NotOurMap
from indexer.organize.groups import Group
from indexer.organize.naming import spelled
from indexer.organize.thumbnails import Thumbnail
from indexer.organize.vocabulary import Word
from indexer.photo import Vector

TEMPLATE = Path(__file__).with_name("map.html")
MARK = "<!-- a map of photos, drawn by pics -->"  # which stands in the first lines of every map
FINE = 65_535  # steps of a coordinate


@dataclass(frozen=True, slots=True)
class Map:
    """What is on it: n pictures with their paths and places (n, 2) in [0, 1], groups of them with their names."""

    paths: Sequence[Sequence[str]]
    places: Vector
    groups: Sequence[Group]
    names: Sequence[Sequence[Word]]
    thumbnails: Sequence[Thumbnail]
    model: str


def check(out: Path, force: bool) -> None:
    """Raises CannotWrite, or NotOurMap where another file lies there, unless that is to go."""
    if out.is_dir():
        raise CannotWrite(out, "a folder has that name")
    if not out.parent.is_dir():
        raise CannotWrite(out, "its folder does not exist")
    try:
        with out.open(encoding="utf-8", errors="replace") as file:
            ours = MARK in file.read(1024)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotWrite(out, str(error.strerror)) from error
    if not (ours or force):
        raise NotOurMap(out)


def write(out: Path, drawn: Map) -> int:
    """Written aside, then renamed; returns the bytes of the page. Raises CannotWrite."""
    page = render(drawn).encode()
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        aside.write_bytes(page)
        aside.replace(out)
    except OSError as error:
        raise CannotWrite(out, str(error.strerror)) from error
    finally:
        aside.unlink(missing_ok=True)
    return len(page)


def render(drawn: Map) -> str:
    """The page. Its script and its style are allowed by their hashes alone, so nothing in a file's name can run."""
    page = TEMPLATE.read_text("utf-8")
    for kind in ("style", "script"):
        start = page.index(f"<{kind}>") + len(kind) + 2
        text = page[start : page.index(f"</{kind}>", start)]
        page = page.replace(f"{kind.upper()}-HASH", base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())
    head, tail = page.split("{{photos}}")
    return head + _safe(_facts(drawn)) + tail


def _safe(facts: dict[str, Any]) -> str:
    """JSON in which no tag can begin or end."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _facts(drawn: Map) -> dict[str, Any]:
    folders = {folder: number for number, folder in enumerate(sorted({_split(paths[0])[0] for paths in drawn.paths}))}
    group_of = np.zeros(len(drawn.paths), int)
    for number, group in enumerate(drawn.groups):
        group_of[group.rows] = number
    fine = np.round(drawn.places * FINE).astype(int)
    return {
        "model": drawn.model,
        "folders": list(folders),
        "x": fine[:, 0].tolist(),
        "y": fine[:, 1].tolist(),
        "group": group_of.tolist(),
        "folder": [folders[_split(paths[0])[0]] for paths in drawn.paths],
        "name": [_split(paths[0])[1] for paths in drawn.paths],
        "copies": {row: paths[1:] for row, paths in enumerate(drawn.paths) if len(paths) > 1},
        "groups": [_group(drawn, group, words) for group, words in zip(drawn.groups, drawn.names, strict=True)],
        "thumbnails": [
            (small.row, small.width, small.height, base64.b64encode(small.data).decode()) for small in drawn.thumbnails
        ],
    }


def _group(drawn: Map, group: Group, words: Sequence[Word]) -> dict[str, Any]:
    x, y = _midst(drawn.places[group.rows])
    name, japanese = spelled(words)
    return {
        "name": name,
        "japanese": japanese,
        "size": len(group.rows),
        "x": round(x * FINE),
        "y": round(y * FINE),
    }


def _midst(places: Vector) -> tuple[float, float]:
    """Where a group's name stands: of its places the one nearest to their median, for a group may lie around others."""
    middle = np.median(places, axis=0)
    x, y = places[((places - middle) ** 2).sum(axis=1).argmin()]
    return float(x), float(y)


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
