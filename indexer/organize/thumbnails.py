"""Small pictures of photos, read from their files: JPEGs of some two kilobytes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from indexer.decode import decode
from indexer.errors import NotAPicture
from indexer.originals import shrunk
from indexer.photo import is_offline
from indexer.settings import Progress, Settings, Watch

SIDE = 112  # pixels of the longer side
QUALITY = 70
AT_ONCE = 256


class Thumbnail(NamedTuple):
    """Of the photo in a `row`; `data` is a JPEG without any metadata."""

    row: int
    width: int
    height: int
    data: bytes


def thumbnails(
    rows: Sequence[int], paths: Sequence[Sequence[str]], settings: Settings, watch: Watch
) -> Iterator[Thumbnail]:
    """In the order of the rows; a photo none of whose paths can be read is left out, one in iCloud is not fetched."""
    with ThreadPoolExecutor(settings.workers) as pool:
        for start in range(0, len(rows), AT_ONCE):
            watch(Progress("draw", start, len(rows)))
            some = rows[start : start + AT_ONCE]
            made = pool.map(lambda row: _first(row, paths[row], settings.max_pixels), some)
            yield from (thumbnail for thumbnail in made if thumbnail)


def _first(row: int, paths: Sequence[str], max_pixels: int) -> Thumbnail | None:
    for path in paths:
        try:
            if is_offline(Path(path).stat()):
                continue
            image = decode(Path(path).read_bytes(), SIDE, max_pixels).image
        except (OSError, NotAPicture):
            continue
        return Thumbnail(row, *shrunk(image, SIDE, QUALITY))
    return None
