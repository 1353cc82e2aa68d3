"""The second pass of `pics index`: each picture that lacks a model's vector is read again, encoded, put.

lacking -> a path where it is there -> feed -> still the same bytes -> encode -> put, a batch a transaction

Whatever ends a pass early, all but the last two batches are kept, and the next one goes on from there.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from indexer.batches import Batches
from indexer.feed import Outcome, Picture, Reader, feed
from indexer.photo import Encoder, Skip, Vector, identity
from indexer.scan import whereabouts
from indexer.settings import DEFAULTS, Progress, Settings, Watch
from indexer.store.lacking import Wanted
from indexer.store.library import Library

WhyNot = Literal["away", "offline", "changed", "skipped"]


@dataclass(slots=True)
class Completion:
    """What a pass did, in different pictures: of `lacking`, `encoded` got their vector.

    The others are `away` (none of their files is there, as on an unplugged drive), `offline` (in iCloud only),
    `changed` (their files are other than when they were indexed) or `skipped` (could not be read).
    """

    model: str
    in_use: bool
    lacking: int = 0
    encoded: int = 0
    away: int = 0
    offline: int = 0
    changed: int = 0
    skipped: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the model has the vectors of all pictures now."""
        return self.lacking == self.encoded


def complete(
    library: Library, encoder: Encoder, settings: Settings = DEFAULTS, watch: Watch = lambda _: None
) -> Completion:
    """Gives every picture of the library a vector of this model, beside what other models made.

    Raises OtherModel, LibraryBusy, LibraryFull. Where nothing is lacking, it waits for nobody, and loads no model.
    """
    model = library.kept_as(identity(encoder)) or identity(encoder)
    in_use = library.model() in (None, model)
    if not library.lacking(model.name):
        return Completion(model.name, in_use)
    with library.writing():
        library.keep(model)
        run = Pass(library, encoder, model.name, settings, watch)
        run.read_and_encode()
        return run.completion(in_use)


class Pass:
    """One pass. A picture that cannot be had at one of its paths is tried at the next."""

    def __init__(self, library: Library, encoder: Encoder, model: str, settings: Settings, watch: Watch) -> None:
        self._library = library
        self._encoder = encoder
        self._model = model
        self._settings = settings
        self._watch = watch
        self._lacking = library.lacking(model)
        self._encoded = 0
        self._left: dict[int, WhyNot] = {}  # content ids
        self._batches: Batches[Wanted] = Batches(encoder, settings.batch, self._put)

    def read_and_encode(self) -> None:
        reader = Reader(self._encoder.prepare, self._encoder.image_size, max_pixels=self._settings.max_pixels)
        with self._library.pictures_without(self._model) as pictures:
            for slice_ in pictures.slices():
                there = list(self._there(slice_))
                files, settings = [wanted.file for wanted in there], self._settings
                with closing(feed(files, reader, settings.workers, settings.batch)) as outcomes:
                    for wanted, outcome in zip(there, outcomes, strict=True):
                        self._take(wanted, outcome)
                self._batches.finish()

    def _there(self, slice_: list[Wanted]) -> Iterator[Wanted]:
        for wanted in slice_:
            where = whereabouts(wanted.file.path)
            if where == "there":
                yield wanted
            else:
                self._leave(wanted, "offline" if where == "offline" else "away")

    def _take(self, wanted: Wanted, outcome: Outcome) -> None:
        match outcome:
            case Picture() if outcome.content.hash == wanted.sha256:
                self._batches.add(wanted, outcome.pixels)
            case Skip():
                self._library.files.skip([outcome])
                self._leave(wanted, "skipped")
            case _:
                self._leave(wanted, "changed")

    def _leave(self, wanted: Wanted, why: WhyNot) -> None:
        if self._left.get(wanted.content_id, "away") == "away":  # of several reasons, one of a file that is there
            self._left[wanted.content_id] = why
        self._tell()

    def _put(self, batch: Sequence[Wanted], vectors: Vector) -> None:
        made_from = [(wanted.content_id, wanted.file.path, v) for wanted, v in zip(batch, vectors, strict=True)]
        self._library.put_vectors(self._model, made_from)
        self._encoded += len(batch)
        for wanted in batch:
            self._left.pop(wanted.content_id, None)
        self._tell()

    def _tell(self) -> None:
        self._watch(Progress("complete", self._encoded + len(self._left), self._lacking))

    def completion(self, in_use: bool) -> Completion:
        done = Completion(self._model, in_use, self._lacking, self._encoded)
        for why in self._left.values():
            setattr(done, why, getattr(done, why) + 1)
        return done
