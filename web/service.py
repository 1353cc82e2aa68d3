"""What the pages, the API and the MCP server ask: two desks, the pictures, the uploads, and the questions to them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.asking.encoding import Load
from indexer.errors import IndexerError
from indexer.objects import Object, hit_object, status_object
from indexer.organize.more import more as recommend
from indexer.originals import originals
from indexer.photo import File, Hit, ModelIdentity, Vector
from indexer.query import Query, Term
from indexer.search import Answer, search
from indexer.store.library import Library
from web.desk import Desk
from web.listings import Listings, Page
from web.pictures import Pictures
from web.questions import PAGE, Narrowed, NoSuchPicture, PictureNames, Question, must_hold
from web.uploads import Uploads

SUGGESTED = 200  # tags


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of the library, where it lies, and its bytes' SHA-256. `hit` is at the first of its paths."""

    hit: Hit
    files: list[File]
    sha256: bytes

    def as_object(self) -> Object:
        return hit_object(self.hit) | {
            "paths": [file.path for file in self.files],
            "there": next(originals(self.files), None) is not None,
            "sha256": self.sha256.hex(),
        }


@dataclass(frozen=True, slots=True)
class Service:
    """`asking` has the model; `looking` is never kept waiting by it."""

    asking: Desk
    looking: Desk
    pictures: Pictures
    uploads: Uploads
    listings: Listings = field(default_factory=Listings)

    @classmethod
    def opened(cls, open_library: Callable[[], Library], load: Load, thumbnails: Path) -> "Service":
        return cls(Desk(open_library, load), Desk(open_library, load), Pictures(thumbnails), Uploads())

    def close(self) -> None:
        self.pictures.close()
        self.asking.close()
        self.looking.close()
        self.uploads.close()

    async def warm_up(self) -> None:
        """So that the first question waits neither for the model nor for the vectors. Raises what `search` raises."""
        await self.pictures.tidy()
        await self.search(Question(q="photo", n=1), fold=True)

    # -- questions

    async def search(self, question: Question, fold: bool, most: int | None = None) -> Page:
        """At most so many in all. Raises what `search` raises, NotUnderstood, NotNarrowed, NoSuchPicture."""

        def ask(desk: Desk) -> Page:
            query = question.query(PictureNames(desk.library, self.uploads.path), fold)
            return self._page(desk, query, question, most)

        return await self.asking.ask(ask)

    async def similar(self, name: str, narrowed: Narrowed, fold: bool) -> Page:
        """To a picture by upload or path, which is not its own answer, or by number: then its copies are none either.

        Raises as `search` does.
        """

        def ask(desk: Desk) -> Page:
            path = PictureNames(desk.library, self.uploads.path)(Path(name))
            query = Query(
                terms=(Term(picture=path),),
                filters=narrowed.narrowing().filters(),
                model=narrowed.model,
                by_words=False,
                minimum=narrowed.minimum,
                fold=fold if narrowed.fold is None else narrowed.fold,
            )
            return self._page(desk, query, narrowed, but=int(name) if name.isdecimal() else None)

        return await self.asking.ask(ask)

    async def more(self, likes: Sequence[int], dislikes: Sequence[int], narrowed: Narrowed) -> Page:
        """More like some pictures and less like others; nothing of it is remembered."""

        def ask(desk: Desk) -> Page:
            named = PictureNames(desk.library, self.uploads.path)
            liked, disliked = ([named(Path(str(number))) for number in numbers] for numbers in (likes, dislikes))
            filters, speaker = narrowed.narrowing().filters(), desk.speaker(narrowed.model)
            must_hold(desk.library, filters.folders)

            def recommended(limit: int) -> Answer:
                found = recommend(
                    desk.library, speaker, liked, disliked, filters, limit, minimum=narrowed.minimum, remember=False
                )
                return Answer(found.hits)

            key = (tuple(liked), tuple(disliked), filters, narrowed.model, narrowed.minimum)
            return self.listings.page(key, recommended, narrowed.start, narrowed.number or PAGE)

        return await self.asking.ask(ask)

    def _page(self, desk: Desk, query: Query, asked: Narrowed, most: int | None = None, but: int | None = None) -> Page:
        """`but`: a picture that is no answer, unless others are folded into it."""
        must_hold(desk.library, query.filters.folders)
        copies = len(desk.library.files.lying([but]).get(but, [])) if but else 0

        def ask(limit: int) -> Answer:
            answer = search(desk.library, desk.load, replace(query, limit=limit + copies))
            hits = [hit for hit in answer.hits if hit.content_id != but or hit.similar]
            return replace(answer, hits=hits[:limit])

        return self.listings.page(_key(query, but), ask, asked.start, asked.number or PAGE, most)

    # -- photos

    async def photo(self, number: int) -> Photo:
        """Raises NoSuchPicture."""
        return await self.looking.ask(lambda desk: _photo(desk.library, number))

    async def found(self, number: int, question: Question, fold: bool) -> Hit | None:
        """A picture as that question found it, or as it is similar to the one in it, if the answer is still kept."""

        def look(desk: Desk) -> Hit | None:
            with suppress(IndexerError):  # an upload that is not kept any more
                query = question.query(PictureNames(desk.library, self.uploads.path), fold)
                keys = [
                    _key(query),
                    *(_key(replace(query, by_words=False), int(n)) for n in question.like if n.isdecimal()),
                ]
                return next((hit for key in keys if (hit := self.listings.hit(number, key))), None)
            return None

        return await self.looking.ask(look)

    async def hits_at(self, paths: Sequence[str]) -> list[Hit]:
        """The pictures that lie at some paths, in their order; what has gone is left out."""
        return await self.looking.ask(lambda desk: _hits_at(desk.library, paths))

    async def suggestions(self) -> dict[str, list[str]]:
        """What filters may be filled with, by their names, what most photos have first."""
        return await self.looking.ask(_suggestions)

    async def count(self) -> int:
        """How many photos there are; a status has it too, and takes longer."""
        return await self.looking.ask(lambda desk: desk.library.files.count())

    async def status(self) -> Object:
        return await self.looking.ask(lambda desk: status_object(desk.library))

    # -- vectors

    async def vectors_of_texts(self, texts: Sequence[str], model: str | None) -> tuple[ModelIdentity, Vector]:
        """The model, and float32 (n, dim). Raises NothingIndexed, NoSuchModel, OtherModel, and for a model without
        words what its encoder raises.
        """

        def ask(desk: Desk) -> tuple[ModelIdentity, Vector]:
            speaker = desk.speaker(model)
            return speaker.model, speaker.encoder.encode_texts(list(texts))

        return await self.asking.ask(ask)

    async def take_in(self, data: bytes) -> str:
        """A picture to ask by; returns its name. Raises TooLarge, NotAPicture."""
        return await asyncio.to_thread(self.uploads.keep, data)

    async def vector_of_picture(self, data: bytes, model: str | None) -> tuple[ModelIdentity, Vector]:
        """The model, and float32 (1, dim). Raises as above, and NotAPicture."""

        def ask(desk: Desk) -> tuple[ModelIdentity, Vector]:
            speaker = desk.speaker(model)
            return speaker.model, speaker.picture(PictureNames(desk.library, self.uploads.path)(upload)).vector[None]

        upload = Path(await self.take_in(data))
        return await self.asking.ask(ask)


def _key(query: Query, but: int | None = None) -> tuple[Query, int | None]:
    """What an answer is kept by, however much of it was asked for."""
    return replace(query, limit=1), but


def _photo(library: Library, number: int) -> Photo:
    files = library.files.lying([number]).get(number)
    sha256 = library.files.sha256(number)
    hits = library.hits([(number, 0.0)])
    if not (files and sha256 and hits):
        raise NoSuchPicture(number)
    hit = hits[0]
    return Photo(replace(hit, facts=library.facts([number]).get(number, hit.facts)), files, sha256)


def _hits_at(library: Library, paths: Sequence[str]) -> list[Hit]:
    numbers = {path: found[0] for path in paths if (found := library.files.content_at(path))}
    facts = library.facts(list(numbers.values()))
    hits = {hit.path: hit for hit in library.hits([(number, 0.0) for number in numbers.values()])}
    return [replace(hit, facts=facts.get(hit.content_id, hit.facts)) for path in numbers if (hit := hits.get(path))]


def _suggestions(desk: Desk) -> dict[str, list[str]]:
    library = desk.library
    return {
        "camera": library.cameras(),
        "place": library.places(),
        "format": [name.lower() for name, _ in library.files.formats().most_common()],
        "tag": [count.name for count in library.tag_counts()[:SUGGESTED]],
        "in": [root.path for root in library.roots.all()],
    }
