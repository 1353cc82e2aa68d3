"""Which photos are read again because a file beside them is new, changed or gone, or could not be read when they were.

scan -> which side files are other than they were -> the photos of the same folder whose names go with theirs

Photos share their facts with their copies, and so the side files of all copies count: a file that brings a copy's side
files, or takes them away, has the picture read again too.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

from indexer.metadata import Unread, side_key, speak_of
from indexer.photo import canonical, is_within
from indexer.scan import Choice
from indexer.store.library import Library


def note_news(library: Library) -> int:
    """Notes the pictures that a scan's side files have read again; returns how many photos that were not touched.

    Follows upon `Sides.compare`, and changes nothing: `Sides.settle` does.
    """
    photos = 0
    for folder, names in library.sides.news():
        keys = {side_key(name) for name in names}
        found = [number for path, number in library.sides.photos_in(folder) if speak_of(path, keys)]
        library.sides.note(found)
        photos += len(found)
    _note_leaving(library)
    return photos


def _note_leaving(library: Library) -> None:
    """Notes the pictures of files that go, move or change, and had side files: a copy may have learnt from these."""

    @lru_cache(64)
    def keys_in(folder: str) -> frozenset[str]:
        return frozenset(map(side_key, library.sides.kept_in(folder)))

    for files in library.sides.leaving():
        had_sides = ((number, path, keys_in(_folder(path))) for path, number in files)
        library.sides.note([number for number, path, keys in had_sides if keys and speak_of(path, keys)])


def take_back(library: Library, unread: Iterable[Unread]) -> None:
    """Has the library forget that it read side files that it could not: the next run tries them again."""
    for path, names in unread:
        folder = _folder(path)
        its_own = (name for name in library.sides.kept_in(folder) if speak_of(path, {side_key(name)}))
        library.sides.take_back(folder, names or its_own)


def left_out(library: Library) -> Callable[[str], bool]:
    """Whether a path is one that the library was told to leave out."""
    forgotten = frozenset(library.roots.forgotten())
    choices = [(root.path, Choice(root.path, root.exclude)) for root in library.roots.all() if root.exclude]

    def leaves_out(path: str) -> bool:
        choice = next((choice for root, choice in choices if is_within(path, root)), None)
        return canonical(path) in forgotten or bool(choice and choice.leaves_out(path.rpartition("/")[2], path))

    return leaves_out


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
