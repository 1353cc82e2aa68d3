"""pics-mini's vocabulary: byte pairs learned from its captions. Japanese is cut where its scripts change."""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = r"\p{Han}+|\p{Hiragana}+|[\p{Katakana}ー]+|[^\s\p{Han}\p{Hiragana}\p{Katakana}ー\p{N}\p{P}]+|\p{N}|\p{P}"


def learn(captions: Iterable[str], size: int, file: Path) -> None:
    """Writes a `tokenizer.json` of at most `size` tokens, the two marks and all bytes among them."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[START, END, *letters, *(f"{letter}</w>" for letter in letters)],
        initial_alphabet=letters,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(sorted(captions), trainer)
    _only_special(tokenizer, file)


def _only_special(tokenizer: Tokenizer, file: Path) -> None:
    """Bytes had to be given as special to be in the vocabulary; only the marks stay so."""
    vocabulary = tokenizer.get_vocab()
    model = Tokenizer.from_str(tokenizer.to_str()).model
    plain = Tokenizer(model)
    plain.normalizer, plain.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    plain.add_special_tokens([START, END])
    plain.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, vocabulary[START]), (END, vocabulary[END])]
    )
    plain.save(str(file))
