"""What each family does besides CLIP's: small models with random weights, whole from checkpoint to vectors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mlx_clip
from mlx_clip import Encoder, UnsupportedModel
from mlx_clip.backend import mx
from mlx_clip.families import clyp, dinov2, parse
from tests.random_checkpoint import END, START, vocabulary, write_dinov2, write_family, write_tokenizer

TOWER = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 2, "num_hidden_layers": 2}
IMAGE = TOWER | {"image_size": 64, "patch_size": 16}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", "狗", "dog"]
SIZE = {"height": 64, "width": 64}
TEXTS = ["a dog", "dog", "dog dog dog a b c d e f g", "", "狗"]


def siglip(folder: Path) -> Path:
    config = {
        "model_type": "siglip",
        "text_config": TOWER | {"vocab_size": len(vocabulary()[0])},
        "vision_config": IMAGE,
    }
    write_family(folder, config, {"image_processor_type": "SiglipImageProcessor", "size": SIZE})
    write_tokenizer(folder, *vocabulary(), tokenizer_json=True)
    file = folder / "tokenizer.json"
    file.write_text(file.read_text("utf-8").replace(START, "<pad>").replace(END, "<eos>"), "utf-8")
    return folder


def chinese_clip(folder: Path) -> Path:
    text = TOWER | {"vocab_size": len(WORDS), "max_position_embeddings": 20}
    config = {"model_type": "chinese_clip", "projection_dim": 32, "text_config": text, "vision_config": IMAGE}
    write_family(folder, config, {"do_center_crop": False, "size": SIZE})
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    return folder


def roberta_clip(folder: Path) -> Path:
    text = TOWER | {"vocab_size": len(vocabulary()[0]), "max_position_embeddings": 90}
    config = {"model_type": "roberta_clip", "projection_dim": 32, "text_config": text, "vision_config": IMAGE}
    write_family(folder, config, {"image_processor_type": "OpenCLIP", "size": 64, "crop_size": 64})
    write_tokenizer(folder, *vocabulary(), tokenizer_json=True)
    return folder


def japanese(folder: Path) -> Path:
    from sentencepiece import SentencePieceTrainer

    text = TOWER | {"vocab_size": 60}
    config = {"model_type": "clyp", "text_config": text, "vision_config": IMAGE}
    write_family(folder, config, {"normalization_type": "openai_clip"})
    SentencePieceTrainer.train(
        sentence_iterator=iter(["a dog and a cat 犬 猫 狗 abcdefg"] * 30), model_prefix=str(folder / "spiece"),
        vocab_size=40, hard_vocab_limit=False, minloglevel=2, unk_id=0, bos_id=1, eos_id=2, pad_id=3,
        pad_piece="[PAD]", user_defined_symbols=["[CLS]"],
    )  # fmt: skip
    return folder


FAMILIES = (siglip, chinese_clip, roberta_clip, japanese)


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda write: write.__name__)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    write: Callable[[Path], Path] = request.param
    folder = tmp_path_factory.mktemp(write.__name__)
    return mlx_clip.load(write(folder / "model"), cache=folder, device="cpu")


def pictures(n: int) -> list[Image.Image]:
    random = np.random.default_rng(0)
    return [Image.fromarray(random.integers(0, 256, (40, 70, 3), np.uint8)) for _ in range(n)]


def test_words_and_pictures_become_vectors_in_one_space(encoder: Encoder) -> None:
    words, seen = encoder.encode_texts(TEXTS), encoder.encode_images(pictures(3))
    assert words.shape == (len(TEXTS), encoder.dim)
    assert seen.shape == (3, encoder.dim)
    for vectors in (words, seen):
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert (vectors @ vectors.T - np.eye(len(vectors))).max() < 0.9999


def test_a_text_does_not_depend_on_how_long_its_neighbours_are(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    assert np.allclose(encoder.encode_texts(TEXTS), alone, atol=1e-5)


def test_a_text_beyond_the_models_length_is_cut(encoder: Encoder) -> None:
    long, longer = encoder.encode_texts(["a dog " * 100, "a dog " * 200])
    assert np.allclose(long, longer, atol=1e-5)


# -- SigLIP


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"vision_config": {"vision_use_head": False}}, "vision_config.vision_use_head = False"),
        ({"text_config": {"projection_size": 512}}, r"text_config.projection_size = 512.*768, the pictures' width"),
    ],
)
def test_a_siglip_without_a_head_or_with_two_spaces_is_refused(config: dict[str, Any], key: str) -> None:
    with pytest.raises(UnsupportedModel, match=key):
        parse({"model_type": "siglip"} | config)


def test_a_checkpoint_that_says_nothing_of_pictures_has_its_familys_way_with_them(tmp_path: Path) -> None:
    for write, name in ((siglip, "squash64x64"), (write_dinov2, "shortest256-crop224x224")):
        folder = write(tmp_path / write.__name__)
        (folder / "preprocessor_config.json").unlink()
        config = json.loads((folder / "config.json").read_text())
        assert name in mlx_clip.load(folder, cache=tmp_path, device="cpu").preprocessing, config


def test_what_is_said_of_pictures_may_stand_among_what_is_said_of_texts(tmp_path: Path) -> None:
    folder = siglip(tmp_path / "siglip")
    said = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": said | {"resample": 2}}))
    assert "bilinear" in mlx_clip.load(folder, cache=tmp_path, device="cpu").preprocessing


# -- DINOv2


def test_a_table_of_positions_of_another_size_is_resized(tmp_path: Path) -> None:
    encoder = mlx_clip.load(write_dinov2(tmp_path / "dino"), cache=tmp_path, device="cpu")
    [copy] = mlx_clip.converted(tmp_path)
    kept = mx.load(str(copy.folder / "image.safetensors"))["embeddings.position_embeddings"]
    assert kept.shape == (1, 1 + (encoder.image_size // 16) ** 2, 48)
    given = mx.load(str(tmp_path / "dino" / "model.safetensors"))["embeddings.position_embeddings"]
    assert mx.array_equal(kept[:, 0], given[:, 0])


def test_resizing_keeps_what_is_level_level_and_the_same_size_the_same() -> None:
    level = mx.full((1, 1 + 36, 4), 7.0)
    assert mx.allclose(dinov2._resized(level, 4), mx.full((1, 1 + 16, 4), 7.0), atol=1e-5)
    table = mx.random.normal((1, 1 + 25, 4))
    assert mx.allclose(dinov2._resized(table, 5), table, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "key"), [({"use_swiglu_ffn": True}, "use_swiglu_ffn = True"), ({"qkv_bias": False}, "qkv_bias = False")]
)
def test_a_dinov2_of_another_build_is_refused(config: dict[str, Any], key: str) -> None:
    with pytest.raises(UnsupportedModel, match=key):
        parse({"model_type": "dinov2"} | config)


# -- LINE's


def test_angles_turn_pairs_of_numbers_and_keep_their_length() -> None:
    x = mx.random.normal((2, 3, 5, 8))
    angles = mx.repeat(mx.random.normal((5, 4)), 2, axis=1)
    turned = clyp._rotated(x, angles)
    assert mx.allclose(mx.linalg.norm(turned, axis=-1), mx.linalg.norm(x, axis=-1), atol=1e-4)
    assert mx.allclose(clyp._rotated(x, mx.zeros((5, 8))), x)
    quarter = clyp._rotated(mx.array([[[[1.0, 0.0]]]]), mx.full((1, 2), np.pi / 2))
    assert mx.allclose(quarter, mx.array([[[[0.0, 1.0]]]]), atol=1e-6)


def test_another_backbone_is_refused_by_its_name() -> None:
    config = {"vision_encoder_config": {"backbone_config": {"model_name": "eva02_large_patch14_clip_336"}}}
    with pytest.raises(UnsupportedModel, match="model_name = 'eva02_large_patch14_clip_336'"):
        parse({"model_type": "clyp"} | config)
