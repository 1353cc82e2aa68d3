"""The config.json of published checkpoints, by the name of their card, as sparse as they are published.

They tie the cards to the towers: parameters, sizes and work for a picture follow from them.
"""

from typing import Any

from mlx_clip.backend import mx
from mlx_clip.config import ModelConfig
from mlx_clip.families import parse
from mlx_clip.openclip import translated

VIT = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
SO400M = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16}
GEMMA = {"vocab_size": 256000}
TINY = {"hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8}
SMALLEST = {"hidden_size": 256, "intermediate_size": 1024, "num_attention_heads": 4}
LARGE_CLIP_TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
GELU = {"hidden_act": "gelu"}
BERT = {"vocab_size": 21128, "layer_norm_eps": 1e-12}


def clip(image: dict[str, Any], text: dict[str, Any] | None = None, dim: int = 512) -> dict[str, Any]:
    return {"model_type": "clip", "projection_dim": dim, "text_config": text or {}, "vision_config": image}


def siglip(width: dict[str, Any], image: dict[str, Any], text: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"model_type": "siglip", "text_config": width | (text or {}), "vision_config": width | image}


def openclip(dim: int, vision: dict[str, Any], text: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model_cfg": {"embed_dim": dim, "vision_cfg": vision, "text_cfg": text, **more}}


OPENCLIP_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}
XLM_ROBERTA = {
    "hf_model_name": "xlm-roberta-base", "hf_tokenizer_name": "xlm-roberta-base", "hf_pooler_type": "mean_pooler",
}  # fmt: skip

CONFIGS: dict[str, dict[str, Any]] = {
    "siglip2-b32-256": siglip({}, {"image_size": 256, "patch_size": 32}, GEMMA),
    "siglip2-b16-224": siglip({}, {"image_size": 224}, GEMMA),
    "siglip2-b16-256": siglip({}, {"image_size": 256}, GEMMA),
    "siglip2-b16-384": siglip({}, {"image_size": 384}, GEMMA),
    "siglip2-b16-512": siglip({}, {"image_size": 512}, GEMMA),
    "siglip2-l16-256": siglip(VIT, {"image_size": 256}, GEMMA),
    "siglip2-l16-384": siglip(VIT, {"image_size": 384}, GEMMA),
    "siglip2-l16-512": siglip(VIT, {"image_size": 512}, GEMMA),
    "siglip2-so400m-14-224": siglip(SO400M, {"image_size": 224, "patch_size": 14}, GEMMA),
    "siglip2-so400m-14-384": siglip(SO400M, {"image_size": 384, "patch_size": 14}, GEMMA),
    "siglip2-so400m-16-256": siglip(SO400M, {"image_size": 256}, GEMMA),
    "siglip2-so400m-16-384": siglip(SO400M, {"image_size": 384}, GEMMA),
    "siglip2-so400m-16-512": siglip(SO400M, {"image_size": 512}, GEMMA),
    "waon-siglip2-b16-256": siglip({}, {"image_size": 256}, GEMMA),
    "siglip-b16-224": siglip({}, {"image_size": 224}),
    "siglip-b16-256": siglip({}, {"image_size": 256}),
    "siglip-b16-384": siglip({}, {"image_size": 384}),
    "siglip-l16-256": siglip(VIT, {"image_size": 256}),
    "siglip-so400m-14-384": siglip(SO400M, {"image_size": 384, "patch_size": 14}),
    "clip-japanese-base": {"model_type": "clyp"},
    "chinese-clip-b16": {
        "model_type": "chinese_clip",
        "projection_dim": 512,
        "text_config": BERT,
        "vision_config": {"patch_size": 16, "hidden_act": "quick_gelu"},
    },
    "dinov2-small": {"model_type": "dinov2", "hidden_size": 384, "num_attention_heads": 6, "image_size": 518},
    "dinov2-base": {"model_type": "dinov2", "image_size": 518},
    "datacomp-b32-256": openclip(
        512, {"image_size": 256, "layers": 12, "width": 768, "patch_size": 32}, OPENCLIP_TEXT
    ),
    "datacomp-b16": openclip(512, {"image_size": 224, "layers": 12, "width": 768, "patch_size": 16}, OPENCLIP_TEXT),
    "laion-b16": openclip(512, {"image_size": 224, "layers": 12, "width": 768, "patch_size": 16}, OPENCLIP_TEXT),
    "xlm-roberta-b32": openclip(
        512, {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32}, XLM_ROBERTA
    ),
    "laion-h14": clip(
        {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 16,
         "patch_size": 14} | GELU,
        {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16} | GELU,
        1024,
    ),
    "laion-b32": clip(GELU, GELU),
    "laion-l14": clip(VIT | {"patch_size": 14} | GELU, LARGE_CLIP_TEXT | GELU, 768),
    "openai-b32": clip({}, {"eos_token_id": 2}),
    "openai-b16": clip({"patch_size": 16}, {"eos_token_id": 2}),
    "openai-l14": clip(VIT | {"patch_size": 14}, LARGE_CLIP_TEXT | {"eos_token_id": 2}, 768),
    "openai-l14-336": clip(VIT | {"patch_size": 14, "image_size": 336}, LARGE_CLIP_TEXT | {"eos_token_id": 2}, 768),
    "tinyclip-8m": clip(
        SMALLEST | {"num_hidden_layers": 10, "patch_size": 16},
        SMALLEST | {"num_hidden_layers": 3},
    ),
    "tinyclip-39m": clip(TINY | {"patch_size": 16}, {"num_hidden_layers": 6}),
    "tinyclip-40m": clip(TINY | {"patch_size": 32}, {"num_hidden_layers": 6}),
    "tinyclip-61m": clip(
        {"hidden_size": 640, "intermediate_size": 2560, "num_attention_heads": 10}, {"num_hidden_layers": 9}
    ),
    "metaclip-b32-400m": clip({}, {}),
    "metaclip-b16-400m": clip({"patch_size": 16}, {}),
    "metaclip-b16-fullcc": clip({"patch_size": 16}, {}),
    "metaclip-l14-fullcc": clip(VIT | {"patch_size": 14}, LARGE_CLIP_TEXT, 768),
}  # fmt: skip


def configured(name: str) -> ModelConfig:
    """A card's config as the towers want it."""
    config = CONFIGS[name]
    if "model_cfg" not in config:
        return parse(config)
    described, _, _ = translated(config, _xlm_roberta() | {"logit_scale": mx.array(2.6)})
    return parse(described)


def _xlm_roberta() -> dict[str, mx.array]:
    """Tensors of the sizes that OpenCLIP's config does not give. Never evaluated: they take no room."""
    shapes = {"embeddings.word_embeddings": (250002, 768), "embeddings.position_embeddings": (514, 768),
              "embeddings.token_type_embeddings": (1, 768)}  # fmt: skip
    layers = {f"encoder.layer.{number}.intermediate.dense": (3072, 768) for number in range(12)}
    return {f"text.transformer.{name}.weight": mx.zeros(shape) for name, shape in (shapes | layers).items()}
