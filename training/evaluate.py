"""Retrieval among pictures in the style held out: words -> picture, and a picture in a known style -> the same thing.

Measured with the encoder that `pics` loads, on the shipped checkpoint.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlx_clip import Encoder
from training.concepts import Concept
from training.pictograms import Pictograms
from training.sources import STYLES

AT = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Row:
    """Recall at 1, 5 and 10 in per cent: how often one of the first k hits is the right one among `pictures`."""

    what: str
    queries: int
    pictures: int
    recall: tuple[float, ...]


def table(encoder: Encoder, concepts: list[Concept], pictograms: Pictograms) -> list[Row]:
    held_out = [style.name for style in STYLES if not style.training]
    rows = []
    for style in held_out:
        numbers = pictograms.of([style])
        shown = pictograms.concepts[numbers]
        pictures = _pictures(encoder, pictograms, numbers)
        words = {
            "English name": [concepts[n].name for n in shown],
            "Japanese name": [concepts[n].japanese[0] for n in shown],
            "a photo of a (English name)": [f"a photo of a {concepts[n].name}" for n in shown],
        }
        rows += [_row(f"{what} -> {style}", encoder.encode_texts(texts), shown, pictures, shown)
                 for what, texts in words.items()]  # fmt: skip
        for other in ("noto", "openmoji"):
            queries = pictograms.of([other])
            vectors = _pictures(encoder, pictograms, queries)
            rows.append(_row(f"{other} -> {style}", vectors, pictograms.concepts[queries], pictures, shown))
    numbers = pictograms.of(["noto"])
    shown = pictograms.concepts[numbers]
    texts = encoder.encode_texts([concepts[n].name for n in shown])
    return [
        *rows,
        _row(
            "English name -> noto, a style of the training",
            texts,
            shown,
            _pictures(encoder, pictograms, numbers),
            shown,
        ),
    ]


def markdown(rows: list[Row]) -> str:
    lines = ["| query -> pictures | queries | pictures | R@1 | R@5 | R@10 |", "|---|---:|---:|---:|---:|---:|"]
    for row in rows:
        recall = " | ".join(f"{value:.1f}" for value in row.recall)
        lines.append(f"| {row.what} | {row.queries} | {row.pictures} | {recall} |")
    return "\n".join(lines)


def _pictures(encoder: Encoder, pictograms: Pictograms, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """Drawings on white, with a margin, as one would paste them."""
    return encoder.encode_images([_on_white(pictograms.drawings[n]) for n in numbers])


def _on_white(drawing: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(drawing)
    canvas = Image.new("RGB", (112, 112), "white")
    canvas.paste(image, (8, 8), image)
    return canvas


def _row(
    what: str,
    queries: NDArray[np.float32],
    wanted: NDArray[np.int64],
    pictures: NDArray[np.float32],
    shown: NDArray[np.int64],
) -> Row:
    """Queries whose concept is not among the pictures are left out."""
    asked = np.isin(wanted, shown)
    queries, wanted = queries[asked], wanted[asked]
    best = shown[np.argsort(-(queries @ pictures.T), axis=1, kind="stable")[:, : max(AT)]]
    right = best == wanted[:, None]
    return Row(what, len(queries), len(pictures), tuple(100 * right[:, :k].any(axis=1).mean() for k in AT))
