"""Retrieval among pictures in the style held out: words -> picture, and a picture in a known style -> the same thing.

Measured with the encoder that `pics` loads, on the shipped checkpoint.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlx_clip import Encoder
from training.concepts import Concept
from training.pictograms import Pictograms
from training.sources import STYLES

AT = (1, 5, 10)
KNOWN = ("noto", "openmoji")  # styles of the training that ask for the held-out one; the first is itself searched


@dataclass(frozen=True, slots=True)
class Row:
    """Recall at 1, 5 and 10 in per cent: how often one of the first k hits is the right one among `pictures`."""

    what: str
    queries: int
    pictures: int
    recall: tuple[float, ...]


class Drawn(NamedTuple):
    """Drawings, or words for them: vectors (n, d), and the concept of each (n,)."""

    vectors: NDArray[np.float32]
    concepts: NDArray[np.int64]


def table(encoder: Encoder, concepts: list[Concept], pictograms: Pictograms) -> list[Row]:
    (held_out,) = (style.name for style in STYLES if not style.training)
    drawn = {style: _drawn(encoder, pictograms, style) for style in (held_out, *KNOWN)}

    def in_words(what: str, words: Callable[[Concept], str], style: str) -> Row:
        texts = [words(concepts[n]) for n in drawn[style].concepts]
        return _row(what, Drawn(encoder.encode_texts(texts), drawn[style].concepts), drawn[style])

    return [
        in_words(f"English name -> {held_out}", lambda concept: concept.name, held_out),
        in_words(f"Japanese name -> {held_out}", lambda concept: concept.japanese[0], held_out),
        in_words(
            f"a photo of a (English name) -> {held_out}", lambda concept: f"a photo of a {concept.name}", held_out
        ),
        *(_row(f"{style} -> {held_out}", drawn[style], drawn[held_out]) for style in KNOWN),
        in_words(f"English name -> {KNOWN[0]}, a style of the training", lambda concept: concept.name, KNOWN[0]),
    ]


def markdown(rows: list[Row]) -> str:
    lines = ["| query -> pictures | queries | pictures | R@1 | R@5 | R@10 |", "|---|---:|---:|---:|---:|---:|"]
    for row in rows:
        recall = " | ".join(f"{value:.1f}" for value in row.recall)
        lines.append(f"| {row.what} | {row.queries} | {row.pictures} | {recall} |")
    return "\n".join(lines)


def _drawn(encoder: Encoder, pictograms: Pictograms, style: str) -> Drawn:
    numbers = pictograms.of([style])
    pictures = [on_white(pictograms.drawings[n]) for n in numbers]
    return Drawn(encoder.encode_images(pictures), pictograms.concepts[numbers])


def on_white(drawing: NDArray[np.uint8], left: int = 8, top: int = 8) -> Image.Image:
    """A drawing with a margin, as one would paste it."""
    image = Image.fromarray(drawing)
    canvas = Image.new("RGB", (112, 112), "white")
    canvas.paste(image, (left, top), image)
    return canvas


def _row(what: str, queries: Drawn, pictures: Drawn) -> Row:
    """Queries whose concept is not among the pictures are left out."""
    asked = np.isin(queries.concepts, pictures.concepts)
    likeness = queries.vectors[asked] @ pictures.vectors.T
    best = pictures.concepts[np.argsort(-likeness, axis=1, kind="stable")[:, : max(AT)]]
    right = best == queries.concepts[asked, None]
    recall = tuple(100 * right[:, :k].any(axis=1).mean() for k in AT)
    return Row(what, len(likeness), len(pictures.concepts), recall)
