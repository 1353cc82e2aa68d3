"""A model's image tower with random weights: as quick as the model itself, of which nothing is needed but its shape.

For measuring. It is built from a model's config where there is one on this machine, else from its card.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlx_clip import catalog, processors, towers
from mlx_clip.backend import mx, nn, tree_flatten, tree_unflatten
from mlx_clip.checkpoint import CONFIG, PREPROCESSING
from mlx_clip.copies import place, read_json
from mlx_clip.device import Device
from mlx_clip.encoder import images_to_vectors
from mlx_clip.errors import BadCheckpoint, UnknownModel
from mlx_clip.families import family, parse, settled
from mlx_clip.hub import EIGHT_BIT, Source, resolve
from mlx_clip.quantise import quantise_tower, quantised

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Blank"]

Json = dict[str, Any]


class Blank:
    """`dim` and `image_size` are as of an Encoder; `flop` is the work for one picture, `parameters` the tower's.

    All work of one blank belongs on one thread, but for `prepare`. Raises UnknownModel, UnsupportedModel and
    BadCheckpoint.
    """

    def __init__(self, model: str, cache: Path, device: Device, revision: str | None = None) -> None:
        source = resolve(model, revision, cache)
        described, preprocessing = _description(source, cache, device)
        self._config = parse(described)
        self._recipe = processors.recipe(preprocessing, self._config.image.image_size)
        self._device = device
        self._bits = source.bits if device.device == "gpu" else None  # a CPU makes them whole again
        self.name = source.name
        self.has_card = catalog.find(source.name.removesuffix(EIGHT_BIT)) is not None
        self.dim = self._config.dim
        self.image_size = self._config.image.image_size
        self.flop = towers.work(self._config)

    def prepare(self, image: "Image") -> NDArray[np.uint8]:
        """Any picture -> uint8 (image_size, image_size, 3). Touches no MLX; safe in many threads."""
        return self._recipe(image)

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (n, image_size, image_size, 3) -> (n, dim), all n at once."""
        with mx.stream(getattr(mx, self._device.device)):
            return np.array(self._images_to_vectors(mx.array(pixels)))

    def traffic(self, batch: int) -> float:
        """The fewest bytes that encoding so many pictures at once moves."""
        size = 2 if self._device.dtype == "float16" else 4
        return towers.traffic(self._config, self._weight_bytes, batch, size)

    @cached_property
    def _tower(self) -> nn.Module:
        tower = family(self._config.family).ImageTower(self._config)
        dtype = getattr(mx, self._device.dtype)
        with mx.stream(getattr(mx, self._device.device)):
            tensors = {name: tensor.astype(dtype) for name, tensor in tree_flatten(tower.parameters())}
            if self._bits:
                tensors = quantised(tensors)
                quantise_tower(tower, tensors)
            tower.update(tree_unflatten(list(tensors.items())))
            mx.eval(tower.parameters())
        return tower

    @cached_property
    def _weight_bytes(self) -> int:
        return sum(tensor.nbytes for _, tensor in tree_flatten(self._tower.parameters()))

    @cached_property
    def _images_to_vectors(self) -> Any:
        return images_to_vectors(self._tower, self._recipe, self._device)


def _description(source: Source, cache: Path, device: Device) -> tuple[Json, Json]:
    """config.json and preprocessor_config.json: of the converted copy, of the folder, or as the card has it."""
    for folder in _folders(source, cache, device):
        try:
            described = read_json(folder / CONFIG)
        except FileNotFoundError:
            continue
        preprocessing = read_json(folder / PREPROCESSING) if (folder / PREPROCESSING).is_file() else {}
        return settled(described, preprocessing)
    if source.folder:
        raise BadCheckpoint(source.folder, f"{CONFIG} is missing", "`pics index --model` converts it first")
    card = catalog.find(source.name.removesuffix(EIGHT_BIT))
    if card is None:
        raise UnknownModel(source.name, "it is not here, and no card tells what its tower is like")
    return settled(towers.described(card), {})


def _folders(source: Source, cache: Path, device: Device) -> list[Path]:
    copy = [place(cache, source.slug, source.revision, device.dtype, source.bits)] if source.revision else []
    return copy + ([source.folder] if source.folder else [])
