"""OpenCLIP's checkpoints, brought into the form of Hugging Face's: config, recipe for pictures, names of tensors.

    open_clip_config.json           -> config.json, preprocessor_config.json
    open_clip_model.safetensors     -> the names that families/clip.py and roberta_clip.py know

Only what is implemented is let through: whatever a config asks for besides is refused by its name.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mlx_clip.backend import mx
from mlx_clip.errors import UnsupportedModel
from mlx_clip.layers import renamed

__all__ = ["CONFIG", "TOKENIZER", "TORCH", "WEIGHTS", "check", "tokenizer_repo", "translated"]

CONFIG, WEIGHTS, TORCH = "open_clip_config.json", "open_clip_model.safetensors", "open_clip_pytorch_model.bin"
TOKENIZER = "openai/clip-vit-base-patch32"
"""The repo of the tokenizer that OpenCLIP means where it names none."""

VISION = {"image_size", "layers", "width", "head_width", "mlp_ratio", "patch_size", "patch_dropout", "output_tokens"}
TEXT = {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "output_tokens", "tokenizer_kwargs"}
HF_TEXT = {"context_length", "hf_model_name", "hf_tokenizer_name", "hf_model_pretrained", "tokenizer_kwargs"}
HF_POOLING = {"hf_pooler_type": "mean_pooler", "pooler_type": "mean_pooler", "hf_proj_type": "mlp", "proj": "mlp"}
DEFAULTS = {"pool_type": "argmax", "proj_type": "linear", "hf_tokenizer_name": TOKENIZER} | HF_POOLING
VISION_DEFAULTS = {"pool_type": "tok", "pos_embed_type": "learnable"}
ROBERTAS = ("xlm-roberta-base", "xlm-roberta-large", "roberta-base", "roberta-large")
FILTERS = {"bilinear": 2, "bicubic": 3}

BLOCKS = (
    ("transformer.resblocks.", "encoder.layers."),
    (".ln_1.", ".layer_norm1."),
    (".ln_2.", ".layer_norm2."),
    (".attn.", ".self_attn."),
    (".mlp.c_fc.", ".mlp.fc1."),
    (".mlp.c_proj.", ".mlp.fc2."),
)
IMAGE_NAMES = {
    "class_embedding": "embeddings.class_embedding",
    "positional_embedding": "embeddings.position_embedding.weight",
    "conv1.weight": "embeddings.patch_embedding.weight",
    "ln_pre.weight": "pre_layrnorm.weight",
    "ln_pre.bias": "pre_layrnorm.bias",
    "ln_post.weight": "post_layernorm.weight",
    "ln_post.bias": "post_layernorm.bias",
}
TEXT_NAMES = {
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
}

Tensors = dict[str, mx.array]
Json = dict[str, Any]


def tokenizer_repo(config: Mapping[str, Any]) -> str:
    """Where the tokenizer of a checkpoint that brings none is to be had."""
    named: str = config["model_cfg"]["text_cfg"].get("hf_tokenizer_name") or TOKENIZER
    return named


def translated(config: Mapping[str, Any], tensors: Tensors) -> tuple[Json, Json, Tensors]:
    """(config.json, preprocessor_config.json, tensors) in Hugging Face's form. Raises UnsupportedModel."""
    check(config)
    model, vision, text = _parts(config)
    has_roberta = bool(text.get("hf_model_name"))
    activation = "quick_gelu" if model.get("quick_gelu") else "gelu"
    towers: Json = {
        "model_type": "clip",
        "open_clip": True,
        "projection_dim": model.get("embed_dim", 512),
        "vision_config": _vision(vision) | {"hidden_act": activation},
    }
    renamed = dict(_image_tensors(tensors)) | {"logit_scale": tensors["logit_scale"].reshape(())}
    if has_roberta:
        renamed |= _roberta_tensors(tensors)
        towers |= {"model_type": "roberta_clip", "text_config": _roberta(renamed)}
    else:
        renamed |= dict(_text_tensors(tensors))
        towers |= {"text_config": _text(text) | {"hidden_act": activation}}
    return towers, _preprocessing(config.get("preprocess_cfg") or {}, vision.get("image_size", 224)), renamed


# -- what is asked for


def check(config: Mapping[str, Any]) -> None:
    """Raises UnsupportedModel, naming the key, where something is asked for that is not implemented."""
    _, vision, text = _parts(config)
    _refuse_timm(vision)
    _refuse("vision_cfg", vision, VISION, VISION_DEFAULTS)
    name = text.get("hf_model_name")
    if name and name.rpartition("/")[2] not in ROBERTAS:  # another may pad with another token
        raise UnsupportedModel("text_cfg.hf_model_name", name, ", ".join(ROBERTAS))
    _refuse("text_cfg", text, HF_TEXT if name else TEXT, DEFAULTS)


def _parts(config: Mapping[str, Any]) -> tuple[Json, Json, Json]:
    """The model's config, its vision part and its text part."""
    model = config.get("model_cfg") or {}
    return model, model.get("vision_cfg") or {}, model.get("text_cfg") or {}


def _refuse_timm(vision: Mapping[str, Any]) -> None:
    if name := vision.get("timm_model_name"):
        raise UnsupportedModel("vision_cfg.timm_model_name", name, "no towers of timm; SigLIP's own repos are")
    if isinstance(vision.get("layers"), list):
        raise UnsupportedModel("vision_cfg.layers", vision["layers"], "one number: no ResNets")


def _refuse(part: str, given: Mapping[str, Any], known: set[str], defaults: Mapping[str, str]) -> None:
    """What is neither known, nor switched off, nor as it is anyway."""
    for key, value in given.items():
        if key not in known and value and value != defaults.get(key):
            raise UnsupportedModel(f"{part}.{key}", value, defaults.get(key))


def _vision(given: Mapping[str, Any]) -> Json:
    width = given.get("width", 768)
    return {
        "hidden_size": width,
        "num_attention_heads": width // given.get("head_width", 64),
        "num_hidden_layers": given.get("layers", 12),
        "intermediate_size": int(width * given.get("mlp_ratio", 4.0)),
        "image_size": given.get("image_size", 224),
        "patch_size": given.get("patch_size", 16),
    }


def _text(given: Mapping[str, Any]) -> Json:
    width = given.get("width", 512)
    return {
        "hidden_size": width,
        "num_attention_heads": given.get("heads", 8),
        "num_hidden_layers": given.get("layers", 12),
        "intermediate_size": int(width * given.get("mlp_ratio", 4.0)),
        "vocab_size": given.get("vocab_size", 49408),
        "max_position_embeddings": given.get("context_length", 77),
        "eos_token_id": 2,  # OpenCLIP looks for the highest id, which clip.py takes this for
    }


def _roberta(tensors: Tensors) -> Json:
    """A RoBERTa's sizes, which no config beside it gives: from its tensors, with heads of 64 as all of them have."""
    words, positions, types = (
        tensors[f"text_model.embeddings.{table}_embeddings.weight"].shape
        for table in ("word", "position", "token_type")
    )
    layers = {key.split(".")[3] for key in tensors if key.startswith("text_model.encoder.layer.")}
    return {
        "hidden_size": words[1],
        "num_attention_heads": words[1] // 64,
        "num_hidden_layers": len(layers),
        "intermediate_size": tensors["text_model.encoder.layer.0.intermediate.dense.weight"].shape[0],
        "vocab_size": words[0],
        "max_position_embeddings": positions[0],
        "type_vocab_size": types[0],
    }


def _preprocessing(given: Mapping[str, Any], side: int) -> Json:
    means = {f"image_{key}": given[key] for key in ("mean", "std") if key in given}
    if (mode := given.get("resize_mode", "shortest")) not in ("shortest", "squash"):
        raise UnsupportedModel("preprocess_cfg.resize_mode", mode, "shortest, squash")
    if (filter_ := given.get("interpolation", "bicubic")) not in FILTERS:
        raise UnsupportedModel("preprocess_cfg.interpolation", filter_, ", ".join(FILTERS))
    size = {"shortest_edge": side} if mode == "shortest" else {"height": side, "width": side}
    return {"image_processor_type": "OpenCLIP", "size": size, "crop_size": side, "resample": FILTERS[filter_]} | means


# -- tensors


def _image_tensors(tensors: Tensors) -> Iterable[tuple[str, mx.array]]:
    for name, tensor in tensors.items():
        if name.startswith("visual."):
            yield from _renamed("vision_model.", name.removeprefix("visual."), tensor, IMAGE_NAMES)
    if "visual.proj" in tensors:
        yield "visual_projection.weight", tensors["visual.proj"].T


def _text_tensors(tensors: Tensors) -> Iterable[tuple[str, mx.array]]:
    for name, tensor in tensors.items():
        if not name.startswith("visual."):
            yield from _renamed("text_model.", name.removeprefix("text."), tensor, TEXT_NAMES)
    for name in {"text_projection", "text.text_projection"} & tensors.keys():
        yield "text_projection.weight", tensors[name].T


def _renamed(tower: str, name: str, tensor: mx.array, names: Mapping[str, str]) -> Iterable[tuple[str, mx.array]]:
    """One tensor under its new name, or three: queries, keys and values lie in one."""
    if name in ("proj", "text_projection", "logit_scale", "logit_bias", "attn_mask"):
        return
    name = renamed(names.get(name, name), BLOCKS)
    layer, fused, kind = name.rpartition("in_proj_")
    if not fused:
        yield tower + name, tensor
        return
    for part, third in zip("qkv", mx.split(tensor, 3), strict=True):
        yield f"{tower}{layer}{part}_proj.{kind}", third


def _roberta_tensors(tensors: Tensors) -> Tensors:
    prefixes = (("text.transformer.", "text_model."), ("text.proj.0.", "text_projection.fc1."),
                ("text.proj.2.", "text_projection.fc2."))  # fmt: skip
    return {
        ours + name.removeprefix(theirs): tensor
        for name, tensor in tensors.items()
        for theirs, ours in prefixes
        if name.startswith(theirs)
    }
