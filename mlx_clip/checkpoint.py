"""A Hugging Face checkpoint folder, read and checked: its config, its recipe for pictures, its tensors.

Every tensor has a place in the family's towers and every place its tensor, of the right shape: nothing is guessed.
Tensors are lazy: nothing of them is read before it is used.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

from mlx_clip.backend import mx, nn, tree_flatten
from mlx_clip.config import ClipConfig, parse
from mlx_clip.copies import read_json
from mlx_clip.errors import BadCheckpoint
from mlx_clip.families import family
from mlx_clip.image import Recipe
from mlx_clip.tokenizer import Tokenizer

__all__ = ["CARRIED", "Checkpoint", "Tensors", "read_config", "read_recipe"]

CONFIG, PREPROCESSING = "config.json", "preprocessor_config.json"
CARRIED = (CONFIG, PREPROCESSING, "tokenizer.json", "vocab.json", "merges.txt")
"""What a model needs besides its weights, as far as the checkpoint has it."""

WEIGHTS, INDEX, TORCH = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
GIVE_ANOTHER = "give the folder of a Hugging Face checkpoint"

Tensors = dict[str, mx.array]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was found in `folder`. `tensors` are as the towers of `module` have them, in the checkpoint's precision."""

    folder: Path
    config: ClipConfig
    tokenizer: Tokenizer
    module: ModuleType
    files: tuple[Path, ...]
    tensors: Tensors

    @classmethod
    def read(cls, folder: Path) -> "Checkpoint":
        """Raises BadCheckpoint, UnsupportedModel."""
        config = read_config(folder)
        read_recipe(folder, config)
        tokenizer = Tokenizer(folder, config.text.max_position_embeddings)
        tokenizer([""])
        files = _weight_files(folder)
        module = family(config.family)
        return cls(folder, config, tokenizer, module, files, _checked(_load(files), module, config, folder))

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


def read_config(folder: Path) -> ClipConfig:
    try:
        return parse(read_json(folder / CONFIG))
    except FileNotFoundError as error:
        raise BadCheckpoint(folder, f"{CONFIG} is missing", GIVE_ANOTHER) from error


def read_recipe(folder: Path, config: ClipConfig) -> Recipe:
    """A checkpoint that says nothing of its pictures takes CLIP's defaults at its own size."""
    try:
        preprocessing = read_json(folder / PREPROCESSING)
    except FileNotFoundError:
        preprocessing = {}
    return Recipe.from_config(preprocessing, config.image.image_size)


def _weight_files(folder: Path) -> tuple[Path, ...]:
    """One file, or the shards that an index names."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if (folder / INDEX).is_file():
        return _shards(folder)
    if (folder / TORCH).is_file():
        raise BadCheckpoint(
            folder,
            f"its weights are in {TORCH} only, a format that can run code when it is read",
            "where transformers is installed, AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER) mends it",
        )
    raise BadCheckpoint(folder, f"{WEIGHTS} is missing", GIVE_ANOTHER)


def _shards(folder: Path) -> tuple[Path, ...]:
    names = sorted({Path(shard).name for shard in read_json(folder / INDEX).get("weight_map", {}).values()})
    for missing in (name for name in names if not (folder / name).is_file()):
        raise BadCheckpoint(folder, f"{missing} is missing, which {INDEX} names")
    return tuple(folder / name for name in names)


def _load(files: tuple[Path, ...]) -> Tensors:
    tensors: Tensors = {}
    for file in files:
        try:
            tensors.update(cast(Tensors, mx.load(str(file), format="safetensors")))
        except RuntimeError as error:
            raise BadCheckpoint(file, f"damaged or incomplete ({error})") from error
    return tensors


def _checked(tensors: Tensors, module: ModuleType, config: ClipConfig, folder: Path) -> Tensors:
    wanted = _shapes(module.TextTower(config)) | _shapes(module.ImageTower(config))
    found = {name: module.sanitize(name, tensor) for name, tensor in tensors.items() if not module.is_buffer(name)}
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
