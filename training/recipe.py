"""The numbers of pics-mini, and its steps from the registry's packages to a checkpoint."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlx_clip.backend import mx
from mlx_clip.checkpoint import Checkpoint
from mlx_clip.config import ModelConfig
from mlx_clip.families import family, parse
from mlx_clip.tokenizer import Tokenizer
from training import concepts, pictograms, sources, tokens
from training.captions import ENGLISH, JAPANESE, Speaker
from training.concepts import Concept
from training.examples import Batch, Examples
from training.loop import Clip, Inputs, Progress, Schedule, train
from training.loss import unit
from training.pictures import SIDE

PATCH, DIM, VOCABULARY = 8, 192, 4096
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CONFIG = {
    "model_type": "clip",
    "architectures": ["CLIPModel"],
    "projection_dim": DIM,
    "logit_scale_init_value": 2.6592,
    "text_config": {
        "model_type": "clip_text_model", "hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 3,
        "num_attention_heads": 2, "hidden_act": "quick_gelu", "vocab_size": VOCABULARY, "max_position_embeddings": 48,
        "projection_dim": DIM, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1,
    },
    "vision_config": {
        "model_type": "clip_vision_model", "hidden_size": 192, "intermediate_size": 768, "num_hidden_layers": 6,
        "num_attention_heads": 3, "hidden_act": "quick_gelu", "image_size": SIDE, "patch_size": PATCH,
        "projection_dim": DIM,
    },
}  # fmt: skip
SEED = 1
STEPS = 1900
BATCH = 128  # of each process
KEPT = 0.5  # of the patches, until the last part of the training sees all
ALL_PATCHES_FROM = 0.9


def prepare(work: Path, told: Callable[[str], None]) -> None:
    """Everything that training needs, in `work`: packages, drawings, vocabulary."""
    sources.fetch(work, told)
    things = concepts.read(work)
    pictograms.draw(work, things)
    tokens.learn(_sentences(things), VOCABULARY, work / "tokenizer.json")


def _sentences(things: list[Concept]) -> Iterator[str]:
    """What the vocabulary is learned from: every name in a few frames, and scenes."""
    speaker = Speaker(np.random.default_rng(SEED))
    for thing in things:
        yield from (thing.name for _ in range(8))
        yield from (template.format(name) for name in thing.english for template in ENGLISH)
        yield from (template.format(name) for name in thing.japanese for template in JAPANESE)
        yield from (speaker.of_coloured(thing, "red"), speaker.of_ground(thing, "blue"))


def new_clip(concepts: int) -> tuple[Clip, ModelConfig]:
    """Random weights, the same each time."""
    mx.random.seed(SEED)
    config = parse(CONFIG)
    module = family(config.family)
    clip = Clip(module.TextTower(config), module.ImageTower(config), concepts, DIM)
    mx.eval(clip.parameters())
    return clip, config


def continued(clip: Clip, config: ModelConfig, checkpoint: Path, work: Path) -> None:
    """Gives `clip` a checkpoint's weights, and each concept the anchor that its names make with them."""
    found = Checkpoint.read(checkpoint)
    weights = [(name, tensor.astype(mx.float32)) for name, tensor in found.tensors.items()]
    for tower, prefixes in ((clip.text, found.module.TEXT), (clip.image, found.module.IMAGE)):
        tower.load_weights([(name, tensor) for name, tensor in weights if name.startswith(prefixes)])
    tokenizer = _tokenizer(work, config)
    languages = zip(*((thing.english[0], thing.japanese[0]) for thing in concepts.read(work)), strict=True)
    clip.anchors = sum(_of_names(clip, tokenizer, names) for names in languages) / 2
    mx.eval(clip.parameters())


def _of_names(clip: Clip, tokenizer: Tokenizer, names: tuple[str, ...]) -> mx.array:
    return unit(clip.text(mx.array(tokenizer(names))))


def _tokenizer(work: Path, config: ModelConfig) -> Tokenizer:
    assert config.lines
    return Tokenizer(work, config.lines)


def learn(
    work: Path,
    clip: Clip,
    config: ModelConfig,
    schedule: Schedule,
    seed: int,
    group: mx.distributed.Group,
) -> Iterator[Progress]:
    """Trains `clip` in place; each process of the group has a seed of its own."""
    examples = Examples(concepts.read(work), pictograms.load(work), seed)
    tokenizer = _tokenizer(work, config)
    inputs = _inputs(examples, tokenizer, schedule.steps, np.random.default_rng(seed))
    return train(clip, inputs, schedule, group)


def _inputs(examples: Examples, tokenizer: Tokenizer, steps: int, random: np.random.Generator) -> Iterator[Inputs]:
    for step, batch in enumerate(examples.batches(BATCH)):
        share = KEPT if step < steps * ALL_PATCHES_FROM else 1.0
        yield as_inputs(batch, tokenizer, share, random)


def as_inputs(batch: Batch, tokenizer: Tokenizer, share: float, random: np.random.Generator) -> Inputs:
    patches = as_patches(batch.pixels)
    total = patches.shape[1]
    order = (-_telling(patches, random)).argsort(axis=1)
    kept = np.sort(order[:, : round(total * share)], axis=1).astype(np.int32)
    return Inputs(
        np.take_along_axis(patches, kept[..., None], 1),
        kept,
        tokenizer(batch.captions),
        batch.positive,
        batch.unclear,
        batch.shown,
        batch.meant,
    )


def _telling(patches: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float64]:
    """(n, patches): chance decides which are kept, and those with something in them are likelier."""
    return np.log(patches.std(axis=2) + 0.05) + random.gumbel(scale=0.5, size=patches.shape[:2])


def as_patches(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 (n, SIDE, SIDE, 3) -> normalised float32 (n, patches, PATCH * PATCH * 3), row by row."""
    n, rows = len(pixels), SIDE // PATCH
    x = (pixels.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    x = x.reshape(n, rows, PATCH, rows, PATCH, 3).swapaxes(2, 3)
    return x.reshape(n, rows * rows, PATCH * PATCH * 3).astype(np.float32, copy=False)
