"""Small tokenizers of every published kind, trained here, and the ids that their own code makes of a line."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CORPUS = [
    "a photo of a dog on the beach, and of a cat. 42!", "富士山と飛行機の写真、東京タワー 夜", "一只狗在海滩上：照片",
    "ein Hund am Strand, naïve café", "собака на пляже", "the quick brown fox jumps over a lazy dog's back",
    "犬 猫 象 海 山 花火 カタカナ ひらがな", "sunset over the sea; red & green <b>lights</b> at night",
]  # fmt: skip

Ids = Callable[[Sequence[str]], list[list[int]]]


def sentencepiece_model(folder: Path, **options: Any) -> Path:
    """A spiece.model of a few hundred pieces."""
    from sentencepiece import SentencePieceTrainer

    folder.mkdir(parents=True, exist_ok=True)
    SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 20),
        model_prefix=str(folder / "spiece"),
        vocab_size=330,
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    (folder / "spiece.vocab").unlink()
    return folder


def siglip(folder: Path) -> Ids:
    """SigLIP's: SentencePiece, where 1 both ends and pads a text."""
    from transformers.models.siglip.tokenization_siglip import SiglipTokenizer

    sentencepiece_model(folder, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, add_dummy_prefix=False)
    theirs = SiglipTokenizer(str(folder / "spiece.model"))
    return lambda texts: theirs(list(texts), padding="max_length", truncation=True, max_length=64).input_ids


def siglip2(folder: Path) -> Ids:
    """SigLIP 2's: Gemma's byte pairs with all bytes to fall back on; the published file does not lower letters."""
    from transformers import GemmaTokenizer
    from transformers.models.siglip2.tokenization_siglip2 import Siglip2Tokenizer

    vocab, merges = _gemma()
    folder.mkdir(parents=True, exist_ok=True)
    GemmaTokenizer(vocab=vocab, merges=merges, add_bos_token=False).save_pretrained(folder)
    theirs = Siglip2Tokenizer(vocab=vocab, merges=merges, padding_side="right")

    def ids(texts: Sequence[str]) -> list[list[int]]:
        lines = theirs(list(texts), add_special_tokens=False).input_ids
        return [(line[:63] + [1] + [0] * 64)[:64] for line in lines]

    return ids


def _gemma() -> tuple[dict[str, int], list[tuple[str, str]]]:
    from tokenizers import Tokenizer, normalizers
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer

    marks = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trained = Tokenizer(BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.train_from_iterator(CORPUS, BpeTrainer(vocab_size=900, special_tokens=marks, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def xlm_roberta(folder: Path) -> Ids:
    """XLM-RoBERTa's, as open_clip cleans and cuts for it."""
    from tests.parity import hollow_torchvision

    hollow_torchvision.install()
    from open_clip.tokenizer import HFTokenizer
    from sentencepiece import SentencePieceProcessor
    from transformers import XLMRobertaTokenizer

    trained = SentencePieceProcessor(model_file=str(sentencepiece_model(folder / "spm") / "spiece.model"))
    pieces = [(trained.id_to_piece(i), trained.get_score(i)) for i in range(3, trained.get_piece_size())]
    marks = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    XLMRobertaTokenizer(vocab=[*marks, *pieces, ("<mask>", 0.0)]).save_pretrained(folder)
    (folder / "spm" / "spiece.model").unlink()
    (folder / "spm").rmdir()
    theirs = HFTokenizer(str(folder), context_length=77)
    return lambda texts: theirs(list(texts)).tolist()


def chinese_bert(folder: Path) -> Ids:
    """Chinese-CLIP's: BERT's words, here in vocab.txt alone."""
    from transformers import BertTokenizer

    letters = sorted({letter for line in CORPUS for letter in line.lower() if letter.strip()})
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *(f"##{letter}" for letter in letters),
        "photo",
        "##to",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    theirs = BertTokenizer(vocab={word: number for number, word in enumerate(words)})
    return lambda texts: theirs(list(texts), padding="longest", truncation=True, max_length=52).input_ids


def rinna(folder: Path) -> Ids:
    """LINE's: rinna's SentencePiece on small letters, [CLS] in front and nothing behind, as its code describes it."""
    from sentencepiece import SentencePieceProcessor

    sentencepiece_model(
        folder, unk_id=0, bos_id=1, eos_id=2, pad_id=3, pad_piece="[PAD]",
        user_defined_symbols=["[CLS]", "[SEP]", "[MASK]"],
    )  # fmt: skip
    trained = SentencePieceProcessor(model_file=str(folder / "spiece.model"))

    def ids(texts: Sequence[str]) -> list[list[int]]:
        lines = [[trained.piece_to_id("[CLS]"), *trained.encode(text.lower())[:76]] for text in texts]
        longest = max(map(len, lines))
        return [line + [3] * (longest - len(line)) for line in lines]

    return ids


def open_clip(folder: Path) -> Ids:
    """OpenCLIP's own: CLIP's vocabulary, after ftfy and HTML entities."""
    from tests.parity import hollow_torchvision
    from tests.parity.conftest import published_vocabulary
    from tests.random_checkpoint import write_tokenizer

    hollow_torchvision.install()
    from open_clip.tokenizer import SimpleTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, *published_vocabulary(), tokenizer_json=False)
    theirs = SimpleTokenizer()
    return lambda texts: theirs(list(texts)).tolist()
