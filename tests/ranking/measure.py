"""Asks the collection's questions of a library that holds it, and says how well each half and both answer."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from indexer.photo import Content, Facts, File, ModelIdentity, Pixels, Vector, identity
from indexer.query import Filters, Query, Term
from indexer.search import search
from indexer.store.library import Library
from tests.ranking.make_collection import COLLECTION

AT = 10
HALVES = {"pictures": (True, False), "words": (False, True), "both": (True, True)}


class Told:
    """Satisfies indexer.photo.Encoder; it says what the collection tells it to, and of other texts noise."""

    name, revision, weights_hash = "imagined", "1", "0" * 64
    image_size, preprocessing, knows_words = 8, "none", True

    def __init__(self, vectors: dict[str, list[float]]) -> None:
        self._vectors = vectors
        self.dim = len(next(iter(vectors.values())))
        self._apart = np.mean(list(vectors.values()), axis=0)  # where texts lie, whatever they say

    def prepare(self, image: object) -> Pixels:
        raise NotImplementedError

    def encode_pixels(self, pixels: Pixels) -> Vector:
        raise NotImplementedError

    def begin_pixels(self, pixels: Pixels) -> Callable[[], Vector]:
        raise NotImplementedError

    def encode_texts(self, texts: list[str]) -> Vector:
        vectors = np.array([self._known(text) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _known(self, text: str) -> Any:
        if text in self._vectors:
            return np.array(self._vectors[text])
        first, _, second = text.partition(" and ")
        return self._known(first) + self._known(second) if second else self._noise(text)

    def _noise(self, text: str) -> Any:
        random = np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:4], "little"))
        noise = random.normal(size=self.dim)
        return self._apart + noise / np.linalg.norm(noise)


def collection() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(COLLECTION.read_text("utf-8"))
    return told


def encoder(told: dict[str, Any]) -> Told:
    return Told({text: vector for question in told["questions"] for text, vector in question["vectors"].items()})


@contextmanager
def library_of(told: dict[str, Any], folder: Path) -> Iterator[Library]:
    """A real one, with the collection in it."""
    with Library(folder) as library:
        library.adopt(identity(encoder(told)))
        library.files.begin_scan()
        library.files.compare([], [], [])
        library.put([_photo(photo) for photo in told["photos"]])
        library.files.end_scan()
        yield library


def _photo(photo: dict[str, Any]) -> tuple[File, Content, Facts, Vector]:
    names = ("taken_at", "camera", "caption")
    lists = ("place", "place_local", "keywords", "people")
    facts = Facts(**{name: photo[name] for name in names}, **{name: tuple(photo[name]) for name in lists})
    vector = np.array(photo["vector"], np.float32)
    content = Content(sha256(photo["path"].encode()).digest(), 1, 40, 30, "JPEG")
    return File(photo["path"], 1, 1, 7), content, facts, vector / np.linalg.norm(vector)


def query_of(question: dict[str, Any], half: str = "both") -> Query:
    by_picture, by_words = HALVES[half]
    filters = {
        name: tuple(value) if isinstance(value, list) else value for name, value in question.get("filters", {}).items()
    }
    unwanted = tuple(Term(words=text, wanted=False) for text in question.get("without", []))
    terms = (Term(words=question["text"]), *unwanted)
    return Query(terms=terms, filters=Filters(**filters), limit=AT, by_picture=by_picture, by_words=by_words)


def answers(library: Library, told: dict[str, Any], question: dict[str, Any], half: str) -> list[str]:
    model = encoder(told)

    def load(_: ModelIdentity) -> Told:
        return model

    return [hit.path for hit in search(library, load, query_of(question, half)).hits]


@dataclass(frozen=True, slots=True)
class Figure:
    """Of some questions: which part of the right photos is among the first ten, and 1 / rank of the first right one."""

    recall: float
    reciprocal_rank: float


def figure(found: list[list[str]], questions: list[dict[str, Any]]) -> Figure:
    recalls, ranks = [], []
    for paths, question in zip(found, questions, strict=True):
        right = set(question["right"])
        recalls.append(len(right & set(paths)) / min(AT, len(right)))
        ranks.append(next((1 / place for place, path in enumerate(paths, 1) if path in right), 0.0))
    return Figure(float(np.mean(recalls)), float(np.mean(ranks)))


def table(library: Library, told: dict[str, Any]) -> dict[str, dict[str, Figure]]:
    """kind of question -> half -> figure; 'all' is every question."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for question in told["questions"]:
        by_kind[question["kind"]].append(question)
    found = {
        half: {id(question): answers(library, told, question, half) for question in told["questions"]}
        for half in HALVES
    }
    return {
        kind: {half: figure([found[half][id(question)] for question in asked], asked) for half in HALVES}
        for kind, asked in {**by_kind, "all": told["questions"]}.items()
    }


def unwanted_found(library: Library, told: dict[str, Any], negated: bool) -> float:
    """Of the first ten, the mean number that show what was not wanted; without negation, if that was not said."""
    counts = []
    for question in told["questions"]:
        if question["kind"] == "not":
            asked = question if negated else {**question, "without": []}
            counts.append(len(set(answers(library, told, asked, "both")) & set(question["wrong"])))
    return float(np.mean(counts))
