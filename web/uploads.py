"""Pictures that were dropped into the gallery or sent to the API: the last few, in a folder of their own that goes."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.decode import MAX_PIXELS, decode
from indexer.errors import IndexerError, NotAPicture
from indexer.originals import shrunk

MOST_BYTES = 128_000_000  # of one
KEPT = 24
SIDE, QUALITY = 160, 80  # of their thumbnails


class TooLarge(IndexerError):
    def __init__(self) -> None:
        super().__init__(f"what was sent is larger than {MOST_BYTES / 1e6:.0f} MB")


class Uploads:
    """By name: `upload-` and the beginning of the SHA-256 of their bytes."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="pics-uploads-")
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()

    def close(self) -> None:
        self._folder.cleanup()

    def keep(self, data: bytes) -> str:
        """Returns its name. Raises TooLarge, NotAPicture, and keeps nothing then."""
        if len(data) > MOST_BYTES:
            raise TooLarge
        try:
            small = shrunk(decode(data, SIDE, MAX_PIXELS).image, SIDE, QUALITY)
        except NotAPicture as error:
            raise NotAPicture(f"the picture that was sent: {error}") from error
        name = f"upload-{hashlib.sha256(data).hexdigest()[:24]}"
        (Path(self._folder.name) / name).write_bytes(data)
        self._thumbnails[name] = small.data
        self._thumbnails.move_to_end(name)
        while len(self._thumbnails) > KEPT:
            oldest, _ = self._thumbnails.popitem(last=False)
            (Path(self._folder.name) / oldest).unlink(missing_ok=True)
        return name

    def path(self, name: str) -> Path | None:
        """Where it lies; None: nothing of that name is kept."""
        return Path(self._folder.name) / name if name in self._thumbnails else None

    def thumbnail(self, name: str) -> bytes | None:
        """A JPEG."""
        return self._thumbnails.get(name)
