"""What was taught, in the numbers of one model: a name's examples -> its head, made once and kept with the library."""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from indexer.asking.calibration import GROWN, SAMPLE, Scale
from indexer.asking.encoding import Speaker
from indexer.asking.grammar import Named, named
from indexer.asking.heads import Backdrop, Head, distinct, learn
from indexer.errors import NoSuchPath, NotAPicture
from indexer.photo import Vector
from indexer.query import Term
from indexer.store.concepts import LEARNT, Example
from indexer.store.library import Library

FEWEST = 3  # examples: of fewer, none can be held out and something common be left
METHOD = 1  # of learning: what was kept by another is not read


@dataclass(frozen=True, slots=True)
class Concept:
    """A name that was taught by so many `examples` and `others` that are none, of which `missing` could not be had.

    `head` is None where fewer than three examples are left.
    """

    name: str
    examples: int
    others: int
    missing: tuple[str, ...]
    head: Head | None


class Taught:
    """The concepts of a library, by the model of a speaker, which is loaded only for examples it has not seen."""

    def __init__(self, library: Library, speaker: Speaker) -> None:
        self._library = library
        self._speaker = speaker

    @cached_property
    def names(self) -> list[str]:
        return self._library.concepts.names()

    def named(self, term: Term) -> Named:
        """The names in a term's words, and the words beside them."""
        return named(term.words or "", self.names)

    def concept(self, name: str) -> Concept:
        import hashlib  # as in encoding.py

        examples = self._library.concepts.examples(name)
        made_of = hashlib.sha256(b"".join(each.hash + bytes([each.is_one]) for each in examples)).hexdigest()
        photos = self._library.files.count_contents()
        kept = self._library.known(self._speaker.model.name, LEARNT.format(name))
        if kept and (concept := _unpacked(json.loads(kept), name, made_of, photos)):
            return concept
        vectors, missing = self._vectors(examples)
        ones = distinct(np.array([vectors[each.hash] for each in examples if each.is_one and each.hash in vectors]))
        others = np.array([vectors[each.hash] for each in examples if not each.is_one and each.hash in vectors])
        counts = sum(each.is_one for each in examples), sum(not each.is_one for each in examples)
        head = learn(self._backdrop, ones, others.reshape(-1, self._speaker.model.dim)) if len(ones) >= FEWEST else None
        concept = Concept(name, *counts, tuple(missing), head)
        if head and not missing:
            self._library.keep_fact(self._speaker.model.name, LEARNT.format(name), _packed(concept, made_of))
        return concept

    @cached_property
    def _backdrop(self) -> Backdrop:
        sample = self._library.sample_vectors(SAMPLE, self._speaker.model.name)
        return Backdrop(sample, self._library.files.count_contents())

    def _vectors(self, examples: Sequence[Example]) -> tuple[dict[bytes, Vector], list[str]]:
        """By their hashes, kept from now on; and the paths of those that are neither known nor there."""
        vectors, missing = {}, []
        for each in examples:
            vector = self._library.concepts.vector(self._speaker.model.name, each.hash)
            try:
                vectors[each.hash] = self._speaker.example(each.hash, Path(each.path)) if vector is None else vector
            except (NoSuchPath, NotAPicture):
                missing.append(each.path)
                continue
            if vector is None:
                self._library.keep_example(self._speaker.model.name, each.hash, vectors[each.hash])
        return vectors, missing


def _packed(concept: Concept, made_of: str) -> str:
    assert concept.head is not None
    facts = asdict(concept)
    direction = concept.head.direction.astype("<f4").tobytes()
    facts["head"]["direction"] = base64.b64encode(direction).decode("ascii")
    return json.dumps(facts | {"made_of": made_of, "method": METHOD})


def _unpacked(facts: dict[str, Any], name: str, made_of: str, photos: int) -> Concept | None:
    """None where it was made of other examples, in another way, or in a library of another size."""
    if facts["method"] != METHOD or facts["made_of"] != made_of:
        return None
    head: dict[str, Any] = facts["head"]
    scale = Scale(**head["scale"])
    if not scale.photos / GROWN < photos < scale.photos * GROWN:
        return None
    direction = np.frombuffer(base64.b64decode(head["direction"]), "<f4").astype(np.float32)
    return Concept(
        name, facts["examples"], facts["others"], (), Head(**(head | {"direction": direction, "scale": scale}))
    )
