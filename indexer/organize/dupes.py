"""Photos of one picture: exact copies, and what was resaved, resized, cropped, turned a little or edited.

The nearest few of each picture are candidates where their vectors are alike, by a measure of the model's own. Two that
a camera took at different moments are none. A second look confirms each pair; then a keeper is chosen, and with it
goes what was confirmed with it, so that no chain of small steps leads from one picture to another.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexer.asking.calibration import Calibration
from indexer.asking.encoding import Load, Speaker
from indexer.asking.folding import NEAR, alike, moment
from indexer.organize.keeper import Photo, keeper
from indexer.organize.looking import LookedAt, Looking, Pairs
from indexer.organize.neighbours import nearest
from indexer.photo import Facts, ModelIdentity, Vector
from indexer.query import Filters
from indexer.settings import DEFAULTS, Settings, Watch
from indexer.store.library import Library

NEIGHBOURS = 12  # of each picture that may be candidates
ROOM = 5000  # pairs that are less alike, the most alike first: what is grey now, or cut to half, may be among them
AT_ONCE = 2000  # pictures whose facts are read together


@dataclass(frozen=True, slots=True)
class Group:
    """Photos of one picture, the one to `keep` first, then the most alike. `reason` says why that one."""

    photos: list[Photo]
    reason: str

    @property
    def keep(self) -> Photo:
        return self.photos[0]

    @property
    def others(self) -> list[Photo]:
        return self.photos[1:]

    @property
    def is_exact(self) -> bool:
        """Whether all are the same bytes."""
        return len({photo.content_id for photo in self.photos}) == 1

    @property
    def reclaimable(self) -> int:
        """Bytes of all but the one to keep."""
        return sum(photo.file.size for photo in self.others)


@dataclass(frozen=True, slots=True)
class Found:
    """`groups`, those first that free the most bytes. `looked` pairs were looked at now.

    `unread` pictures could not be looked at: their files are away, in iCloud, damaged, or other than when indexed.
    """

    groups: list[Group] = field(default_factory=list)
    looked: int = 0
    unread: int = 0


def duplicates(
    library: Library,
    load: Load,
    filters: Filters,
    model: str | None = None,
    exact: bool = False,
    settings: Settings = DEFAULTS,
    watch: Watch = lambda _: None,
) -> Found:
    """Groups among the photos that pass; `exact`: of the same bytes alone.

    Raises NothingIndexed, NoSuchModel, and NoSuchPath for a folder that neither disk nor library knows.
    """
    searched = library.searchable(model)
    library.must_know(filters.folders)
    search = Search(library, filters, searched.name, Looking(library, settings, watch))
    if not exact:
        search.look(_pairs(library, filters, searched.name, _likely(library, load, searched), watch))
        search.settle()
    return search.found()


def known(library: Library, filters: Filters, model: str | None = None) -> Found:
    """The groups among pairs that earlier searches looked at, and all copies; no picture is opened, nothing is kept.

    Raises as `duplicates` does.
    """
    searched = library.searchable(model)
    library.must_know(filters.folders)
    looked = LookedAt(library, DEFAULTS, lambda _: None)
    passing = [content_id for some in library.contents(filters) for content_id in some]
    search = Search(library, filters, searched.name, looked)
    search.look(looked.same[np.isin(looked.same, passing).all(axis=1)])
    search.settle()
    return search.found()


def _likely(library: Library, load: Load, model: ModelIdentity) -> float:
    """The cosine from which on every pair is worth a look."""
    calibration = Calibration(library, Speaker(library, model, load))
    return alike(calibration.scale("picture"), NEAR)


def _pairs(library: Library, filters: Filters, model: str, likely: float, watch: Watch) -> Pairs:
    """Content ids (m, 2), the smaller first. The vectors need not lie in memory any longer."""
    ids, vectors = library.all_vectors(filters, model)
    pairs: Pairs = ids[candidates(vectors, likely, watch)]
    return pairs


def candidates(vectors: Vector, likely: float, watch: Watch = lambda _: None) -> Pairs:
    """Of n unit vectors the rows (m, 2) of those that may be one picture, the most alike first.

    All of each one's nearest that are `likely` so alike, and as many of the others as there is room for.
    """
    rows, cosines = nearest(vectors, NEIGHBOURS, watch)
    near = np.flatnonzero(rows >= 0)
    one, other, cosine = near // NEIGHBOURS, rows.ravel()[near].astype(np.int64), cosines.ravel()[near]
    pairs = np.stack([np.minimum(one, other), np.maximum(one, other)], axis=1)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    order = np.argsort(-cosine[first], kind="stable")
    count = int((cosine[first] >= likely).sum())
    return pairs[order][: count + ROOM]


class Search:
    """One search for groups among the photos that pass."""

    def __init__(self, library: Library, filters: Filters, model: str, looking: Looking) -> None:
        self._library = library
        self._model = model
        self._filters = filters
        self._looking = looking
        self._facts: dict[int, Facts] = {}
        self._photos: dict[int, list[Photo]] = {}
        self._links: list[tuple[int, int]] = []
        self._groups: list[Group] = []

    def look(self, pairs: Pairs) -> None:
        """At pairs of content ids (n, 2), but those that a camera took one after the other."""
        contents = np.unique(pairs).tolist()
        for start in range(0, len(contents), AT_ONCE):
            known = self._library.facts(contents[start : start + AT_ONCE])
            self._facts.update({content_id: _clock(facts) for content_id, facts in known.items()})
        worth = np.array([not self._are_two_shots(*pair) for pair in pairs.tolist()], bool)
        self._looking.look(pairs[worth])
        self._links = [(one, other) for one, other in pairs[worth].tolist() if self._looking.is_same(one, other)]

    def _are_two_shots(self, one: int, other: int) -> bool:
        """By the clock of the camera, which no editing moves."""
        here, there = moment(self._facts.get(one)), moment(self._facts.get(other))
        return here is not None and there is not None and here != there

    def settle(self) -> None:
        """Chooses keepers, and who goes with each: those that are confirmed with it."""
        left = list(_connected({content_id for link in self._links for content_id in link}, self._links))
        while left:
            self._know(content_id for family in left for content_id in family)
            chosen = [(family, *keeper(self._of(family))) for family in left if self._of(family)]
            self._look_with_keepers(chosen)
            left = [rest for family in chosen for rest in self._split(*family)]

    def _look_with_keepers(self, chosen: Iterable[tuple[list[int], Photo, str]]) -> None:
        pairs = [
            sorted((first.content_id, other))
            for family, first, _ in chosen
            for other in family
            if other != first.content_id and not self._are_two_shots(first.content_id, other)
        ]
        self._looking.look(np.array(pairs, np.int64).reshape(-1, 2))

    def _split(self, family: Collection[int], first: Photo, reason: str) -> Iterator[list[int]]:
        """Makes a group around a keeper; yields what is left of its family, as far as it hangs together."""
        own = {other for other in family if self._looking.is_same(first.content_id, other)}
        if own:
            self._groups.append(self._group(self._of([first.content_id, *own]), first, reason))
        rest = set(family) - own - {first.content_id}
        yield from (part for part in _connected(rest, self._links) if len(part) > 1)

    def found(self) -> Found:
        """The groups with what was settled, and all copies."""
        settled = {photo.content_id for group in self._groups for photo in group.photos}
        copied = [content_id for content_id in self._library.copied(self._filters) if content_id not in settled]
        self._know(copied)
        copies = [photos for content_id in copied if len(photos := self._photos[content_id]) > 1]
        groups = [*self._groups, *(self._group(photos, *keeper(photos)) for photos in copies)]
        groups.sort(key=lambda group: (-group.reclaimable, group.keep.path))
        return Found(groups, self._looking.looked, len(self._looking.unread))

    def _group(self, photos: Sequence[Photo], kept: Photo, reason: str) -> Group:
        contents = list({kept.content_id: 0} | {photo.content_id: 0 for photo in photos})
        vectors = self._library.vectors_of(contents, self._model)
        cosines = dict(zip(contents, (vectors @ vectors[0]).tolist(), strict=True)) | {kept.content_id: 1.0}
        scored = [replace(photo, score=min(1.0, cosines[photo.content_id])) for photo in photos]
        scored.sort(key=lambda photo: (photo.path != kept.path, -photo.score, photo.path))
        return Group(scored, reason)

    # -- what the photos are

    def _of(self, contents: Iterable[int]) -> list[Photo]:
        return [photo for content_id in contents for photo in self._photos[content_id]]

    def _know(self, contents: Iterable[int]) -> None:
        """Reads what the library knows of some contents, at every path that passes."""
        new = [content_id for content_id in contents if content_id not in self._photos]
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            facts, files = self._library.facts(some), self._library.files.lying(some)
            by_path = {file.path: file for of in files.values() for file in of}
            self._photos.update({content_id: [] for content_id in some})
            for hit in self._library.hits([(content_id, 1.0) for content_id in some], self._filters):
                known = facts.get(hit.content_id, Facts())
                if file := by_path.get(hit.path):
                    photo = Photo(hit.content_id, file, hit.width, hit.height, hit.format, known)
                    self._photos[hit.content_id].append(photo)


def _clock(facts: Facts) -> Facts:
    """What of them says whether two are one shot: the rest of a hundred thousand need not lie in memory."""
    return Facts(taken_at=facts.taken_at, taken_from=facts.taken_from)


def _connected(contents: Collection[int], links: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """The parts in which contents hang together."""
    of: dict[int, list[int]] = defaultdict(list)
    for one, other in links:
        if one in contents and other in contents:
            of[one].append(other)
            of[other].append(one)
    met: set[int] = set()
    for first in sorted(contents):
        part, waiting = [], [first]
        while waiting:
            one = waiting.pop()
            if one not in met:
                met.add(one)
                part.append(one)
                waiting += of[one]
        if part:
            yield part
