"""pytorch_model.bin -> tensors, without torch and without running what a pickle may ask for.

Such a file is a zip: one pickle that says which tensors there are, and their numbers, uncompressed, an entry each. The
pickle may name the few functions that rebuild a tensor, which are ours here; one that names anything else is refused.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from mlx_clip.backend import mx
from mlx_clip.errors import BadCheckpoint

__all__ = ["load"]

LOCAL_HEADER = 30  # bytes of a zip entry before its name
STORAGES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "DoubleStorage": np.dtype("<f8"),
    "BFloat16Storage": np.dtype("<u2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


def load(file: Path) -> dict[str, mx.array]:
    """Every tensor of a state dict, by name. Raises BadCheckpoint."""
    try:
        with zipfile.ZipFile(file) as archive:
            state = _Reader(file, archive).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError, KeyError, ValueError, OSError) as error:
        raise BadCheckpoint(file, f"not a PyTorch checkpoint that can be read safely ({error})") from error
    state = state.get("state_dict", state) if isinstance(state, Mapping) else {}
    return {name.removeprefix("module."): value for name, value in state.items() if isinstance(value, mx.array)}


class Storage(NamedTuple):
    """Where the numbers of one or several tensors lie."""

    kind: str
    numbers: np.ndarray[Any, Any]


class Kind(NamedTuple):
    """Stands for torch.FloatStorage and the like."""

    name: str


class _Reader(pickle.Unpickler):
    """The pickle of a checkpoint, with all that it may name."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self._file = file
        self._entries = {entry.filename: entry for entry in archive.infolist()}
        (name,) = (name for name in self._entries if name.endswith("data.pkl"))
        self._root = name.removesuffix("data.pkl")
        super().__init__(archive.open(name))

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
        }
        if module == "torch" and name in STORAGES:
            return Kind(name)
        if (module, name) not in known:
            _refuse(module, name)
        return known[module, name]

    def persistent_load(self, pid: tuple[str, Kind, str, str, int]) -> Storage:
        _, kind, key, _, count = pid
        entry = self._entries[f"{self._root}data/{key}"]
        if entry.compress_type != zipfile.ZIP_STORED:
            raise pickle.UnpicklingError("its numbers are compressed")
        return Storage(kind.name, np.memmap(self._file, STORAGES[kind.name], "r", self._start(entry), (count,)))

    def _start(self, entry: zipfile.ZipInfo) -> int:
        """Where an entry's bytes begin: its own header may be longer than the list of entries says."""
        with self._file.open("rb") as stream:
            stream.seek(entry.header_offset)
            header = stream.read(LOCAL_HEADER)
        name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        return entry.header_offset + LOCAL_HEADER + name + extra


def _refuse(module: str, name: str) -> NoReturn:
    raise pickle.UnpicklingError(f"it asks for {module}.{name}, which a checkpoint has no need of")


def _tensor(storage: Storage, offset: int, size: Sequence[int], stride: Sequence[int], *_: object) -> mx.array:
    """A view of a storage's numbers, copied into an array; strides are counted in numbers."""
    width = storage.numbers.itemsize
    _check_bounds(storage, offset, size, stride)
    view = np.lib.stride_tricks.as_strided(
        storage.numbers[offset:], tuple(size), tuple(step * width for step in stride), writeable=False
    )
    array = mx.array(np.ascontiguousarray(view).reshape(tuple(size)))
    return array.view(mx.bfloat16) if storage.kind == "BFloat16Storage" else array


def _check_bounds(storage: Storage, offset: int, size: Sequence[int], stride: Sequence[int]) -> None:
    last = offset + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    if 0 not in size and not 0 <= min(offset, *stride, last) <= last < len(storage.numbers):
        raise pickle.UnpicklingError("a tensor lies outside its numbers")
