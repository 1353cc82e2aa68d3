"""Text -> token ids, with the libraries the models were trained with: any Unicode, cut to length, lines padded.

cleaned (config.Cleaning) -> pieces, by `tokenizers` or `sentencepiece` -> marks of start and end -> rows
"""

import re
import string
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlx_clip.config import Cleaning, Lines, Marks
from mlx_clip.errors import BadCheckpoint
from mlx_clip.vocabulary import EXCERPT, Excerpt

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor
    from tokenizers import Tokenizer as Backend

__all__ = ["CLEANERS", "FILES", "SPIECE", "Tokenizer", "has_tokenizer"]

WHOLE, SPIECE = "tokenizer.json", "spiece.model"
FILES = (SPIECE, WHOLE, "vocab.json", "merges.txt", "vocab.txt")
"""What a tokenizer is kept in: one of these, or vocab.json with merges.txt."""

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
PLAIN = re.compile(r"[ -%'-;=-~]*")  # printable ASCII but for & and <, which may begin an HTML entity or a tag


def has_tokenizer(names: set[str]) -> bool:
    """Whether a folder of files with these names can be tokenized with."""
    return bool(names & {SPIECE, WHOLE, "vocab.txt"}) or {"vocab.json", "merges.txt"} <= names


class Tokenizer:
    """The tokenizer in a folder, which makes rows as `lines` wants them. Raises BadCheckpoint.

    A converted copy has an excerpt of it besides, which does for a query.
    """

    def __init__(self, folder: Path, lines: Lines) -> None:
        self._folder = folder
        self._lines = lines
        self._is_spiece = (folder / SPIECE).is_file()
        self._excerpt = Excerpt(folder) if (folder / EXCERPT).is_file() else None

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """n texts -> int32 (n, longest), or (n, length) where all are to be so long."""
        texts = [text.encode("utf-8", "replace").decode() for text in texts]  # a shell may hand over lone surrogates
        clean = CLEANERS[self._marks.cleaning if self._marks else self._lines.cleaning]
        rows, pad = self._rows([clean(text) for text in texts])
        longest = self._lines.length if self._lines.full else max(map(len, rows), default=0)
        ids = np.full((len(rows), longest), pad, np.int32)
        for line, row in zip(ids, rows, strict=True):
            line[: len(row)] = row
        return ids

    def _rows(self, texts: list[str]) -> tuple[list[list[int]], int]:
        """The ids of each text, cut to length; and the id that fills up a row."""
        if self._is_spiece:
            return [self._marked(self._pieces(text)) for text in texts], self._pad
        backend = (self._excerpt and self._excerpt.backend(texts)) or self.whole
        backend.no_padding()
        if self._marks or self._lines.start:
            backend.no_truncation()
            encoded = backend.encode_batch(texts, add_special_tokens=False)
            return [self._marked(line.ids) for line in encoded], self._pad
        backend.enable_truncation(self._lines.length)  # keeps the end
        rows = [line.ids for line in backend.encode_batch(texts)]
        return rows, _end_mark(backend, self._folder) if self._lines.pad is None else self._lines.pad

    def _marked(self, ids: list[int]) -> list[int]:
        """A row cut to length, with the marks that `lines` asks for."""
        start = [self._id(self._lines.start)] if self._lines.start else []
        end = [self._id(self._marks.end)] if self._marks else []
        return [*start, *ids[: self._lines.length - len(start) - len(end)], *end]

    @cached_property
    def _marks(self) -> Marks | None:
        """Raises BadCheckpoint where marks are wanted, and none of them are known."""
        for marks in self._lines.marks:
            if self._token_id(marks.end) is not None:
                return marks
        if self._lines.marks:
            wanted = " nor ".join(marks.end for marks in self._lines.marks)
            raise BadCheckpoint(self._folder, f"its tokenizer knows neither {wanted}, which end a text")
        return None

    @cached_property
    def _pad(self) -> int:
        return self._id(self._marks.pad) if self._marks else self._lines.pad or 0

    def _id(self, token: str) -> int:
        found = self._token_id(token)
        if found is None:
            raise BadCheckpoint(self._folder, f"its tokenizer does not know {token}")
        return found

    def _token_id(self, token: str) -> int | None:
        if self._is_spiece:
            found = self.spiece.piece_to_id(token)
            return int(found) if self.spiece.id_to_piece(found) == token else None
        known: int | None = (self._excerpt.letters if self._excerpt else self.whole).token_to_id(token)
        return known

    # -- what the pieces come from

    @cached_property
    def whole(self) -> "Backend":
        """The tokenizer as `tokenizers` has it, for all files but spiece.model."""
        return _read(self._folder)

    @cached_property
    def spiece(self) -> "SentencePieceProcessor":
        from sentencepiece import SentencePieceProcessor

        try:
            return SentencePieceProcessor(model_file=str(self._folder / SPIECE))
        except (OSError, RuntimeError) as error:
            raise BadCheckpoint(self._folder / SPIECE, f"not a SentencePiece model ({error})") from error

    def _pieces(self, text: str) -> list[int]:
        """SigLIP's tokenizer hides the start of a text from SentencePiece, which would trim it."""
        if not self._marks or self._marks.cleaning != "canonical":
            return list(self.spiece.encode(text))
        hidden = len(self.spiece.encode("<unk>"))
        return list(self.spiece.encode(f"<unk>\u2581{text}"))[hidden:]

    def check(self) -> None:
        """Raises BadCheckpoint where there is no tokenizer, or a damaged one."""
        self([""])


# -- what a text goes through first


def _canonical(text: str) -> str:
    """Small letters, no ASCII punctuation, single spaces: as SigLIP was trained."""
    bare = text.lower().translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\s+", " ", bare).strip()


def _web(text: str) -> str:
    """What OpenCLIP does with captions from the web: mended by ftfy, HTML entities read, single spaces."""
    if PLAIN.fullmatch(text):
        return " ".join(text.split())
    import html

    import ftfy

    return " ".join(html.unescape(html.unescape(ftfy.fix_text(text))).split())


def _lower(text: str) -> str:
    """Letter by letter, as the library does: Python's own looks at the end of a word."""
    from tokenizers import normalizers

    return text.lower() if text.isascii() else str(normalizers.Lowercase().normalize_str(text))


CLEANERS: dict[Cleaning, Callable[[str], str]] = {
    "none": lambda text: text,
    "lower": _lower,
    "canonical": _canonical,
    "web": _web,
    "web_lower": lambda text: _web(text).lower(),
}


# -- the files


def _end_mark(backend: "Backend", folder: Path) -> int:
    """The last token of an empty text, which has nothing but marks of where it starts and ends."""
    marks = backend.encode("").ids
    if len(marks) != 2:
        raise BadCheckpoint(folder, "its tokenizer does not mark where a text starts and ends")
    return int(marks[1])


def _read(folder: Path) -> "Backend":
    from tokenizers import Tokenizer as Backend

    if (file := folder / WHOLE).is_file():
        try:
            return Backend.from_file(str(file))
        except Exception as error:  # what the library raises for every fault of a file
            raise BadCheckpoint(file, f"not a tokenizer ({error})") from error
    if (file := folder / "vocab.txt").is_file():
        return _from_words(file)
    return _from_vocabulary(folder / "vocab.json", folder / "merges.txt")


def _from_words(vocabulary: Path) -> "Backend":
    """BERT's own kind: whole words, or their parts after ##. The pipeline that transformers builds for it."""
    from tokenizers import Tokenizer as Backend
    from tokenizers import normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece

    words = vocabulary.read_text("utf-8").splitlines()
    if not {"[UNK]", "[CLS]", "[SEP]"} <= set(words):
        raise BadCheckpoint(vocabulary, "lacks [UNK], [CLS] or [SEP], as a vocabulary of BERT has them")
    ids = {word: number for number, word in enumerate(words)}
    backend = Backend(WordPiece(ids, unk_token="[UNK]"))
    backend.add_special_tokens([word for word in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") if word in ids])
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return backend


def _from_vocabulary(vocabulary: Path, merges: Path) -> "Backend":
    """CLIP's kind: byte pairs. The pipeline that transformers builds for it from these two files."""
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
