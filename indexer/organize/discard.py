"""Duplicates into the system's trash, from which they can be taken back; only while what is kept is there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.organize.dupes import Group
from indexer.organize.keeper import Photo
from indexer.originals import is_as_indexed
from indexer.photo import File, Skip
from indexer.store.library import Library


@dataclass(slots=True)
class Discarded:
    """`moved` photos are in the trash; `left` ones are where they were, each with the reason."""

    moved: list[Photo] = field(default_factory=list)
    left: list[Skip] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(photo.file.size for photo in self.moved)


def discard(library: Library, groups: Sequence[Group], trash: Callable[[str], None]) -> Discarded:
    """Gives all but the keepers to `trash`, which raises OSError where it cannot; the library lets go of them.

    However it ends, the library knows what went. Raises LibraryBusy.
    """
    done = Discarded()
    with library.writing():
        try:
            for group in groups:
                _discard(group.keep, group.others, trash, done)
        finally:
            library.let_go(photo.path for photo in done.moved)
    return done


def _discard(keep: Photo, others: Iterable[Photo], trash: Callable[[str], None], done: Discarded) -> None:
    for photo in others:
        if reason := _why_not(keep.file, photo.file):
            done.left.append(Skip(photo.path, reason))
            continue
        try:
            trash(photo.path)
        except OSError as error:
            done.left.append(Skip(photo.path, f"the trash did not take it: {error.strerror or error}"))
        else:
            done.moved.append(photo)


def _why_not(keep: File, other: File) -> str | None:
    """What speaks against giving up a photo."""
    if not is_as_indexed(keep):
        return f"{keep.path}, which was to be kept, is not there, or has changed"
    if not is_as_indexed(other):
        return "not there, or it has changed since it was indexed"
    if Path(other.path).is_symlink() or _is_same_file(keep.path, other.path):
        return f"it is the same file as {keep.path}, by another name"
    return None


def _is_same_file(keep: str, other: str) -> bool:
    try:
        return Path(keep).samefile(other)
    except OSError:
        return True
