"""Encoder: words and pictures -> unit vectors. Owns the towers, which come into memory when they are first needed.

One thread owns an encoder's MLX work, for MLX's streams belong to threads. `prepare` alone may run anywhere.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mlx_clip.backend import mx, nn, tree_unflatten
from mlx_clip.checkpoint import read_config, read_recipe
from mlx_clip.convert import IMAGE, SCALES, TEXT, TOKENS
from mlx_clip.copies import Manifest
from mlx_clip.cores import shared_out
from mlx_clip.device import Device
from mlx_clip.errors import BadCheckpoint, NoWords
from mlx_clip.families import family
from mlx_clip.image import Recipe, open_image
from mlx_clip.quantise import quantise_tower, whole
from mlx_clip.tokenizer import Tokenizer
from mlx_clip.vocabulary import EXCERPT

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Encoder", "images_to_vectors"]

BATCH = 32
"""Pictures or texts that go through a tower at once, unless told otherwise."""

Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]


class Encoder:
    """One model on one device. Vectors are float32 of unit length; no pictures or texts make an array of no rows.

    `name` and `revision` load the same model again. `weights_hash` is the SHA-256 of its checkpoint in hex, `dim` the
    length of its vectors, `image_size` the side of its input in pixels, `preprocessing` the id of its pixel recipe;
    `knows_words` is false of a model for pictures only. `batch` may be set: so many go through a tower at once.
    """

    def __init__(self, folder: Path, manifest: Manifest, name: str, device: Device) -> None:
        self._folder = folder
        self._device = device
        self._config = read_config(folder)
        self._recipe = read_recipe(folder, self._config)
        self._family = family(self._config.family)
        self.name = name
        self.revision = manifest.revision
        self.weights_hash = manifest.weights_hash
        self.dtype = device.dtype
        self.dim = self._config.dim
        self.image_size = self._config.image.image_size
        self.preprocessing = self._recipe.id
        self.knows_words = self._config.lines is not None
        self.batch = BATCH

    def prepare(self, image: "Image") -> Pixels:
        """Any picture -> uint8 (image_size, image_size, 3). Touches no MLX; safe in many threads."""
        return self._recipe(image)

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        """uint8 (n, image_size, image_size, 3), as `prepare` makes them -> (n, dim)."""
        self._check(pixels)
        return self._in_batches(self._encode_pixels, pixels)

    def begin_pixels(self, pixels: Pixels) -> Callable[[], Vectors]:
        """As `encode_pixels`, but the device does it meanwhile: what is returned waits for it, and gives (n, dim).

        All at once, whatever `batch` is. On a CPU it is done when this returns: its cores were needed for it.
        """
        self._check(pixels)
        return self._begin_pixels(pixels)

    def _check(self, pixels: Pixels) -> None:
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (self.image_size, self.image_size, 3):
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}; stack what `prepare` returns")

    def encode_images(self, images: "Sequence[Image | Path | str]") -> Vectors:
        """n pictures, or paths of pictures (turned upright as their EXIF says) -> (n, dim). Raises NotAnImage."""
        return self._in_batches(self._encode_images, images)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """n texts -> (n, dim); what a text has beyond the model's length is cut off. Raises NoWords."""
        if not self.knows_words:
            raise NoWords(self.name)
        return self._in_batches(self._encode_texts, texts)

    def _in_batches(self, encode: "Callable[[Batch], Vectors]", items: "Batch") -> Vectors:
        parts = [encode(items[start : start + self.batch]) for start in range(0, len(items), self.batch)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dim), np.float32)

    # -- pictures

    def _encode_images(self, images: "Sequence[Image | Path | str]") -> Vectors:
        opened = (open_image(Path(image)) if isinstance(image, str | Path) else image for image in images)
        return self._encode_pixels(np.stack([self.prepare(image) for image in opened]))

    def _encode_pixels(self, pixels: Pixels) -> Vectors:
        return self._begin_pixels(pixels)()

    def _begin_pixels(self, pixels: Pixels) -> Callable[[], Vectors]:
        n = len(pixels)
        if self._device.compiled and n.bit_count() > 1:  # every shape is compiled anew: only powers of two occur
            pixels = np.concatenate(
                [pixels, np.zeros_like(pixels, shape=((1 << n.bit_length()) - n, *pixels.shape[1:]))]
            )
        with self._on_device():
            vectors = self._images_to_vectors(mx.array(pixels))
            mx.async_eval(vectors)  # type: ignore[no-untyped-call]  # untyped in MLX's stubs
        return lambda: np.array(vectors)[:n]

    @cached_property
    def _images_to_vectors(self) -> Callable[[mx.array], mx.array]:
        return images_to_vectors(self._load(self._family.ImageTower(self._config), IMAGE), self._recipe, self._device)

    # -- texts

    def _encode_texts(self, texts: Sequence[str]) -> Vectors:
        ids = self._tokenizer(texts)
        with self._on_device():
            return np.array(self._ids_to_vectors(mx.array(ids)))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        assert self._config.lines
        with self._damage_to(EXCERPT):
            return Tokenizer(self._folder, self._config.lines)

    @cached_property
    def _ids_to_vectors(self) -> Callable[[mx.array], mx.array]:
        """Not compiled: a query is one line of ever another length, and would be compiled anew each time."""
        tower = self._text_tower()
        return shared_out(lambda ids: _unit(tower(ids)), self._device.cores)

    def _text_tower(self) -> nn.Module:
        tower = self._family.TextTower(self._config)
        table = self._family.TOKEN_TABLE.removesuffix(".weight")
        with self._damage_to(TOKENS):
            tower.update_modules(tree_unflatten([(table, MappedTable(self._folder, self.dtype))]))
        return self._load(tower, TEXT)

    # -- both

    def _load(self, tower: nn.Module, file: str) -> nn.Module:
        with self._damage_to(file), self._on_device():
            tensors = cast(dict[str, mx.array], mx.load(str(self._folder / file)))
            if self._device.device == "gpu":
                quantise_tower(tower, tensors)
            else:
                tensors = whole(tensors)
            tower.load_weights(list(tensors.items()), strict=True)
            mx.eval(tower.parameters())
        return tower

    @contextmanager
    def _damage_to(self, file: str) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            mend = f"delete {self._folder} to have it made again"
            raise BadCheckpoint(self._folder / file, f"damaged ({error})", mend) from error

    @contextmanager
    def _on_device(self) -> Iterator[None]:
        with mx.stream(getattr(mx, self._device.device)):
            yield


Batch = TypeVar("Batch", Pixels, "Sequence[Image | Path | str]", Sequence[str])


class MappedTable(nn.Module):
    """Stands in for an nn.Embedding, (n, l) ids -> (n, l, w), and reads from the disk only the rows asked for."""

    def __init__(self, folder: Path, dtype: str) -> None:
        super().__init__()
        self._dtype = dtype
        self._rows = np.load(folder / TOKENS, mmap_mode="r")
        self._scales = np.load(folder / SCALES, mmap_mode="r") if (folder / SCALES).is_file() else None

    def __call__(self, ids: mx.array) -> mx.array:
        which = np.array(ids)
        rows = self._rows[which]
        return mx.array(rows if self._scales is None else (rows * self._scales[which]).astype(self._dtype))


def images_to_vectors(tower: nn.Module, recipe: Recipe, device: Device) -> Callable[[mx.array], mx.array]:
    """uint8 pixels (n, h, w, 3) -> float32 (n, dim) of unit length, as a device does it best."""
    scale, shift = mx.array(recipe.scale), mx.array(recipe.shift)
    dtype = getattr(mx, device.dtype)

    def forward(pixels: mx.array) -> mx.array:
        return _unit(tower((pixels * scale + shift).astype(dtype)))

    return mx.compile(forward) if device.compiled else shared_out(forward, device.cores)


def _unit(vectors: mx.array) -> mx.array:
    vectors = vectors.astype(mx.float32)
    return vectors / mx.linalg.norm(vectors, axis=1, keepdims=True)
