"""Text -> ids, with the small vocabulary of the random checkpoint."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlx_clip import BadCheckpoint
from mlx_clip.config import Cleaning, Lines, Marks
from mlx_clip.tokenizer import CLEANERS, Tokenizer
from mlx_clip.vocabulary import write_excerpt
from tests.random_checkpoint import END, START, WORDS, vocabulary, write

IDS = {token: number for number, token in enumerate(vocabulary()[0])}
ODD = [
    "a photo",
    "",
    "  two\t\nspaces ",
    "Éclair",
    "E\u0301clair",
    "鳥",
    "🙂🇯🇵",
    "don't",
    "\x00\x7f",
    "x" * 400,
    "'s 12",
]


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Path) -> Tokenizer:
    return Tokenizer(checkpoint, Lines(length=77))


def test_a_line_starts_and_ends_with_its_marks(tokenizer: Tokenizer) -> None:
    assert tokenizer(["a photo"]).tolist() == [[IDS[START], IDS["a</w>"], IDS["photo</w>"], IDS[END]]]


def test_ragged_lines_are_filled_up_with_ends(tokenizer: Tokenizer) -> None:
    ids = tokenizer(["a photo of a dog", "dog", ""])
    assert ids.shape == (3, 7)
    assert ids[1].tolist() == [IDS[START], IDS["dog</w>"], *[IDS[END]] * 5]


def test_no_lines_make_no_ids(tokenizer: Tokenizer) -> None:
    assert tokenizer([]).shape == (0, 0)


def test_a_long_line_is_cut_and_keeps_its_end(tokenizer: Tokenizer) -> None:
    ids = tokenizer(["dog " * 300])
    assert ids.shape == (1, 77)
    assert (ids[0, 0], ids[0, -2], ids[0, -1]) == (IDS[START], IDS["dog</w>"], IDS[END])


def test_case_spaces_and_composition_make_no_difference(tokenizer: Tokenizer) -> None:
    assert tokenizer(["A  PHOTO\n"]).tolist() == tokenizer(["a photo"]).tolist()
    assert tokenizer(["e\u0301"]).tolist() == tokenizer(["é"]).tolist()


@given(st.text())
def test_any_text_has_ids_and_one_end(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer([text])[0]
    assert ids[0] == IDS[START] and ids[-1] == IDS[END]
    assert ids.max() < len(IDS)


# -- the excerpt of a converted copy


@pytest.fixture(scope="module")
def excerpt(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """Has the excerpt and nothing else: were it to ask for the whole vocabulary, it would fail."""
    folder = tmp_path_factory.mktemp("excerpt")
    write_excerpt(tokenizer.whole, folder)
    return Tokenizer(folder, Lines(length=77))


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_an_excerpt_does_with_a_query_what_the_whole_does(tokenizer: Tokenizer, excerpt: Tokenizer, text: str) -> None:
    assert excerpt([text]).tolist() == tokenizer([text]).tolist()
    assert excerpt([text, "dog"]).tolist() == tokenizer([text, "dog"]).tolist()


@pytest.mark.parametrize("text", ["dog " * 60, f"a {END} dog", f"{START}\u0338"])
def test_long_texts_and_marks_are_left_to_the_whole(checkpoint: Path, excerpt: Tokenizer, text: str) -> None:
    with pytest.raises(BadCheckpoint, match=r"neither tokenizer.json"):
        excerpt([text])


def test_a_tokenizer_that_is_not_of_byte_pairs_has_no_excerpt(tmp_path: Path) -> None:
    from tokenizers import Tokenizer as Backend
    from tokenizers.models import WordLevel

    write_excerpt(Backend(WordLevel({"dog": 0}, unk_token="dog")), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_were_no_text_are_read_as_a_question_mark(tokenizer: Tokenizer) -> None:
    assert tokenizer(["dog \udc80"]).tolist() == tokenizer(["dog ?"]).tolist()


def test_both_kinds_of_tokenizer_file_make_the_same_ids(tokenizer: Tokenizer, tmp_path: Path) -> None:
    old = Tokenizer(write(tmp_path / "old", tokenizer_json=False), Lines(length=77))
    for line in ODD:
        assert old([line]).tolist() == tokenizer([line]).tolist(), line


def test_a_missing_or_broken_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadCheckpoint, match=r"neither tokenizer.json nor vocab.json is in it; fetch the checkpoint again"
    ):
        Tokenizer(tmp_path, Lines(length=77))([""])
    (tmp_path / "vocab.json").write_text("[]")
    (tmp_path / "merges.txt").write_text("")
    with pytest.raises(BadCheckpoint, match=r"vocab.json: not a vocabulary \("):
        Tokenizer(tmp_path, Lines(length=77))([""])
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(BadCheckpoint, match=r"tokenizer.json: not a tokenizer \("):
        Tokenizer(tmp_path, Lines(length=77))([""])


def test_a_tokenizer_without_marks_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    pipeline = json.loads((checkpoint / "tokenizer.json").read_text("utf-8")) | {"post_processor": None}
    (tmp_path / "tokenizer.json").write_text(json.dumps(pipeline), "utf-8")
    with pytest.raises(BadCheckpoint, match="its tokenizer does not mark where a text starts and ends"):
        Tokenizer(tmp_path, Lines(length=77))([""])


# -- as other families want their texts


def rows(checkpoint: Path, texts: list[str], **wanted: Any) -> list[list[int]]:
    found: list[list[int]] = Tokenizer(checkpoint, Lines(**{"length": 77} | wanted))(texts).tolist()
    return found


def test_lines_are_filled_to_their_length_with_what_is_wanted(checkpoint: Path) -> None:
    line = [IDS[START], IDS["dog</w>"], IDS[END]]
    assert rows(checkpoint, ["dog"], length=6, full=True, pad=0) == [[*line, 0, 0, 0]]
    assert rows(checkpoint, ["dog", "a dog"], pad=0)[0] == [*line, 0]


MARKS = (Marks("<eos>", "<pad>", "lower"), Marks("dog</w>", "cat</w>", "canonical"))


def test_marks_that_the_vocabulary_knows_take_the_place_of_the_tokenizers(checkpoint: Path) -> None:
    red, end, pad = IDS["red</w>"], IDS["dog</w>"], IDS["cat</w>"]
    assert rows(checkpoint, ["red", ""], marks=MARKS) == [[red, end], [end, pad]]
    assert rows(checkpoint, ["red " * 9], marks=MARKS, length=4) == [[red, red, red, end]]
    assert rows(checkpoint, ["RED!!"], marks=MARKS) == [[red, end]]


def test_a_vocabulary_that_knows_none_of_the_marks_is_named(checkpoint: Path) -> None:
    with pytest.raises(BadCheckpoint, match="its tokenizer knows neither <eos>, which end a text"):
        rows(checkpoint, ["red"], marks=MARKS[:1])


def test_a_start_of_its_own_leaves_out_the_end(checkpoint: Path) -> None:
    dog = IDS["dog</w>"]
    assert rows(checkpoint, ["dog " * 9], start=START, length=3) == [[IDS[START], dog, dog]]
    with pytest.raises(BadCheckpoint, match=r"its tokenizer does not know \[CLS\]"):
        rows(checkpoint, ["dog"], start="[CLS]")


@pytest.mark.parametrize(
    ("cleaning", "text", "cleaned"),
    [
        ("none", "A  Dog!", "A  Dog!"),
        ("lower", "ΟΔΟΣ Dog!", "οδοσ dog!"),  # letter by letter: no final sigma
        ("canonical", " A_Dog's\n  (BIG) house! ", "adogs big house"),
        ("web", "  ｆｕｌｌ &amp;amp; “wide”  ", 'full & "wide"'),
        ("web", "plain  text ", "plain text"),
        ("web_lower", "Ｄｏｇ &lt;3", "dog <3"),
    ],
)
def test_texts_are_cleaned_as_the_family_was_trained(cleaning: Cleaning, text: str, cleaned: str) -> None:
    assert CLEANERS[cleaning](text) == cleaned


def test_what_ftfy_would_leave_alone_does_not_wait_for_it() -> None:
    cleaning = "from mlx_clip.tokenizer import CLEANERS; CLEANERS['web']('a dog, 2 cats?')"
    code = f"import sys; {cleaning}; print('ftfy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_sentencepiece_model_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "spiece.model").write_bytes(b"nonsense")
    with pytest.raises(BadCheckpoint, match=r"spiece\.model: not a SentencePiece model"):
        Tokenizer(tmp_path, Lines(length=9))(["dog"])


def test_a_vocabulary_without_berts_marks_is_named(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("dog\ncat\n")
    with pytest.raises(BadCheckpoint, match=r"vocab.txt: lacks \[UNK\], \[CLS\] or \[SEP\]"):
        Tokenizer(tmp_path, Lines(length=9))(["dog"])
