"""A name, a hub repo or a folder -> a local checkpoint folder: cache first, pinned, and without a network if need be.

`resolve` says what is meant without looking beyond this machine; `fetch` brings it here. Downloads lie in
`<cache>/downloads`, laid out as huggingface_hub does; the user's own Hugging Face cache is looked into first.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlx_clip import catalog, tokenizer
from mlx_clip.copies import check_room, folder_slug, no_room, pin, pinned, repo_slug
from mlx_clip.copies import downloads as downloads_in
from mlx_clip.errors import BadCheckpoint, ModelUnreachable, UnknownModel
from mlx_clip.progress import Progress, shown

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

__all__ = ["Source", "fetch", "fetch_tokenizer", "fingerprint", "hub_reachable", "resolve"]

TOKENIZER = [*tokenizer.FILES]
DESCRIPTION = ["config.json", "preprocessor_config.json", "processor_config.json", "open_clip_config.json", *TOKENIZER]
WEIGHTS = (
    ["model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors"],
    ["open_clip_model.safetensors"],
    ["pytorch_model.bin"],
    ["open_clip_pytorch_model.bin"],
)
"""The forms that weights come in, best first: of a repo that holds several, one is taken."""

EIGHT_BIT = ":8bit"
ABANDONED = 3600.0  # seconds since something was written
PATIENCE = 10.0  # seconds that the hub has to begin an answer
REPO = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """Which model is meant. `name` finds it again, `slug` is its folder in the cache; either `repo` or `folder` is set.

    `revision` is a commit of the repo or a fingerprint of the folder; None for a repo that was never fetched. `bits` is
    8 where each weight is to be kept in so many.
    """

    name: str
    slug: str
    revision: str | None
    repo: str | None = None
    folder: Path | None = None
    bits: int | None = None


def resolve(model: str | Path | None, revision: str | None, cache: Path) -> Source:
    """A card's name or repo; else a folder; else owner/name on the hub; each with `:8bit` too. Raises UnknownModel."""
    if model is not None and str(model).endswith(EIGHT_BIT):
        source = resolve(str(model).removesuffix(EIGHT_BIT), revision, cache)
        return replace(source, name=source.name + EIGHT_BIT, bits=8)
    card = catalog.default_card() if model is None else catalog.find(str(model))
    if card and card.folder:
        return Source(card.name, card.name, revision or card.revision, folder=card.folder)
    if card and card.repo:
        return _of_repo(card.repo, revision or card.revision, cache, card.name)
    name = str(model)
    folder = Path(name).expanduser()
    if folder.is_dir() or (revision and folder.is_absolute()):  # a copy may outlive its folder
        folder = folder.resolve()
        return Source(str(folder), folder_slug(folder), revision or fingerprint(folder), folder=folder)
    if REPO.fullmatch(name) and not name.startswith("."):
        return _of_repo(name, revision, cache, name)
    raise UnknownModel(name, near=_near(name))


def _of_repo(repo: str, revision: str | None, cache: Path, name: str) -> Source:
    slug = repo_slug(repo)
    return Source(name, slug, revision or pinned(cache, slug), repo=repo)


def _near(name: str) -> list[str]:
    from difflib import get_close_matches

    known = [known for card in catalog.cards() for known in (card.name, card.repo) if known]
    return get_close_matches(name, known, n=3)


def fingerprint(folder: Path) -> str:
    """Stands for a folder's revision: changes when a file of the checkpoint is replaced, and costs no reading."""
    patterns = [*DESCRIPTION, *(pattern for form in WEIGHTS for pattern in form)]
    files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    facts = [(file.name, status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]]
    return sha256(repr(facts).encode()).hexdigest()[:16]


def fetch(source: Source, cache: Path, progress: Progress) -> tuple[Path, str]:
    """The checkpoint's folder and its revision, downloaded if it must be.

    Raises UnknownModel, ModelUnreachable, BadCheckpoint, DiskFull.
    """
    if source.folder:
        return _folder_as_it_was(source, source.folder)
    downloads, repo = downloads_in(cache), str(source.repo)
    folder = _local(repo, source.revision, downloads) or _download(source, repo, downloads, progress)
    if source.revision is None:
        pin(cache, source.slug, folder.name)
    return folder, folder.name  # the hub lays snapshots out by commit


def fetch_tokenizer(repo: str, cache: Path, progress: Progress) -> Path:
    """The folder of a repo's tokenizer alone, for a checkpoint that brings none. Raises as `fetch` does."""
    source, downloads = _of_repo(repo, None, cache, repo), downloads_in(cache)
    for place in (None, downloads):
        found = _snapshot(repo, source.revision, place, TOKENIZER)
        if found and tokenizer.has_tokenizer(_names(found)):
            return found
    folder = _download(source, repo, downloads, progress, TOKENIZER)
    pin(cache, source.slug, folder.name)
    return folder


def _folder_as_it_was(source: Source, folder: Path) -> tuple[Path, str]:
    if not folder.is_dir():
        raise UnknownModel(str(folder), f"no such folder, and no converted copy of revision {source.revision}")
    card = catalog.find(source.name.removesuffix(EIGHT_BIT))
    now = card.revision if card else fingerprint(folder)
    if now is None or source.revision != now:
        raise BadCheckpoint(
            folder, f"its files are not those of revision {source.revision} any more", "load it without a revision"
        )
    return folder, now


# -- the hub


def _local(repo: str, revision: str | None, downloads: Path) -> Path | None:
    """A whole snapshot in the user's Hugging Face cache, or in ours."""
    for place, weights in ((place, weights) for place in (None, downloads) for weights in WEIGHTS):
        found = _snapshot(repo, revision, place, DESCRIPTION + weights)
        if found and _is_whole(_names(found), weights, of_others=place is None):
            return found
    return None


def _snapshot(repo: str, revision: str | None, cache: Path | None, patterns: list[str]) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        found = snapshot_download(
            repo, revision=revision, cache_dir=cache, allow_patterns=patterns, local_files_only=True
        )
    except LocalEntryNotFoundError:  # or there in part
        return None
    return Path(found)


def _is_whole(have: set[str], weights: list[str], of_others: bool) -> bool:
    """Whether a snapshot has all we need. Others take less than we would, and may leave no list of the rest."""
    if not any(fnmatch(name, pattern) for name in have for pattern in weights):
        return False
    of_pictures = have & {"preprocessor_config.json", "processor_config.json"}
    described = ("config.json" in have and of_pictures) or "open_clip_config.json" in have
    return not of_others or (bool(described) and tokenizer.has_tokenizer(have))


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def _download(
    source: Source, repo: str, downloads: Path, progress: Progress, patterns: list[str] | None = None
) -> Path:
    """A repo's checkpoint, or of it what the patterns say. Of a model that is not supported, no weights are fetched."""
    from huggingface_hub import HfApi, snapshot_download

    downloads.mkdir(parents=True, exist_ok=True)
    _sweep(downloads)
    with _hub_errors(source), no_room(downloads):
        found = HfApi().model_info(repo, revision=source.revision, files_metadata=True, timeout=PATIENCE)
        weights = [] if patterns else _weights_of(found)
        wanted = patterns or DESCRIPTION + weights
        missing = _missing_bytes(found, downloads, wanted)
        check_room(downloads, missing)
        with shown(progress, f"downloading {repo}", missing, downloads):
            fetch = partial(
                snapshot_download, repo, revision=found.sha, cache_dir=downloads, tqdm_class=_meter(progress)
            )
            if weights:
                _refuse_unsupported(Path(fetch(allow_patterns=DESCRIPTION)), weights)
            return Path(fetch(allow_patterns=wanted))


def _refuse_unsupported(folder: Path, weights: list[str]) -> None:
    from mlx_clip.checkpoint import check_description

    check_description(folder, is_openclip=weights[0].startswith("open_clip"))


def _weights_of(found: "ModelInfo") -> list[str]:
    """The form of weights to take from a repo. Raises BadCheckpoint where it has none, before anything is fetched."""
    names = [file.rfilename for file in found.siblings or ()]
    for weights in WEIGHTS:
        if any(fnmatch(name, pattern) for name in names for pattern in weights):
            return weights
    forms = ", ".join(weights[0] for weights in WEIGHTS)
    raise BadCheckpoint(found.id, f"the repo has none of {forms}", "choose a model of CLIP's kind: `pics models`")


def _sweep(downloads: Path) -> None:
    """Removes parts of files that no one writes any more: the hub client keeps whole files, and begins others anew."""
    for part in downloads.rglob("*.incomplete"):
        if time.time() - part.stat().st_mtime > ABANDONED:
            part.unlink(missing_ok=True)


def _missing_bytes(found: "ModelInfo", downloads: Path, wanted: list[str]) -> int:
    """What is to be fetched yet."""
    from huggingface_hub import try_to_load_from_cache

    return sum(
        file.size or 0
        for file in found.siblings or ()
        if any(fnmatch(file.rfilename, pattern) for pattern in wanted)
        and not isinstance(try_to_load_from_cache(found.id, file.rfilename, downloads, found.sha), str)
    )


@contextmanager
def _hub_errors(source: Source) -> Iterator[None]:
    """The hub's errors as ours."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        yield
    except _network_errors() as error:
        name = source.name
        if isinstance(error, GatedRepoError):
            raise UnknownModel(
                name, "the repo's owner wants to know you: ask on its page, then `hf auth login`"
            ) from error
        if isinstance(error, RepositoryNotFoundError):
            raise UnknownModel(name, "the hub has no such repo, or it is private", _near(name)) from error
        if isinstance(error, RevisionNotFoundError):
            raise UnknownModel(name, f"the hub has no revision {source.revision} of it") from error
        raise ModelUnreachable(str(source.repo), source.revision, _first_line(error)) from error


def _network_errors() -> tuple[type[Exception], ...]:
    """Of the hub client, of the HTTP library it stands on, and of the system."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    return HTTPError, OSError


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _meter(progress: Progress) -> Any:
    """A bar for the hub client that draws nothing and passes the bytes on."""
    from huggingface_hub.utils.tqdm import tqdm

    class Meter(tqdm):
        def __init__(self, *args: Any, name: str | None = None, **options: Any) -> None:
            self._counts = name == "huggingface_hub.snapshot_download"  # the bar of bytes on disk, among others
            super().__init__(*args, **options | {"disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> None:
            if self._counts:
                progress.advance(int(n or 0))

    return Meter


def hub_reachable() -> bool:
    """Whether the hub answers. False too where HF_HUB_OFFLINE forbids to ask."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(str(catalog.default_card().repo), timeout=PATIENCE)
    except _network_errors():
        return False
    return True
