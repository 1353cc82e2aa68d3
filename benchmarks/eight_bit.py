"""What 8 bits a weight cost: the cosine between a model's vectors whole and in 8 bits, a tower at a time.

    python -m benchmarks.eight_bit [NAME …]

Of a model that comes with pics, its own weights; of the others, random ones at full size, because what is to be shown
is the rounding through so many layers of such a width. Prints 1 - cosine, the mean of four pictures and four texts.
"""

import sys
from collections.abc import Iterator

import numpy as np

import mlx_clip
from mlx_clip.backend import mx, nn, tree_flatten
from mlx_clip.checkpoint import Checkpoint
from mlx_clip.config import ModelConfig
from mlx_clip.families import family
from mlx_clip.quantise import quantised, quantised_rows, whole
from tests.published import configured

LARGEST = 400_000_000  # parameters; a larger one takes minutes, and behaves as those of its kind
SAMPLES = 4


def main(names: list[str]) -> None:
    for card in mlx_clip.cards():
        if card.name in names or (not names and card.parameters < LARGEST):
            losses = dict(measure(card))
            print(f"{card.name:<22}", "  ".join(f"{tower} {loss:.6f}" for tower, loss in losses.items()), flush=True)


def measure(card: mlx_clip.Card) -> Iterator[tuple[str, float]]:
    checkpoint = Checkpoint.read(card.folder) if card.folder else None
    config = checkpoint.config if checkpoint else configured(card.name)
    module = family(config.family)
    for tower, make in (("pictures", module.ImageTower), ("texts", getattr(module, "TextTower", None))):
        if make is None:
            continue
        model = make(config)
        tensors = dict(tree_flatten(model.parameters()))
        known = {name: checkpoint.tensors[name] for name in tensors} if checkpoint else dict(lively(tensors))
        inputs = pixels(config) if tower == "pictures" else ids(config)
        exact = vectors(model, known, inputs)
        yield tower, float((1 - (exact * vectors(model, rounded(known, module), inputs)).sum(axis=1)).mean())


def lively(tensors: dict[str, mx.array]) -> Iterator[tuple[str, mx.array]]:
    """Matrices at the scale of trained ones, biases and norms near what they start from."""
    random = np.random.default_rng(0)
    for name, tensor in tensors.items():
        noise = mx.array(random.standard_normal(tensor.shape, np.float32))
        matrix = tensor.ndim > 1
        yield name, noise * 1.5 * tensor.shape[-1] ** -0.5 if matrix else tensor + 0.1 * noise


def rounded(tensors: dict[str, mx.array], module: object) -> dict[str, mx.array]:
    table = getattr(module, "TOKEN_TABLE", None)
    kept = whole(quantised({name: tensor for name, tensor in tensors.items() if name != table}))
    if table in tensors:
        rows, scales = quantised_rows(np.array(tensors[table]))
        kept[table] = mx.array(rows * scales)
    return kept


def vectors(model: nn.Module, tensors: dict[str, mx.array], inputs: mx.array) -> mx.array:
    model.load_weights(list(tensors.items()), strict=True)
    found = mx.concatenate([model(inputs[at : at + 1]) for at in range(len(inputs))])
    return found / mx.linalg.norm(found, axis=1, keepdims=True)


def pixels(config: ModelConfig) -> mx.array:
    return mx.random.normal((SAMPLES, config.image.image_size, config.image.image_size, 3), key=mx.random.key(1))


def ids(config: ModelConfig) -> mx.array:
    length = config.lines.length if config.lines and config.lines.full else 12
    chosen = mx.random.randint(10, config.text.vocab_size - 10, (SAMPLES, length), key=mx.random.key(2))
    end = getattr(config.text, "eos_token_id", None)
    return chosen if end is None else mx.concatenate([chosen[:, :-1], mx.full((SAMPLES, 1), end)], axis=1)


if __name__ == "__main__":
    main(sys.argv[1:])
