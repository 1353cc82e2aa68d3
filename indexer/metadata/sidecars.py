"""Finds and reads the files beside a photo that speak of it: XMP side files, and the JSON of Google's Takeout.

    IMG_1.xmp  IMG_1.jpg.xmp                      Lightroom and Bridge; darktable and digiKam
    IMG_1.jpg.json                                Takeout until 2024
    IMG_1.jpg.supplemental-metadata.json          Takeout since, cut so that 46 characters stand before `.json`
    IMG_1.jpg(1).json, ….supplemental-met(1).json of IMG_1(1).jpg
    the JSON of IMG_1.jpg (or .HEIC)              of IMG_1-edited.jpg, which has none of its own

A folder is listed once and not walked; names are compared without regard to case and Unicode form.
"""

import os
import re
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Set
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from indexer.photo import canonical, has_side_suffix, is_offline, kept_in_icloud

SUPPLEMENT = ".supplemental-metadata"
LONGEST = 46  # characters that Takeout leaves of a name before `.json`
LARGEST = 16 << 20  # bytes: more is no side file
EDITED = re.compile(
    r"-(?:edited|effects|bearbeitet|modifié|editado|modificato|bewerkt|edytowane|redigerad|編集済み|编辑|已編輯|수정됨)"
    r"(?=\(\d+\)$|$)",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"\(\d+\)$")
ORIGINALS = (".heic", ".jpg", ".jpeg", ".png", ".dng", ".webp")  # suffixes that an edited JPEG's original may have


class Side(NamedTuple):
    """A file beside a photo: its name, its bytes, or the reason why they could not be read.

    `later` when they may be another time, though the file will not have changed.
    """

    name: str
    data: bytes
    fault: str = ""
    later: bool = False

    @property
    def is_xmp(self) -> bool:
        return self.name[-4:].lower() == ".xmp"


class Unread(NamedTuple):
    """A photo of which side files could not be read, and their names; without any, nobody could know which it has."""

    path: str
    names: tuple[str, ...] = ()


class Folders:
    """Which side files lie in which folder, as far as it has been asked: the last few folders are remembered.

    For the length of one run: what is put into a folder after it was listed, is not seen. Any thread may ask. Paths
    for which `leaves_out` is true are not looked at.
    """

    REMEMBERED = 64

    def __init__(self, leaves_out: Callable[[str], bool] = lambda _: False) -> None:
        self._leaves_out = leaves_out
        self._listings: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def sides_in(self, folder: str) -> dict[str, str]:
        """Names by which side files are asked for -> their names on the disk. Empty for a folder that is not there."""
        with self._lock:
            if folder not in self._listings:
                self._listings[folder] = self._list(folder)
                if len(self._listings) > self.REMEMBERED:
                    self._listings.popitem(last=False)
            self._listings.move_to_end(folder)
            return self._listings[folder]

    def _list(self, folder: str) -> dict[str, str]:
        try:
            names = sorted((entry.name for entry in Path(folder).iterdir()), key=lambda name: name[0] != ".")
        except OSError:
            return {}
        called = [(kept_in_icloud(name) or name, name) for name in names]  # what is there after what is in the cloud
        sides = [(wanted, name) for wanted, name in called if has_side_suffix(wanted)]
        return {side_key(wanted): name for wanted, name in sides if not self._leaves_out(f"{folder}/{wanted}")}


def sides_of(path: str, folders: Folders | None = None) -> tuple[Side, ...]:
    """The side files of a photo, read: those of XMP, and of Takeout's the likeliest. Never raises OSError."""
    folder = os.path.split(path)[0]
    return tuple(_read(folder, name) for name in _names_of(path, folders or Folders()))


def has_sides(path: str, folders: Folders) -> bool:
    """Whether there are side files of a photo."""
    return bool(_names_of(path, folders))


def speak_of(path: str, keys: Set[str]) -> bool:
    """Whether among some side files in a photo's folder, by their `side_key`, may be one of its own."""
    name = Path(path)
    return any(side_key(side) in keys for side in chain(_xmp_names(name), _takeout_names(name.stem, name.suffix)))


def side_key(name: str) -> str:
    """What names of side files are compared by."""
    return canonical(name).casefold()


def _names_of(path: str, folders: Folders) -> list[str]:
    """The names on the disk of a photo's side files."""
    folder, name = os.path.split(path)
    there = folders.sides_in(folder or ".")
    if not there:
        return []
    xmp = [there[key] for side in _xmp_names(Path(name)) if (key := side_key(side)) in there]
    wanted = map(side_key, _takeout_names(Path(name).stem, Path(name).suffix))
    json = next((there[key] for key in wanted if key in there), None)
    return [*xmp, json] if json else xmp


def _xmp_names(photo: Path) -> tuple[str, str]:
    return f"{photo.name}.xmp", f"{photo.stem}.xmp"


def _takeout_names(stem: str, suffix: str) -> Iterator[str]:
    """Every name that Takeout may have given to the JSON of a photo, the likeliest first."""
    yield from _names_for(stem, suffix)
    if EDITED.search(stem):
        original = EDITED.sub("", stem)
        for other in dict.fromkeys((suffix, *ORIGINALS)):
            yield from _names_for(original, other)
    yield f"{stem}.json"


def _names_for(stem: str, suffix: str) -> Iterator[str]:
    yield from _cut_names(stem + suffix, "")
    if number := NUMBERED.search(stem):
        yield from _cut_names(stem[: number.start()] + suffix, number[0])


def _cut_names(name: str, number: str) -> Iterator[str]:
    for length in range(len(SUPPLEMENT), -1, -1):
        yield f"{(name + SUPPLEMENT[:length])[:LONGEST]}{number}.json"


def _read(folder: str, name: str) -> Side:
    if wanted := kept_in_icloud(name):
        return Side(wanted, b"", "in iCloud only", later=True)
    try:
        path = Path(folder, name)
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return Side(name, b"", "not a file")
        if is_offline(info):
            return Side(name, b"", "in iCloud only", later=True)
        if info.st_size > LARGEST:
            return Side(name, b"", f"{info.st_size:,} bytes are too many")
        return Side(name, path.read_bytes())
    except OSError as error:
        later = not isinstance(error, FileNotFoundError)  # one that comes back is a new one
        return Side(name, b"", f"cannot be read: {error.strerror or error}", later)
