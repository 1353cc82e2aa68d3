"""One file a family of models: its config, its modules, its parameter names; no I/O. What a family's file has:

    parse(config)                 config.json -> ModelConfig
    TextTower, ImageTower         modules: token ids (n, l) -> (n, d); normalised pixels (n, h, w, c) -> (n, d)
    TEXT, IMAGE, TOKEN_TABLE      whose parameters start with what, and which is the table of tokens
    sanitize(tensors, config)     a checkpoint's tensors as these modules have them

A family that knows pictures only has no TextTower, TEXT and TOKEN_TABLE. Some bring besides `settled(config,
preprocessing)`, which fixes what a checkpoint leaves to whoever loads it, or TOKENIZER_REPO.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from mlx_clip.config import ModelConfig
from mlx_clip.errors import UnsupportedModel

__all__ = ["FAMILIES", "family", "parse", "settled"]

FAMILIES = ("clip", "siglip", "chinese_clip", "roberta_clip", "clyp", "dinov2")
"""By `model_type` in config.json."""

REFUSED = {"siglip2": "SigLIP 2 NaFlex, whose pictures keep their shape; the fixed sizes are supported: `pics models`"}


def family(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")


def parse(config: Mapping[str, Any]) -> ModelConfig:
    """What config.json says. Raises UnsupportedModel."""
    model_type = config.get("model_type")
    if model_type not in FAMILIES:
        raise UnsupportedModel("model_type", model_type, REFUSED.get(str(model_type), ", ".join(FAMILIES)))
    found: ModelConfig = family(model_type).parse(config)
    return found


def settled(config: dict[str, Any], preprocessing: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """config.json and preprocessor_config.json with nothing left open, as a converted copy has them."""
    settle = getattr(family(config["model_type"]), "settled", None) if config.get("model_type") in FAMILIES else None
    return settle(config, preprocessing) if settle else (config, preprocessing)
