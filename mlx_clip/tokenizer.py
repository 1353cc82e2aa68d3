"""Text -> token ids, by the `tokenizers` library: from tokenizer.json, or from vocab.json and merges.txt."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlx_clip.errors import BadCheckpoint

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Rust

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


class Tokenizer:
    """Cuts at `max_length` tokens, and keeps the end of text when it does."""

    def __init__(self, folder: Path, max_length: int) -> None:
        self._rust = _read(folder)
        self._rust.no_padding()
        self._rust.enable_truncation(max_length)

    def __call__(self, texts: list[str]) -> NDArray[np.int32]:
        """n texts -> int32 (n, longest), filled up with 0 behind the end of text."""
        rows = [encoding.ids for encoding in self._rust.encode_batch(texts)]
        ids = np.zeros((len(rows), max(map(len, rows), default=0)), np.int32)
        for padded, row in zip(ids, rows, strict=True):
            padded[: len(row)] = row
        return ids


def _read(folder: Path) -> "Rust":
    from tokenizers import Tokenizer as Rust

    ready, vocabulary, merges = folder / "tokenizer.json", folder / "vocab.json", folder / "merges.txt"
    try:
        if ready.exists():
            return Rust.from_file(str(ready))
        return _byte_pairs(json.loads(vocabulary.read_text("utf-8")), merges.read_text("utf-8").strip("\n").split("\n"))
    except OSError as error:
        raise BadCheckpoint(f"{folder}: no tokenizer.json, and no vocab.json with merges.txt") from error
    except Exception as error:
        raise BadCheckpoint(f"{folder}: its tokenizer cannot be read: {error}") from error


def _byte_pairs(vocabulary: dict[str, int], merges: list[str]) -> "Rust":
    """CLIP's tokenizer: NFC, one space between words, lower case, byte-level BPE with `</w>` at the end of a word.

    Source: transformers' CLIPTokenizer.
    """
    from tokenizers import AddedToken, Regex, models, normalizers, pre_tokenizers, processors
    from tokenizers import Tokenizer as Rust

    pairs = [tuple(line.split()) for line in merges if line and not line.startswith("#version")]
    rust = Rust(models.BPE(vocabulary, pairs, unk_token=END, end_of_word_suffix="</w>"))  # type: ignore[arg-type]
    rust.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    rust.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    rust.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]), (START, vocabulary[START]), trim_offsets=False, add_prefix_space=False
    )
    rust.add_special_tokens([AddedToken(START, special=True, normalized=True), AddedToken(END, special=True)])
    return rust
