"""What narrows a question, as chips that can be taken away: what each says, and the question without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from web.questions import Question

SAID = {  # the field of a Question, and how its chip says it
    "like": "like this",
    "unlike": "not like this",
    "more": "more like this",
    "less": "less like this",
    "without": "not {}",
    "folders": "in {}",
    "after": "after {}",
    "before": "before {}",
    "on": "{}",
    "camera": "{}",
    "place": "{}",
    "near": "near {}",
    "within": "within {}",
    "formats": "{}",
    "min_size": "{} pixels or more",
    "shape": "{}",
    "rating": "{} stars or more",
    "tag": "{}",
    "minimum": "at least {}",
    "only": "{} only",
    "model": "by {}",
    "number": "at most {}",
}

FIELDS = frozenset(
    {
        *("q", "in", "after", "before", "on", "camera", "place", "near", "within", "format", "min_size", "shape"),
        *("rating", "tag", "min", "start", "fragment"),
    }
)
"""The parameters that can be filled in where the gallery asks."""
PICTURES = frozenset({"like", "unlike", "more", "less"})


@dataclass(frozen=True, slots=True)
class Chip:
    """`kind` is the option's name, `without` the gallery's address without it, `picture` the name of one to show."""

    kind: str
    label: str
    without: str
    picture: str | None = None

    @property
    def thumbnail(self) -> str | None:
        """Where a small picture of it is; one that is named by its path has none."""
        if self.picture and self.picture.isdecimal():
            return f"/api/photos/{self.picture}/thumbnail?side=160"
        return f"/uploads/{self.picture}" if self.picture and self.picture.startswith("upload-") else None


def chips(question: Question) -> Iterator[Chip]:
    """Of a question whose options are settled; its words are in the box."""
    for name, said in SAID.items():
        value = getattr(question, name, None)
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            picture = str(one) if name in PICTURES else None
            yield Chip(_option(question, name), said.format(one), address(_less(question, name, one)), picture)
    if question.fold is False:
        yield Chip("fold", "bursts unfolded", address(_less(question, "fold", False)))


def address(question: Question, **changes: Any) -> str:
    """The gallery's, with the question in it; `changes` are by field."""
    said = _said(question.model_copy(update=changes))
    return f"/?{urlencode(said, doseq=True)}" if said else "/"


def carried(question: Question) -> Iterator[tuple[str, str]]:
    """What the form has no field for, and a new question in it keeps: by parameter."""
    for name, value in _said(question.model_copy(update={"q": "", "start": 0})).items():
        if name not in FIELDS:
            yield from ((name, str(one)) for one in (value if isinstance(value, list) else [value]))


def _said(question: Question) -> dict[str, Any]:
    return question.model_dump(by_alias=True, exclude_defaults=True, exclude_none=True)


def _less(question: Question, name: str, value: object) -> Question:
    own = getattr(question, name)
    less: dict[str, Any] = {name: [one for one in own if one != value] if isinstance(own, list) else None, "start": 0}
    if name == "near":
        less["within"] = None
    return question.model_copy(update=less)


def _option(question: Question, name: str) -> str:
    return type(question).model_fields[name].alias or name
