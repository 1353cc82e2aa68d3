"""The towers as modules: what they compute is what the formulas say, and they can be trained."""

from dataclasses import replace

import pytest

from mlx_clip.backend import mx, nn, tree_flatten
from mlx_clip.config import ModelConfig
from mlx_clip.families import clip
from mlx_clip.families.clip import ImageConfig, TextConfig
from mlx_clip.layers import patch_matrix
from tests.random_checkpoint import shapes

SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 2, "num_hidden_layers": 2}
TEXT = TextConfig(**SMALL, vocab_size=50, eos_token_id=49)
IMAGE = ImageConfig(**SMALL, image_size=64, patch_size=16)
CONFIG = ModelConfig(family="clip", text=TEXT, image=IMAGE, dim=32)


@pytest.fixture(scope="module")
def text_tower() -> clip.TextTower:
    mx.random.seed(0)
    return clip.TextTower(CONFIG)


@pytest.fixture(scope="module")
def image_tower() -> clip.ImageTower:
    mx.random.seed(0)
    return clip.ImageTower(CONFIG)


def pictures(n: int) -> mx.array:
    return mx.random.normal((n, 64, 64, 3), key=mx.random.key(7))


def test_parameters_are_named_as_in_the_checkpoints(text_tower: nn.Module, image_tower: nn.Module) -> None:
    ours = {name for tower in (text_tower, image_tower) for name, _ in tree_flatten(tower.parameters())}
    vision = {key: getattr(IMAGE, key) for key in (*SMALL, "image_size", "patch_size")}
    text = {key: getattr(TEXT, key) for key in (*SMALL, "vocab_size", "max_position_embeddings")}
    theirs = dict(shapes({"text_config": text, "vision_config": vision, "projection_dim": 32}))
    assert ours == theirs.keys()
    assert all(name.startswith((*clip.TEXT, *clip.IMAGE)) for name in theirs)


def test_tokens_behind_the_end_change_nothing(text_tower: clip.TextTower) -> None:
    short = text_tower(mx.array([[48, 5, 6, 49]]))
    long = text_tower(mx.array([[48, 5, 6, 49, 7, 8, 9]]))
    assert mx.allclose(short, long, atol=1e-5)


def test_a_text_does_not_depend_on_its_neighbours(text_tower: clip.TextTower) -> None:
    both = text_tower(mx.array([[48, 5, 6, 49], [48, 49, 49, 49]]))
    alone = text_tower(mx.array([[48, 49]]))
    assert mx.allclose(both[1:], alone, atol=1e-5)


def test_patches_times_a_matrix_are_the_convolution_of_the_checkpoint(image_tower: clip.ImageTower) -> None:
    kernel = mx.random.normal((64, 3, 16, 16), key=mx.random.key(1))  # (width, channels, size, size)
    patches = image_tower.vision_model.embeddings.patch_embedding
    matrix = patch_matrix(kernel)
    convolved = mx.conv2d(pictures(2), kernel.transpose(0, 2, 3, 1), stride=16).reshape(2, 16, 64)
    assert mx.allclose(patches.cut(pictures(2)) @ matrix.T, convolved, atol=1e-3)


def test_a_border_narrower_than_a_patch_is_cut_off() -> None:
    tower = clip.ImageTower(replace(CONFIG, image=replace(IMAGE, image_size=70)))
    assert tower(mx.zeros((1, 70, 70, 3))).shape == (1, 32)


@pytest.mark.parametrize(
    ("eos", "ids", "ends"),
    [
        (49, [[48, 1, 49, 49, 49], [48, 49, 1, 49, 49]], [2, 1]),  # the first of them
        (2, [[48, 1, 49, 49, 49], [48, 2, 1, 49, 49]], [2, 3]),  # OpenAI's configs: the highest id
    ],
)
def test_ends_are_where_transformers_says(eos: int, ids: list[list[int]], ends: list[int]) -> None:
    config = replace(CONFIG, text=replace(TEXT, eos_token_id=eos))
    assert clip.TextModel(config.text).ends(mx.array(ids)).tolist() == ends


def test_both_towers_can_be_trained(text_tower: clip.TextTower, image_tower: clip.ImageTower) -> None:
    def loss(text: clip.TextTower, image: clip.ImageTower) -> mx.array:
        words = text(mx.array([[48, 5, 49], [48, 6, 49]]))
        logits = mx.exp(text.logit_scale) * words @ image(pictures(2)).T
        return nn.losses.cross_entropy(mx.concatenate([logits, logits.T]), mx.array([0, 1, 0, 1])).mean()

    gradients = mx.grad(loss, argnums=(0, 1))(text_tower, image_tower)
    largest = {name: float(mx.abs(gradient).max()) for part in gradients for name, gradient in tree_flatten(part)}
    assert len(largest) == len(tree_flatten(text_tower.parameters())) + len(tree_flatten(image_tower.parameters()))
    assert {name for name, size in largest.items() if not size > 0} == set()
