"""A trained CLIP -> a checkpoint folder in Hugging Face's layout, float16."""

import json
import shutil
from pathlib import Path
from typing import Any

from mlx_clip.backend import mx, tree_flatten
from training.loop import Clip

PROCESSOR = {
    "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True, "do_resize": True, "do_center_crop": True,
    "do_rescale": True, "do_normalize": True, "resample": 3, "rescale_factor": 1 / 255,
}  # fmt: skip
TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
}  # fmt: skip


def export(
    clip: Clip, config: dict[str, Any], mean: tuple[float, ...], std: tuple[float, ...], work: Path, folder: Path
) -> None:
    """Writes all but the card. `work` has the tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    side = config["vision_config"]["image_size"]
    processor = PROCESSOR | {
        "size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side},
        "image_mean": mean, "image_std": std,
    }  # fmt: skip
    length = config["text_config"]["max_position_embeddings"]
    for name, content in (
        ("config.json", config),
        ("preprocessor_config.json", processor),
        ("tokenizer_config.json", TOKENIZER | {"model_max_length": length}),
    ):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    shutil.copyfile(work / "tokenizer.json", folder / "tokenizer.json")
    mx.save_safetensors(str(folder / "model.safetensors"), _tensors(clip, config), {"format": "pt"})


def _tensors(clip: Clip, config: dict[str, Any]) -> dict[str, mx.array]:
    """As transformers names and shapes them: the patch matrix is a convolution there."""
    size = config["vision_config"]["patch_size"]
    tensors = dict(tree_flatten(clip.text.parameters())) | dict(tree_flatten(clip.image.parameters()))
    return {name: _as_published(name, tensor, size).astype(mx.float16) for name, tensor in tensors.items()}


def _as_published(name: str, tensor: mx.array, patch_size: int) -> mx.array:
    if name.endswith("patch_embedding.weight"):
        return mx.contiguous(tensor.reshape(len(tensor), patch_size, patch_size, -1).transpose(0, 3, 1, 2))
    return tensor
