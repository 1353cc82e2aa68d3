"""The files that indexed pictures came from, where they are still the same, and small pictures of them."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from indexer.decode import MAX_PIXELS, decode
from indexer.errors import NotAPicture
from indexer.photo import File, is_offline


class Small(NamedTuple):
    """A JPEG without any metadata, and its sides in pixels."""

    width: int
    height: int
    data: bytes


def is_as_indexed(file: File) -> bool:
    """Whether it is there with the size and the date that it was indexed with."""
    try:
        info = Path(file.path).stat()
    except OSError:
        return False
    return (info.st_size, info.st_mtime_ns) == (file.size, file.mtime_ns)


def originals(files: Iterable[File]) -> Iterator[Path]:
    """Those that are as they were when they were indexed, and need not be fetched from iCloud."""
    for file in files:
        path = Path(file.path)
        if is_as_indexed(file) and not is_offline(path.stat()):
            yield path


def small_picture(files: Iterable[File], side: int, quality: int, max_pixels: int = MAX_PIXELS) -> Small | None:
    """Of the first that can be read, upright, its longer side at most `side` pixels; None: of none."""
    for path in originals(files):
        try:
            return shrunk(decode(path.read_bytes(), side, max_pixels).image, side, quality)
        except (OSError, NotAPicture):
            continue
    return None


def shrunk(image: Image.Image, side: int, quality: int) -> Small:
    """An RGB picture as a JPEG whose longer side is at most `side` pixels."""
    scale = min(1, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    data = BytesIO()
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2)
    image.save(data, "JPEG", quality=quality, optimize=True)
    return Small(*size, data.getvalue())
