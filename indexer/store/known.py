"""Whether a library has some bytes, asked by the threads that read files while another writes."""

import threading
from pathlib import Path

from indexer.store.database import Database
from indexer.store.files import Files


class KnownContents:
    """Answers, from any thread, whether a library already has some bytes."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, read_only=True)
        self._lock = threading.Lock()

    def has(self, sha256: bytes) -> bool:
        with self._lock:
            return Files(self._database).content_id(sha256) is not None

    def close(self) -> None:
        with self._lock:
            self._database.close()
