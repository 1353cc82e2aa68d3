"""Answers as plain objects, for JSON: the one shape of the command line, of the HTTP API and of MCP (docs/json.md)."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what makes these answers is heavier than their shape
    from collections.abc import Iterable

    from indexer.organize.dupes import Group
    from indexer.organize.keeper import Photo
    from indexer.photo import Hit
    from indexer.store.library import Library
    from indexer.store.milvus import Pushed
    from indexer.store.models import Kept
    from indexer.store.roots import Root

Object = dict[str, Any]


def hit_object(hit: "Hit") -> Object:
    flat = asdict(hit)
    number = flat.pop("content_id")
    known: Object = flat.pop("facts")
    return flat | known | {"id": number}


def duplicates_object(group: "Group") -> Object:
    return {
        "kind": "copies" if group.is_exact else "near",
        "path": group.keep.path,
        "score": min(photo.score for photo in group.photos),
        "keep": group.keep.path,
        "reason": group.reason,
        "reclaimable": group.reclaimable,
        "photos": [_duplicate(photo, photo is group.keep) for photo in group.photos],
    }


def _duplicate(photo: "Photo", keep: bool) -> Object:
    return {
        "path": photo.path,
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "size": photo.file.size,
        "score": photo.score,
        "keep": keep,
    }


def status_object(library: "Library", store: Object | None = None) -> Object:
    model = library.model()
    writer = library.writer()
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
        "writing": asdict(writer) if writer else None,
        "store": store,
    }


def store_object(address: str | None, pushed: "Iterable[Pushed]", owner: str | None) -> Object:
    libraries = [
        {
            "name": one.name,
            "id": one.owner,
            "ours": one.owner == owner,
            "model": one.model.name,
            "pictures": one.pictures,
            "at": one.at,
        }
        for one in pushed
    ]
    return {"address": address, "libraries": libraries, "error": None}


def _model(kept: "Kept") -> Object:
    return {
        "name": kept.name,
        "revision": kept.identity.revision,
        "dim": kept.identity.dim,
        "pictures": kept.pictures,
        "of": kept.of,
        "in_use": kept.is_current,
    }


def _root(library: "Library", root: "Root") -> Object:
    return {
        "path": root.path,
        "photos": library.files.count(root.path),
        "present": Path(root.path).exists(),
        "exclude": root.exclude,
        "scanned_at": root.scanned_at,
    }
