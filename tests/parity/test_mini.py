"""The model that ships is a checkpoint like any other: transformers loads its folder, and makes the same of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mlx_clip
from mlx_clip.catalog import find
from mlx_clip.config import Lines
from mlx_clip.tokenizer import Tokenizer

TEXTS = ["a dog on the beach", "自転車", "", "Zorglub é 🙂", "富士山の写真 " * 40]


@pytest.fixture(scope="module")
def folder() -> Path:
    card = find("pics-mini")
    assert card and card.folder
    return card.folder


def test_transformers_makes_the_same_vectors_from_its_folder(folder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

    model = CLIPModel.from_pretrained(folder).float().eval()
    tokenizer, processor = AutoTokenizer.from_pretrained(folder), AutoImageProcessor.from_pretrained(folder)
    pictures = [Image.open(path).convert("RGB") for path in sorted(Path("demo/photos").glob("o*.jpg"))]
    with torch.no_grad():
        words = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
        texts = model.get_text_features(**words).pooler_output
        images = model.get_image_features(**processor(pictures, return_tensors="pt")).pooler_output
    encoder = mlx_clip.load("pics-mini", cache=tmp_path, device="cpu")
    for ours, theirs in ((encoder.encode_texts(TEXTS), texts), (encoder.encode_images(pictures), images)):
        cosine = (ours * theirs.numpy()).sum(axis=1) / np.linalg.norm(theirs.numpy(), axis=1)
        assert cosine.min() >= 0.999  # its fast processor resizes in another library


def test_token_ids_are_those_of_transformers(folder: Path) -> None:
    from transformers import AutoTokenizer

    theirs, ours = AutoTokenizer.from_pretrained(folder), Tokenizer(folder, Lines(length=48))
    for text in TEXTS:
        assert ours([text])[0].tolist() == theirs(text, truncation=True).input_ids
