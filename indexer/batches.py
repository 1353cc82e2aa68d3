"""Pictures -> vectors, a batch at a time: while one is encoded, the next is gathered and the one before it recorded."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np

from indexer.photo import Encoder, Pixels, Vector

T = TypeVar("T")


class Batches(Generic[T]):
    """Takes pictures one by one; `record` gets them back in their order, a batch at a time, with vectors (n, dim).

    A batch is recorded when the next one has been handed to the encoder, which so has something to do meanwhile.
    """

    def __init__(self, encoder: Encoder, size: int, record: Callable[[Sequence[T], Vector], None]) -> None:
        self._encoder = encoder
        self._size = size
        self._record = record
        self._gathered: list[tuple[T, Pixels]] = []
        self._begun: tuple[Sequence[T], Callable[[], Vector]] | None = None

    def add(self, picture: T, pixels: Pixels) -> None:
        self._gathered.append((picture, pixels))
        if len(self._gathered) >= self._size:
            self._next()

    def finish(self) -> None:
        """Encodes and records what is left."""
        while self._gathered or self._begun:
            self._next()

    def _next(self) -> None:
        """Hands what is gathered to the encoder, and records the batch before, even when the encoder fails."""
        before, self._begun = self._begun, None
        try:
            if self._gathered:
                pictures, pixels = zip(*self._gathered, strict=True)
                self._gathered.clear()
                self._begun = pictures, self._encoder.begin_pixels(np.stack(pixels))
        finally:
            if before:
                recorded, vectors = before
                self._record(recorded, vectors())
