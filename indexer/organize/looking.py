"""Pairs of photos are laid side by side: each picture is decoded once, small, while its pairs are looked at.

What was found is kept in the library, a batch a transaction: whatever ends a run early, the next one goes on from
there. What lies in memory is one batch of pictures, however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from indexer.decode import decode
from indexer.errors import NotAPicture
from indexer.organize.look import ASKED, METHOD, Sight, is_same, sight
from indexer.originals import originals
from indexer.photo import File
from indexer.settings import Progress, Settings, Watch
from indexer.store.library import Library

BATCH = 256  # pictures in memory, of some 300 KB

Pairs = NDArray[np.int64]


class Looking:
    """What is known of pairs of contents, and what a look at others finds. A pair has the smaller id first.

    `unread` are contents none of whose files can be read now, `looked` how many pairs were looked at here.
    """

    def __init__(self, library: Library, settings: Settings, watch: Watch) -> None:
        self._library = library
        self._settings = settings
        self._watch = watch
        pairs, same = library.looks.all(METHOD)
        self._seen = set(_keys(pairs))
        self._same = set(_keys(pairs[same]))
        self.unread: set[int] = set()
        self.looked = 0

    def is_same(self, one: int, other: int) -> bool:
        """Whether a look found them to be so."""
        return _key(one, other) in self._same

    def look(self, pairs: Pairs) -> None:
        """Looks at those of content ids (n, 2) that nobody has looked at, as far as their files are there."""
        new = [(one, other) for one, other in pairs.tolist() if _key(one, other) not in self._seen]
        done = 0
        for batch in _batches(pair for pair in _in_order(new) if self.unread.isdisjoint(pair)):
            self._watch(Progress("look", done, len(new)))
            self._look(batch)
            done += len(batch)

    def _look(self, batch: list[tuple[int, int]]) -> None:
        contents = list(dict.fromkeys(content_id for pair in batch for content_id in pair))
        files = self._library.files.lying(contents)
        with ThreadPoolExecutor(self._settings.workers) as pool:
            sights = dict(
                zip(contents, pool.map(self._sight, (files.get(number, []) for number in contents)), strict=True)
            )
            verdicts = pool.map(lambda pair: _verdict(pair[0], pair[1], sights), batch)
            found = [look for look in verdicts if look is not None]
        self.unread.update(content_id for content_id, seen in sights.items() if seen is None)
        self._library.looks.put(METHOD, found)
        self.looked += len(found)
        self._seen.update(_key(one, other) for one, other, _ in found)
        self._same.update(_key(one, other) for one, other, same in found if same)

    def _sight(self, files: Iterable[File]) -> Sight | None:
        """Of the first file that is as it was when it was indexed; none is fetched from iCloud."""
        for path in originals(files):
            try:
                return sight(decode(path.read_bytes(), ASKED, self._settings.max_pixels).image)
            except (OSError, NotAPicture):
                continue
        return None


class LookedAt(Looking):
    """What earlier looks found: nothing is looked at, and nothing written."""

    @property
    def same(self) -> Pairs:
        """Content ids (n, 2)."""
        pairs, same = self._library.looks.all(METHOD)
        return pairs[same]

    def look(self, pairs: Pairs) -> None:
        """Leaves them as they are."""


def _verdict(one: int, other: int, sights: dict[int, Sight | None]) -> tuple[int, int, bool] | None:
    here, there = sights[one], sights[other]
    return None if here is None or there is None else (one, other, is_same(here, there))


def _in_order(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """So that the pairs of a picture, and of those like it, come together: from each picture to its neighbours."""
    of: dict[int, list[int]] = defaultdict(list)
    for one, other in pairs:
        of[one].append(other)
        of[other].append(one)
    met: set[int] = set()
    for first in of:
        waiting = [first]
        while waiting:
            one = waiting.pop()
            if one in met:
                continue
            met.add(one)
            yield from ((min(one, other), max(one, other)) for other in of[one] if other not in met)
            waiting += [other for other in of[one] if other not in met]


def _batches(pairs: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    batch: list[tuple[int, int]] = []
    pictures: set[int] = set()
    for pair in pairs:
        if len(pictures) + sum(content_id not in pictures for content_id in pair) > BATCH:
            yield batch
            batch, pictures = [], set()
        batch.append(pair)
        pictures.update(pair)
    if batch:
        yield batch


def _key(one: int, other: int) -> int:
    return min(one, other) << 32 | max(one, other)


def _keys(pairs: Pairs) -> list[int]:
    """Of pairs that have the smaller id first."""
    return [int(key) for key in (pairs[:, 0] << 32 | pairs[:, 1])]
