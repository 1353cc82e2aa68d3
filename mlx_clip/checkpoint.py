"""A checkpoint folder, read and checked: its config, its recipe for pictures, its tokenizer, its tensors.

Hugging Face's form, or OpenCLIP's, which is brought into it. Every tensor has a place in the family's towers and every
place its tensor, of the right shape: nothing is guessed. Tensors are lazy: nothing of them is read before it is used.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from mlx_clip import openclip, processors
from mlx_clip.backend import mx, nn, tree_flatten
from mlx_clip.config import ModelConfig
from mlx_clip.copies import read_json
from mlx_clip.errors import BadCheckpoint
from mlx_clip.families import family, parse, settled
from mlx_clip.image import Recipe
from mlx_clip.tokenizer import Tokenizer, has_tokenizer

__all__ = [
    "CONFIG",
    "PREPROCESSING",
    "Checkpoint",
    "Tensors",
    "check_description",
    "read_config",
    "read_recipe",
    "tokenizer_repo",
]

CONFIG, PREPROCESSING, PROCESSING = "config.json", "preprocessor_config.json", "processor_config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
TORCH = "pytorch_model.bin"
OPENCLIP = (openclip.WEIGHTS, openclip.TORCH)
GIVE_ANOTHER = "give the folder of a Hugging Face or an OpenCLIP checkpoint"

Tensors = dict[str, mx.array]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was found. `tensors` are as the towers of `module` have them, in the checkpoint's precision.

    `described` and `preprocessing` are config.json and preprocessor_config.json with nothing left open.
    """

    folder: Path
    config: ModelConfig
    described: dict[str, Any]
    preprocessing: dict[str, Any]
    tokenizer: Tokenizer | None
    tokenizer_folder: Path
    module: ModuleType
    files: tuple[Path, ...]
    tensors: Tensors

    @classmethod
    def read(cls, folder: Path, tokenizer_folder: Path | None = None) -> "Checkpoint":
        """`tokenizer_folder` is for a checkpoint that brings none. Raises BadCheckpoint, UnsupportedModel."""
        files = weight_files(folder)
        if files[0].name in OPENCLIP:
            described, preprocessing, tensors = openclip.translated(read_json(folder / openclip.CONFIG), _load(files))
        else:
            described, preprocessing = settled(_described(folder), _preprocessing(folder))
            parse(described)  # what cannot be supported is said before gigabytes are read
            tensors = _load(files)
        config = parse(described)
        processors.recipe(preprocessing, config.image.image_size)
        words = tokenizer_folder or folder
        tokenizer = Tokenizer(words, config.lines) if config.lines else None
        if tokenizer:
            tokenizer.check()
        module = family(config.family)
        tensors = _checked(tensors, module, config, folder)
        return cls(folder, config, described, preprocessing, tokenizer, words, module, files, tensors)

    @property
    def bytes(self) -> int:
        """Of the weights."""
        return sum(file.stat().st_size for file in self.files)

    def weights_hash(self) -> str:
        """SHA-256 of the safetensors, in hex."""
        total = hashlib.sha256()
        for file in self.files:
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    total.update(block)
        return total.hexdigest()


def check_description(folder: Path, is_openclip: bool) -> None:
    """Whether what a checkpoint's config asks for is there, told without its weights. Raises as `Checkpoint.read`."""
    if is_openclip:
        openclip.check(read_json(folder / openclip.CONFIG))
    else:
        parse(_described(folder))


def read_config(folder: Path) -> ModelConfig:
    """Of a converted copy."""
    return parse(_described(folder))


def read_recipe(folder: Path, config: ModelConfig) -> Recipe:
    """Of a converted copy."""
    return processors.recipe(_preprocessing(folder), config.image.image_size)


def tokenizer_repo(folder: Path) -> str | None:
    """The repo that a checkpoint's tokenizer is to be had from; None where it brings its own, or needs none."""
    if has_tokenizer({file.name for file in folder.iterdir()}):
        return None
    if weight_files(folder)[0].name in OPENCLIP:
        return openclip.tokenizer_repo(read_json(folder / openclip.CONFIG))
    repo: str | None = getattr(family(parse(_described(folder)).family), "TOKENIZER_REPO", None)
    return repo


def _described(folder: Path) -> dict[str, Any]:
    try:
        return read_json(folder / CONFIG)
    except FileNotFoundError as error:
        raise BadCheckpoint(folder, f"{CONFIG} is missing", GIVE_ANOTHER) from error


def _preprocessing(folder: Path) -> dict[str, Any]:
    """What is said of pictures: in a file of its own, or among what is said of texts too. Maybe nothing."""
    if (folder / PREPROCESSING).is_file():
        return read_json(folder / PREPROCESSING)
    whole = read_json(folder / PROCESSING) if (folder / PROCESSING).is_file() else {}
    found: dict[str, Any] = whole.get("image_processor") or {}
    return found


def weight_files(folder: Path) -> tuple[Path, ...]:
    """One file, or the shards that an index names: of several forms, the first that needs least doing."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if (folder / INDEX).is_file():
        return _shards(folder)
    for name in (openclip.WEIGHTS, TORCH, openclip.TORCH):
        if (folder / name).is_file():
            return (folder / name,)
    raise BadCheckpoint(folder, f"neither {WEIGHTS} nor {openclip.WEIGHTS} is in it", GIVE_ANOTHER)


def _shards(folder: Path) -> tuple[Path, ...]:
    names = sorted({Path(shard).name for shard in read_json(folder / INDEX).get("weight_map", {}).values()})
    for missing in (name for name in names if not (folder / name).is_file()):
        raise BadCheckpoint(folder, f"{missing} is missing, which {INDEX} names")
    return tuple(folder / name for name in names)


def _load(files: tuple[Path, ...]) -> Tensors:
    tensors: Tensors = {}
    for file in files:
        if file.suffix == ".bin":
            from mlx_clip import torch_file  # reads zip archives, which a converted copy is none of

            return torch_file.load(file)
        try:
            tensors.update(cast(Tensors, mx.load(str(file), format="safetensors")))
        except RuntimeError as error:
            raise BadCheckpoint(file, f"damaged or incomplete ({error})") from error
    return tensors


def _checked(tensors: Tensors, module: ModuleType, config: ModelConfig, folder: Path) -> Tensors:
    towers = [module.ImageTower(config), *([module.TextTower(config)] if config.text else [])]
    wanted = {name: shape for tower in towers for name, shape in _shapes(tower).items()}
    found: Tensors = module.sanitize(tensors, config)
    for name in sorted(wanted.keys() - found.keys()):
        raise BadCheckpoint(folder, f"its weights lack {name}")
    for name, tensor in sorted(found.items()):
        if name not in wanted:
            raise BadCheckpoint(folder, f"its weights have {name}, for which {config.family} has no place")
        if tensor.shape != wanted[name]:
            raise BadCheckpoint(folder, f"{name} has the shape {tensor.shape}, where config.json says {wanted[name]}")
        if not mx.issubdtype(tensor.dtype, mx.floating):
            raise BadCheckpoint(folder, f"{name} is of {tensor.dtype}", "use a checkpoint that is not quantised")
    return found


def _shapes(tower: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: parameter.shape for name, parameter in tree_flatten(tower.parameters())}
