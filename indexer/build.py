"""The recipe of `pics index`: scan -> compare -> feed -> encode -> put, a batch a transaction.

Photos whose bytes are as they were, but not the files beside them, are noted before anything is read: inform.py reads
what they say of themselves again.

Whatever ends a run early (Ctrl-C, kill -9, a full disk, a pulled plug), all but the last two batches are kept, and the
next run goes on from there: what is in the library is not new any more.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from indexer.batches import Batches
from indexer.beside import left_out, note_news, take_back
from indexer.errors import NothingIndexed
from indexer.feed import Known, Outcome, Picture, Reader, Vanished, feed
from indexer.metadata import METADATA_VERSION
from indexer.photo import Encoder, File, SideFile, Skip, Vector, identity, is_within
from indexer.scan import Choice, Scan, sides_in
from indexer.settings import DEFAULTS, Progress, Settings, Watch
from indexer.store.files import Diff
from indexer.store.known import KnownContents
from indexer.store.library import Library
from indexer.store.roots import Root

KNOWN_AT_ONCE = 512  # files that need no encoding are recorded this many at a time
SIDES_AT_ONCE = 4096


@dataclass(slots=True)
class Report:
    """What a run did, in files; `away` are roots that are not there, `unreadable` what the scan could not enter.

    `read_again` of the unchanged have side files that are new, changed or gone: their headers are to be read again.
    """

    unchanged: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    copied: int = 0
    gone: int = 0
    vanished: int = 0
    read_again: int = 0
    offline: int = 0
    skipped: int = 0
    away: list[Root] = field(default_factory=list)
    unreadable: list[Skip] = field(default_factory=list)

    @property
    def left_out(self) -> bool:
        """Whether something that should be in the library is not."""
        return bool(self.skipped or self.unreadable)


def build(
    library: Library,
    encoder: Encoder,
    paths: Sequence[str] = (),
    exclude: Sequence[str] | None = None,
    settings: Settings = DEFAULTS,
    watch: Watch = lambda _: None,
) -> Report:
    """Brings the library up to date with some folders or files (none: all it remembers), and remembers them.

    `exclude` replaces the globs kept with their roots; None keeps those. Raises NothingIndexed when there is nothing
    to look at, OtherModel, LibraryBusy, LibraryFull.
    """
    with library.writing():
        places = _places(library, paths, exclude)
        library.adopt(identity(encoder))
        for place in places:
            library.roots.remember(place.start, place.root.volume, exclude)
        with closing(Survey(library, places, watch)) as survey:
            library.sides.settle()
            run = Run(library, encoder, settings, watch, survey)
            run.read_and_encode()
            return run.finish()


def compare(library: Library, paths: Sequence[str] = (), exclude: Sequence[str] | None = None) -> Report:
    """What `build` would find to do, by names and dates alone: opens no photo, changes nothing, needs no model."""
    with closing(Survey(library, _places(library, paths, exclude), lambda _: None)) as survey:
        return survey.report()


class Place(NamedTuple):
    """Where to look (`start`), and the root that lies in or is: it has the globs, and the volume."""

    start: str
    root: Root


def _places(library: Library, paths: Sequence[str], exclude: Sequence[str] | None) -> list[Place]:
    if not paths:
        places = [Place(root.path, root) for root in library.roots.all()]
    else:
        places = [Place(path, library.roots.covering(path) or _new_root(path)) for path in paths]
    if not places:
        raise NothingIndexed
    if exclude is None:
        return places
    return [Place(start, replace(root, exclude=tuple(exclude))) for start, root in places]


def _new_root(path: str) -> Root:
    return Root(path, (), Path(path).stat().st_dev, None)


class Survey:
    """One look at the disk, held against the library: what is new, changed and gone in some places."""

    def __init__(self, library: Library, places: Sequence[Place], watch: Watch) -> None:
        self._library = library
        self._watch = watch
        self.away: list[Root] = []
        self.unreadable: list[Skip] = []
        self.present: dict[str, int] = {}  # path that was looked at -> its volume
        self._beside: dict[str, Choice] = {}  # folders in which single photos were looked at
        volumes: set[int] = set()
        library.files.begin_scan()
        library.sides.begin_scan()
        for place in places:
            volumes |= self._look_at(place)
        closed = [skip.path for skip in self.unreadable]
        self.diff: Diff = library.files.compare(list(self.present), volumes, closed)
        beside = [folder for folder, choice in self._beside.items() if self._look_beside(folder, choice)]
        self.read_again = note_news(library) if library.sides.compare(volumes, beside) else 0

    def _look_at(self, place: Place) -> set[int]:
        """Takes in one place; returns the volumes whose missing files are really gone."""
        start, root = place
        forgotten = [path for path in self._library.roots.forgotten() if not is_within(start, path)]
        scan = Scan(start, root.exclude, forgotten, root.path)
        if _volume(start) is not None:
            self._library.files.see(self._photos(scan))
        volume = _volume(start)
        if volume is None or (volume != root.volume and not self._library.files.seen_within(start)):
            self.away.append(root)  # not there, or the empty folder on which its drive is mounted
            return set()
        self.present[start] = volume
        if Path(start).is_file():
            self._beside[start.rpartition("/")[0]] = scan.choice
        self.unreadable += scan.unreadable
        return scan.volumes | {root.volume}

    def _photos(self, scan: Scan) -> Iterator[File]:
        """What a scan finds, counted; the side files among it go their own way."""
        sides: list[SideFile] = []
        number = 0
        for found in scan:
            if isinstance(found, SideFile):
                sides.append(found)
                if len(sides) == SIDES_AT_ONCE:
                    self._library.sides.see(sides)
                    sides.clear()
                continue
            number += 1
            if number % 1000 == 0:
                self._watch(Progress("scan", number, 0))
            yield found
        self._library.sides.see(sides)

    def _look_beside(self, folder: str, choice: Choice) -> bool:
        """Takes in the side files of a folder; returns whether they could be seen."""
        try:
            self._library.sides.see(sides_in(folder, choice))
        except OSError:
            return False
        return True

    def report(self) -> Report:
        diff = self.diff
        return Report(
            unchanged=diff.unchanged,
            new=diff.new,
            changed=diff.changed,
            offline=diff.offline,
            gone=diff.gone,
            read_again=self.read_again,
            away=self.away,
            unreadable=self.unreadable,
        )

    def close(self) -> None:
        self._library.files.end_scan()
        self._library.sides.end_scan()


class Run:
    """The second half of a build: reads what the survey found to do, encodes it, records it."""

    def __init__(self, library: Library, encoder: Encoder, settings: Settings, watch: Watch, survey: Survey) -> None:
        self._library = library
        self._encoder = encoder
        self._settings = settings
        self._watch = watch
        self._survey = survey
        self._done: Counter[str] = Counter()
        self._batches: Batches[Picture] = Batches(encoder, settings.batch, self._put)
        self._on_the_way: set[bytes] = set()  # SHA-256 of the pictures that are not recorded yet
        self._known: list[Known] = []

    def read_and_encode(self) -> None:
        known = KnownContents(self._library.path)
        prepare, side = self._encoder.prepare, self._encoder.image_size
        reader = Reader(prepare, side, known.has, self._settings.max_pixels, left_out(self._library))
        with closing(known):
            for files in self._library.files.todo():
                with closing(feed(files, reader, self._settings.workers, self._settings.batch)) as outcomes:
                    for outcome in outcomes:
                        self._take(outcome)
            self._put_known()

    def _take(self, outcome: Outcome) -> None:
        match outcome:
            case Picture(file, content) if content.hash in self._on_the_way or self._library.has(content.hash):
                self._take(Known(file, content.hash, outcome.has_sides))  # a copy, read before its twin was recorded
            case Picture():
                self._on_the_way.add(outcome.content.hash)
                self._batches.add(outcome, outcome.pixels)
            case Known():
                self._known.append(outcome)
                if len(self._known) >= KNOWN_AT_ONCE:
                    self._put_known()
            case Skip():
                self._library.files.skip([outcome])
                self._count(Counter(skipped=1))
            case Vanished():
                self._count(Counter(vanished=1))

    def _put(self, batch: Sequence[Picture], vectors: Vector) -> None:
        """Records pictures the library does not have."""
        photos = [(p.file, p.content, p.facts, vector) for p, vector in zip(batch, vectors, strict=True)]
        take_back(self._library, [unread for picture in batch for unread in picture.unread])
        self._count(self._library.put(photos, METADATA_VERSION))
        self._on_the_way -= {picture.content.hash for picture in batch}

    def _put_known(self) -> None:
        """Records files whose bytes the library has, or is about to have."""
        self._batches.finish()
        batch, self._known = self._known, []
        self._count(self._library.put_known((known.file, known.sha256, known.has_sides) for known in batch))

    def _count(self, outcomes: Counter[str]) -> None:
        self._done += outcomes
        self._watch(Progress("index", self._done.total(), self._survey.diff.todo))

    def finish(self) -> Report:
        report = self._survey.report()
        with self._library.transaction():
            report.gone = self._library.files.finish()
            self._library.files.skip(report.unreadable)
            for path, volume in self._survey.present.items():
                self._library.roots.looked_at(path, volume)
        for what in ("new", "changed", "moved", "copied", "vanished", "skipped"):
            setattr(report, what, self._done[what])
        return report


def _volume(path: str) -> int | None:
    try:
        return Path(path).stat().st_dev
    except OSError:
        return None
