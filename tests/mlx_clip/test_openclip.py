"""OpenCLIP's form: the same model as in Hugging Face's, and what is refused by its name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mlx_clip
from mlx_clip import BadCheckpoint, UnsupportedModel
from tests.random_checkpoint import write, write_openclip

TEXTS = ["a photo of the red dog", "x", "fuji from plane " * 30]


def pictures() -> list[Image.Image]:
    random = np.random.default_rng(0)
    return [Image.fromarray(random.integers(0, 256, (64, 64, 3), np.uint8)) for _ in range(3)]


def test_both_forms_of_a_checkpoint_make_the_same_vectors(tmp_path: Path) -> None:
    theirs = mlx_clip.load(write_openclip(tmp_path / "theirs"), cache=tmp_path, device="cpu")
    ours = mlx_clip.load(write(tmp_path / "o", hidden_act="gelu", legacy_eos=True), cache=tmp_path, device="cpu")
    assert np.allclose(theirs.encode_texts(TEXTS), ours.encode_texts(TEXTS), atol=1e-6)
    assert np.allclose(theirs.encode_images(pictures()), ours.encode_images(pictures()), atol=1e-6)


def test_where_a_folder_has_both_forms_hugging_faces_is_read(tmp_path: Path) -> None:
    write_openclip(tmp_path / "both")
    write(tmp_path / "both", seed=1)
    encoder = mlx_clip.load(tmp_path / "both", cache=tmp_path, device="cpu")
    alone = mlx_clip.load(write(tmp_path / "alone", seed=1), cache=tmp_path, device="cpu")
    assert encoder.weights_hash == alone.weights_hash


@pytest.mark.parametrize(
    ("part", "change", "sentence"),
    [
        ("vision_cfg", {"timm_model_name": "convnext_base"}, "vision_cfg.timm_model_name = 'convnext_base'"),
        ("vision_cfg", {"layers": [3, 4, 6, 3]}, r"vision_cfg.layers = \[3, 4, 6, 3\].*no ResNets"),
        ("vision_cfg", {"attentional_pool": True}, "vision_cfg.attentional_pool = True"),
        ("vision_cfg", {"pool_type": "avg"}, r"vision_cfg.pool_type = 'avg'.*supported: tok"),
        ("text_cfg", {"no_causal_mask": True}, "text_cfg.no_causal_mask = True"),
        ("text_cfg", {"hf_model_name": "llm-jp/llm-jp-roberta-base"}, "hf_model_name = 'llm-jp/llm-jp-roberta-base'"),
        ("preprocess_cfg", {"resize_mode": "longest"}, "preprocess_cfg.resize_mode = 'longest'"),
    ],
)
def test_what_is_not_implemented_is_refused_by_its_name(
    tmp_path: Path, part: str, change: dict[str, Any], sentence: str
) -> None:
    folder = write_openclip(tmp_path / "clip")
    file = folder / "open_clip_config.json"
    config = json.loads(file.read_text())
    (config if part == "preprocess_cfg" else config["model_cfg"])[part] |= change
    file.write_text(json.dumps(config))
    with pytest.raises(UnsupportedModel, match=sentence):
        mlx_clip.load(folder, cache=tmp_path, device="cpu")


def test_what_is_switched_off_or_as_it_is_anyway_is_no_matter(tmp_path: Path) -> None:
    folder = write_openclip(tmp_path / "clip")
    file = folder / "open_clip_config.json"
    config = json.loads(file.read_text())
    config["model_cfg"]["vision_cfg"] |= {
        "patch_dropout": 0.5,
        "qk_norm": False,
        "pool_type": "tok",
        "ls_init_value": None,
    }
    config["model_cfg"]["text_cfg"] |= {"pool_type": "argmax", "proj_bias": False}
    file.write_text(json.dumps(config))
    assert mlx_clip.load(folder, cache=tmp_path, device="cpu").dim == 32


def test_a_checkpoint_that_lacks_a_tensor_says_which(tmp_path: Path) -> None:
    from mlx_clip.backend import mx

    folder = write_openclip(tmp_path / "clip")
    file = str(folder / "open_clip_model.safetensors")
    tensors = {name: mx.array(np.array(tensor)) for name, tensor in mx.load(file).items() if name != "visual.proj"}
    mx.save_safetensors(file, tensors)
    with pytest.raises(BadCheckpoint, match=r"its weights lack visual_projection.weight"):
        mlx_clip.load(folder, cache=tmp_path, device="cpu")
