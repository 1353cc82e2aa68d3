"""Groups of duplicates as lines, as JSON and as paths; and what became of those that were to go."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from indexer.objects import duplicates_object
from terminal.text import json_line, photos, pictures, size

if TYPE_CHECKING:
    from indexer.organize.discard import Discarded
    from indexer.organize.dupes import Found, Group
    from indexer.organize.keeper import Photo


def group_lines(groups: "Iterable[Group]", as_json: bool, paths: bool, print0: bool) -> Iterator[str]:
    """One JSON object a group, the paths of those that could go, or a few lines a group."""
    for number, group in enumerate(groups):
        if as_json:
            yield json_line(duplicates_object(group))
        elif paths or print0:
            yield from (photo.path + ("\0" if print0 else "\n") for photo in group.others)
        else:
            yield from _lines(group, number > 0)


def _lines(group: "Group", is_next: bool) -> Iterator[str]:
    kind = "copies" if group.is_exact else "near"
    yield ("\n" if is_next else "") + f"{kind:<6}  {photos(len(group.photos))}, {size(group.reclaimable)} to free\n"
    yield f"  keep  {_described(group.keep)}  {group.keep.path}  ({group.reason})\n"
    for photo in group.others:
        yield f"        {_described(photo)}  {photo.path}\n"


def _described(photo: "Photo") -> str:
    return f"{photo.score:.3f}  {f'{photo.width} x {photo.height}':>13} {photo.format:<5} {size(photo.file.size):>7}"


def notes(found: "Found") -> Iterator[str]:
    """What a person should know besides, a sentence each."""
    if found.groups:
        could_go = sum(len(group.others) for group in found.groups)
        freed = size(sum(group.reclaimable for group in found.groups))
        groups = "1 group" if len(found.groups) == 1 else f"{len(found.groups):,} groups"
        yield f"{groups}: {photos(could_go)} could go, which frees {freed}"
    if found.unread:
        why = "away, in iCloud, changed or damaged"
        yield f"left out, for it could not be looked at ({why}): {pictures(found.unread)}"


def question(groups: "Iterable[Group]") -> str:
    others = [photo for group in groups for photo in group.others]
    them = "1 photo" if len(others) == 1 else f"these {len(others):,} photos"
    return f"Move {them} ({size(sum(photo.file.size for photo in others))}) to the trash?"


def discarded(done: "Discarded") -> Iterator[str]:
    """What became of those that were to go, a sentence each."""
    yield f"{photos(len(done.moved))} moved to the trash, {size(done.bytes)}; empty it to have the room"
    for skip in done.left:
        yield f"{skip.path}: left alone: {skip.reason}"
