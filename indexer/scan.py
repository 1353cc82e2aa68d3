"""Folders -> files. The only walker; it opens no file.

A photo is a candidate by its suffix; what it really is, its bytes decide (decode.py). Beside photos, files that may
speak of them are found too. Left out are hidden files, macOS litter and the insides of a Photos library other than its
originals. A folder reached through a symbolic link is walked
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
from indexer.photo import (
    ICLOUD,
    File,
    SideFile,
    Skip,
    absolute,
    canonical,
    has_side_suffix,
    is_offline,
    is_within,
    kept_in_icloud,
)
from indexer.raw import SUFFIXES as RAW_SUFFIXES

SUFFIXES = RAW_SUFFIXES | frozenset(
    f".{suffix}"
    for suffix in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "dib"),
        *("heic", "heif", "hif", "avif", "jp2", "j2k", "jpx", "jpf", "jxl", "ppm", "pgm", "pbm", "pnm"),
    )
)
PHOTOS_LIBRARY = ".photoslibrary"
ORIGINALS = frozenset({"originals", "Masters"})  # the folder inside a Photos library: since Catalina, and before
LITTER = frozenset({"@eaDir", "#recycle", "$RECYCLE.BIN"})
HAS_FLAGS = hasattr(os.stat_result, "st_flags")  # asked once: a miss for each of 100,000 files takes 0.05 s


class Choice:
    """What is left out of a root: what matches a glob, by its name or by its path below the root, and what was
    forgotten (canonical paths).
    """

    def __init__(self, root: str, exclude: Iterable[str] = (), forgotten: Iterable[str] = ()) -> None:
        self._below_root = len(canonical(root).rstrip("/")) + 1
        self._excluded = _matchers(exclude)
        self._forgotten = frozenset(forgotten)
        self.is_choosy = bool(self._excluded or self._forgotten)

    def leaves_out(self, name: str, path: str) -> bool:
        name, path = canonical(name), canonical(path)
        if path in self._forgotten:
            return True
        return any(matches(name) or matches(path[self._below_root :]) for matches in self._excluded)


class Scan:
    """One look at the disk: iterate it for the files; afterwards it knows what could not be looked at.

    `start` is an absolute path of a folder or a single file that exists; `exclude` and `forgotten` are those of a
    Choice in `root` (`start`, or a folder above it). Side files come after the photos of their folder, if it has any.
    """

    def __init__(
        self, start: str, exclude: Iterable[str] = (), forgotten: Iterable[str] = (), root: str | None = None
    ) -> None:
        self.start = start
        self.unreadable: list[Skip] = []
        self.volumes: set[int] = set()
        self.choice = Choice(root or start, exclude, forgotten)
        self._visited: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[File | SideFile]:
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

    def _look_into(self, folder: str, pending: list[str], linked: list[str]) -> Iterator[File | SideFile]:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=attrgetter("name"))
        if folder.lower().endswith(PHOTOS_LIBRARY):
            entries = [entry for entry in entries if entry.name in ORIGINALS]
        beside: list[os.DirEntry[str]] = []
        has_photos = False
        for entry in entries:
            try:
                if file := self._look_at(entry, pending, linked, beside):
                    has_photos = True
                    yield file
            except FileNotFoundError:
                continue  # removed since the folder was listed
            except OSError as error:
                has_photos = True
                self.unreadable.append(Skip(_as_text(entry.path), f"cannot be read: {error.strerror}"))
        if has_photos:  # a folder of a program's JSON is of no interest
            yield from _side_files(beside, self.choice)

    def _look_at(
        self,
        entry: "os.DirEntry[str]",
        pending: list[str],
        linked: list[str],
        beside: list["os.DirEntry[str]"],
    ) -> File | None:
        """A photo as a File; a folder goes to those to be walked, a side file to `beside`, and the rest is left out."""
        name, path = entry.name, entry.path
        if name[0] == ".":
            return self._placeholder(entry, beside) if name.endswith(ICLOUD) else None
        if self.choice.is_choosy and self.choice.leaves_out(name, path):
            return None
        is_photo = has_photo_suffix(name)
        if is_photo and entry.is_file():
            return _file(path, entry.stat()) if path.isascii() or self._has_text_name(path) else None
        if entry.is_dir():
            if name not in LITTER:
                (linked if entry.is_symlink() else pending).append(path)
        elif not is_photo and has_side_suffix(name):
            beside.append(entry)
        return None

    def _placeholder(self, entry: "os.DirEntry[str]", beside: list["os.DirEntry[str]"]) -> File | None:
        if not is_placeholder(entry.name):
            beside.append(entry)
            return None
        name = str(kept_in_icloud(entry.name))
        path = os.path.join(os.path.dirname(entry.path), name)
        return None if self.choice.leaves_out(name, path) else File(path, 0, 0, 0, offline=True)

    def _has_text_name(self, path: str) -> bool:
        """Whether a path can be kept as text; of those that cannot, it is said."""
        if is_unicode(path):
            return True
        self.unreadable.append(Skip(_as_text(path), "its name is not valid Unicode: rename it"))
        return False


def sides_in(folder: str, choice: Choice) -> Iterator[SideFile]:
    """The side files in a folder in which single photos are looked at. Raises OSError."""
    with os.scandir(folder or os.sep) as listing:
        yield from _side_files(listing, choice)


def _side_files(entries: Iterable["os.DirEntry[str]"], choice: Choice) -> Iterator[SideFile]:
    """Those among some entries that are side files, or stand for one, and are not left out."""
    for entry in entries:
        folder = entry.path[: -len(entry.name) - 1]
        name = kept_in_icloud(entry.name) or entry.name
        if name[0] == "." or not has_side_suffix(name) or not is_unicode(entry.path):
            continue
        if choice.is_choosy and choice.leaves_out(name, f"{folder}/{name}"):
            continue
        if side := _side_file(entry, folder, name):
            yield side


def _side_file(entry: "os.DirEntry[str]", folder: str, name: str) -> SideFile | None:
    try:
        if not entry.is_file():
            return None
        info = entry.stat()
    except FileNotFoundError:
        return None
    except OSError:
        info = None
    if info is None or name != entry.name:
        return SideFile(folder, name, 0, 0, 0, readable=False)
    return SideFile(folder, name, info.st_size, info.st_mtime_ns, info.st_dev, not (HAS_FLAGS and is_offline(info)))


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
    """Whether it stands for a photo that iCloud keeps."""
    return has_photo_suffix(kept_in_icloud(name) or "")


def _matchers(globs: Iterable[str]) -> list[Callable[[str], object]]:
    return [re.compile(fnmatch.translate(canonical(glob.rstrip("/")))).match for glob in globs]
