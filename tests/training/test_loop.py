"""The port learns: its towers, trained from nothing, find four shapes by their names, and so does what is written."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mlx_clip
from mlx_clip.backend import mx
from mlx_clip.families import family, parse
from mlx_clip.tokenizer import Tokenizer
from training import recipe, tokens
from training.concepts import Concept
from training.evaluate import on_white
from training.examples import Batch, Examples
from training.export import export
from training.loop import Clip, Schedule, train
from training.pictograms import Pictograms
from training.pictures import SIDE


@pytest.fixture
def work(tmp_path: Path, concepts: list[Concept]) -> Path:
    names = [name for concept in concepts for name in (*concept.english, *concept.japanese)]
    tokens.learn([*names, "a photo of a picture drawing の写真 の絵"] * 4, 700, tmp_path / "tokenizer.json")
    return tmp_path


@pytest.fixture
def clip(small_config: dict, concepts: list[Concept]) -> Clip:
    mx.random.seed(0)
    config = parse(small_config)
    module = family(config.family)
    made = Clip(module.TextTower(config), module.ImageTower(config), len(concepts), config.dim)
    mx.eval(made.parameters())
    return made


def test_all_patches_make_what_the_image_tower_makes(clip: Clip) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    patches = recipe.as_patches(pixels)
    ours = clip.pictures(mx.array(patches), mx.array(np.tile(np.arange(64), (2, 1))))
    normal = (pixels.astype(np.float32) / 255 - np.array(recipe.MEAN)) / np.array(recipe.STD)
    assert np.abs(np.array(ours) - np.array(clip.image(mx.array(normal.astype(np.float32))))).max() < 1e-4


def test_it_learns_four_shapes_and_what_is_written_has_learned_them(
    work: Path, clip: Clip, small_config: dict, concepts: list[Concept], pictograms: Pictograms
) -> None:
    config = parse(small_config)
    tokenizer = Tokenizer(work, config.lines)
    batches = (recipe.as_inputs(b, tokenizer, 1.0, np.random.default_rng(0)) for b in album(concepts, pictograms))
    told = list(train(clip, batches, Schedule(steps=150, warmup=10)))
    assert [progress.step for progress in told] == [25, 50, 75, 100, 125, 150]
    assert told[-1].loss < told[0].loss / 2

    export(clip, small_config, recipe.MEAN, recipe.STD, work, work / "model")
    encoder = mlx_clip.load(work / "model", cache=work / "cache", device="cpu")
    drawings = [on_white(drawing) for drawing in pictograms.drawings]
    likeness = encoder.encode_texts([concept.name for concept in concepts]) @ encoder.encode_images(drawings).T
    assert (pictograms.concepts[likeness.argmax(axis=1)] == np.arange(len(concepts))).all()


def album(concepts: list[Concept], pictograms: Pictograms) -> Iterator[Batch]:
    """Every drawing somewhere on white, with its English name."""
    random = np.random.default_rng(0)
    shown = pictograms.concepts[:, None] == np.arange(len(concepts))
    same = shown.astype(int) @ shown.T > 0
    captions = [concepts[n].name for n in pictograms.concepts]
    while True:
        pixels = [
            np.array(on_white(drawing, *map(int, random.integers(0, 16, 2))).resize((SIDE, SIDE)))
            for drawing in pictograms.drawings
        ]
        yield Batch(np.stack(pixels), captions, same, np.zeros_like(same), shown, shown)


def test_the_same_seed_makes_the_same_examples(concepts: list[Concept], pictograms: Pictograms) -> None:
    one, two = (next(Examples(concepts, pictograms, seed=5).batches(16)) for _ in range(2))
    other = next(Examples(concepts, pictograms, seed=6).batches(16))
    assert one.captions == two.captions and (one.pixels == two.pixels).all()
    assert one.captions != other.captions
