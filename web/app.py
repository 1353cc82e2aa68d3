"""The application: routes, errors and guard put together, and what is opened at its start and closed at its end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from indexer.errors import IndexerError, LibraryBusy, NoSuchModel, NoSuchPath, NothingIndexed, NotInLibrary
from mlx_clip.errors import ClipError
from web import api, gallery
from web.guard import Guard
from web.questions import NoPhotoThere, NoSuchPicture
from web.service import Service
from web.uploads import MOST_BYTES

STATIC = Path(__file__).parent / "static"
STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (NoSuchPicture, HTTPStatus.NOT_FOUND),
    (NoPhotoThere, HTTPStatus.NOT_FOUND),
    (api.NotThere, HTTPStatus.NOT_FOUND),
    (NotInLibrary, HTTPStatus.NOT_FOUND),
    (NoSuchPath, HTTPStatus.NOT_FOUND),
    (NoSuchModel, HTTPStatus.NOT_FOUND),
    (NothingIndexed, HTTPStatus.SERVICE_UNAVAILABLE),
    (LibraryBusy, HTTPStatus.SERVICE_UNAVAILABLE),
)


def application(
    service: Service,
    hosts: Iterable[str] | None,
    token: str | None = None,
    reveal: Callable[[Path], None] | None = None,
) -> FastAPI:
    """`service` is closed with the application. `reveal` shows a file in the system's file manager, None: not here."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm_up(service))
        yield
        warming.cancel()
        service.close()

    app = FastAPI(
        title="pics",
        version="1",
        description="Photos by what is in them. The objects are those of `pics search --json`.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        max_body_size=MOST_BYTES,
    )
    app.state.service = service
    app.state.reveal = reveal
    app.include_router(api.router)
    app.include_router(gallery.router)
    app.mount("/static", Static(directory=STATIC))
    app.add_exception_handler(IndexerError, _said)
    app.add_exception_handler(ClipError, _said)
    app.add_exception_handler(RequestValidationError, _said)
    app.add_exception_handler(HTTPException, _said)
    app.add_middleware(Guard, hosts=hosts, token=token)
    return app


class Static(StaticFiles):
    """Scripts of two versions do not fit together: whether one has changed is asked each time."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _warm_up(service: Service) -> None:
    with suppress(IndexerError, ClipError):  # whoever asks is told
        await service.warm_up()


async def _said(request: Request, error: Exception) -> Response:
    """The sentence of an error, as JSON for programs and as a page for people."""
    status, sentence, headers = HTTPStatus.BAD_REQUEST, str(error), None
    if isinstance(error, RequestValidationError):
        status, sentence = HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(map(_wrong, error.errors()))
    elif isinstance(error, HTTPException):
        status, sentence, headers = HTTPStatus(error.status_code), error.detail, error.headers
    else:
        status = next((code for kind, code in STATUS if isinstance(error, kind)), status)
    if request.url.path.startswith("/api") or "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": sentence}, status, headers)
    return gallery.error_page(request, sentence, status)


def _wrong(problem: dict[str, object]) -> str:
    where = problem["loc"]
    assert isinstance(where, tuple)
    return f"{where[-1]}: {problem['msg']}"
