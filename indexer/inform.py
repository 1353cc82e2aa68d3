"""The pass of `pics index` for pictures of which nothing is known besides their pixels, or whose side files changed.

lacking -> a path where it is there -> feed, headers and side files alone -> still the same bytes -> put, a batch a
transaction. The side files of all copies of a picture count.

Whatever ends a pass early, the batches before it are kept, and the next one goes on from there. A picture whose files
are away stays for later.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice

from indexer.beside import left_out, take_back
from indexer.feed import HeaderReader, Informed, Vanished, feed
from indexer.metadata import METADATA_VERSION
from indexer.photo import Skip
from indexer.scan import whereabouts
from indexer.settings import DEFAULTS, Progress, Settings, Watch
from indexer.store.lacking import Wanted
from indexer.store.library import Library

BATCH = 256  # pictures a transaction: there is no model to wait for

Read = tuple[Wanted, Informed | Vanished | Skip]


def inform(library: Library, settings: Settings = DEFAULTS, watch: Watch = lambda _: None) -> int:
    """Reads what the files of the library say of themselves, where no reader of this version has; returns of how many.

    Raises LibraryBusy, LibraryFull. Where nothing is lacking, it waits for nobody.
    """
    if not library.lacking_facts(METADATA_VERSION):
        return 0
    with library.writing():
        return Pass(library, settings, watch).read()


class Pass:
    """One pass. A picture that cannot be read at one of its paths is tried at the next."""

    def __init__(self, library: Library, settings: Settings, watch: Watch) -> None:
        self._library = library
        self._workers = settings.workers
        self._copies: dict[str, list[str]] = {}  # of the pictures in hand: the path that is read -> all others
        self._reader = HeaderReader(left_out(library), lambda path: self._copies.get(path, []))
        self._watch = watch
        self._lacking = library.lacking_facts(METADATA_VERSION)
        self._informed = 0
        self._tried: set[int] = set()  # content ids

    def read(self) -> int:
        """How many pictures it informed the library of."""
        with self._library.pictures_without_facts(METADATA_VERSION) as pictures:
            for slice_ in pictures.slices():
                there = [wanted for wanted in slice_ if whereabouts(wanted.file.path) == "there"]
                self._copies = self._copies_of(there)
                with closing(feed([wanted.file for wanted in there], self._reader, self._workers)) as outcomes:
                    for batch in _batches(zip(there, outcomes, strict=True)):
                        self._put(batch)
                self._tell(slice_)
        return self._informed

    def _copies_of(self, pictures: list[Wanted]) -> dict[str, list[str]]:
        files = self._library.files.lying([wanted.content_id for wanted in pictures])
        here = {wanted.file.path: [file.path for file in files[wanted.content_id]] for wanted in pictures}
        return {path: [other for other in copies if other != path] for path, copies in here.items() if copies[1:]}

    def _put(self, batch: list[Read]) -> None:
        """Of a file that has other bytes by now, nothing is kept: the next look at its folder sees to it."""
        found = [
            (wanted, outcome)
            for wanted, outcome in batch
            if isinstance(outcome, Informed) and outcome.sha256 == wanted.sha256
        ]
        take_back(self._library, [unread for _, outcome in found for unread in outcome.unread])
        facts = [(wanted.content_id, wanted.file.path, outcome.facts) for wanted, outcome in found]
        self._library.put_facts(METADATA_VERSION, facts)
        self._library.files.skip(outcome for _, outcome in batch if isinstance(outcome, Skip))
        self._informed += len(found)
        self._tell([wanted for wanted, _ in batch])

    def _tell(self, tried: list[Wanted]) -> None:
        self._tried.update(wanted.content_id for wanted in tried)
        self._watch(Progress("inform", len(self._tried), self._lacking))


def _batches(read: Iterator[Read]) -> Iterator[list[Read]]:
    while batch := list(islice(read, BATCH)):
        yield batch
