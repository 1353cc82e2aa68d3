"""Text -> token ids, with the `tokenizers` library: any Unicode, cut at the model's length, ragged lines padded.

NFC -> white space to one space -> lower case -> words -> bytes -> byte pairs -> [start] … [end]
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlx_clip.errors import BadCheckpoint
from mlx_clip.vocabulary import EXCERPT, Excerpt

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Backend

__all__ = ["Tokenizer"]

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class Tokenizer:
    """Of a folder with `tokenizer.json`, or with `vocab.json` and `merges.txt`. Raises BadCheckpoint.

    A converted copy has an excerpt besides, which does for a query.
    """

    def __init__(self, folder: Path, length: int) -> None:
        self._folder = folder
        self._length = length
        self._excerpt = Excerpt(folder) if (folder / EXCERPT).is_file() else None

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """n texts -> int32 (n, longest): each starts and ends with its special tokens, ends repeated as padding."""
        texts = [text.encode("utf-8", "replace").decode() for text in texts]  # a shell may hand over lone surrogates
        backend = (self._excerpt and self._excerpt.backend(texts)) or self.whole
        backend.no_padding()
        backend.enable_truncation(self._length)  # keeps the end
        lines = [encoding.ids for encoding in backend.encode_batch(texts)]
        ids = np.full((len(lines), max(map(len, lines), default=0)), _end_mark(backend, self._folder), np.int32)
        for row, line in zip(ids, lines, strict=True):
            row[: len(line)] = line
        return ids

    @cached_property
    def whole(self) -> "Backend":
        return _read(self._folder)


def _end_mark(backend: "Backend", folder: Path) -> int:
    """The last token of an empty text, which has nothing but marks of where it starts and ends."""
    marks = backend.encode("").ids
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
