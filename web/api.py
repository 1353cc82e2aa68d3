"""The HTTP API: search, similar, photos, thumbnails, vectors, status. Described by /api/openapi.json, shown by /api."""

from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BeforeValidator, Field

from indexer.errors import IndexerError
from indexer.photo import ModelIdentity, Vector
from web import shapes
from web.pictures import Side
from web.questions import Narrowed, Question
from web.service import Service
from web.uploads import MOST_BYTES

Number = Annotated[int, InPath(ge=1, le=2**53, description="The library's number of the picture.")]
OneSide = Annotated[Side, BeforeValidator(int)]  # a literal takes no text for a number
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": shapes.Error, "description": "Not understood, or not to be done."},
    404: {"model": shapes.Error, "description": "Nothing of that name is here."},
    413: {"description": f"Larger than {MOST_BYTES / 1e6:.0f} MB."},
    422: {"model": shapes.Error, "description": "A parameter that cannot be meant, or that there is not."},
    503: {"model": shapes.Error, "description": "Nothing is indexed yet, or another program is in the way."},
}
PICTURE = {
    "requestBody": {
        "required": True,
        "description": "A picture's bytes, in any format that pics reads.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}, "description": "A JPEG."},
    304: {"description": "As the one that is known by its ETag."},
}


class NotThere(IndexerError):
    """The library has the picture, but none of its files can be read now."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path}: not there now, or changed since it was indexed")


class Likeness(Narrowed):
    to: str = Field(min_length=1, max_length=4000, description="The library's number of a picture, or a path it has.")


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Here = Annotated[Service, Depends(service_of)]
router = APIRouter(prefix="/api", responses=ERRORS)


@router.get("/search")
async def search(service: Here, question: Annotated[Question, Query()]) -> shapes.Hits:
    """Photos by what is in them and what is written of them, best first; nothing asked: the newest."""
    return shapes.Hits.of(await service.search(question, fold=False))


@router.get("/similar")
async def similar(service: Here, asked: Annotated[Likeness, Query()]) -> shapes.Hits:
    """Photos like one of the library."""
    return shapes.Hits.of(await service.similar(asked.to, asked, fold=False))


@router.post("/similar", openapi_extra=PICTURE)
async def similar_to_picture(request: Request, service: Here, narrowed: Annotated[Narrowed, Query()]) -> shapes.Hits:
    """Photos like the picture that is sent."""
    name = await service.take_in(await request.body())
    return shapes.Hits.of(await service.similar(name, narrowed, fold=False))


@router.get("/photos/{number}")
async def photo(service: Here, number: Number) -> shapes.Photo:
    """What is known of a picture, and everywhere it lies."""
    return shapes.Photo(**(await service.photo(number)).as_object())


@router.get("/photos/{number}/thumbnail", response_class=Response, responses=JPEG)
async def thumbnail(request: Request, service: Here, number: Number, side: OneSide = 320) -> Response:
    """The picture as an upright JPEG, its longer side at most so many pixels."""
    photo = await service.photo(number)
    tag = f'"{photo.sha256.hex()[:24]}-{side}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=600"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    data = await service.pictures.get(photo.sha256, photo.files, side)
    if data is None:
        raise NotThere(photo.hit.path)
    return Response(data, media_type="image/jpeg", headers=headers)


@router.post("/embed/text")
async def embed_text(service: Here, asked: shapes.Texts) -> shapes.Vectors:
    """The vectors of texts, for other tools; photos are compared with them by their cosine."""
    return _vectors(*await service.vectors_of_texts(asked.texts, asked.model))


@router.post("/embed/image", openapi_extra=PICTURE)
async def embed_image(
    request: Request, service: Here, model: Annotated[str | None, Query(max_length=500)] = None
) -> shapes.Vectors:
    """The vector of the picture that is sent."""
    return _vectors(*await service.vector_of_picture(await request.body(), model))


@router.get("/status")
async def status(service: Here) -> shapes.Status:
    """What the library holds, and who is writing to it."""
    return shapes.Status(**await service.status())


def _vectors(model: ModelIdentity, vectors: Vector) -> shapes.Vectors:
    numbers = np.asarray(vectors, np.float64).tolist()
    return shapes.Vectors(model=model.name, revision=model.revision, dim=model.dim, vectors=numbers)
