"""Both towers, against transformers' CLIPModel with random weights at full size: cosine at least 0.9999."""

import json
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import mlx_clip

TEXTS = ["a dog on the beach", "x", "", "富士山 🙂 " * 30, "a photo of " * 40]
LARGE = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
LARGE_TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
GELU = {"hidden_act": "gelu"}
MODELS: dict[str, dict[str, Any]] = {
    "B/32, quick_gelu, legacy end of text": {"text_config": {"eos_token_id": 2}},
    "B/16, gelu": {"text_config": GELU, "vision_config": GELU | {"patch_size": 16}},
    "all defaults but the size": {"vision_config": {"image_size": 256}},
    "L/14": {"projection_dim": 768, "text_config": LARGE_TEXT, "vision_config": LARGE | {"patch_size": 14}},
}


@dataclass
class Reference:
    """A checkpoint that transformers has written, and what it makes of some texts and pictures."""

    folder: Path
    texts: NDArray[np.float32]
    pictures: NDArray[np.float32]


def pixels(side: int) -> NDArray[np.uint8]:
    """Four pictures, (4, side, side, 3): grain, a ramp, black and white."""
    grain = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, side).astype(np.uint8)[:, None, None], grain.shape)
    return np.stack([grain, ramp, np.zeros_like(grain), np.full_like(grain, 255)])


@pytest.fixture(params=MODELS, scope="module")
def reference(request: pytest.FixtureRequest, vocabulary: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    import torch
    from transformers import CLIPConfig, CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    given = MODELS[request.param]
    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(**given)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # livelier than fresh weights, so that an error shows
            if parameter.ndim > 1 and "embedding" not in name:
                parameter.mul_(1.6)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.1)
    model.save_pretrained(folder)
    side = model.config.vision_config.image_size
    CLIPImageProcessorPil(size=side, crop_size=side).save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "clip"} | given))  # as sparse as it gets
    for file in vocabulary.iterdir():
        copy(file, folder)
    return Reference(folder, *_answers(model, folder, pixels(side)))


def _answers(model: Any, folder: Path, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    import torch
    from transformers import CLIPTokenizer
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=77)
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    words = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    images = processor(list(pictures), return_tensors="pt", input_data_format="channels_last")
    with torch.no_grad():
        return (
            torch.nn.functional.normalize(model.get_text_features(**words).pooler_output).numpy(),
            torch.nn.functional.normalize(model.get_image_features(**images).pooler_output).numpy(),
        )


def test_both_towers_are_those_of_transformers(reference: Reference, tmp_path: Path) -> None:
    encoder = mlx_clip.load(reference.folder, cache=tmp_path)
    least = 0.9999 if encoder.dtype == "float32" else 0.999
    texts, pictures = encoder.encode_texts(TEXTS), encoder.encode_pixels(pixels(encoder.image_size))
    for ours, theirs in ((texts, reference.texts), (pictures, reference.pictures)):
        assert (ours * theirs).sum(axis=1).min() >= least
        assert (theirs @ theirs.T - np.eye(len(theirs))).max() < 0.99  # the inputs are told apart, so this can fail
