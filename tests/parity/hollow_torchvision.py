"""A torchvision of empty classes: open_clip and timm import it for their transforms, of which we need none.

Its wheels go with one build of torch each, which a registry may not have.
"""

import enum
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any, ClassVar

FILTERS = "NEAREST NEAREST_EXACT BILINEAR BICUBIC BOX HAMMING LANCZOS"


class Hollow(ModuleType):
    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return enum.Enum(name, FILTERS) if name == "InterpolationMode" else type(name, (), {})


class Finder:
    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        hollow = name.partition(".")[0] == "torchvision"
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if hollow else None

    def create_module(self, spec: Any) -> ModuleType:
        return Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def install() -> None:
    """From now on, unless there is a real one."""
    if importlib.util.find_spec("torchvision") is None:
        sys.meta_path.append(Finder())
