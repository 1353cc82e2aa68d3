"""The words that pictures are held against: those that ship, those of a file, and their vectors."""

from pathlib import Path

import numpy as np
import pytest

from indexer.asking.encoding import Speaker
from indexer.errors import NoVocabulary
from indexer.organize.vocabulary import Word, read, vectors
from indexer.photo import Encoder, identity
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder


def test_the_words_that_ship_are_many_each_once_and_in_both_languages() -> None:
    words = read()
    assert 500 < len(words) < 1000
    assert len({word.name.casefold() for word in words}) == len({word.japanese for word in words}) == len(words)
    assert all(word.japanese for word in words)
    assert {word.kind for word in words} == {"thing", "scene", "event"}
    assert {Word("dog", "犬"), Word("beach", "浜辺", "scene"), Word("wedding", "結婚式", "event")} <= set(words)


def test_a_file_has_a_word_a_line_with_or_without_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("\ufeff# mine\nour dog\nlake\t湖\tscene\n\npicnic\t\tevent  # in the park\n", "utf-8")
    assert read(file) == (Word("our dog"), Word("lake", "湖", "scene"), Word("picnic", "", "event"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dog\ncat\tネコ\tanimal\n", "line 2: 'animal' is no kind"),
        ("dog\n\tネコ\n", "line 2: nothing stands before the first tab"),
        ("dog\na\tb\tthing\tc\n", "line 2: more than three columns"),
        ("dog\ncat\nDog\n", "line 3: 'Dog' stands there twice"),
        ("# nothing\n", "no word in it"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "words.txt"
    file.write_text(text, "utf-8")
    with pytest.raises(NoVocabulary, match=complaint):
        read(file)


def test_a_file_that_is_not_there_or_no_text_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(NoVocabulary, match="cannot be read"):
        read(tmp_path / "none.txt")
    (tmp_path / "words.txt").write_bytes(b"\xff\xfed\0o\0g\0")
    with pytest.raises(NoVocabulary, match="UTF-8"):
        read(tmp_path / "words.txt")


class Counting(FakeEncoder):
    """Counts the texts that it is asked for."""

    texts = 0

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        self.texts += len(texts)
        return super().encode_texts(texts)


def test_vectors_are_made_once_for_the_words_that_ship_and_once_for_the_last_others(library: Library) -> None:
    encoder = Counting()
    library.adopt(identity(encoder))
    speaker = Speaker(library, identity(encoder), lambda _: encoder)
    ours, others = read(), (Word("red", "赤"), Word("blue"))
    first = vectors(speaker, library, others)
    assert first is not None and first.shape == (2, 16)
    assert np.linalg.norm(first, axis=1) == pytest.approx(1)
    asked = encoder.texts
    vectors(speaker, library, ours)
    again, same = encoder.texts, vectors(speaker, library, others)
    vectors(speaker, library, ours)
    assert again > asked and encoder.texts == again
    assert same == pytest.approx(first, abs=1e-3)
    vectors(speaker, library, others, "japanese")
    assert encoder.texts == again + asked
    changed = vectors(speaker, library, (Word("red"), Word("green")))
    assert changed is not None and changed[0] == pytest.approx(first[0], abs=1e-3)
    assert encoder.texts == again + 2 * asked


def test_a_word_is_near_what_it_names_and_near_its_translation(album: Library, mini: Encoder) -> None:
    model = album.model()
    assert model
    speaker = Speaker(album, model, lambda _: mini)
    words = [word for word in read() if word.name in ("dog", "penguin", "pizza", "umbrella", "rocket")]
    english, japanese = vectors(speaker, album, words), vectors(speaker, album, words, "japanese")
    assert english is not None and japanese is not None
    assert ((english @ japanese.T).argmax(axis=1) == np.arange(len(words))).all()


def test_a_model_that_knows_pictures_only_has_no_vectors_of_words(library: Library) -> None:
    encoder = FakeEncoder()
    encoder.knows_words = False
    library.adopt(identity(encoder))
    assert vectors(Speaker(library, identity(encoder), lambda _: encoder), library, read()) is None
