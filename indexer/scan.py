"""Folders -> files. The only walker; it opens no file.

A photo is a candidate by its suffix; what it really is, its bytes decide (decode.py). Left out are hidden files, macOS
litter and the insides of a Photos library other than its originals. A folder reached through a symbolic link is walked
after all real ones, and only if it was not among them: no loop, no photo twice.
"""

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from indexer.errors import NoSuchPath
from indexer.photo import File, Skip, absolute, canonical, is_offline, is_within

SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "dib"),
        *("heic", "heif", "hif", "avif", "jp2", "j2k", "jpx", "jpf", "jxl", "ppm", "pgm", "pbm", "pnm"),
    )
)
PHOTOS_LIBRARY = ".photoslibrary"
ORIGINALS = frozenset({"originals", "Masters"})  # the folder inside a Photos library: since Catalina, and before
LITTER = frozenset({"@eaDir", "#recycle", "$RECYCLE.BIN"})
ICLOUD = ".icloud"
HAS_FLAGS = hasattr(os.stat_result, "st_flags")  # asked once: a miss for each of 100,000 files takes 0.05 s


class Scan:
    """One look at the disk: iterate it for the files; afterwards it knows what could not be looked at.

    `start` is an absolute path of a folder or a single file that exists. Left out is what matches a glob of `exclude`,
    by its name or by its path below `root` (`start`, or a folder above it), and what is in `forgotten` (canonical).
    """

    def __init__(
        self, start: str, exclude: Iterable[str] = (), forgotten: Iterable[str] = (), root: str | None = None
    ) -> None:
        self.start = start
        self.unreadable: list[Skip] = []
        self.volumes: set[int] = set()
        self._below_root = len(canonical(root or start).rstrip("/")) + 1
        self._excluded = _matchers(exclude)
        self._forgotten = frozenset(forgotten)
        self._is_choosy = bool(self._excluded or self._forgotten)
        self._visited: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[File]:
        linked: list[str] = []
        pending = [self.start]
        while pending or linked:
            place = pending.pop() if pending else linked.pop()
            try:
                info = os.stat(place)
                if stat.S_ISREG(info.st_mode) and self._has_text_name(place):
                    yield _file(place, info)
                elif stat.S_ISDIR(info.st_mode) and self._first_visit(info):
                    yield from self._look_into(place, pending, linked)
            except FileNotFoundError:
                continue  # removed since the folder above was listed
            except OSError as error:
                self.unreadable.append(Skip(_as_text(place), f"folder cannot be read: {error.strerror}"))

    def _first_visit(self, info: os.stat_result) -> bool:
        self.volumes.add(info.st_dev)
        place = (info.st_dev, info.st_ino)
        if place in self._visited:
            return False
        self._visited.add(place)
        return True

    def _look_into(self, folder: str, pending: list[str], linked: list[str]) -> Iterator[File]:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=attrgetter("name"))
        if folder.lower().endswith(PHOTOS_LIBRARY):
            entries = [entry for entry in entries if entry.name in ORIGINALS]
        for entry in entries:
            try:
                if file := self._look_at(entry, pending, linked):
                    yield file
            except FileNotFoundError:
                continue  # removed since the folder was listed
            except OSError as error:
                self.unreadable.append(Skip(_as_text(entry.path), f"cannot be read: {error.strerror}"))

    def _look_at(self, entry: "os.DirEntry[str]", pending: list[str], linked: list[str]) -> File | None:
        """A photo as a File; a folder goes to those to be walked, and the rest is left out."""
        name, path = entry.name, entry.path
        if name[0] == ".":
            return self._placeholder(name, path) if is_placeholder(name) else None
        if name in LITTER or (self._is_choosy and self._is_unwanted(name, path)):
            return None
        if entry.is_dir():
            (linked if entry.is_symlink() else pending).append(path)
        elif has_photo_suffix(name) and entry.is_file() and (path.isascii() or self._has_text_name(path)):
            return _file(path, entry.stat())
        return None

    def _placeholder(self, name: str, path: str) -> File | None:
        name = name[1 : -len(ICLOUD)]
        path = os.path.join(os.path.dirname(path), name)
        return None if self._is_choosy and self._is_unwanted(name, path) else File(path, 0, 0, 0, offline=True)

    def _has_text_name(self, path: str) -> bool:
        """Whether a path can be kept as text; of those that cannot, it is said."""
        if is_unicode(path):
            return True
        self.unreadable.append(Skip(_as_text(path), "its name is not valid Unicode: rename it"))
        return False

    def _is_unwanted(self, name: str, path: str) -> bool:
        name, path = canonical(name), canonical(path)
        if path in self._forgotten:
            return True
        return any(matches(name) or matches(path[self._below_root :]) for matches in self._excluded)


def photo_roots(paths: Iterable[Path]) -> list[str]:
    """What the user named -> absolute roots, without those that lie inside another. Raises NoSuchPath."""
    roots = []
    for path in paths:
        root = absolute(path)
        if not (root.is_dir() or root.is_file()):
            raise NoSuchPath(path)
        roots.append(str(root))
    return outermost(roots)


def outermost(roots: Iterable[str]) -> list[str]:
    """The roots that lie in no other root, in their order, each once."""
    unique = {canonical(root): root for root in reversed(list(roots))}
    kept = [path for path in unique if not any(path != other and is_within(path, other) for other in unique)]
    return [unique[path] for path in reversed(kept)]


def whereabouts(path: str) -> str:
    """Where the bytes of an indexed file are: 'there', 'offline' (in iCloud only) or 'away' (unplugged, or gone)."""
    try:
        return "offline" if is_offline(os.stat(path)) else "there"
    except (FileNotFoundError, NotADirectoryError):
        folder, name = os.path.split(path)
        return "offline" if os.path.lexists(os.path.join(folder, f".{name}{ICLOUD}")) else "away"
    except OSError:
        return "there"  # reading it will say what the matter is


def _file(path: str, info: os.stat_result) -> File:
    return File(path, info.st_size, info.st_mtime_ns, info.st_dev, HAS_FLAGS and is_offline(info))


def has_photo_suffix(name: str) -> bool:
    """Whether a file's name says that it may be a photo."""
    return name[name.rfind(".") :].lower() in SUFFIXES


def is_unicode(path: str) -> bool:
    """Whether a path can be written down as text; Linux allows names that cannot."""
    return path.isascii() or not any("\ud800" <= c <= "\udfff" for c in path)


def _as_text(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def is_placeholder(name: str) -> bool:
    """Whether `.NAME.icloud` stands for a photo NAME that iCloud keeps (macOS before Sonoma)."""
    return name[0] == "." and name.endswith(ICLOUD) and has_photo_suffix(name[: -len(ICLOUD)])


def _matchers(globs: Iterable[str]) -> list[Callable[[str], object]]:
    return [re.compile(fnmatch.translate(canonical(glob.rstrip("/")))).match for glob in globs]
