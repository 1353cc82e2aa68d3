"""A name, a Hub repository or a folder -> a local checkpoint folder. Cache first; works offline; says what it fetches.

`huggingface_hub` is imported only when a checkpoint has to be looked for: a model that is converted needs none of this.
"""

import io
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from mlx_clip import catalog
from mlx_clip.errors import BadCheckpoint, DiskFull, ModelUnreachable

WANTED = [
    *("config.json", "preprocessor_config.json", "tokenizer.json", "vocab.json", "merges.txt"),
    *("model.safetensors", "model.safetensors.index.json", "model-*.safetensors"),
]
PICKLED = "pytorch_model.bin"
HOW_TO_RESAVE = (
    "Where torch and transformers are installed, load it once with CLIPModel.from_pretrained(…) and CLIPProcessor, call"
    " save_pretrained('FOLDER') on both, and give FOLDER as the model"
)
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
DISK_FULL = 28  # errno.ENOSPC


class Progress(Protocol):
    """Told of what takes long: a download, a conversion. `what` says which, `where` the folder it goes to."""

    def start(self, what: str, total_bytes: int | None, where: Path) -> None: ...
    def advance(self, n_bytes: int) -> None: ...
    def finish(self) -> None: ...


class Silent:
    """The Progress of a caller who did not ask."""

    def start(self, what: str, total_bytes: int | None, where: Path) -> None: ...
    def advance(self, n_bytes: int) -> None: ...
    def finish(self) -> None: ...


@dataclass(frozen=True)
class Source:
    """Where a model comes from: a repository or a folder, at a revision (None: to be pinned at the first download).

    `name` is what loads it again; `slug` is the folder of its converted copies.
    """

    name: str
    slug: str
    repo: str | None
    folder: Path | None
    revision: str | None


def locate(model: str | Path | None, revision: str | None, cache: Path) -> Source:
    """Finds out what a name means: a card, an existing folder, or a repository. Raises UnknownModel."""
    name = str(model) if model is not None else catalog.default_card().name
    card = catalog.find(name)
    if card:
        return _from_repo(card.name, card.repo, revision or card.revision, cache)
    folder = Path(name).expanduser()
    if folder.is_dir() or (folder.is_absolute() and revision):
        return _from_folder(folder.resolve(), revision)
    if REPOSITORY.fullmatch(name):
        return _from_repo(name, name, revision, cache)
    raise catalog.unknown(name)


def fetch(source: Source, cache: Path, progress: Progress) -> tuple[Path, str]:
    """The checkpoint's folder and its revision, downloaded when it is nowhere on this machine.

    Raises ModelUnreachable, BadCheckpoint, DiskFull.
    """
    if source.folder is not None:
        if not source.folder.is_dir():
            raise BadCheckpoint(f"{source.folder}: the folder of this model is gone; put it back or name another model")
        return source.folder, source.revision or signature(source.folder)
    assert source.repo is not None
    found = _cached(source.repo, source.revision, cache) or _download(source.repo, source.revision, cache, progress)
    pin = cache / source.slug / "revision"
    if not pin.exists():
        pin.parent.mkdir(parents=True, exist_ok=True)
        pin.write_text(found.name)
    return found, found.name


def signature(folder: Path) -> str:
    """A stand-in for a revision: changes when a file of the checkpoint changes, and costs no reading."""
    stats = [(path.name, path.stat()) for pattern in WANTED for path in sorted(folder.glob(pattern))]
    facts = "\n".join(f"{name} {info.st_size} {info.st_mtime_ns}" for name, info in stats)
    return sha256(facts.encode()).hexdigest()[:12]


def reachable(seconds: float = 3.0) -> bool:
    """Whether the hub answers at all."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        with urlopen(Request(constants.ENDPOINT, method="HEAD"), timeout=seconds):
            return True
    except HTTPError:
        return True
    except OSError:
        return False


def _from_repo(name: str, repo: str, revision: str | None, cache: Path) -> Source:
    slug = repo.replace("/", "--")
    pin = cache / slug / "revision"
    if revision is None and pin.exists():
        revision = pin.read_text().strip()
    return Source(name, slug, repo, None, revision)


def _from_folder(folder: Path, revision: str | None) -> Source:
    slug = f"{folder.name}-{sha256(str(folder).encode()).hexdigest()[:8]}"
    return Source(str(folder), slug, None, folder, revision or signature(folder))


def _cached(repo: str, revision: str | None, cache: Path) -> Path | None:
    """The snapshot, if it lies whole in our downloads or in the user's own Hugging Face cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    for place in (cache / "downloads", None):
        try:
            found = snapshot_download(
                repo, revision=revision, cache_dir=place, allow_patterns=WANTED, local_files_only=True
            )
        except LocalEntryNotFoundError:
            continue
        if any(Path(found).glob("*.safetensors")):
            return Path(found)
    return None


def _download(repo: str, revision: str | None, cache: Path, progress: Progress) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import DryRunError, HfHubHTTPError, LocalEntryNotFoundError

    place = cache / "downloads"
    asked: dict[str, Any] = {"repo_id": repo, "revision": revision, "cache_dir": place}
    try:
        files = snapshot_download(**asked, allow_patterns=[*WANTED, PICKLED], dry_run=True)
        _check_format(repo, [file.filename for file in files])
        total = sum(file.file_size or 0 for file in files if file.will_download and file.filename != PICKLED)
        progress.start(f"downloading {repo}", total, place)
        try:
            return Path(snapshot_download(**asked, allow_patterns=WANTED, tqdm_class=_bar(progress)))
        finally:
            progress.finish()
    except (DryRunError, HfHubHTTPError, LocalEntryNotFoundError, ConnectionError) as error:
        raise _unreachable(repo, revision, error) from error
    except OSError as error:
        if error.errno == DISK_FULL:
            raise DiskFull(
                f"{place}: no space left to download {repo}; make room and run the same command again"
            ) from error
        raise


def _check_format(repo: str, files: list[str]) -> None:
    if any(file.endswith(".safetensors") for file in files):
        return
    if PICKLED in files:
        raise BadCheckpoint(
            f"{repo} has its weights only as {PICKLED}, which is not read (unpickling runs code). {HOW_TO_RESAVE}"
        )
    raise BadCheckpoint(f"{repo}: no model.safetensors in this repository")


def _unreachable(repo: str, revision: str | None, error: Exception) -> ModelUnreachable:
    at = f" --revision {revision}" if revision else ""
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return ModelUnreachable(
        f"model {repo} is not on this machine and could not be fetched ({reason}). With a network, run the same command"
        f" again. Without one: on another machine run `hf download {repo}{at} --local-dir FOLDER`, bring FOLDER"
        " here and give it as the model (--model FOLDER)"
    )


def _bar(progress: Progress) -> type:
    """huggingface_hub speaks of its progress to a tqdm class only: this one passes the bytes on and draws nothing."""
    from tqdm.auto import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._counts_bytes_on_disk = str(kwargs.get("desc", "")).startswith("Reconstructing")
            super().__init__(*args, **kwargs | {"file": io.StringIO()})

        def update(self, n: float | None = 1) -> bool | None:
            if self._counts_bytes_on_disk:
                progress.advance(int(n or 0))
            return super().update(n)

    return Bar
