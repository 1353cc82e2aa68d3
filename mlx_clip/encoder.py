"""Encoder: pictures and texts -> float32 vectors of unit length. All MLX work is done here, on the caller's one thread.

Towers load when first asked for: a text query never reads the image tower. Arrays of MLX do not leave this file;
pictures come in as uint8, and are normalised on the device.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlx_clip import blas
from mlx_clip.convert import IMAGE, TEXT, TOKENS, Converted, read_json
from mlx_clip.image import Pixels, Recipe, open_upright
from mlx_clip.tokenizer import Tokenizer

if TYPE_CHECKING:
    import mlx.core as mx

Vectors = NDArray[np.float32]
CHUNK = 64  # pictures or texts the device takes at once


@dataclass(frozen=True)
class Device:
    """Where MLX computes, and what follows from it.

    A GPU (Metal, CUDA) is fastest in float16, and with compiled graphs of few shapes. The CPU is thirty times slower
    in float16 than in float32, and gains nothing from compilation.
    """

    kind: str  # "gpu" or "cpu"

    @property
    def dtype(self) -> str:
        return "float16" if self.kind == "gpu" else "float32"

    @property
    def compiles(self) -> bool:
        return self.kind == "gpu"

    def padded(self, n: int) -> int:
        """How many rows to compute for n: on a GPU the next power of two, so that few shapes are compiled."""
        return 1 << (n - 1).bit_length() if self.compiles else n

    def stream(self) -> "mx.StreamContext":
        import mlx.core as mx

        return mx.stream(mx.gpu if self.kind == "gpu" else mx.cpu)


def default_device() -> Device:
    """The GPU where there is one."""
    if sys.platform == "darwin":
        return Device("gpu")
    blas.preload()
    import mlx.core as mx

    return Device("gpu" if mx.default_device().type == mx.DeviceType.gpu else "cpu")


@dataclass(frozen=True)
class DeviceReport:
    """MLX's version, the device it uses here ("gpu" or "cpu"), in which dtype, and the OpenBLAS that was found."""

    mlx: str
    device: str
    dtype: str
    blas: str | None


def describe() -> DeviceReport:
    device, found = default_device(), blas.preload()
    return DeviceReport(version("mlx"), device.kind, device.dtype, found)


class Encoder:
    """A model, ready to use. Made by `mlx_clip.load`.

    `name` loads it again; `revision` pins it; `weights_hash` is the SHA-256 of the checkpoint's weights; `dim` is the
    length of its vectors; `image_size` the side in pixels of what its image tower sees; `preprocessing` identifies the
    recipe from picture to pixels; `dtype` is what it computes in.
    """

    def __init__(self, converted: Converted, device: Device) -> None:
        self._folder = converted.folder
        self._config = converted.config()
        self._device = device
        self.name = converted.manifest.name
        self.revision = converted.manifest.revision
        self.weights_hash = converted.manifest.weights_hash
        self.dtype = converted.manifest.dtype
        self.dim = self._config.projection_dim
        self.image_size = self._config.vision.image_size
        self._recipe = _recipe(converted.folder, self.image_size)
        self.preprocessing = self._recipe.fingerprint

    # -- pictures

    def prepare(self, image: Image.Image) -> Pixels:
        """A picture -> uint8 (image_size, image_size, 3). Pure: any number of threads may call it."""
        return self._recipe.prepare(image)

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        """What `prepare` made, uint8 (n, image_size, image_size, 3) -> float32 (n, dim), unit length."""
        return self._in_chunks(self._encode_pixels, pixels)

    def encode_images(self, images: Sequence[Image.Image | str | Path]) -> Vectors:
        """n pictures or paths of pictures (turned as their EXIF says) -> float32 (n, dim). Raises NotAnImage."""
        opened = (open_upright(Path(image)) if isinstance(image, str | Path) else image for image in images)
        pixels = [self.prepare(image) for image in opened]
        return self.encode_pixels(np.stack(pixels) if pixels else np.empty((0, 0, 0, 3), np.uint8))

    def _encode_pixels(self, pixels: Pixels) -> "mx.array":
        import mlx.core as mx

        rows = self._device.padded(len(pixels))
        padded = np.concatenate([pixels, np.zeros((rows - len(pixels), *pixels.shape[1:]), np.uint8)])
        return self._image_tower(mx.array(padded))[: len(pixels)]

    @cached_property
    def _image_tower(self) -> Any:
        """uint8 pixels -> projections: normalisation, cast and tower in one graph."""
        import mlx.core as mx

        from mlx_clip.families.clip import ImageTower

        tower = ImageTower(self._config)
        self._load(tower, IMAGE)
        dtype = getattr(mx, self.dtype)
        mean, std = mx.array(self._recipe.mean), mx.array(self._recipe.std)

        def project(pixels: mx.array) -> mx.array:
            return tower(((pixels * self._recipe.scale - mean) / std).astype(dtype))

        return mx.compile(project) if self._device.compiles else project

    # -- texts

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """n texts of any length and script -> float32 (n, dim), unit length."""
        return self._in_chunks(self._encode_texts, list(texts))

    def _encode_texts(self, texts: list[str]) -> "mx.array":
        import mlx.core as mx

        return self._text_tower(mx.array(self._tokenizer(texts)))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self._folder, self._config.text.max_position_embeddings)

    @cached_property
    def _text_tower(self) -> Any:
        from mlx_clip.families.clip import TextTower

        tower = TextTower(self._config)
        tower.text_model.embeddings.token_embedding = MappedTable(self._folder / TOKENS)
        self._load(tower, TEXT)
        return tower

    # -- both

    def _in_chunks(self, encode: Any, items: Any) -> Vectors:
        """Encodes CHUNK items at a time and brings them to unit length, in float32."""
        vectors = np.empty((len(items), self.dim), np.float32)
        blas.preload()
        for start in range(0, len(items), CHUNK):
            with self._device.stream():
                vectors[start : start + CHUNK] = _unit(encode(items[start : start + CHUNK]))
        return vectors

    def _load(self, tower: Any, file: str) -> None:
        """Fills a tower, here and now: a lazy weight cannot be evaluated by another thread."""
        import mlx.core as mx

        tower.load_weights(str(self._folder / file), strict=True)
        mx.eval(tower.parameters())


class MappedTable:
    """A token table on disk that hands out the rows it is asked for: a query needs ten of 49,408."""

    def __init__(self, path: Path) -> None:
        self._rows = np.load(path, mmap_mode="r")

    def __call__(self, ids: "mx.array") -> "mx.array":
        """(n, length) -> (n, length, width)."""
        import mlx.core as mx

        return mx.array(self._rows[np.array(ids)])


def _unit(projections: "mx.array") -> Vectors:
    import mlx.core as mx

    wide = projections.astype(mx.float32)
    return np.array(wide / mx.linalg.norm(wide, axis=-1, keepdims=True))


def _recipe(folder: Path, image_size: int) -> Recipe:
    """The checkpoint's preprocessor_config.json; CLIP's own recipe where there is none."""
    file = folder / "preprocessor_config.json"
    return Recipe.from_dict(read_json(file) if file.exists() else {}, image_size)
