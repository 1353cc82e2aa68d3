"""Names, captions and the vocabulary made of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlx_clip.config import Lines
from mlx_clip.tokenizer import Tokenizer
from training import concepts, tokens
from training.captions import Speaker
from training.concepts import Concept
from training.sources import STYLES, WORDS, unpacked

DOG = Concept("1F415", ("dog", "pet"), ("イヌ", "犬", "いぬ"))
CAT = Concept("1F408", ("cat face", "cat"), ("ネコ",))


def test_a_concept_has_its_name_without_face_its_keywords_and_its_name_in_hiragana(tmp_path: Path) -> None:
    def entry(code: str, label: str, tags: list[str], group: int = 3) -> dict[str, object]:
        return {"hexcode": code, "label": label, "tags": tags, "group": group}

    for language, dog, cat in (("en", "dog face", "Cat"), ("ja", "イヌの顔", "ネコ")):
        file = unpacked(tmp_path, WORDS) / language / "data.json"
        file.parent.mkdir(parents=True)
        others = [entry(f"x{n}", f"thing {n}", ["common"]) for n in range(concepts.SHARED_BY_FEW)]
        left_out = [entry("c", "four o’clock", []), entry("l", "sunset", []), entry("g", "grinning face", [], group=0)]
        entries = [entry("1", dog, ["Pet", "common"]), entry("2", cat, ["猫"]), *others, *left_out]
        file.write_text(json.dumps(entries), "utf-8")
    dog, cat, *rest = concepts.read(tmp_path)
    assert dog.english == ("dog face", "dog", "pet")
    assert dog.japanese == ("イヌの顔", "イヌ", "pet", "いぬ")
    assert dog.titles == ("dog face", "dog")
    assert cat.japanese == ("ネコ", "猫", "ねこ")
    assert len(rest) == concepts.SHARED_BY_FEW


@pytest.mark.parametrize(("japanese", "speech"), [(0.0, str.isascii), (1.0, lambda text: not text.isascii())])
def test_a_speaker_keeps_to_its_language_and_names_what_it_is_told(japanese: float, speech: object) -> None:
    speaker = Speaker(np.random.default_rng(0), japanese)
    for _ in range(50):
        caption, name = speaker.of_thing(DOG)
        assert name in caption and name in (DOG.japanese if japanese else DOG.english)
        scene = speaker.of_scene([DOG, CAT])
        assert "イヌ" in scene and "ネコ" in scene if japanese else "cat" in scene
        said = [caption, scene, speaker.of_coloured(DOG, "red"), speaker.of_ground(CAT, "blue")]
        assert all(speech(text) for text in [*said, speaker.of_shape("star", "pink"), speaker.of_shape(None, "green")])


def test_the_vocabulary_knows_its_words_whole_and_every_other_text_by_its_bytes(tmp_path: Path) -> None:
    tokens.learn(["a photo of a dog", "犬の写真", "自転車"] * 9, 800, tmp_path / "tokenizer.json")
    tokenizer = Tokenizer(tmp_path, Lines(length=48))
    assert [len(tokenizer([text])[0]) - 2 for text in ("dog", "DOG", "犬の写真", "自転車の写真")] == [1, 1, 3, 3]
    known = set(tokenizer.whole.get_vocab().values())
    for text in ("Zorglub é 🙂", "ｄｏｇ", "\x00", "鳥" * 100):
        ids = tokenizer([text])[0]
        assert 2 < len(ids) <= 48 and set(ids.tolist()) <= known
    assert tokenizer(["ｄｏｇ"]).tolist() == tokenizer(["dog"]).tolist()


def test_no_style_that_is_kept_for_acceptance_is_used_and_one_is_held_out() -> None:
    assert not [style for style in STYLES if "fluent" in style.package or "tuxpaint" in style.package]
    assert [style.name for style in STYLES if not style.training] == ["twemoji"]
    assert len({style.package for style in STYLES}) == len(STYLES)
