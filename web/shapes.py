"""What the API answers, key by key: the objects of docs/json.md, and what is wrapped around them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from indexer.objects import hit_object
from web.listings import Page


class Hit(BaseModel):
    """A photo that answers, as `pics search --json` prints it."""

    id: int = Field(description="The library's number of the picture, the same for all its copies.")
    path: str = Field(description="Absolute.")
    score: float = Field(description="Higher is better; where pictures were asked, the cosine of photo and query.")
    verdict: Literal["strong", "likely", "weak"] | None = Field(description="How sure that is.")
    why: list[str] = Field(description="What spoke for the photo, and against it.")
    similar: list[str] = Field(description="Paths of the burst and the duplicates that were folded into it.")
    width: int = Field(description="Pixels, upright.")
    height: int
    format: str = Field(description="What the bytes are, in Pillow's names: JPEG, PNG, HEIF, …; or DNG, NEF, …")
    size: int = Field(description="Bytes.")
    taken_at: str | None = Field(description="YYYY-MM-DDTHH:MM:SS on the clocks where it was taken.")
    taken_offset: int | None = Field(description="Minutes that these clocks were ahead of UTC.")
    taken_from: str | None = Field(description="Which of several sources was believed.")
    camera: str | None
    lens: str | None
    latitude: float | None = Field(description="Degrees.")
    longitude: float | None
    place: list[str] = Field(description="From the nearest town to the country, in English.")
    place_local: list[str] = Field(description="The same in the names used there.")
    rating: int | None = Field(description="Stars.")
    title: str | None
    caption: str | None
    keywords: list[str]
    people: list[str]
    tags: list[str] = Field(description="A person's first, then the surest.")
    prompt: str | None = Field(description="What a generated picture was asked for with.")
    notes: list[str] = Field(description="What could not be read of all this.")


class Photo(Hit):
    """A picture of the library, with what only its page shows."""

    paths: list[str] = Field(description="Everywhere it lies.")
    there: bool = Field(description="Whether one of them is there now, as it was indexed.")
    sha256: str


class Hits(BaseModel):
    hits: list[Hit]
    notes: list[str] = Field(description="What stood in the way of a better answer.")
    more: bool = Field(description="Whether there are more behind them: ask with `start`.")

    @classmethod
    def of(cls, page: Page) -> Self:
        hits = [Hit(**hit_object(hit)) for hit in page.hits]
        return cls(hits=hits, notes=list(page.answer.notes), more=page.more)


class Duplicate(BaseModel):
    path: str
    width: int
    height: int
    format: str
    size: int = Field(description="Bytes.")
    score: float = Field(description="Cosine with the one to keep.")
    keep: bool


class Group(BaseModel):
    """Photos of one picture, as `pics dupes --json` prints them."""

    kind: Literal["copies", "near"] = Field(description="The same bytes; or resaved, resized, cropped, edited.")
    path: str = Field(description="Of the photo to keep.")
    score: float = Field(description="Cosine with it of the least alike of the others.")
    keep: str
    reason: str = Field(description="Why it is the one to keep.")
    reclaimable: int = Field(description="Bytes of all the others.")
    photos: list[Duplicate] = Field(description="The one to keep first, then the most alike.")


class Groups(BaseModel):
    groups: list[Group]
    notes: list[str] = Field(description="What may be lacking.")
    more: bool = Field(description="Whether there are more behind them: ask with `start`.")


class Writing(BaseModel):
    process: int
    stage: str
    done: int
    total: int = Field(description="0: not known.")


class ModelHere(BaseModel):
    name: str
    revision: str
    dim: int
    pictures: int
    of: int
    in_use: bool


class Root(BaseModel):
    path: str
    photos: int
    present: bool
    exclude: list[str]
    scanned_at: str | None


class Status(BaseModel):
    """As `pics status --json` prints it, of this library alone."""

    photos: int
    distinct: int
    model: str | None
    revision: str | None
    dim: int
    models: list[ModelHere]
    library: str
    bytes: int
    skipped: int
    roots: list[Root]
    writing: Writing | None = Field(description="Who is writing to the library now, and how far that is.")


class Texts(BaseModel):
    texts: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(min_length=1, max_length=64)
    model: str | None = Field(default=None, description="Another model with vectors here.")


class Vectors(BaseModel):
    model: str
    revision: str
    dim: int
    vectors: list[list[float]] = Field(description="Of unit length: their dot product is the cosine.")


class Error(BaseModel):
    error: str = Field(description="What happened, to which thing, and what to do.")
