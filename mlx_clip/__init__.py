"""CLIP in MLX: words and pictures -> unit vectors that can be compared.

    import mlx_clip

    clip = mlx_clip.load("laion-b32")                  # a name of the catalogue, a Hub repository, or a folder
    photos = clip.encode_images(["cat.jpg", "fuji.jpg"])
    words = clip.encode_texts(["a cat", "Mount Fuji"])
    print(photos @ words.T)                            # cosines, (2, 2)

Knows nothing of libraries of photos, of SQL or of terminals. Importing it imports neither MLX nor NumPy.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlx_clip.catalog import Card, Score, cards, default_card
from mlx_clip.errors import (
    BadCheckpoint,
    ClipError,
    DiskFull,
    ModelUnreachable,
    NotAnImage,
    UnknownModel,
    UnsupportedModel,
)

if TYPE_CHECKING:
    from mlx_clip.convert import Converted
    from mlx_clip.encoder import DeviceReport, Encoder
    from mlx_clip.hub import Progress

__all__ = [
    "BadCheckpoint",
    "Card",
    "ClipError",
    "DiskFull",
    "ModelUnreachable",
    "NotAnImage",
    "Score",
    "UnknownModel",
    "UnsupportedModel",
    "cards",
    "converted",
    "default_card",
    "describe_device",
    "hub_reachable",
    "load",
    "mlx_clip",
]


def load(
    model: str | Path | None = None,
    *,
    revision: str | None = None,
    cache: Path | None = None,
    progress: "Progress | None" = None,
    device: str | None = None,
) -> "Encoder":
    """A model by its catalogue name, Hub repository or checkpoint folder; None is the catalogue's default.

    The first time it is fetched (if it is nowhere on this machine) and converted; after that it loads at once, and
    offline. `revision` pins a commit; `cache` is the folder of converted models (default: the user's cache folder);
    `device` is "gpu" or "cpu" (default: the GPU where there is one).

    Raises UnknownModel, ModelUnreachable, BadCheckpoint, UnsupportedModel, DiskFull.
    """
    from mlx_clip import convert, hub
    from mlx_clip.encoder import Device, Encoder, default_device

    place = cache or _user_cache()
    told = progress or hub.Silent()
    where = Device(device) if device else default_device()
    source = hub.locate(model, revision, place)
    ready = convert.ready(source, where.dtype, place)
    if ready is None:
        checkpoint, found = hub.fetch(source, place, told)
        ready = convert.convert(source, checkpoint, found, where.dtype, place, told)
    return Encoder(ready, where)


def converted(cache: Path | None = None) -> "list[Converted]":
    """The models that are in a cache, ready to load; each with its `manifest`, `folder` and `bytes`."""
    from mlx_clip.convert import all_ready

    return all_ready(cache or _user_cache())


def hub_reachable() -> bool:
    """Whether models can be fetched now: the hub answers, and was not forbidden (HF_HUB_OFFLINE)."""
    from mlx_clip.hub import reachable

    return reachable()


def describe_device() -> "DeviceReport":
    """What MLX computes on here."""
    from mlx_clip.encoder import describe

    return describe()


class mlx_clip:
    """One picture or text at a time, as lists of floats."""

    def __init__(self, model: str | Path, **options: Any) -> None:
        self._encoder = load(model, **options)

    def image_encoder(self, path: str | Path) -> list[float]:
        return [float(x) for x in self._encoder.encode_images([path])[0]]

    def text_encoder(self, text: str) -> list[float]:
        return [float(x) for x in self._encoder.encode_texts([text])[0]]


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("mlx_clip", appauthor=False)
