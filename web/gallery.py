"""The gallery's pages: the grid, one photo, what is like it; complete HTML, or a fragment of it for who scrolls on."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from pydantic import ConfigDict, Field, field_validator
from starlette.concurrency import run_in_threadpool

from indexer.errors import IndexerError
from indexer.originals import originals
from indexer.photo import Hit
from indexer.raw import SUFFIXES as RAW_SUFFIXES
from mlx_clip.errors import ClipError
from web.api import Here, NotThere, Number
from web.chips import address, carried, chips
from web.listings import Page
from web.questions import PAGE, Question
from web.reference import operations
from web.saying import FILTERS, FUNCTIONS, UNDATED, month, months
from web.service import Service
from web.uploads import MOST_BYTES

SIMILAR = 24  # photos below one
FEW = 10  # photos that a heading has at least
MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}
templates = Jinja2Templates(Path(__file__).parent / "pages")
templates.env.filters.update(FILTERS)
templates.env.globals.update(FUNCTIONS, most_bytes=MOST_BYTES, raw_suffixes=",".join(sorted(RAW_SUFFIXES)))
templates.env.trim_blocks = templates.env.lstrip_blocks = True
router = APIRouter(include_in_schema=False)


class Visit(Question):
    """A question, or pictures to recommend more like; `fragment`: the photos alone, for a page that is there."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    more: list[int] = Field(default=[], max_length=50)
    less: list[int] = Field(default=[], max_length=50)
    fragment: bool = False

    @field_validator("*", mode="before")
    @classmethod
    def filled(cls, value: object) -> object:
        """A form sends its empty fields too."""
        return [one for one in value if one] if isinstance(value, list) else None if value == "" else value

    @field_validator("q", mode="before")
    @classmethod
    def typed(cls, value: object) -> object:
        return value or ""

    def settled(self) -> Self:
        """Pictures to recommend more like are asked for by likeness, as soon as something else is asked besides."""
        asked = super().settled()
        if not (asked.more and (asked.q or asked.like or asked.unlike or asked.without)):
            return asked
        like = [*asked.like, *map(str, asked.more)]
        return asked.model_copy(
            update={"like": like, "unlike": [*asked.unlike, *map(str, asked.less)], "more": [], "less": []}
        )


Visited = Annotated[Visit, Query()]


@dataclass(frozen=True, slots=True)
class Heading:
    """Before photos of a month, or of several with few photos each; or before those that are less likely."""

    newest: str
    oldest: str

    @property
    def said(self) -> str:
        return months(self.newest, self.oldest)


@dataclass(frozen=True, slots=True)
class Tile:
    """A photo in a grid: where it is shown, and the heading that begins with it."""

    hit: Hit
    href: str
    heading: Heading | None = None


@router.get("/")
async def grid(request: Request, service: Here, visit: Visited) -> Response:
    """The photos that answer, the newest where nothing is asked."""
    trouble, page, began = None, Page.of([]), perf_counter()
    try:
        settled = visit.settled()
        if settled != visit and not visit.fragment:
            return RedirectResponse(address(settled), HTTPStatus.SEE_OTHER)
        page = await _asked(service, settled)
    except (IndexerError, ClipError) as error:
        settled, trouble = visit, str(error)
    status = HTTPStatus.BAD_REQUEST if trouble else HTTPStatus.OK
    if visit.fragment:
        return _page(request, "tiles.html", _tiles(settled, page) | {"trouble": trouble}, status)
    told = _tiles(settled, page) | {"trouble": trouble, "seconds": perf_counter() - began} | _box(settled)
    return _page(request, "grid.html", told | {"photos": await service.count()}, status)


@router.get("/photos/{number}")
async def photo(request: Request, service: Here, number: Number, visit: Visited) -> Response:
    """One photo large, with what is known of it; why it was found, where that is still known."""
    shown = await service.photo(number)
    hit = await _found(service, number, visit)
    asked = visit.model_copy(update={"fragment": False, "start": 0})
    told = {"photo": shown, "known": shown.as_object(), "hit": hit, "back": address(asked)}
    told |= {"question": address(asked)[1:], "shown_by_browsers": shown.hit.format in MIME}
    return _page(request, "photo.html" if visit.fragment else "photo_page.html", told | _box(Visit()))


@router.get("/photos/{number}/similar")
async def similar(request: Request, service: Here, number: Number) -> Response:
    page = await service.similar(str(number), Visit(n=SIMILAR), fold=True)
    told = _tiles(Visit(like=[str(number)]), page, scrolls=False, headed=False)
    return _page(request, "tiles.html", told | {"small": True})


@router.get("/photos/{number}/folded")
async def folded(request: Request, service: Here, number: Number, visit: Visited) -> Response:
    """The photos of a burst, and the duplicates, for which a tile stands."""
    hit = await _found(service, number, visit)
    hits = await service.hits_at(hit.similar) if hit else []
    return _page(request, "tiles.html", _tiles(visit, Page.of(hits), scrolls=False, headed=False))


@router.get("/photos/{number}/original")
async def original(service: Here, number: Number) -> Response:
    """The file as it is; what a browser cannot show is for it to save."""
    photo = await service.photo(number)
    path = await run_in_threadpool(lambda: next(originals(photo.files), None))
    if path is None:
        raise NotThere(photo.hit.path)
    kind = MIME.get(photo.hit.format)
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=path.name,
        content_disposition_type="inline" if kind else "attachment",
    )


@router.post("/photos/{number}/reveal")
async def reveal(request: Request, service: Here, number: Number) -> Response:
    """Shows the file in the system's file manager, on the machine where the server runs."""
    if request.app.state.reveal is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    photo = await service.photo(number)
    path = await run_in_threadpool(lambda: next((Path(f.path) for f in photo.files if Path(f.path).exists()), None))
    if path is None:
        raise NotThere(photo.hit.path)
    await run_in_threadpool(request.app.state.reveal, path)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/uploads")
async def upload(request: Request, service: Here) -> dict[str, str]:
    """Takes in a picture to search by; its name is for `like`."""
    return {"like": await service.take_in(await request.body())}


@router.get("/uploads/{name}")
async def uploaded(service: Here, name: str) -> Response:
    """Its thumbnail."""
    data = service.uploads.thumbnail(name)
    return Response(data, media_type="image/jpeg") if data else Response(status_code=HTTPStatus.NOT_FOUND)


@router.get("/suggestions")
async def suggestions(service: Here) -> dict[str, list[str]]:
    return await service.suggestions()


@router.get("/api")
async def description(request: Request) -> Response:
    """The API, as its OpenAPI says it."""
    api = request.app.openapi()
    told = {"api": api, "operations": operations(api), "base": str(request.base_url).rstrip("/")}
    return _page(request, "api.html", told | _box(Visit()))


def error_page(request: Request, sentence: str, status: HTTPStatus) -> Response:
    return _page(request, "error.html", {"sentence": sentence, "code": status} | _box(Visit()), status)


async def _asked(service: Service, visit: Visit) -> Page:
    if visit.more:
        return await service.more(visit.more, visit.less, visit)
    scrolled = visit.model_copy(update={"number": PAGE})
    return await service.search(scrolled, fold=True, most=visit.number)


async def _found(service: Service, number: int, visit: Visit) -> Hit | None:
    if visit.more:
        return service.listings.hit(number)
    return await service.found(number, visit, fold=True)


def _box(visit: Visit) -> dict[str, Any]:
    """What the box, its chips and its filters show."""
    return {"visit": visit, "chips": list(chips(visit)), "carried": list(carried(visit))}


def _tiles(visit: Visit, page: Page, scrolls: bool = True, headed: bool = True) -> dict[str, Any]:
    asked = visit.model_copy(update={"start": 0, "fragment": False})
    query, count = address(asked)[1:], visit.start + len(page.hits)
    headings = _headings(page.hits, visit.start) if headed else {}
    return {
        "tiles": [
            Tile(hit, f"/photos/{hit.content_id}{query}", headings.get(place)) for place, hit in enumerate(page.hits)
        ],
        "count": count,
        "scrolls": scrolls,
        "further": address(asked, start=count) if page.more and scrolls else None,
        "notes": page.answer.notes,
    }


def _headings(hits: list[Hit], start: int) -> dict[int, Heading]:
    """Months where nothing but the date orders them; else where those begin that are less likely than what was before.

    By the places of the photos before which they stand. A page that is not the first says again what it begins with:
    who joins pages leaves out what is there.
    """
    if all(hit.verdict is None and not hit.score for hit in hits):
        taken = [month(hit.facts.taken_at) for hit in hits]
        return {} if set(taken) == {UNDATED} and not start else dict(_months(taken))
    guesses = [hit.verdict == "weak" for hit in hits]
    if True not in guesses or (guesses[0] and not start):
        return {}
    return {guesses.index(True): Heading("Less likely", "Less likely")}


def _months(taken: list[str]) -> Iterator[tuple[int, Heading]]:
    """A row for a single photo would be mostly empty: months join until there are FEW photos."""
    first = 0
    for place in range(1, len(taken) + 1):
        ends = place == len(taken) or (taken[place] != taken[place - 1] and place - first >= FEW)
        if ends or (place < len(taken) and UNDATED == taken[place] != taken[place - 1]):
            yield first, Heading(taken[first], taken[place - 1])
            first = place


def _page(request: Request, name: str, told: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = templates.TemplateResponse(
        request, name, told | {"can_reveal": request.app.state.reveal is not None}, status
    )
    response.headers["Cache-Control"] = "private, no-cache"  # going back shows the page as it was left
    return response
