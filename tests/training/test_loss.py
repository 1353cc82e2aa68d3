"""The losses against their definitions, written out in numpy."""

import numpy as np
from numpy.typing import NDArray

from mlx_clip.backend import mx
from training.loss import anchor_loss, contrastive_loss

RANDOM = np.random.default_rng(0)
SCALE = 2.0


def unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def log_softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def loss(images: NDArray[np.float32], texts: NDArray[np.float32], positive: object, unclear: object) -> float:
    arrays = (mx.array(x) for x in (images, texts, np.float32(SCALE), positive, unclear))
    return float(contrastive_loss(*arrays))


def vectors(n: int) -> NDArray[np.float32]:
    return RANDOM.normal(size=(n, 8)).astype(np.float32)


def test_with_one_caption_a_picture_it_is_clips() -> None:
    images, texts = vectors(5), vectors(5)
    logits = np.exp(SCALE) * unit(images) @ unit(texts).T
    expected = -(np.diag(log_softmax(logits)).mean() + np.diag(log_softmax(logits.T)).mean()) / 2
    assert np.isclose(loss(images, texts, np.eye(5, dtype=bool), np.zeros((5, 5), bool)), expected, rtol=1e-5)


def test_several_captions_share_a_pictures_target() -> None:
    images, texts = vectors(3), vectors(3)
    positive = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
    logits = np.exp(SCALE) * unit(images) @ unit(texts).T
    across, down = (
        -(log_softmax(x) * p / p.sum(1, keepdims=True)).sum(1).mean()
        for x, p in ((logits, positive), (logits.T, positive.T))
    )
    assert np.isclose(loss(images, texts, positive, np.zeros((3, 3), bool)), (across + down) / 2, rtol=1e-5)


def test_an_unclear_pair_neither_pulls_nor_pushes() -> None:
    images, texts = vectors(3), vectors(3)
    unclear = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)

    def between(pair: mx.array) -> mx.array:
        arrays = (mx.array(x) for x in (texts, np.float32(SCALE), np.eye(3, dtype=bool), unclear))
        return contrastive_loss(mx.concatenate([pair, mx.array(images[1:])]), *arrays)

    pulled = np.array(mx.grad(between)(mx.array(images[:1])))
    texts[1] = -texts[1]
    assert np.allclose(pulled, np.array(mx.grad(between)(mx.array(images[:1]))), atol=1e-6)


def test_an_anchor_is_sought_among_all_and_lines_about_none_count_for_nothing() -> None:
    found, anchors = vectors(2), vectors(6)
    about = np.zeros((2, 6), bool)
    about[0, [1, 4]] = True
    logits = log_softmax(np.exp(SCALE) * unit(found) @ unit(anchors).T)
    arrays = (mx.array(x) for x in (found, anchors, np.float32(SCALE), about))
    assert np.isclose(float(anchor_loss(*arrays)), -(logits[0, 1] + logits[0, 4]) / 2 / 2, rtol=1e-5)
