"""Text -> token ids, with the `tokenizers` library: any Unicode, cut at the model's length, ragged lines padded.

NFC -> white space to one space -> lower case -> words -> bytes -> byte pairs -> [start] … [end]
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlx_clip.errors import BadCheckpoint

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Backend

__all__ = ["Tokenizer"]

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class Tokenizer:
    """Of a checkpoint folder with `tokenizer.json`, or with `vocab.json` and `merges.txt`. Raises BadCheckpoint."""

    def __init__(self, folder: Path, length: int) -> None:
        self._backend = _read(folder)
        self._backend.no_padding()
        self._backend.enable_truncation(length)  # keeps the end
        self._end = self._end_of(folder)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """n texts -> int32 (n, longest): each starts and ends with its special tokens, ends repeated as padding."""
        lines = [encoding.ids for encoding in self._backend.encode_batch(texts)]
        ids = np.full((len(lines), max(map(len, lines), default=0)), self._end, np.int32)
        for row, line in zip(ids, lines, strict=True):
            row[: len(line)] = line
        return ids

    def _end_of(self, folder: Path) -> int:
        """The last token of an empty text, which only marks where texts start and end."""
        marks = self._backend.encode("").ids
        if len(marks) != 2:
            raise BadCheckpoint(folder, "its tokenizer does not mark where a text starts and ends")
        return int(marks[1])


def _read(folder: Path) -> "Backend":
    from tokenizers import Tokenizer as Backend

    if (file := folder / "tokenizer.json").is_file():
        try:
            return Backend.from_file(str(file))
        except Exception as error:  # what the library raises for every fault of a file
            raise BadCheckpoint(file, f"not a tokenizer ({error})") from error
    return _from_vocabulary(folder / "vocab.json", folder / "merges.txt")


def _from_vocabulary(vocabulary: Path, merges: Path) -> "Backend":
    """The same pipeline that transformers builds for CLIP from these two files."""
    from tokenizers import Regex, normalizers, pre_tokenizers, processors
    from tokenizers import Tokenizer as Backend
    from tokenizers.models import BPE

    for file in (vocabulary, merges):
        if not file.is_file():
            raise BadCheckpoint(vocabulary.parent, f"neither tokenizer.json nor {file.name} is in it")
    try:
        pairs = BPE.from_file(str(vocabulary), str(merges), unk_token=END, end_of_word_suffix="</w>")
    except Exception as error:  # as above
        raise BadCheckpoint(vocabulary, f"not a vocabulary ({error})") from error
    backend = Backend(pairs)
    backend.add_special_tokens([START, END])
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    ids = backend.get_vocab()
    backend.post_processor = processors.RobertaProcessing((END, ids[END]), (START, ids[START]), trim_offsets=False)
    return backend
