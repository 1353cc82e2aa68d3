"""What can go wrong with a model, one class for each thing a caller can do something about.

ClipError
├── UnknownModel        neither a card, nor a folder, nor a repo on the hub
├── ModelUnreachable    not here yet, and the hub does not answer
├── BadCheckpoint       a file of the checkpoint is missing, damaged or of the wrong kind
├── UnsupportedModel    the checkpoint asks for something that is not implemented
├── NoWords             a model that knows pictures only was given words
├── UnsupportedDevice   the processor that was asked for is not there
├── DiskFull            no room for the download or the converted copy
└── NotAnImage          a path given to `encode_images` holds no readable picture
"""

from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "BadCheckpoint",
    "ClipError",
    "DiskFull",
    "ModelUnreachable",
    "NoWords",
    "NotAnImage",
    "UnknownModel",
    "UnsupportedDevice",
    "UnsupportedModel",
]


class ClipError(Exception):
    """Base of all: its text is a sentence for the user that says what to do next."""


class UnknownModel(ClipError):
    def __init__(self, model: str, why: str = "no such model", near: Iterable[str] = ()) -> None:
        meant = " or ".join(near)
        hint = f"did you mean {meant}?" if meant else "give a card's name, a hub repo (owner/name) or a folder"
        super().__init__(f"{model}: {why}; {hint}")


class ModelUnreachable(ClipError):
    def __init__(self, repo: str, revision: str | None, why: str) -> None:
        at, option = (f" at {revision}", f" --revision {revision}") if revision else ("", "")
        super().__init__(
            f"{repo}{at}: not on this machine, and the hub cannot be reached ({why}).\n"
            f"On a machine with network: hf download {repo}{option} --local-dir FOLDER\n"
            "Carry FOLDER here (of its weights, one .safetensors or .bin is enough) and give it as the model."
        )


class BadCheckpoint(ClipError):
    """`where` is the file or folder, `what` the fault, `mend` the way out."""

    def __init__(self, where: Path | str, what: str, mend: str = "fetch the checkpoint again") -> None:
        super().__init__(f"{where}: {what}; {mend}")


class UnsupportedModel(ClipError):
    """Names the key of config.json or preprocessor_config.json that cannot be honoured, with its value."""

    def __init__(self, key: str, value: object, supported: object = None) -> None:
        instead = f" (supported: {supported})" if supported is not None else ""
        super().__init__(
            f"the checkpoint asks for {key} = {value!r}, which is not supported{instead}; choose another model"
        )
        self.key = key


class NoWords(ClipError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} knows pictures only: ask it with a picture, or ask a model that knows words")


class UnsupportedDevice(ClipError):
    def __init__(self, device: str) -> None:
        super().__init__(f"{device}: MLX finds no such device here; leave `device` out, or use 'cpu'")


class DiskFull(ClipError):
    def __init__(self, where: Path, needed: int | None = None) -> None:
        room = f" for {needed / 1e6:,.0f} MB" if needed else ""
        super().__init__(f"{where}: no room on this disk{room}; free some, or keep the models elsewhere")


class NotAnImage(ClipError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}; give a picture file")
