"""Towers told by cards alone, blank ones built of them, and what is timed to know a device."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mlx_clip
from mlx_clip.blank import Blank
from mlx_clip.catalog import find
from mlx_clip.device import describe_device
from mlx_clip.errors import BadCheckpoint, UnknownModel
from mlx_clip.families import parse, settled
from mlx_clip.gauge import Additions, Products, device_name
from mlx_clip.towers import described, traffic, work
from tests.published import CONFIGS, configured
from tests.random_checkpoint import write

CPU = describe_device("cpu")


@pytest.mark.parametrize("name", CONFIGS)
def test_a_card_tells_the_tower_that_the_checkpoint_has(name: str) -> None:
    """But for its activation, and for the size that DINOv2's positions are of."""
    card = find(name)
    assert card
    config, published = parse(settled(described(card), {})[0]), configured(name)
    ours, theirs = asdict(config.image), asdict(published.image) | {"image_size": card.image_size}
    assert ours | {"hidden_act": ""} == theirs | {"hidden_act": ""}
    assert (config.family, config.dim) == (published.family, published.dim)


@pytest.mark.parametrize("card", mlx_clip.cards(), ids=lambda card: card.name)
def test_a_towers_work_is_what_its_card_says(card: mlx_clip.Card) -> None:
    assert work(parse(settled(described(card), {})[0])) / 1e9 == pytest.approx(card.gflops, rel=0.01)


def test_a_card_of_which_no_tower_is_known_is_refused() -> None:
    with pytest.raises(UnknownModel, match="its card does not tell"):
        described(replace(mlx_clip.default_card(), gflops=12.9))


def test_a_batch_moves_its_weights_once_and_each_picture_its_own() -> None:
    config = configured("openai-b32")
    one, two = traffic(config, 1e8, 1, 2), traffic(config, 1e8, 2, 2)
    assert two - one == pytest.approx(one - 1e8)
    positions, width, wide, layers = 50, 768, 3072, 12
    inside = 2 * layers * positions * (12 * width + 2 * wide)
    assert one - 1e8 == pytest.approx(inside + 3 * 224 * 224 * 3)  # and the pixels: a byte each, and two as numbers


def test_a_blank_is_built_of_a_card_and_makes_vectors_of_unit_length(tmp_path: Path) -> None:
    blank = Blank("tinyclip-8m", tmp_path, CPU)
    pixels = np.stack([blank.prepare(Image.new("RGB", (400, 300), colour)) for colour in ("teal", "gold")])
    vectors = blank.encode(pixels)
    assert vectors.shape == (2, blank.dim) == (2, 512)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert blank.has_card
    assert list(tmp_path.iterdir()) == []  # nothing is fetched, and nothing kept
    assert blank.traffic(2) > blank.traffic(1) > 4 * 8e6  # of ViT-8M


def test_a_blank_of_a_folder_is_as_its_config_says(tmp_path: Path) -> None:
    checkpoint = write(tmp_path / "tiny", image_size=64, patch_size=16, dim=32)
    blank = Blank(str(checkpoint), tmp_path / "models", CPU)
    assert (blank.dim, blank.image_size, blank.has_card) == (32, 64, False)
    assert blank.encode(np.zeros((3, 64, 64, 3), np.uint8)).shape == (3, 32)
    (checkpoint / "config.json").unlink()
    with pytest.raises(BadCheckpoint, match=r"config\.json is missing"):
        Blank(str(checkpoint), tmp_path / "models", CPU)


def test_a_blank_of_a_folder_that_is_gone_is_as_its_converted_copy(tmp_path: Path) -> None:
    checkpoint = write(tmp_path / "tiny")
    revision = mlx_clip.load(checkpoint, cache=tmp_path / "models", device="cpu").revision
    checkpoint.rename(tmp_path / "elsewhere")
    assert Blank(str(checkpoint), tmp_path / "models", CPU, revision).dim == 32
    with pytest.raises(UnknownModel):
        Blank(str(checkpoint), tmp_path / "models", CPU)


def test_a_blank_in_eight_bits_is_as_large_on_a_cpu_as_any() -> None:
    small, whole = (Blank(f"pics-mini{bits}", Path("/nowhere"), CPU) for bits in (":8bit", ""))
    assert small.traffic(1) == whole.traffic(1)
    assert small.has_card


def test_a_blank_computes_what_an_encoder_does_as_quickly_for_it_is_the_same_tower(tmp_path: Path) -> None:
    encoder, blank = mlx_clip.load("pics-mini", cache=tmp_path, device="cpu"), Blank("pics-mini", tmp_path, CPU)
    picture = Image.linear_gradient("L").convert("RGB")
    assert np.array_equal(blank.prepare(picture), encoder.prepare(picture))
    assert (blank.dim, blank.image_size) == (encoder.dim, encoder.image_size)


def test_an_encoder_takes_as_many_at_once_as_it_is_told() -> None:
    encoder = mlx_clip.load("pics-mini", device="cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), np.uint8)
    whole = encoder.encode_pixels(pixels)
    taken: list[int] = []
    encode = encoder._images_to_vectors
    encoder._images_to_vectors = lambda batch: (taken.append(len(batch)), encode(batch))[1]  # type: ignore[misc]
    encoder.batch = 2
    assert np.allclose(encoder.encode_pixels(pixels), whole, atol=1e-5)
    assert taken == [2, 2, 1]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_products_keep_their_numbers_in_reach_however_many_follow_each_other(dtype: str) -> None:
    work = Products(CPU, dtype, 64, times=20)  # type: ignore[arg-type]
    work()
    assert work.flop == 2 * 64**3 * 20


def test_additions_read_and_write_each_byte() -> None:
    work = Additions(CPU, 1 << 20, times=3)
    work()
    assert work.bytes == 2 * 3 * (1 << 20)


def test_a_device_has_a_name() -> None:
    assert device_name(CPU)
