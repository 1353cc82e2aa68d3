"""An encoder without a model: a picture's vector is its colours on an 8 x 8 grid, a colour word is a plain picture.

"Red and blue" is a picture with one above the other.
"""

import hashlib
import threading
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from indexer.photo import Pixels, Vector

SIDE = 8


class FakeEncoder:
    """Satisfies indexer.photo.Encoder and counts what it is asked to do."""

    revision = "1"
    image_size = SIDE
    preprocessing = "squash8"
    knows_words = True

    def __init__(self, name: str = "fake", dim: int = 16, seconds_a_batch: float = 0.0) -> None:
        self.name = name
        self.dim = dim
        self.weights_hash = hashlib.sha256(name.encode()).hexdigest()
        self.seconds_a_batch = seconds_a_batch
        self.batches: list[int] = []
        self.prepared = 0
        self._lock = threading.Lock()
        self._projection = np.random.default_rng(dim).normal(size=(SIDE * SIDE * 3, dim)).astype(np.float32)

    @property
    def encoded(self) -> int:
        return sum(self.batches)

    def prepare(self, image: Image.Image) -> Pixels:
        with self._lock:
            self.prepared += 1
        return np.array(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX))

    def encode_pixels(self, pixels: Pixels) -> Vector:
        time.sleep(self.seconds_a_batch)
        self.batches.append(len(pixels))
        colours = pixels.reshape(len(pixels), -1).astype(np.float32) / 255 - 0.5 + 1e-3
        vectors = colours @ self._projection
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def begin_pixels(self, pixels: Pixels) -> Callable[[], Vector]:
        vectors = self.encode_pixels(pixels)
        return lambda: vectors

    def encode_texts(self, texts: list[str]) -> Vector:
        """A text that names no colour is a picture of noise, its own."""
        return self.encode_pixels(np.stack([_picture_of(text) for text in texts]))


def _picture_of(text: str) -> Pixels:
    above, _, below = text.rpartition(" and ")
    if above:
        return np.concatenate([_picture_of(above)[::2], _picture_of(below)[::2]])
    try:
        return np.array(Image.new("RGB", (SIDE, SIDE), text))
    except ValueError:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
        return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
