"""Writes a small CLIP with random weights as a Hugging Face checkpoint: `python -m tests.random_checkpoint FOLDER`.

It finds nothing in a picture, but does everything else a model does: different pictures and words get clearly
different vectors, the same ones the same. Needs no torch, and is the same for the same seed.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

WORDS = ("a", "the", "of", "on", "from", "photo", "dog", "cat", "beach", "sea", "fuji", "plane", "red", "green", "blue")
START, END = "<|startoftext|>", "<|endoftext|>"


def write(
    folder: Path,
    seed: int = 0,
    *,
    hidden_act: str = "quick_gelu",
    image_size: int = 64,
    patch_size: int = 16,
    width: int = 64,
    layers: int = 2,
    dim: int = 32,
    legacy_eos: bool = False,
    tokenizer_json: bool = True,
) -> Path:
    """The folder, which it makes. `legacy_eos` is OpenAI's `eos_token_id: 2`, which means the highest id of a line."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens, merges = vocabulary()
    tower = {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_attention_heads": width // 32,
        "num_hidden_layers": layers,
        "hidden_act": hidden_act,
    }
    end = 2 if legacy_eos else len(tokens) - 1
    text = tower | {"vocab_size": len(tokens), "max_position_embeddings": 77, "eos_token_id": end}
    image = tower | {"image_size": image_size, "patch_size": patch_size}
    config = {"model_type": "clip", "projection_dim": dim, "text_config": text, "vision_config": image}
    preprocessing = {"size": {"shortest_edge": image_size}, "crop_size": image_size, "resample": 3}
    _write_json(folder / "config.json", config)
    _write_json(folder / "preprocessor_config.json", preprocessing)
    write_tokenizer(folder, tokens, merges, tokenizer_json)
    mx.save_safetensors(str(folder / "model.safetensors"), weights(config, np.random.default_rng(seed)))
    return folder


def write_openclip(folder: Path, seed: int = 0) -> Path:
    """The same model as `write(hidden_act="gelu", legacy_eos=True)` makes, as OpenCLIP publishes its own."""
    write(folder, seed, hidden_act="gelu", legacy_eos=True)
    theirs = dict(_as_openclip(dict(mx.load(str(folder / "model.safetensors")))))
    mx.save_safetensors(str(folder / "open_clip_model.safetensors"), theirs)
    tokens, _ = vocabulary()
    vision = {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16}
    text = {"context_length": 77, "vocab_size": len(tokens), "width": 64, "heads": 2, "layers": 2}
    config = {
        "model_cfg": {"embed_dim": 32, "vision_cfg": vision, "text_cfg": text},
        "preprocess_cfg": {"interpolation": "bicubic", "resize_mode": "shortest"},
    }
    _write_json(folder / "open_clip_config.json", config)
    for name in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (folder / name).unlink()
    return folder


OPENCLIP_NAMES = (
    ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
    ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
    ("vision_model.embeddings.patch_embedding", "visual.conv1"),
    ("vision_model.pre_layrnorm", "visual.ln_pre"),
    ("vision_model.post_layernorm", "visual.ln_post"),
    ("vision_model.encoder.layers", "visual.transformer.resblocks"),
    ("text_model.embeddings.token_embedding", "token_embedding"),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ("text_model.final_layer_norm", "ln_final"),
    ("text_model.encoder.layers", "transformer.resblocks"),
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("self_attn.out_proj", "attn.out_proj"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
)


def _as_openclip(tensors: dict[str, mx.array]) -> Iterator[tuple[str, mx.array]]:
    yield "visual.proj", tensors["visual_projection.weight"].T
    yield "text_projection", tensors["text_projection.weight"].T
    for ours, tensor in tensors.items():
        name = ours
        for here, there in OPENCLIP_NAMES:
            name = name.replace(here, there)
        if ".self_attn.q_proj." in name:
            fused = [tensors[other] for other in _thirds(name)]
            yield name.replace(".self_attn.q_proj.", ".attn.in_proj_"), mx.concatenate(fused)
        elif "_proj." not in name.replace("out_proj", "").replace("c_proj", "") and "projection" not in name:
            yield name, tensor


def _thirds(name: str) -> list[str]:
    """The queries', keys' and values' tensors, by Hugging Face's names."""
    tower = "vision_model" if name.startswith("visual.") else "text_model"
    rest = name.split("resblocks.", 1)[1]
    return [f"{tower}.encoder.layers.{rest.replace('q_proj', f'{part}_proj')}" for part in "qkv"]


def write_family(folder: Path, config: dict[str, Any], preprocessing: dict[str, Any], seed: int = 0) -> Path:
    """A model of any family with random weights, without a tokenizer: of one that knows pictures only it is whole."""
    from mlx_clip.backend import tree_flatten
    from mlx_clip.families import family, parse

    folder.mkdir(parents=True, exist_ok=True)
    known = parse(config)
    module = family(known.family)
    mx.random.seed(seed)
    towers = [module.ImageTower(known), *([module.TextTower(known)] if known.text else [])]
    tensors = {name: tensor for tower in towers for name, tensor in tree_flatten(tower.parameters())}
    livelier = {
        name: mx.random.normal(tensor.shape) * 0.4 if tensor.ndim > 1 else tensor for name, tensor in tensors.items()
    }
    mx.save_safetensors(str(folder / "model.safetensors"), livelier)
    _write_json(folder / "config.json", config)
    _write_json(folder / "preprocessor_config.json", preprocessing)
    return folder


def write_dinov2(folder: Path, seed: int = 0) -> Path:
    """A model that knows pictures only, of 64 pixels, 48 numbers each; its table of positions is of larger ones."""
    config = {"model_type": "dinov2", "hidden_size": 48, "num_attention_heads": 2, "num_hidden_layers": 2,
              "patch_size": 16, "image_size": 96}  # fmt: skip
    preprocessing = {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 72}, "crop_size": 64}
    return write_family(folder, config, preprocessing, seed)


# -- the tokenizer


def vocabulary() -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens by id and merges by rank, as in CLIP: bytes, bytes that end a word, merges, the two marks."""
    letters = byte_letters()
    merges = list(dict.fromkeys(merge for word in WORDS for merge in _merges(word)))
    tokens = [*letters, *(letter + "</w>" for letter in letters), *(left + right for left, right in merges), START, END]
    return tokens, merges


def _merges(word: str) -> Iterator[tuple[str, str]]:
    """Builds a word letter by letter from the left."""
    letters = [*word[:-1], word[-1] + "</w>"]
    for end in range(1, len(letters)):
        yield "".join(letters[:end]), letters[end]


def byte_letters() -> list[str]:
    """A printable letter for each byte, in GPT-2's order: those that are printable, then the others from 256 up."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(256 - len(printable))]


def write_tokenizer(folder: Path, tokens: list[str], merges: list[tuple[str, str]], tokenizer_json: bool) -> None:
    """vocab.json and merges.txt, or tokenizer.json alone."""
    vocab = {token: number for number, token in enumerate(tokens)}
    if tokenizer_json:
        _write_json(folder / "tokenizer.json", tokenizer(vocab, merges))
        return
    _write_json(folder / "vocab.json", vocab)
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges), ""]
    (folder / "merges.txt").write_text("\n".join(lines), "utf-8")


def tokenizer(vocab: dict[str, int], merges: list[tuple[str, str]]) -> dict[str, object]:
    """The pipeline that CLIP's own tokenizer.json has."""
    words = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    marks = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    split = {"type": "Split", "pattern": {"Regex": words}, "behavior": "Removed", "invert": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    spaces = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
    ends = {"sep": [END, vocab[END]], "cls": [START, vocab[START]], "trim_offsets": False, "add_prefix_space": False}
    model = {"type": "BPE", "unk_token": END, "end_of_word_suffix": "</w>", "continuing_subword_prefix": ""}
    return {
        "version": "1.0",
        "added_tokens": [{"id": vocab[mark], "content": mark} | marks for mark in (START, END)],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, spaces, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": {"type": "RobertaProcessing"} | ends,
        "decoder": byte_level,
        "model": model | {"vocab": vocab, "merges": [f"{left} {right}" for left, right in merges]},
    }


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")


# -- the weights


def weights(config: dict[str, object], random: np.random.Generator) -> dict[str, mx.array]:
    """Every tensor of transformers' CLIPModel; gains above 1, so that what goes in is not drowned by positions."""
    return {name: mx.array(_tensor(name, shape, random)) for name, shape in shapes(config)}


def _tensor(name: str, shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float32]:
    noise = random.standard_normal(shape).astype(np.float32)
    if "norm.weight" in name or "norm1.weight" in name or "norm2.weight" in name or "layrnorm.weight" in name:
        return 1 + 0.1 * noise
    if name.endswith("bias") or "position_embedding" in name:
        return 0.1 * noise
    if "patch_embedding" in name:
        return 3 * noise / np.sqrt(np.prod(shape[1:], dtype=np.float32))
    if len(shape) == 2 and "token_embedding" not in name:
        return 1.6 * noise / np.sqrt(np.float32(shape[1]))
    return noise


def shapes(config: dict[str, object]) -> Iterator[tuple[str, tuple[int, ...]]]:
    text, image, dim = config["text_config"], config["vision_config"], config["projection_dim"]
    assert isinstance(text, dict) and isinstance(image, dict) and isinstance(dim, int)
    w, v, size = text["hidden_size"], image["hidden_size"], image["patch_size"]
    yield "logit_scale", ()
    yield "text_model.embeddings.token_embedding.weight", (text["vocab_size"], w)
    yield "text_model.embeddings.position_embedding.weight", (text["max_position_embeddings"], w)
    yield from _transformer("text_model", text)
    yield from _pair("text_model.final_layer_norm", w)
    yield "text_projection.weight", (dim, w)
    yield "vision_model.embeddings.class_embedding", (v,)
    yield "vision_model.embeddings.patch_embedding.weight", (v, 3, size, size)
    yield "vision_model.embeddings.position_embedding.weight", ((image["image_size"] // size) ** 2 + 1, v)
    yield from _pair("vision_model.pre_layrnorm", v)
    yield from _transformer("vision_model", image)
    yield from _pair("vision_model.post_layernorm", v)
    yield "visual_projection.weight", (dim, v)


def _transformer(tower: str, config: dict[str, int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    w, wide = config["hidden_size"], config["intermediate_size"]
    for number in range(config["num_hidden_layers"]):
        layer = f"{tower}.encoder.layers.{number}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _pair(f"{layer}.self_attn.{name}", w, w)
        yield from _pair(f"{layer}.mlp.fc1", wide, w)
        yield from _pair(f"{layer}.mlp.fc2", w, wide)
        yield from _pair(f"{layer}.layer_norm1", w)
        yield from _pair(f"{layer}.layer_norm2", w)


def _pair(name: str, *shape: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
