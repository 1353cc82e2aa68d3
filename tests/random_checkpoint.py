"""A small CLIP with random weights in Hugging Face's layout: `python -m tests.random_checkpoint FOLDER`.

Its vectors mean nothing, but it takes every path a real checkpoint takes: different pictures get different vectors,
equal ones the same.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlx_clip import blas

Tensors = dict[str, NDArray[np.float32]]
START, END = "<|startoftext|>", "<|endoftext|>"
WIDTH, LAYERS, SIDE, PATCH, DIM, LENGTH = 64, 2, 64, 16, 32, 77


def write(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Writes a checkpoint; `changes` replace keys of config.json, e.g. `text_config={...}` merged into its own."""
    blas.preload()
    import mlx.core as mx

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, merges = byte_vocabulary()
    settings = config(len(vocabulary), changes)
    (folder / "config.json").write_text(json.dumps(settings, indent=2))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor(), indent=2))
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), "utf-8")
    tensors = weights(settings, np.random.default_rng(seed))
    mx.save_safetensors(str(folder / "model.safetensors"), {name: mx.array(tensor) for name, tensor in tensors.items()})
    return folder


def config(vocabulary_size: int, changes: dict[str, Any]) -> dict[str, Any]:
    tower = {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_attention_heads": 4,
        "num_hidden_layers": LAYERS,
        "hidden_act": "quick_gelu",
    }
    text = tower | {
        "vocab_size": vocabulary_size,
        "bos_token_id": vocabulary_size - 2,
        "eos_token_id": vocabulary_size - 1,
    }
    vision = tower | {"image_size": SIDE, "patch_size": PATCH}
    return {
        "model_type": "clip",
        "projection_dim": DIM,
        "text_config": text | changes.pop("text_config", {}),
        "vision_config": vision | changes.pop("vision_config", {}),
        **changes,
    }


def preprocessor() -> dict[str, Any]:
    return {
        "size": {"shortest_edge": SIDE},
        "crop_size": {"height": SIDE, "width": SIDE},
        "resample": 3,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    }


def byte_vocabulary() -> tuple[dict[str, int], list[str]]:
    """Every byte, every byte at the end of a word, and a few merges: any text has ids."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = [chr(byte) for byte in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    merges = ["c a", "ca t</w>", "d o", "do g</w>", "t h", "th e</w>"]
    tokens = (
        alphabet + [f"{sign}</w>" for sign in alphabet] + [merge.replace(" ", "") for merge in merges] + [START, END]
    )
    return {token: number for number, token in enumerate(tokens)}, merges


def weights(settings: dict[str, Any], random: np.random.Generator) -> Tensors:
    """Every tensor of a CLIPModel checkpoint, large enough that pictures are told apart."""
    text, vision = settings["text_config"], settings["vision_config"]
    tensors: Tensors = {"logit_scale": np.array(2.6592, np.float32)}

    def normal(name: str, *shape: int, scale: float) -> None:
        tensors[name] = (random.normal(size=shape) * scale).astype(np.float32)

    for prefix, tower in (("text_model", text), ("vision_model", vision)):
        width, wide = tower["hidden_size"], tower["intermediate_size"]
        for layer in range(tower["num_hidden_layers"]):
            at = f"{prefix}.encoder.layers.{layer}"
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                normal(f"{at}.self_attn.{part}.weight", width, width, scale=1.5 * width**-0.5)
                normal(f"{at}.self_attn.{part}.bias", width, scale=0.02)
            normal(f"{at}.mlp.fc1.weight", wide, width, scale=1.5 * width**-0.5)
            normal(f"{at}.mlp.fc1.bias", wide, scale=0.02)
            normal(f"{at}.mlp.fc2.weight", width, wide, scale=1.5 * wide**-0.5)
            normal(f"{at}.mlp.fc2.bias", width, scale=0.02)
            for norm in ("layer_norm1", "layer_norm2"):
                _norm(tensors, f"{at}.{norm}", width)
    width = vision["hidden_size"]
    patch, patches = vision["patch_size"], (vision["image_size"] // vision["patch_size"]) ** 2
    normal("vision_model.embeddings.class_embedding", width, scale=0.5)
    normal("vision_model.embeddings.patch_embedding.weight", width, 3, patch, patch, scale=(3 * patch**2) ** -0.5)
    normal("vision_model.embeddings.position_embedding.weight", patches + 1, width, scale=0.3)
    normal("text_model.embeddings.token_embedding.weight", text["vocab_size"], text["hidden_size"], scale=1.0)
    normal("text_model.embeddings.position_embedding.weight", LENGTH, text["hidden_size"], scale=0.3)
    for norm in ("vision_model.pre_layrnorm", "vision_model.post_layernorm"):
        _norm(tensors, norm, width)
    _norm(tensors, "text_model.final_layer_norm", text["hidden_size"])
    normal("visual_projection.weight", settings["projection_dim"], width, scale=width**-0.5)
    normal("text_projection.weight", settings["projection_dim"], text["hidden_size"], scale=text["hidden_size"] ** -0.5)
    return tensors


def _norm(tensors: Tensors, name: str, width: int) -> None:
    tensors[f"{name}.weight"] = np.ones(width, np.float32)
    tensors[f"{name}.bias"] = np.zeros(width, np.float32)


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
