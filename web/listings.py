"""Answers that are kept while somebody scrolls through them: page by page, nothing twice, nothing left out."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from threading import Lock

from indexer.photo import Hit
from indexer.search import Answer

KEPT = 32  # listings
FURTHER = 4  # times as many hits are asked for, where those kept do not reach


@dataclass(frozen=True, slots=True)
class Page:
    """Some hits of an answer, and whether there are more behind them."""

    answer: Answer
    more: bool

    @classmethod
    def of(cls, hits: list[Hit]) -> "Page":
        return cls(Answer(hits), more=False)

    @property
    def hits(self) -> list[Hit]:
        return self.answer.hits


@dataclass(slots=True)
class Listing:
    answer: Answer = field(default_factory=lambda: Answer([]))
    reached: int = 0
    complete: bool = False


class Listings:
    """The last few, by what was asked. `page` is for one thread, `hit` for any."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Listing] = OrderedDict()
        self._lock = Lock()  # of what is kept, not of the listings

    def page(
        self, key: Hashable, ask: Callable[[int], Answer], start: int, number: int, most: int | None = None
    ) -> Page:
        """Hits from `start` on; of `most` in all, None: of all. `ask` is asked for so many hits from the first on.

        The first page is asked anew; the others go on from what is kept.
        """
        listing = self._listing(key, anew=not start)
        end = start + number if most is None else min(start + number, most)
        while len(listing.answer.hits) < end and not listing.complete:
            _extend(listing, ask, max(end, FURTHER * listing.reached))
        hits = listing.answer.hits
        there = len(hits) if most is None else min(len(hits), most)
        further = there > end or (not listing.complete and (most is None or end < most))
        return Page(replace(listing.answer, hits=hits[start:end]), further)

    def _listing(self, key: Hashable, anew: bool) -> Listing:
        with self._lock:
            listing = Listing() if anew or key not in self._kept else self._kept[key]
            self._kept[key] = listing
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return listing

    def hit(self, content_id: int, key: Hashable = None) -> Hit | None:
        """A picture as it was found, if what was asked then is still kept; no key: as it was found last."""
        with self._lock:
            kept = [listing for own, listing in self._kept.items() if key in (None, own)]
        for listing in reversed(kept):
            if found := next((hit for hit in listing.answer.hits if hit.content_id == content_id), None):
                return found
        return None


def _extend(listing: Listing, ask: Callable[[int], Answer], limit: int) -> None:
    """What is listed stays where it is, also where a deeper search would have put it elsewhere."""
    answer = ask(limit)
    known = {path for hit in listing.answer.hits for path in (hit.path, *hit.similar)}
    fresh = [hit for hit in answer.hits if hit.path not in known]
    listing.answer = replace(answer, hits=[*listing.answer.hits, *fresh])
    listing.reached, listing.complete = limit, len(answer.hits) < limit
