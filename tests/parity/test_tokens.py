"""Token ids, against transformers' CLIPTokenizer, from both kinds of tokenizer files."""

import random
import unicodedata
from pathlib import Path

import pytest

from mlx_clip.config import Lines
from mlx_clip.tokenizer import Tokenizer
from mlx_clip.vocabulary import write_excerpt

WRITTEN = [
    "", " ", "\t\n\r", "a", "A", "a photo of a cat", "A Photo of a CAT!", "two  spaces", " lead and trail ",
    "naïve café façade", "cafe\u0301 nai\u0308ve", "Ångström A\u030angström", "ﬁne ﬂuﬀ", "ß ẞ ǆ ǅ",
    "İstanbul ı", "Ωμέγα ΟΔΟΣ",
    "Москва ночью", "Київ", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "ภาษาไทย", "မြန်မာ", "ქართული",
    "Հայերեն",
    "富士山と飛行機", "東京タワー 夜", "中文照片", "繁體中文", "사진 한 장", "한글",
    "ｆｕｌｌｗｉｄｔｈ", "カタカナ ｶﾀｶﾅ",
    "🙂", "👩‍👩‍👧‍👦 family", "🇯🇵🇩🇪", "👍🏽", "☕️ ☕", "cat 🐈‍⬛ on mat", "❤", "\U0001f9ff", "\U0010ffff",
    "don't can't we're I've I'm you'll he'd it's", "DON'T", "rock'n'roll", "’typographic’ “quotes”", "it’s",
    "1234567890", "3.14159", "1,000,000", "2023-07-14", "½ ² ³ Ⅷ ①", "٣٤٥", "100%", "$5 €5 ¥500", "#hashtag @name",
    "http://example.org/a?b=c&d=e", "C:\\path\\file", "snake_case camelCase kebab-case", "IMG_20230714_123456.jpg",
    "...", "!!!???", "-- — – ‐", "<b>bold</b> &amp; &lt;", "[brackets] {braces}", "a/b\\c|d", "`code`", "~^*+=",
    "\x00", "\x01\x02\x1f", "null\x00inside", "\x7f\x80\x9f", "\ufeffbom", "zero\u200bwidth", "soft\u00adhyphen",
    "no\u00a0break", "thin\u2009space", "line\u2028separator", "ideographic\u3000space", "\u0085next line", "\u180e",
    "rtl \u202emark\u202c", "\ufffd", "\ue000private", "e" + "\u0301" * 20, "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "\u1100\u1161\u11a8",
    "word " * 300, "鳥" * 300, "🙂" * 100, "a" * 1000, "1" * 100, "'" * 90, "supercalifragilisticexpialidocious " * 20,
    "<|startoftext|>", "<|endoftext|>", "a <|endoftext|> b", "<|endoftext|><|endoftext|>", "<|STARTOFTEXT|>", "<|end",
]  # fmt: skip


def random_lines(n: int) -> list[str]:
    """Up to 40 assigned characters of one neighbourhood of Unicode, and spaces."""
    chance = random.Random(0)
    assigned = [chr(code) for code in range(0x30000) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
    starts = [chance.randrange(len(assigned) - 50) for _ in range(n)]
    return ["".join(chance.choices([" ", *assigned[at : at + 50]], k=chance.randint(1, 40))) for at in starts]


LINES = WRITTEN + random_lines(200)


@pytest.fixture(scope="module")
def theirs(vocabulary: Path) -> list[list[int]]:
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(vocabulary, model_max_length=77)
    return [tokenizer(line, truncation=True).input_ids for line in LINES]


@pytest.mark.parametrize("kind", ["vocab.json and merges.txt", "tokenizer.json", "an excerpt"])
def test_ids_are_those_of_transformers(vocabulary: Path, tmp_path: Path, theirs: list[list[int]], kind: str) -> None:
    folder = vocabulary if kind == "vocab.json and merges.txt" else tmp_path
    if folder == tmp_path:
        from transformers import CLIPTokenizer

        CLIPTokenizer.from_pretrained(vocabulary).save_pretrained(folder)
    if kind == "an excerpt":
        write_excerpt(Tokenizer(folder, Lines(length=77)).whole, folder)
    tokenizer = Tokenizer(folder, Lines(length=77))
    for line, expected in zip(LINES, theirs, strict=True):
        assert tokenizer([line])[0].tolist() == expected, repr(line)


def test_the_lines_are_odd_enough(theirs: list[list[int]]) -> None:
    assert len(LINES) >= 300
    assert min(map(len, theirs)) == 2
    assert max(map(len, theirs)) == 77
    assert len({token for ids in theirs for token in ids}) > 400
