"""The training loop: any CLIP of mlx_clip, any batches; on one process or several that share the work.

Each of several processes takes batches of its own, and gradients are averaged over them.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from mlx import optimizers
from numpy.typing import NDArray

from mlx_clip.backend import mx, nn
from mlx_clip.layers import with_first
from training.loss import anchor_loss, contrastive_loss

__all__ = ["Clip", "Inputs", "Progress", "Schedule", "train"]

LARGEST_SCALE = math.log(100)  # as in CLIP: beyond it training becomes unstable
TOLD_EVERY = 25


class Clip(nn.Module):
    """Two towers in one module, and while they learn an anchor for each concept (c, d)."""

    def __init__(self, text: nn.Module, image: nn.Module, concepts: int, dim: int) -> None:
        super().__init__()
        self.text = text
        self.image = image
        self.anchors = mx.random.normal((concepts, dim)) * dim**-0.5

    def pictures(self, patches: mx.array, kept: mx.array) -> mx.array:
        """(n, k, size * size * 3) patches and (n, k) their places -> (n, d). Li et al. 2023 (FLIP): half of them do."""
        model = self.image.vision_model
        embeddings = model.embeddings
        places = embeddings.position_embedding.weight
        x = embeddings.patch_embedding.project(patches) + places[kept + 1]
        x = model.encoder.first(model.pre_layrnorm(with_first(embeddings.class_embedding + places[0], x)))
        return self.image.visual_projection(model.post_layernorm(x))


@dataclass(frozen=True, slots=True)
class Inputs:
    """One batch as the towers want it: patches float32 (n, k, p), their places (n, k), ids (n, l).

    Which pairs belong together or are unclear, (n, n); which concepts are shown and meant, (n, c).
    """

    patches: NDArray[np.float32]
    kept: NDArray[np.int32]
    ids: NDArray[np.int32]
    positive: NDArray[np.bool_]
    unclear: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    meant: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Learning rates rise over `warmup` steps and fall to nothing at `steps`. Matrices inside the towers go by Muon
    (Jordan 2024), the rest by AdamW.
    """

    steps: int
    warmup: int = 60
    muon: float = 5e-3
    adamw: float = 1.5e-3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far training is: the mean loss of the last steps, the temperature's inverse, minutes since its start."""

    step: int
    loss: float
    scale: float
    minutes: float

    def __str__(self) -> str:
        return f"step {self.step}  loss {self.loss:.3f}  scale {self.scale:.1f}  {self.minutes:.1f} min"


def train(
    clip: Clip, batches: Iterator[Inputs], schedule: Schedule, group: mx.distributed.Group | None = None
) -> Iterator[Progress]:
    """Changes `clip` in place, and pauses now and then to say how far it is. `group` are the processes that share the
    work; all must go on.
    """
    optimizer = _optimizer(schedule)
    loss_and_gradients = nn.value_and_grad(clip, _loss)
    begun, losses = time.monotonic(), []
    for step, inputs in zip(range(1, schedule.steps + 1), batches, strict=False):
        loss, gradients = loss_and_gradients(clip, inputs)
        optimizer.update(clip, nn.average_gradients(gradients, group))
        clip.text.logit_scale = mx.minimum(clip.text.logit_scale, LARGEST_SCALE)
        mx.eval(loss, clip.parameters(), optimizer.state)
        losses.append(loss.item())
        if step % TOLD_EVERY == 0 or step == schedule.steps:
            minutes, scale = (time.monotonic() - begun) / 60, math.exp(clip.text.logit_scale.item())
            yield Progress(step, float(np.mean(losses[-TOLD_EVERY:])), scale, minutes)


def _loss(clip: Clip, inputs: Inputs) -> mx.array:
    images = clip.pictures(mx.array(inputs.patches), mx.array(inputs.kept))
    texts = clip.text(mx.array(inputs.ids))
    scale = clip.text.logit_scale
    about_pictures = anchor_loss(images, clip.anchors, scale, mx.array(inputs.shown))
    about_texts = anchor_loss(texts, clip.anchors, scale, mx.array(inputs.meant))
    pairs = contrastive_loss(images, texts, scale, mx.array(inputs.positive), mx.array(inputs.unclear))
    return pairs + (about_pictures + about_texts) / 2


def _optimizer(schedule: Schedule) -> optimizers.Optimizer:
    return optimizers.MultiOptimizer(
        [
            optimizers.Muon(partial(_rate, schedule, schedule.muon), weight_decay=0),
            optimizers.AdamW(partial(_rate, schedule, schedule.adamw), betas=[0.9, 0.98], weight_decay=0.0),
        ],
        [lambda name, parameter: ".encoder.layers." in name and parameter.ndim == 2],
    )


def _rate(schedule: Schedule, peak: float, step: mx.array) -> mx.array:
    rising = mx.minimum((step + 1) / schedule.warmup, 1)
    falling = mx.maximum(schedule.steps - step, 0) / max(1, schedule.steps - schedule.warmup)
    return peak * mx.minimum(rising, falling)
