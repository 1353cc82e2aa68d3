"""Every other family against its reference, at full size with random weights: ids equal, cosine at least 0.9999."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import mlx_clip
from mlx_clip.families import parse
from mlx_clip.tokenizer import Tokenizer
from mlx_clip.vocabulary import write_excerpt
from tests.parity import references, tokenizers
from tests.parity.test_tokens import LINES
from tests.parity.test_towers import pixels
from tests.published import CONFIGS

TEXTS = ["a dog on the beach", "x", "富士山と飛行機", "Café, naïve? 42!", "a photo of " * 40]


class Case(NamedTuple):
    """A card's config, its reference, and the kind of its tokenizer (None: pictures only)."""

    name: str
    write: Callable[..., references.Answers]
    tokenizer: Callable[[Path], tokenizers.Ids] | None
    side: int


CASES = (
    Case("siglip2-b32-256", references.siglip, tokenizers.siglip2, 256),
    Case("siglip-b16-224", references.siglip, tokenizers.siglip, 224),
    Case("siglip-l16-256", references.siglip, tokenizers.siglip, 256),
    Case("siglip-so400m-14-384", references.siglip, tokenizers.siglip, 384),
    Case("chinese-clip-b16", references.chinese_clip, tokenizers.chinese_bert, 224),
    Case("clip-japanese-base", references.clyp, tokenizers.rinna, 224),
    Case("xlm-roberta-b32", references.roberta, tokenizers.xlm_roberta, 224),
    Case("datacomp-b32-256", references.openclip, tokenizers.open_clip, 256),
    Case("tinyclip-39m", references.clip, tokenizers.open_clip, 224),
    Case("dinov2-small", references.dinov2, None, 224),
    Case("dinov2-base", references.dinov2, None, 224),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_towers_are_those_of_the_reference(case: Case, tmp_path: Path) -> None:
    words = case.tokenizer(tmp_path / "tokenizer") if case.tokenizer else None
    ids = np.array(words(TEXTS)) if words else None
    pictures = pixels(case.side)[: 2 if case.side > 256 else 4]  # a large one takes a second a picture and tower
    theirs = case.write(tmp_path / "checkpoint", case.name, tmp_path / "tokenizer", ids, pictures)
    encoder = mlx_clip.load(tmp_path / "checkpoint", cache=tmp_path / "cache", device="cpu")
    assert encoder.image_size == case.side
    agree(encoder.encode_pixels(pictures), theirs.pictures)
    if theirs.texts is not None:
        agree(encoder.encode_texts(TEXTS), theirs.texts)


def agree(ours: Any, theirs: Any) -> None:
    assert (ours * theirs).sum(axis=1).min() >= 0.9999
    assert (theirs @ theirs.T - np.eye(len(theirs))).max() < 0.999  # the inputs are told apart, so this can fail


KINDS = (
    (tokenizers.siglip, CONFIGS["siglip-b16-224"]),
    (tokenizers.siglip2, CONFIGS["siglip2-b32-256"]),
    (tokenizers.chinese_bert, CONFIGS["chinese-clip-b16"]),
    (tokenizers.rinna, CONFIGS["clip-japanese-base"]),
    (tokenizers.xlm_roberta, {"model_type": "roberta_clip"}),
    (tokenizers.open_clip, {"model_type": "clip", "open_clip": True}),
)


@pytest.mark.parametrize(("kind", "config"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
@pytest.mark.parametrize("excerpt", [False, True], ids=["whole", "excerpt"])
def test_ids_are_those_of_the_reference(
    kind: Callable[[Path], tokenizers.Ids], config: dict[str, Any], excerpt: bool, tmp_path: Path
) -> None:
    theirs = kind(tmp_path)
    lines = parse(config).lines
    assert lines
    if excerpt and not (tmp_path / "spiece.model").exists():
        write_excerpt(Tokenizer(tmp_path, lines).whole, tmp_path)
    tokenizer = Tokenizer(tmp_path, lines)
    marks = "<|" if kind is tokenizers.open_clip else "\0no line has this"  # OpenCLIP spells CLIP's marks otherwise
    for line in (line for line in LINES if marks not in line.lower()):
        expected = theirs([line])[0]
        found = tokenizer([line])[0].tolist()
        assert found == expected[: len(found)], repr(line)
        assert set(expected[len(found) :]) <= {lines.pad or 0}, repr(line)  # some pad to their length
