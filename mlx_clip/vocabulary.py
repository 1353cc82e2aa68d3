"""The part of a vocabulary that a few words can reach, so that a query need not read all of it.

A byte-pair tokenizer joins neighbours inside a word, so whatever it arrives at is a piece of that word. Of 49,000
merges a query can use some dozens; to look those up takes milliseconds, to read all of them half of a cold query.

    excerpt.json     tokenizer.json with only the tokens that no merge makes: a tokenizer already, of single letters
    merges.npy       what each merge makes, in UTF-8, sorted
    merges-at.npy    (n, 3) int32: each one's rank, where its left part ends, and the id of what it makes
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Backend

__all__ = ["EXCERPT", "Excerpt", "write_excerpt"]

EXCERPT, MERGES, MERGES_AT = "excerpt.json", "merges.npy", "merges-at.npy"
FEW = 200  # letters: beyond, the whole vocabulary is as fast


def write_excerpt(backend: "Backend", folder: Path) -> None:
    """Splits a tokenizer up; does nothing with one that is not made of plain byte pairs."""
    pipeline = json.loads(backend.to_str())
    model = pipeline["model"]
    if model["type"] != "BPE" or model.get("continuing_subword_prefix") or model.get("ignore_merges"):
        return
    vocab, pairs = model["vocab"], [_pair(merge) for merge in model["merges"]]
    rows = sorted((left + right, rank, len(left)) for rank, (left, right) in enumerate(pairs))
    made = {token for token, _, _ in rows}
    model["vocab"] = {token: number for token, number in vocab.items() if token not in made}
    model["merges"] = []
    (folder / EXCERPT).write_text(json.dumps(pipeline, ensure_ascii=False), "utf-8")
    by_bytes = sorted((token.encode(), rank, cut, vocab[token]) for token, rank, cut in rows)
    np.save(folder / MERGES, np.array([token for token, *_ in by_bytes], np.bytes_))
    np.save(folder / MERGES_AT, np.array([at for _, *at in by_bytes], np.int32).reshape(-1, 3))


def _pair(merge: str | list[str]) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


class Excerpt:
    """Reads what `write_excerpt` wrote. Raises FileNotFoundError when there is nothing.

    `letters` is the tokenizer of what no merge makes: letters, and the marks of where a text starts and ends.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer as Backend

        self._text = (folder / EXCERPT).read_text("utf-8")
        self._pipeline: dict[str, Any] = json.loads(self._text)
        self.letters = Backend.from_str(self._text)
        self._merges = np.load(folder / MERGES, mmap_mode="r")
        self._at = np.load(folder / MERGES_AT, mmap_mode="r")

    def backend(self, texts: Sequence[str]) -> "Backend | None":
        """A tokenizer that does with these texts what the whole one does; None where the whole one is to be asked.

        That is where there are too many letters, or a mark in the text, around which it would be cut.
        """
        from tokenizers import Tokenizer as Backend

        marks = [token["content"] for token in self._pipeline["added_tokens"]]
        if sum(map(len, texts)) > FEW or any(mark in text for mark in marks for text in texts):
            return None
        words = {word for text in texts for word in self._words(text)}
        model = self._pipeline["model"]
        merges = sorted(self._reachable(_pieces(words, model["end_of_word_suffix"] or "")))
        vocab = model["vocab"] | {left + right: number for _, left, right, number in merges}
        part = model | {"vocab": vocab, "merges": [[left, right] for _, left, right, _ in merges]}
        return Backend.from_str(json.dumps(self._pipeline | {"model": part}))

    def _words(self, text: str) -> Iterator[str]:
        normalizer, pre_tokenizer = self.letters.normalizer, self.letters.pre_tokenizer
        text = normalizer.normalize_str(text) if normalizer else text
        yield from (word for word, _ in pre_tokenizer.pre_tokenize_str(text)) if pre_tokenizer else (text,)

    def _reachable(self, pieces: Iterable[str]) -> Iterator[tuple[int, str, str, int]]:
        """Rank, left, right and id of every merge that makes one of the pieces."""
        wanted = np.array(sorted(piece.encode() for piece in pieces), np.bytes_)
        first, last = (np.searchsorted(self._merges, wanted, side) for side in ("left", "right"))
        for piece, begin, end in zip(wanted.tolist(), first.tolist(), last.tolist(), strict=True):
            for rank, cut, number in self._at[begin:end].tolist():
                token = piece.decode()
                yield rank, token[:cut], token[cut:], number


def _pieces(words: Iterable[str], suffix: str) -> set[str]:
    """Every part of every word, also as the end of a word."""
    parts = {word[i:j] for word in words for i in range(len(word)) for j in range(i + 1, len(word) + 1)}
    return parts | {part + suffix for part in parts}
