"""One file a family of models: modules only, parameter names as in the checkpoint, no I/O."""

from importlib import import_module
from types import ModuleType

__all__ = ["FAMILIES", "family"]

FAMILIES = {"clip": "mlx_clip.families.clip"}


def family(name: str) -> ModuleType:
    """The module of a family: TextTower, ImageTower, text_ends, and how its checkpoints are read."""
    return import_module(FAMILIES[name])
