"""The MCP server: tools by which an agent looks through the library. They read, and change nothing of it.

Each asks what the HTTP API asks, and answers with the same objects; beside them stand small pictures. What is found out
on the way is kept as after any search: the vectors of words that were asked, and thumbnails.
"""

import asyncio
import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import getdoc
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    BlobResourceContents,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ImageContent,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceTemplate,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from indexer.errors import IndexerError, NotAPicture
from indexer.objects import duplicates_object
from mlx_clip.errors import ClipError
from web import shapes
from web.desk import Desk
from web.listings import Page
from web.pictures import Side
from web.questions import Filtered, Name, Names, Narrowed, NoSuchPicture, PictureNames, Question, must_hold
from web.service import Service

USUAL, MOST = 12, 50  # answers
SHOWN = 12  # thumbnails at most
SMALL: Side = 320
LARGER: Side = 640
LARGEST_NUMBER = 2**53
BEFORE_BASE64 = re.compile(r"data:[\w/+.;=-]*,")
PICTURE = re.compile(r"pics://photos/(\d+)")

INSTRUCTIONS = """The photos on the user's own machine, found by what is in them and by what is known of them.
Start with `search`: a few plain words for what the photo shows ("red bicycle by the sea"), and filters (date, place, \
camera, …) as arguments of their own. Look at the thumbnails before you say what a photo shows: a `weak` hit often is \
something else. A photo is named by its `id`. Photos, places, dates and names of people are the user's private life."""

Number = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
Photo = Annotated[Number | Name, Field(description="The `id` of a photo, or a path as the library has it.")]
Start = Annotated[int, Field(ge=0, le=1_000_000, description="How many to leave out at the beginning.")]
HowMany = Annotated[int, Field(ge=1, le=MOST, description="How many.")]
Shown = Annotated[bool, Field(description=f"With small pictures of the first {SHOWN}.")]
Fold = Annotated[bool, Field(description="A burst, and duplicates, as one hit.")]


class Searched(Question):
    q: str = Field(
        default="",
        alias="query",
        max_length=2000,
        description="What the photo shows, in plain words. `2:dog + beach - people` weighs, adds and leaves out; the "
        "options of `pics search` are understood. Empty: the newest, or all that pass the filters.",
    )
    like: Names = Field(default=[], description="And like these photos: by `id`, or by a path the library has.")
    fold: bool | None = Field(default=True, description="A burst, and duplicates, as one hit.")
    number: int | None = Field(default=USUAL, alias="n", ge=1, le=MOST, description="How many hits.")
    thumbnails: Shown = True


class Likeness(Narrowed):
    photo: Photo | None = None
    image: str | None = Field(default=None, description="Instead of `photo`: a picture's bytes, as base64.")
    fold: bool | None = Field(default=True, description="A burst, and duplicates, as one hit.")
    number: int | None = Field(default=USUAL, alias="n", ge=1, le=MOST, description="How many hits.")
    thumbnails: Shown = True


class Described(BaseModel):
    model_config = ConfigDict(extra="forbid")

    photo: Photo
    thumbnail: bool = Field(default=True, description=f"With a picture of at most {LARGER} pixels.")


class Copies(Filtered):
    exact: bool = Field(default=False, description="Only copies of the same bytes.")
    number: HowMany = Field(default=USUAL, alias="n")
    start: Start = 0
    thumbnails: Shown = True


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NotAsked(IndexerError):
    """The arguments of a tool do not make a question. The text says what is wrong with which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, and pictures to show with it: by number, as large as `side`."""

    said: BaseModel
    pictures: Iterable[int] = ()
    side: Side = SMALL


# -- the tools; their docstrings are what an agent reads of them


async def search(service: Service, asked: Searched) -> Answer:
    """Find photos by what they show and by what is known of them, best first.

    Words are held against the pictures themselves and against names, captions, places, tags and prompts. `verdict`
    says how sure a hit is; `why`, what spoke for it. Further hits: the same question with `start`.
    An answer carries what the library knows of each photo: its path, and where known its date, coordinates, place and
    people.
    """
    asked = asked.settled()
    asked = asked.model_copy(update={"number": min(asked.number or USUAL, MOST)})
    return _hits(await service.search(asked, fold=True), asked.thumbnails)


async def similar(service: Service, asked: Likeness) -> Answer:
    """Find photos that look like one of the library (`photo`), or like any picture that you have (`image`).

    The photo itself and its copies are left out. Answers as `search` does, with the same personal facts.
    """
    if (asked.photo is None) == (asked.image is None):
        raise NotAsked("name one picture: `photo`, its id or path, or `image`, its bytes as base64")
    if asked.photo is not None:
        name = str(await _number(service, asked.photo))
    else:
        name = await service.take_in(_picture(asked.image or ""))
    return _hits(await service.similar(name, asked, fold=True), asked.thumbnails)


async def describe_photo(service: Service, asked: Described) -> Answer:
    """Tell all that is known of a photo, and show it larger.

    That is where it lies, its size, camera, rating, title, caption, keywords, tags, the prompt of a generated picture,
    and what is personal: when and where it was taken (coordinates and place) and whom it shows, where that is known.
    What else was taken that day: `search` with `on`.
    """
    number = await _number(service, asked.photo)
    said = shapes.Photo(**(await service.photo(number)).as_object())
    return Answer(said, [number] if asked.thumbnail else [], LARGER)


async def duplicates(service: Service, asked: Copies) -> Answer:
    """List photos that are one picture several times, with the one to keep and why; what frees the most comes first.

    Copies of the same bytes are always known. Resized, recompressed, cropped and edited ones are known as far as the
    user has had them compared (`pics dupes`): this compares nothing, and deletes nothing.
    """
    groups, contents = await service.asking.ask(lambda desk: _duplicates(desk, asked))
    return Answer(groups, contents if asked.thumbnails else [])


async def status(service: Service, _: Nothing) -> Answer:
    """Tell how many photos the library holds, from which folders, by which model, and whether it is being indexed."""
    return Answer(shapes.Status(**await service.status()))


@dataclass(frozen=True, slots=True)
class Kind:
    """A tool: what it is called, takes and says, and who answers."""

    title: str
    asked: type[BaseModel]
    said: type[BaseModel]
    answer: Callable[[Service, Any], Awaitable[Answer]]


TOOLS: Mapping[str, Kind] = {
    "search": Kind("Search photos", Searched, shapes.Hits, search),
    "similar": Kind("Similar photos", Likeness, shapes.Hits, similar),
    "describe_photo": Kind("Describe a photo", Described, shapes.Photo, describe_photo),
    "duplicates": Kind("Duplicate photos", Copies, shapes.Groups, duplicates),
    "status": Kind("The photo library", Nothing, shapes.Status, status),
}


# -- parts of the answers


def _hits(page: Page, with_pictures: bool) -> Answer:
    said = shapes.Hits.of(page)
    return Answer(said, [hit.id for hit in said.hits] if with_pictures else [])


def _duplicates(desk: Desk, asked: Copies) -> tuple[shapes.Groups, list[int]]:
    """The groups, and the pictures to keep."""
    from indexer.organize.dupes import duplicates, known  # brings OpenCV

    library, filters, notes = desk.library, asked.narrowing().filters(), []
    must_hold(library, filters.folders)
    if asked.exact:
        found = duplicates(library, desk.load, filters, exact=True)
    else:
        found = known(library, filters)
        if not library.looks.any():
            notes.append("photos were never compared here: these are copies alone, `pics dupes` finds the others")
    end = asked.start + asked.number
    some = found.groups[asked.start : end]
    groups = [shapes.Group(**duplicates_object(group)) for group in some]
    said = shapes.Groups(groups=groups, notes=notes, more=len(found.groups) > end)
    return said, [group.keep.content_id for group in some]


async def _number(service: Service, photo: int | str) -> int:
    """Raises NoSuchPicture."""

    def look_up(desk: Desk) -> int:
        path = PictureNames(desk.library, lambda _: None)(Path(name))
        found = desk.library.files.content_at(str(path))
        if found is None:
            raise NoSuchPicture(photo)
        return found[0]

    name = str(photo)
    number = int(name) if name.isdecimal() else await service.looking.ask(look_up)
    if number > LARGEST_NUMBER:
        raise NoSuchPicture(photo)
    return number


def _picture(text: str) -> bytes:
    """Its bytes; a `data:` URL will do. Raises NotAPicture."""
    try:
        return b64decode("".join(BEFORE_BASE64.sub("", text, count=1).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAPicture(f"image: not base64 ({error})") from error


async def _shown(service: Service, numbers: Iterable[int], side: Side) -> list[ContentBlock]:
    """A line that names the photo, then its picture; nothing of one that cannot be read now."""
    some = list(islice(dict.fromkeys(numbers), SHOWN))
    found = await asyncio.gather(*(_thumbnail(service, number, side) for number in some))
    blocks: list[ContentBlock] = []
    for number, data in zip(some, found, strict=True):
        if data is not None:
            blocks.append(TextContent(text=f"id {number}:"))
            blocks.append(ImageContent(data=b64encode(data).decode(), mime_type="image/jpeg"))
    return blocks


async def _thumbnail(service: Service, number: int, side: Side) -> bytes | None:
    with suppress(NoSuchPicture):  # forgotten meanwhile
        photo = await service.photo(number)
        return await service.pictures.get(photo.sha256, photo.files, side)
    return None


# -- the protocol


class Untitled(GenerateJsonSchema):
    """Without the titles that only repeat the names: an agent pays for every word."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


class Agents:
    """Answers the protocol's questions by asking a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def server(self) -> Server[Any]:
        return Server(
            "pics",
            version="1",
            title="pics: the photos on this machine",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
            on_list_resources=self._resources,
            on_list_resource_templates=self._templates,
            on_read_resource=self._read,
        )

    async def _list(self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_tool(name, kind) for name, kind in TOOLS.items()])

    async def _call(self, _: ServerRequestContext[Any], asked: CallToolRequestParams) -> CallToolResult:
        kind = TOOLS.get(asked.name)
        if kind is None:
            raise MCPError(INVALID_PARAMS, f"{asked.name}: no such tool; there are {', '.join(TOOLS)}")
        try:
            answer = await kind.answer(self._service, kind.asked.model_validate(asked.arguments or {}))
        except ValidationError as error:
            return _failed("; ".join(dict.fromkeys(_wrong(problem, kind.asked) for problem in error.errors())))
        except NoSuchPicture as error:
            return _failed(f"{error.name}: the library has no such photo; `search` finds those it has")
        except (IndexerError, ClipError) as error:
            return _failed(str(error))
        said = answer.said.model_dump(mode="json")
        text = TextContent(text=json.dumps(_telling(said), ensure_ascii=False, separators=(",", ":")))
        shown = await _shown(self._service, answer.pictures, answer.side)
        return CallToolResult(content=[text, *shown], structured_content=said)

    async def _resources(self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListResourcesResult:
        return ListResourcesResult(resources=[])  # a hundred thousand photos are no list

    async def _templates(
        self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        photo = ResourceTemplate(
            uri_template="pics://photos/{id}",
            name="photo",
            title="A photo of the library",
            description=f"A JPEG of at most {LARGER} pixels.",
            mime_type="image/jpeg",
        )
        return ListResourceTemplatesResult(resource_templates=[photo])

    async def _read(self, _: ServerRequestContext[Any], asked: ReadResourceRequestParams) -> ReadResourceResult:
        named = PICTURE.fullmatch(asked.uri)
        data = named and await _thumbnail(self._service, min(int(named[1]), LARGEST_NUMBER), LARGER)
        if not data:
            raise MCPError(INVALID_PARAMS, f"{asked.uri}: no such photo, or its file is not there now")
        blob = BlobResourceContents(uri=asked.uri, blob=b64encode(data).decode(), mime_type="image/jpeg")
        return ReadResourceResult(contents=[blob])


def _tool(name: str, kind: Kind) -> Tool:
    return Tool(
        name=name,
        title=kind.title,
        description=getdoc(kind.answer),
        input_schema=kind.asked.model_json_schema(schema_generator=Untitled),
        output_schema=kind.said.model_json_schema(mode="serialization", schema_generator=Untitled),
        annotations=ToolAnnotations(
            title=kind.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=sentence)], is_error=True)


def _wrong(problem: Mapping[str, Any], asked: type[BaseModel]) -> str:
    where = str(problem["loc"][0])
    if problem["type"] != "extra_forbidden":
        return f"{where}: {problem['msg']}"
    near = get_close_matches(where, [field.alias or name for name, field in asked.model_fields.items()], n=1)
    return f"{where}: no such argument" + (f"; did you mean {near[0]}?" if near else "")


def _telling(said: Any) -> Any:
    """Without what has nothing to say."""
    if isinstance(said, list):
        return [_telling(one) for one in said]
    if isinstance(said, dict):
        return {name: _telling(value) for name, value in said.items() if value not in (None, "", [])}
    return said
