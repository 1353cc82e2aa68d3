"""A question as a URL has it -> a Query. Options are named as those of `pics search`, and written as they are there.

Pictures are named by the library's number of them, or by an upload; a path only if the library has it.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from indexer.asking.line import AT_MOST, Half, Typed, read
from indexer.asking.narrowing import Narrowing
from indexer.errors import IndexerError
from indexer.query import Query, Term, Verdict
from indexer.store.library import Library

PAGE = 60  # hits, where it was not said how many
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Names = Annotated[list[Name], Field(max_length=50)]
Date = Annotated[str, StringConstraints(max_length=20)]
Shape = Literal["portrait", "landscape"]


class NoSuchPicture(IndexerError):
    """Nothing of this name is in the library, nor was uploaded of late."""

    def __init__(self, name: object) -> None:
        super().__init__(f"{name}: the library has no such picture; upload it to search by it")
        self.name = name


class NoPhotoThere(IndexerError):
    """What else is on the disk is nobody's business: it is the same for a folder that there is not."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"{folder}: the library has no photo there")


class Filtered(BaseModel):
    """Which photos may answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    folders: Names = Field(default=[], alias="in", description="Only photos in these folders.")
    after: Date | None = Field(default=None, description="Taken then or later: 2019, 2019-07, 2019-07-14.")
    before: Date | None = Field(default=None, description="Taken earlier.")
    on: Date | None = Field(default=None, description="Taken in that year or month, or on that day.")
    camera: Names = Field(default=[], description="Part of its name; any of several.")
    place: Names = Field(default=[], description="Part of a town's, region's or country's name; any of several.")
    near: Name | None = Field(default=None, description="Taken near there: 35.36,138.73 (latitude, longitude).")
    within: Name | None = Field(default=None, description="How near: 800m, 5km, 3mi; 5km where it is not said.")
    formats: Names = Field(default=[], alias="format", description="jpg, heic, …; any of several.")
    min_size: int | None = Field(default=None, ge=1, le=1_000_000, description="The shorter side at least, in pixels.")
    shape: Shape | None = Field(default=None, description="Higher than wide, or wider than high.")
    rating: int | None = Field(default=None, ge=0, le=5, description="So many stars or more.")
    tag: Names = Field(default=[], description="Has that tag; any of several.")

    def narrowing(self) -> Narrowing:
        typed = {field.name: getattr(self, field.name, None) for field in fields(Narrowing)}
        given = {name: value for name, value in typed.items() if value not in (None, [], "")}
        portrait = None if self.shape is None else self.shape == "portrait"
        return Narrowing(**given | {"portrait": portrait, "folders": [Path(one) for one in self.folders] or None})


class Narrowed(Filtered):
    """And how sure they are, how many, from which on."""

    minimum: Verdict | None = Field(default=None, alias="min", description="Only photos as sure as that.")
    fold: bool | None = Field(default=None, description="A burst, and duplicates, as one hit.")
    model: Name | None = Field(default=None, description="Another model with vectors here.")
    number: int | None = Field(default=None, alias="n", ge=1, le=AT_MOST, description=f"How many; not said: {PAGE}.")
    start: int = Field(default=0, ge=0, le=1_000_000, description="How many hits to leave out at the beginning.")


class Question(Narrowed):
    """Words and pictures, wanted and not, and which photos may answer. Nothing at all asks for the newest."""

    q: str = Field(default="", max_length=2000, description="What is in the photo, as `pics search` takes it.")
    like: Names = Field(default=[], description="And like these pictures: by number, or by a path it has.")
    unlike: Names = Field(default=[], description="Not like these pictures, named in the same way.")
    without: Names = Field(default=[], alias="not", description="Not these things.")
    only: Half | None = Field(default=None, description="Ask what is written of photos, or what they look like, alone.")

    def settled(self) -> Self:
        """The same, its options out of `q` and in the fields of their own. Raises NotUnderstood, NotNarrowed."""
        typed = read(self.q)
        shape = {None: self.shape, True: "portrait", False: "landscape"}[typed.narrowing.portrait]
        said: dict[str, Any] = {"q": typed.words, "shape": shape}
        for name in type(self).model_fields:
            value = getattr(typed, name, getattr(typed.narrowing, name, None))
            if value not in (None, ()):
                own = getattr(self, name)
                said[name] = [*own, *(str(one) for one in value if str(one) not in own)] if name in LISTS else value
        return self.model_copy(update=said)

    def query(self, picture: Callable[[Path], Path], fold: bool) -> Query:
        """`picture` says where one lies that is named. Raises NotUnderstood, NotNarrowed, NoSuchPicture."""
        asked = self.settled()
        typed = Typed(
            words=asked.q,
            like=tuple(asked.like),
            without=tuple(asked.without),
            only=asked.only,
            minimum=asked.minimum,
            model=asked.model,
            fold=asked.fold,
            narrowing=asked.narrowing(),
        )
        query = typed.query(asked.number or PAGE, picture, fold)
        unlike = tuple(Term(picture=picture(Path(name)), wanted=False) for name in asked.unlike)
        return replace(query, terms=(*query.terms, *unlike))


LISTS = frozenset(name for name, field in Question.model_fields.items() if field.annotation == list[Name])


class PictureNames:
    """Where a picture lies that is named: by number, by upload, by a path that the library has."""

    def __init__(self, library: Library, upload: Callable[[str], Path | None]) -> None:
        self._library = library
        self._upload = upload

    def __call__(self, name: Path) -> Path:
        """Raises NoSuchPicture."""
        uploaded = self._upload(str(name))
        if uploaded is not None:
            return uploaded
        if str(name).isdecimal():
            return self._by_number(int(str(name)))
        path = (name.expanduser() if name.parts[:1] == ("~",) else name).absolute()
        if self._library.files.content_at(str(path)) is None:
            raise NoSuchPicture(name)
        return path

    def _by_number(self, number: int) -> Path:
        files = self._library.files.lying([number]).get(number)
        if not files:
            raise NoSuchPicture(number)
        paths = [Path(file.path) for file in files]
        return next((path for path in paths if path.exists()), paths[0])


def must_hold(library: Library, folders: Iterable[str]) -> None:
    """Raises NoPhotoThere for a folder, by its absolute path, in which the library has none."""
    for folder in folders:
        if not library.files.count(folder):
            raise NoPhotoThere(folder)
