"""Which of several photos of one picture to keep, and why.

One criterion after the other leaves those that are best by it, until one is left: most pixels, a format that loses
nothing, what the file knows of itself, the larger file, a name as a camera gives one, and age.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from indexer.photo import Facts, File
from indexer.raw import FORMATS as RAW_FORMATS

AS_LARGE = 0.98  # of the pixels: nothing to choose by, as the edge of what was turned
AS_HEAVY = 0.9  # of the bytes
LOSSLESS = frozenset({"TIFF", "PNG", "BMP", "DIB", "PPM", *RAW_FORMATS})
CLOCKLESS = ("file name", "file date")  # sources of a date that every copy has
WORDS = r"cop(?:y|ia|ie)|kopie|edit(?:ed)?|resized?|small|thumb(?:nail)?s?|export(?:ed)?|compressed|cropped|WA\d{4}"
MADE_LATER = re.compile(  # dog copy, dog (1), IMG_1 2, dog~3, dog-edited, dogのコピー
    rf"(?<![a-z])(?:{WORDS})(?![a-z])|コピー|編集済み|副本|复制|\(\d+\)|~\d+$|\w [2-9]$", re.IGNORECASE
)
KEPT_ELSEWHERE = re.compile(r"backups?|copies|copy|exports?|thumbnails?|whatsapp.*|バックアップ|コピー", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Photo:
    """A path that holds a picture. `score` is the cosine with the photo that is to be kept."""

    content_id: int
    file: File
    width: int
    height: int
    format: str
    facts: Facts
    score: float = 1.0

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def known(self) -> list[str]:
        """What of it would be lost with it."""
        facts = self.facts
        has_clock = facts.taken_at is not None and not (facts.taken_from or "").startswith(CLOCKLESS)
        said = {"a date": has_clock, "a camera": facts.camera, "a place on the map": facts.latitude is not None}
        return [what for what, is_known in said.items() if is_known]

    @property
    def looks_original(self) -> bool:
        """By its name, and that of its folder."""
        path = PurePath(self.path)
        return not (MADE_LATER.search(path.stem) or KEPT_ELSEWHERE.fullmatch(path.parent.name))


def keeper(photos: Sequence[Photo]) -> tuple[Photo, str]:
    """The one to keep, and the reason; of those that are as good, the first by its path."""
    left, reasons = sorted(photos, key=lambda photo: photo.path), []
    for best, say in CRITERIA:
        kept = list(best(left))
        if len(kept) < len(left):
            reasons.append(say(kept[0]))
        left = kept
    return left[0], ", ".join(reasons) or "as good as the others"


Criterion = tuple[Callable[[list[Photo]], Iterator[Photo]], Callable[[Photo], str]]


def _most(value: Callable[[Photo], int], near: float = 1) -> Callable[[list[Photo]], Iterator[Photo]]:
    """Those with the highest value, or nearly so."""

    def best(photos: list[Photo]) -> Iterator[Photo]:
        highest = max(map(value, photos))
        least = highest if near == 1 else highest * near
        return (photo for photo in photos if value(photo) >= least)

    return best


CRITERIA: tuple[Criterion, ...] = (
    (_most(lambda photo: photo.pixels, AS_LARGE), lambda photo: f"the most pixels ({photo.width} x {photo.height})"),
    (_most(lambda photo: photo.format in LOSSLESS), lambda photo: f"{photo.format} loses nothing"),
    (_most(lambda photo: len(photo.known)), lambda photo: f"knows {' and '.join(photo.known)}"),
    (_most(lambda photo: photo.file.size, AS_HEAVY), lambda _: "the larger file"),
    (_most(lambda photo: photo.looks_original), lambda _: "its name is no copy's"),
    (_most(lambda photo: -photo.file.mtime_ns), lambda _: "the oldest file"),
)
