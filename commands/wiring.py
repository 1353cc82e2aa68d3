"""What the commands share: exit codes, where everything lies, the library, the models, what is said on stderr."""

import os
import sys
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.asking.encoding import Speaker
    from indexer.photo import ModelIdentity
    from indexer.store.library import Library
    from indexer.store.milvus import Milvus
    from mlx_clip.encoder import Encoder

DONE, NOTHING_FOUND, FAILED, SOME_SKIPPED, INTERRUPTED = 0, 1, 2, 3, 130
MODELS = "models"  # converted models, below PICS_HOME


def say(message: str) -> None:
    """A sentence for the person, not for the pipe."""
    print(message, file=sys.stderr)


def one_thread() -> None:
    """Has OpenBLAS, which numpy has on Linux, start no threads: they take longer to start than a question in words.

    It reads this where it is loaded, so that nothing may have imported numpy before.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def home() -> Path:
    if named := os.environ.get("PICS_HOME"):
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("pics", appauthor=False)


def library_here(must_exist: bool = True) -> "Library":
    from indexer.store.library import Library

    return Library(home(), must_exist)


def library_asked() -> "Library":
    """For a search: the library here and, where PICS_STORE names a store, all that was pushed there."""
    if "PICS_STORE" not in os.environ:
        return library_here()
    from indexer.store.shared import Shared

    return Shared(home(), _store())


def store_here() -> "AbstractContextManager[Milvus]":
    """The one that PICS_STORE names. Raises BadStoreAddress."""
    return closing(_store())


def _store() -> "Milvus":
    from indexer.errors import BadStoreAddress
    from indexer.store.milvus import Address, Milvus

    if not (named := os.environ.get("PICS_STORE")):
        raise BadStoreAddress(None, "")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # else it writes to stderr when a store goes away
    return Milvus(Address.read(named))


def store_object() -> dict[str, Any] | None:
    """What is in the store that PICS_STORE names, for `pics status`; None where it names none."""
    from indexer.errors import IndexerError
    from indexer.objects import store_object
    from indexer.store.shared import owner_of

    if "PICS_STORE" not in os.environ:
        return None
    try:
        with store_here() as store:
            return store_object(store.address.shown, store.pushed(), owner_of(home()))
    except IndexerError as error:
        return store_object(None, [], None) | {"error": str(error)}


def library_if_any() -> "AbstractContextManager[Library | None]":
    from indexer.errors import NothingIndexed

    try:
        return library_here()
    except NothingIndexed:
        return nullcontext()


def encoder_of(model: "ModelIdentity") -> "Encoder":
    return load(model.name, model.revision)


def encoders(library: "Library", model: str | None) -> tuple["Encoder", "Encoder"]:
    """The model in use, and the one asked for, which is the same when none is or when the library has no vectors."""
    from indexer.photo import identity

    in_use = library.model()
    asked_for = _encoder_asked_for(library, model) if model or not in_use else encoder_of(in_use)
    if in_use is None or library.would_adopt(identity(asked_for)):
        return asked_for, asked_for
    library.kept_as(identity(asked_for))  # a model that must be refused is so before an hour's work
    return encoder_of(in_use), asked_for


def _encoder_asked_for(library: "Library", model: str | None) -> "Encoder":
    """As it was when it was first used here; a folder as it is now. None: the catalogue's default."""
    name = model and name_here(library, model)
    kept = next((kept.identity for kept in library.models() if kept.name == name), None)
    is_folder = name and Path(name).is_absolute() and Path(name).is_dir()
    return encoder_of(kept) if kept and not is_folder else load(name)


def name_here(library: "Library | None", model: str) -> str:
    """What a model is called that was typed: as on its card, a folder by its whole path, also when it has gone."""
    from indexer.photo import absolute
    from mlx_clip.errors import UnknownModel
    from mlx_clip.hub import resolve

    try:
        return resolve(model, None, home() / MODELS).name
    except UnknownModel:
        folder = str(absolute(Path(model)))
        return folder if library and folder in {kept.name for kept in library.models()} else model


def speaker_here(library: "Library", model: str | None) -> "Speaker":
    """Of the model that was typed, None: of the one in use. Raises NothingIndexed, NoSuchModel."""
    from indexer.asking.encoding import Speaker

    return Speaker(library, library.searchable(model and name_here(library, model)), encoder_of)


def load(model: str | None, revision: str | None = None) -> "Encoder":
    import mlx_clip
    from terminal.progress import Transfer

    return mlx_clip.load(model, revision=revision, cache=home() / MODELS, progress=Transfer())
