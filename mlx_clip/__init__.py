"""CLIP in MLX: words and pictures -> vectors of unit length whose dot product says how well they match.

>>> import mlx_clip
>>> clip = mlx_clip.load("openai/clip-vit-base-patch32")      # a card's name, a folder, or a hub repo
>>> pictures = clip.encode_images(["cat.jpeg", "dog.jpeg"])   # float32 (2, dim)
>>> words = clip.encode_texts(["a photo of a cat"])           # float32 (1, dim)
>>> pictures @ words.T

Importing this package imports none of its rooms: MLX, numpy and Pillow come with what needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlx_clip.catalog import Card, Score, cards, default_card
    from mlx_clip.copies import Copy, converted, remove
    from mlx_clip.device import Device, describe_device
    from mlx_clip.encoder import Encoder
    from mlx_clip.errors import (
        BadCheckpoint,
        ClipError,
        DiskFull,
        ModelUnreachable,
        NotAnImage,
        NoWords,
        UnknownModel,
        UnsupportedDevice,
        UnsupportedModel,
    )
    from mlx_clip.hub import hub_reachable
    from mlx_clip.loading import load, mlx_clip
    from mlx_clip.progress import Progress

__all__ = [
    "BadCheckpoint",
    "Card",
    "ClipError",
    "Copy",
    "Device",
    "DiskFull",
    "Encoder",
    "ModelUnreachable",
    "NoWords",
    "NotAnImage",
    "Progress",
    "Score",
    "UnknownModel",
    "UnsupportedDevice",
    "UnsupportedModel",
    "cards",
    "converted",
    "default_card",
    "describe_device",
    "hub_reachable",
    "load",
    "mlx_clip",
    "remove",
]

_ROOMS = {
    "Card": "catalog",
    "Score": "catalog",
    "cards": "catalog",
    "default_card": "catalog",
    "Copy": "copies",
    "converted": "copies",
    "remove": "copies",
    "Device": "device",
    "describe_device": "device",
    "Encoder": "encoder",
    "hub_reachable": "hub",
    "load": "loading",
    "mlx_clip": "loading",
    "Progress": "progress",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return __all__
