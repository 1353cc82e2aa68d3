"""The contrastive loss of CLIP (Radford et al. 2021), for batches in which several captions may fit a picture."""

from mlx_clip.backend import mx

__all__ = ["anchor_loss", "contrastive_loss", "unit"]


def contrastive_loss(
    images: mx.array, texts: mx.array, logit_scale: mx.array, positive: mx.array, unclear: mx.array
) -> mx.array:
    """(n, d) and (n, d) vectors, the logarithm of the temperature's inverse, and two bool (n, n) -> one number.

    Cross entropy of each picture over all captions and of each caption over all pictures. A picture's target is shared
    evenly by its positives (Yang et al. 2022, UniCL); unclear pairs are left out of the sums.
    """
    logits = mx.exp(logit_scale) * (unit(images) @ unit(texts).T)
    logits = mx.where(unclear, -1e9, logits)
    return (_cross_entropy(logits, positive) + _cross_entropy(logits.T, positive.T)) / 2


def anchor_loss(vectors: mx.array, anchors: mx.array, logit_scale: mx.array, about: mx.array) -> mx.array:
    """(n, d) vectors of pictures or texts, (c, d) of concepts, bool (n, c) what each is about -> one number.

    A batch holds a few concepts, this holds each vector against all. It is what gets a small model off the ground: the
    anchors are learned with the towers and thrown away. Lines that are about no concept count for nothing.
    """
    logits = mx.exp(logit_scale) * (unit(vectors) @ unit(anchors).T)
    return _cross_entropy(logits, about)


def _cross_entropy(logits: mx.array, positive: mx.array) -> mx.array:
    target = positive / mx.maximum(positive.sum(axis=1, keepdims=True), 1)
    return (target * (mx.logsumexp(logits, axis=1, keepdims=True) - logits)).sum(axis=1).mean()


def unit(vectors: mx.array) -> mx.array:
    return vectors * mx.rsqrt((vectors * vectors).sum(axis=1, keepdims=True) + 1e-12)
