"""What a photo says of itself, and what the files beside it say: header and sides -> Facts.

each source by itself (EXIF · XMP · IPTC · texts · side files) -> prompts -> dates -> the sources merged -> place names

Called from many threads at once; keeps nothing but the table of places. Nothing raises: what is garbage is a note.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from indexer.header import Header, attempt
from indexer.metadata import exif, iptc, takeout, xmp
from indexer.metadata.dates import Moment, file_moment, name_moment, taken
from indexer.metadata.places import place_of
from indexer.metadata.prompts import is_generated, prompt_of_comment, prompt_of_texts
from indexer.metadata.sidecars import Folders, Side, Unread, has_sides, side_key, sides_of, speak_of
from indexer.metadata.text import CAPTION, clean, clean_all
from indexer.metadata.told import Told
from indexer.photo import Facts

__all__ = ["METADATA_VERSION", "Folders", "Side", "Unread", "has_sides", "read", "side_key", "sides_of", "speak_of"]

METADATA_VERSION = 1  # raised when the readers learn something: libraries then read their photos' headers again
MOST_NOTES = 20
T = TypeVar("T")


def read(header: Header, path: str, sides: Sequence[Side] = (), mtime_ns: int | None = None) -> Facts:
    """All that is known of a photo, from its header, its name, its side files and its file's date. Never raises.

    `path` is asked for its name alone; `mtime_ns` is since the epoch, and the last resort for a date.
    """
    notes = [*header.notes]
    edited = [_beside(side, xmp.told, notes) for side in sides if side.is_xmp]
    exported = [_beside(side, takeout.told, notes) for side in sides if not side.is_xmp]
    camera = attempt("EXIF", lambda: exif.told(header), notes) or Told()
    inside = [
        attempt("XMP", lambda: xmp.told(header.xmp), notes) if header.xmp else None,
        attempt("IPTC", lambda: iptc.told(header.iptc), notes) if header.iptc else None,
        camera,
        _told_by_texts(header) if header.texts else None,
    ]
    tellers = [*edited, *(told for told in inside if told), *exported]
    outer = attempt("name", lambda: _outer_moments(path, mtime_ns), notes) or []
    moments = [moment for told in [camera, *tellers] for moment in told.moments] + outer
    prompt = _prompt(header, notes)
    notes += [note for told in tellers for note in told.notes]
    return _merged(tellers, camera, moments, prompt, notes)


def _merged(tellers: list[Told], camera: Told, moments: list[Moment], prompt: str | None, notes: list[str]) -> Facts:
    """Of each fact the word of the first that has one, of what a camera knows best its own; of lists, all there is."""
    taken_at, taken_offset, taken_from = attempt("dates", lambda: taken(moments), notes) or (None, None, None)
    position = _first(told.position for told in (camera, *tellers))
    named, local = (attempt("place", lambda: place_of(*position), notes) if position else None) or ((), ())
    return Facts(
        taken_at=taken_at,
        taken_offset=taken_offset,
        taken_from=taken_from,
        camera=_first(told.camera for told in (camera, *tellers)),
        lens=_first(told.lens for told in (camera, *tellers)),
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
        place=tuple(clean_all([*(_first(told.place or None for told in tellers) or []), *named])),
        place_local=local,
        rating=_first(told.rating for told in tellers),
        title=_first(told.title for told in tellers),
        caption=_first(told.caption for told in tellers),
        keywords=tuple(clean_all(word for told in tellers for word in told.keywords)),
        people=tuple(clean_all(name for told in tellers for name in told.people)),
        prompt=prompt,
        notes=tuple(clean_all(notes)[:MOST_NOTES]),
    )


def _beside(side: Side, understand: Callable[[bytes], Told], notes: list[str]) -> Told:
    if side.fault:
        notes.append(f"{side.name}: {side.fault}")
        return Told()
    told = attempt(side.name, lambda: understand(side.data), notes) or Told()
    told.notes = [f"{side.name}: {note}" for note in told.notes]
    return told


def _told_by_texts(header: Header) -> Told:
    """PNG's keywords but those that have a prompt."""
    texts = {key.lower(): text for key, text in header.texts.items()}
    title, comment = clean(texts.get("title")), clean(texts.get("comment"), CAPTION)
    return Told(
        title=None if title and title.endswith("generated image") else title,  # NovelAI's
        caption=None if comment and is_generated(comment) else comment,
    )


def _prompt(header: Header, notes: list[str]) -> str | None:
    if found := attempt("texts", lambda: prompt_of_texts(header.texts, notes), notes):
        return found
    written = attempt("EXIF", lambda: exif.generator_texts(header.exif), notes) or []
    for text in written:
        if found := attempt("EXIF prompt", partial(prompt_of_comment, text), notes):
            return found
    said = attempt("XMP", lambda: xmp.comment(header.xmp), []) if not written else None
    return attempt("XMP prompt", partial(prompt_of_comment, said), notes) if said else None


def _outer_moments(path: str, mtime_ns: int | None) -> list[Moment]:
    by_name = name_moment(path.rpartition("/")[2])
    by_date = None if mtime_ns is None else file_moment(mtime_ns)
    return [moment for moment in (by_name, by_date) if moment]


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
