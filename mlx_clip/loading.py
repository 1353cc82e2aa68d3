"""A model's name -> an Encoder. The recipe: which model, its converted copy, else fetch and convert it first."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlx_clip.copies import Manifest, place, read_manifest
from mlx_clip.device import Device, describe_device
from mlx_clip.hub import Source, fetch, fetch_tokenizer, resolve
from mlx_clip.progress import Progress, Silent

if TYPE_CHECKING:
    from mlx_clip.encoder import Encoder

__all__ = ["load", "mlx_clip"]


def load(
    model: str | Path | None = None,
    *,
    revision: str | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
    device: Literal["gpu", "cpu"] | None = None,
) -> "Encoder":
    """A card's name (None: the default card), a folder, or a hub repo `owner/name` -> its encoder.

    With `:8bit` behind it the model takes half the room (a quarter of float32's) at a small loss.

    The first time, the checkpoint is fetched and converted into `cache` (default: the user's cache folder), which
    `progress` is told of; afterwards neither network nor checkpoint is needed. `revision` is a commit of the repo, or
    for a folder what `Encoder.revision` said. Raises what is in `mlx_clip.errors`, but for NotAnImage.
    """
    from mlx_clip.encoder import Encoder

    chosen = describe_device(device)
    cache = Path(cache) if cache else _user_cache()
    source = resolve(model, revision, cache)
    folder, manifest = _found(source, cache, chosen) or _made(source, cache, chosen, progress or Silent())
    return Encoder(folder, manifest, source.name, chosen)


def _found(source: Source, cache: Path, device: Device) -> tuple[Path, Manifest] | None:
    if source.revision is None:
        return None
    folder = place(cache, source.slug, source.revision, device.dtype, source.bits)
    manifest = read_manifest(folder)
    return (folder, manifest) if manifest else None


def _made(source: Source, cache: Path, device: Device, progress: Progress) -> tuple[Path, Manifest]:
    from mlx_clip.checkpoint import tokenizer_repo
    from mlx_clip.convert import convert

    checkpoint, revision = fetch(source, cache, progress)
    borrowed = tokenizer_repo(checkpoint)
    folder = place(cache, source.slug, revision, device.dtype, source.bits)
    return folder, convert(
        checkpoint,
        folder,
        name=source.name,
        repo=source.repo,
        revision=revision,
        dtype=device.dtype,
        progress=progress,
        bits=source.bits,
        tokenizer_folder=fetch_tokenizer(borrowed, cache, progress) if borrowed else None,
    )


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("mlx_clip", appauthor=False)


class mlx_clip:
    """The name that scripts know: one picture or one text at a time, as lists of floats.

    >>> clip = mlx_clip.mlx_clip("openai/clip-vit-base-patch32")
    >>> clip.image_encoder("cat.jpeg")
    >>> clip.text_encoder("a photo of a cat")
    """

    def __init__(self, model: str | Path | None = None) -> None:
        self.encoder = load(model)

    def image_encoder(self, path: str | Path) -> list[float]:
        return self.encoder.encode_images([path])[0].tolist()

    def text_encoder(self, text: str) -> list[float]:
        return self.encoder.encode_texts([text])[0].tolist()
