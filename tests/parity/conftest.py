"""The reference: transformers' CLIP with random weights at full size. Whoever asks for these tests must have torch."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.random_checkpoint import END, START, byte_letters, write_tokenizer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.parity)


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CLIP's own vocabulary, as OpenAI published it and open_clip carries it, in vocab.json and merges.txt."""
    folder = tmp_path_factory.mktemp("vocabulary")
    tokens, merges = published_vocabulary()
    write_tokenizer(folder, tokens, merges, tokenizer_json=False)
    return folder


def published_vocabulary() -> tuple[list[str], list[tuple[str, str]]]:
    """The tokens and merges of CLIP."""
    package = find_spec("open_clip")
    assert package and package.origin
    with gzip.open(Path(package.origin).parent / "bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8") as lines:
        pairs = [tuple(line.split()) for line in lines][1 : 49152 - 256 - 2 + 1]
    merges = [(left, right) for left, right in pairs]
    letters = byte_letters()
    tokens = [*letters, *(letter + "</w>" for letter in letters), *(left + right for left, right in merges)]
    return [*tokens, START, END], merges
