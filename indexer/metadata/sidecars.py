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
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from indexer.photo import canonical, is_offline

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
    """A file beside a photo: its name, its bytes, or the reason why they could not be read."""

    name: str
    data: bytes
    fault: str = ""

    @property
    def is_xmp(self) -> bool:
        return self.name[-4:].lower() == ".xmp"


class Folders:
    """Which side files lie in which folder, as far as it has been asked: the last few folders are remembered.

    For the length of one run: what is put into a folder after it was listed, is not seen. Any thread may ask.
    """

    REMEMBERED = 64

    def __init__(self) -> None:
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
            names = [entry.name for entry in Path(folder).iterdir()]
        except OSError:
            return {}
        return {_key(name): name for name in names if name[-4:].lower() == ".xmp" or name[-5:].lower() == ".json"}


def sides_of(path: str, folders: Folders | None = None) -> tuple[Side, ...]:
    """The side files of a photo, read: those of XMP, and of Takeout's the likeliest. Never raises OSError."""
    folder, name = os.path.split(path)
    there = (folders or Folders()).sides_in(folder or ".")
    if not there:
        return ()
    stem, suffix = Path(name).stem, Path(name).suffix
    found = [there[key] for key in (_key(f"{name}.xmp"), _key(f"{stem}.xmp")) if key in there]
    json = next((there[key] for wanted in _takeout_names(stem, suffix) if (key := _key(wanted)) in there), None)
    return tuple(_read(folder, side) for side in (*found, *([json] if json else ())))


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


def _key(name: str) -> str:
    return canonical(name).casefold()


def _read(folder: str, name: str) -> Side:
    try:
        path = Path(folder, name)
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return Side(name, b"", "not a file")
        if is_offline(info):
            return Side(name, b"", "in iCloud only")
        if info.st_size > LARGEST:
            return Side(name, b"", f"{info.st_size:,} bytes are too many")
        return Side(name, path.read_bytes())
    except OSError as error:
        return Side(name, b"", f"cannot be read: {error.strerror or error}")
