"""Checkpoints with random weights at full size, written as they are published, and what their own code makes of them.

Each reference writes a folder and answers for some texts and pictures: transformers for SigLIP, Chinese-CLIP, DINOv2
and TinyCLIP; open_clip for its own; for LINE's model, whose code lives on the hub, timm's EVA-02 and transformers' BERT
put together as that code does.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.parity import hollow_torchvision
from tests.published import CONFIGS

Vectors = NDArray[np.float32]
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass
class Answers:
    """Unit vectors of the texts (None: the model knows none) and of the pictures."""

    texts: Vectors | None
    pictures: Vectors


Write = Callable[[Path, str, "Path", NDArray[np.int64] | None, NDArray[np.uint8]], Answers]


def unit(x: Any) -> Vectors:
    import torch

    return torch.nn.functional.normalize(x.float(), dim=-1).detach().numpy()


def livelier(model: Any) -> Any:
    """Fresh weights make nearly the same of everything, so that an error would not show."""
    import torch

    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "embed" not in name and "token" not in name:
                parameter.mul_(4 if "query" in name or "key" in name else 1.5)
            elif name.endswith("bias") or "layer_scale" in name:
                parameter.normal_(0.5 if "layer_scale" in name else 0, 0.1)
            if "position" in name or "pos_embed" in name or "probe" in name or "cls" in name:
                parameter.normal_(0, 0.3)
    return model.eval()


def normalised(pixels: NDArray[np.uint8], mean: Any, std: Any) -> Any:
    """(n, h, w, 3) in 0…255 -> torch (n, 3, h, w)."""
    import torch

    return torch.tensor((pixels / 255 - np.array(mean)) / np.array(std), dtype=torch.float32).permute(0, 3, 1, 2)


def _describe(folder: Path, config: dict[str, Any], preprocessing: dict[str, Any], tokenizer: Path | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    for file in tokenizer.iterdir() if tokenizer else ():
        copy(file, folder)


def clip(folder: Path, name: str, tokenizer: Path, ids: NDArray[np.int64], pixels: NDArray[np.uint8]) -> Answers:
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    model = livelier(CLIPModel(CLIPConfig(**CONFIGS[name])))
    model.save_pretrained(folder)
    side = pixels.shape[1]
    _describe(folder, CONFIGS[name], {"size": side, "crop_size": side}, tokenizer)
    with torch.no_grad():
        return Answers(
            unit(model.get_text_features(torch.tensor(ids)).pooler_output),
            unit(model.get_image_features(normalised(pixels, CLIP_MEAN, CLIP_STD)).pooler_output),
        )


def siglip(folder: Path, name: str, tokenizer: Path, ids: NDArray[np.int64], pixels: NDArray[np.uint8]) -> Answers:
    import torch
    from transformers import SiglipConfig, SiglipModel

    torch.manual_seed(0)
    model = livelier(SiglipModel(SiglipConfig(**CONFIGS[name])))
    model.save_pretrained(folder)
    size = {"height": pixels.shape[1], "width": pixels.shape[1]}
    preprocessing = {
        "image_processor_type": "SiglipImageProcessor",
        "resample": 2,
        "size": size,
        "do_convert_rgb": None,
    }
    _describe(folder, CONFIGS[name], preprocessing, tokenizer)
    with torch.no_grad():
        return Answers(
            unit(model.get_text_features(torch.tensor(ids)).pooler_output),
            unit(model.get_image_features(normalised(pixels, 0.5, 0.5)).pooler_output),
        )


def chinese_clip(
    folder: Path, name: str, tokenizer: Path, ids: NDArray[np.int64], pixels: NDArray[np.uint8]
) -> Answers:
    import torch
    from transformers import ChineseCLIPConfig, ChineseCLIPModel

    torch.manual_seed(0)
    model = livelier(ChineseCLIPModel(ChineseCLIPConfig(**CONFIGS[name])))
    model.save_pretrained(folder)
    size = {"height": pixels.shape[1], "width": pixels.shape[1]}
    preprocessing = {"image_processor_type": "ChineseCLIPImageProcessor", "do_center_crop": False, "size": size}
    _describe(folder, CONFIGS[name], preprocessing, tokenizer)
    words = torch.tensor(ids)
    with torch.no_grad():
        return Answers(
            unit(model.get_text_features(words, attention_mask=(words != 0).long()).pooler_output),
            unit(model.get_image_features(normalised(pixels, CLIP_MEAN, CLIP_STD)).pooler_output),
        )


def dinov2(folder: Path, name: str, tokenizer: object, ids: object, pixels: NDArray[np.uint8]) -> Answers:
    import torch
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    model = livelier(Dinov2Model(Dinov2Config(**CONFIGS[name])))
    model.save_pretrained(folder)
    size, crop = {"shortest_edge": 256}, {"height": 224, "width": 224}
    preprocessing = {"image_processor_type": "BitImageProcessor", "size": size, "crop_size": crop, **IMAGENET}
    _describe(folder, CONFIGS[name], preprocessing, None)
    with torch.no_grad():
        return Answers(None, unit(model(normalised(pixels, *IMAGENET.values())).pooler_output))


def openclip(folder: Path, name: str, tokenizer: Path, ids: NDArray[np.int64], pixels: NDArray[np.uint8]) -> Answers:
    hollow_torchvision.install()
    import torch
    from open_clip.model import CLIP
    from safetensors.torch import save_file

    torch.manual_seed(0)
    config = CONFIGS[name]["model_cfg"]
    model = livelier(CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"]))
    return _openclip_answers(model, folder, name, tokenizer, ids, pixels, save_file)


def roberta(folder: Path, name: str, tokenizer: Path, ids: NDArray[np.int64], pixels: NDArray[np.uint8]) -> Answers:
    """As LAION published theirs: in open_clip_pytorch_model.bin."""
    hollow_torchvision.install()
    import torch
    from open_clip.hf_model import HFTextEncoder
    from open_clip.model import CLIP
    from transformers import XLMRobertaConfig

    torch.manual_seed(0)
    config = CONFIGS[name]["model_cfg"]
    visual = CLIP(config["embed_dim"], config["vision_cfg"], {"layers": 1, "vocab_size": 8}).visual
    bert = XLMRobertaConfig(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
    text = HFTextEncoder("", config["embed_dim"], bert, "mean_pooler", "mlp")

    class Both(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual, self.text, self.logit_scale = visual, text, torch.nn.Parameter(torch.tensor(2.6))

        def encode_image(self, x: Any) -> Any:
            return self.visual(x)

        def encode_text(self, x: Any) -> Any:
            return self.text(x)

    model = livelier(Both())
    if text.transformer.pooler is not None:
        text.transformer.pooler = None
    return _openclip_answers(model, folder, name, tokenizer, ids, pixels, None)


def _openclip_answers(
    model: Any, folder: Path, name: str, tokenizer: Path, ids: Any, pixels: Any, save_safely: Any
) -> Answers:
    import torch

    folder.mkdir(parents=True)
    normalisation = {"mean": CLIP_MEAN, "std": CLIP_STD, "interpolation": "bicubic", "resize_mode": "shortest"}
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIGS[name] | {"preprocess_cfg": normalisation}))
    state = {key: tensor.contiguous() for key, tensor in model.state_dict().items()}
    if save_safely:
        save_safely(state, str(folder / "open_clip_model.safetensors"))
    else:
        torch.save(state, folder / "open_clip_pytorch_model.bin")
    for file in tokenizer.iterdir():
        copy(file, folder)
    with torch.no_grad():
        texts = unit(model.encode_text(torch.tensor(ids)))
        return Answers(texts, unit(model.encode_image(normalised(pixels, CLIP_MEAN, CLIP_STD))))


def clyp(folder: Path, name: str, tokenizer: Path, ids: NDArray[np.int64], pixels: NDArray[np.uint8]) -> Answers:
    hollow_torchvision.install()
    import timm
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    eva = timm.create_model("eva02_base_patch16_clip_224.merged2b", pretrained=False)
    eva.reset_classifier(0, "")
    bert = BertModel(BertConfig(vocab_size=32000, layer_norm_eps=1e-12, pad_token_id=3), add_pooling_layer=False)
    eva, bert = livelier(eva), livelier(bert)
    necks = [torch.nn.Linear(768, 512, bias=False) for _ in "ti"]
    parts = {"vision_encoder.backbone.": eva, "text_encoder.backbone.model.": bert,
             "text_encoder.neck.linear.": necks[0], "vision_encoder.neck.linear.": necks[1]}  # fmt: skip
    state = {
        prefix + key: tensor.contiguous() for prefix, part in parts.items() for key, tensor in part.state_dict().items()
    }
    state["itc_loss_fn.temperature"] = torch.tensor(0.07)
    _describe(folder, CONFIGS[name], {"normalization_type": "imagenet"}, tokenizer)
    save_file(state, str(folder / "model.safetensors"))
    words = torch.tensor(ids)
    with torch.no_grad():
        text = bert(words, attention_mask=(words != 3).long()).last_hidden_state[:, 0]
        image = eva.forward_features(normalised(pixels, *IMAGENET.values()))[:, 0]
        return Answers(unit(necks[0](text)), unit(necks[1](image)))
