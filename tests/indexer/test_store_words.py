"""Words: what is in a name, a caption or a place is found by them, in any script, and ranks by how much it says."""

import sqlite3
import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.photo import Facts, File
from indexer.query import Filters
from indexer.store.library import Library
from indexer.store.words import MANY, asked, names, ready
from tests.indexer.conftest import names_kept, photo, put_photos, recording, unit
from tests.indexer.test_properties import new_library

X, Y, Z, W = np.eye(4, dtype=np.float32)


def found(library: Library, text: str, folders: tuple[str, ...] = ()) -> list[str]:
    """The paths of what some words find, best first."""
    matches = library.by_words(text, 99, Filters(folders=folders))
    return [hit.path for match in matches for hit in library.hits([(match.content_id, match.rank)])]


def put_captions(library: Library, *captions: str) -> None:
    put_photos(library, *(photo(f"/{n}", X, facts=Facts(caption=caption)) for n, caption in enumerate(captions)))


# -- names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("IMG_20190714_Fuji.jpg", ["fuji", "FUJI", "20190714", "img", "jpg", "IMG_20190714_Fuji", "20190714_fuji"]),
        ("DSCF1234.JPG", ["1234", "dscf1234", "DSCF1234.JPG", "dscf", "dscf1234.jpg", "DSCF 1234", "dscf-1234"]),
        ("MountFuji2019.heic", ["mountfuji2019", "fuji", "mount fuji", "MountFuji", "2019", "mount-fuji-2019"]),
        ("HTMLFile.png", ["html", "file", "htmlfile", "HTMLFILE"]),
        ("Été à Nîmes.jpg", ["ete", "été", "ÉTÉ", "nimes", "Nîmes", "a nimes"]),
        ("ÉtéÀNîmes.jpg", ["ete", "nîmes"]),
        ("富士山2019夏.jpg", ["富士山", "富士", "士山", "山", "2019", "夏", "富士山2019夏", "山2019"]),
        ("ＩＭＧ＿００４２.jpg", ["IMG_0042", "0042", "img"]),
        ("a+b (1).jpg", ["a+b", "(1)", "b (1)", "a b 1 jpg"]),
        ("notebook", ["notebook", "NoteBook"]),
    ],
)
def test_a_photo_is_found_by_its_name_and_what_is_in_it(library: Library, name: str, words: list[str]) -> None:
    put_photos(library, photo(f"/p/{name}", X), photo("/p/other.png", Y))
    assert [word for word in words if found(library, word) != [f"/p/{name}"]] == []
    assert all(library.by_words(word, 1)[0].rank >= 1 for word in words)


@pytest.mark.parametrize("words", ["uji", "fujis", "2019071", "mg", "富山", "山士", "fuji_img", "other"])
def test_what_is_not_in_a_name_is_not_found(library: Library, words: str) -> None:
    put_photos(library, photo("/p/IMG_20190714_Fuji_富士山.jpg", X))
    assert found(library, words) == []


def test_folders_are_found_below_names(library: Library) -> None:
    put_photos(library, photo("/Trips/Japan 2019/a.jpg", X), photo("/x/japan.jpg", Y), photo("/x/b.jpg", Z))
    assert found(library, "japan") == ["/x/japan.jpg", "/Trips/Japan 2019/a.jpg"]
    assert found(library, "Trips/Japan") == ["/Trips/Japan 2019/a.jpg", "/x/japan.jpg"]
    assert library.by_words("trips a", 1)[0].fields == {"folders": ("trips",), "name": ("a",)}


def test_the_whole_name_is_found_first_however_many_share_its_parts(library: Library) -> None:
    others = [f"/p/IMG_{n:04}.jpg" for n in range(60)] + ["/p/0042/IMG.jpg", "/p/img jpg/0042.jpg"]
    put_photos(library, *(photo(path, X) for path in others))
    for typed in ("IMG_0042.jpg", "img_0042.JPG", "IMG_0042"):
        assert found(library, typed)[0] == "/p/IMG_0042.jpg"
        assert library.by_words(typed, 9)[0].fields == {"name": (typed,)}


def test_names_follow_moves_copies_edits_and_what_is_forgotten(library: Library) -> None:
    put_photos(library, photo("/p/lake.jpg", X, b"1"), photo("/p/copy.jpg", X, b"1"), photo("/p/sea.jpg", Y, b"2"))
    library.files.begin_scan()
    library.files.see([File("/p/copy.jpg", 1, 1, 7), File("/p/sea.jpg", 1, 9, 7), File("/q/Pond.jpg", 1, 1, 7)])
    library.files.compare(["/p", "/q"], [7], [])
    lake = photo("/p/lake.jpg", X, b"1")[1]
    assert library.put_known([(File("/q/Pond.jpg", 1, 1, 7), lake.hash, False)]) == {"moved": 1}
    assert library.put([photo("/p/sea.jpg", Z, b"3")]) == {"changed": 1}
    library.files.finish()
    library.files.end_scan()
    assert found(library, "lake") == []
    assert found(library, "pond") == ["/p/copy.jpg", "/q/Pond.jpg"]
    assert found(library, "sea") == ["/p/sea.jpg"]
    library.forget("/q")
    assert (found(library, "pond"), found(library, "copy")) == ([], ["/p/copy.jpg"])
    assert names_kept(library)


def test_a_file_that_is_gone_takes_its_names_with_it(library: Library) -> None:
    put_photos(library, photo("/p/lake.jpg", X), photo("/p/sea.jpg", Y))
    with recording(library):
        library.files.begin_scan()
        library.files.compare(["/p"], [7], [])
        assert library.files.finish() == 2
    assert found(library, "jpg") == []
    assert names_kept(library)


def test_a_name_in_form_d_is_found_in_form_c_and_the_other_way_round(library: Library) -> None:
    put_photos(library, photo(unicodedata.normalize("NFD", "/p/Été がく.jpg"), X))
    for form in ("NFC", "NFD"):
        for word in ("été", "がく", "が"):
            assert len(found(library, unicodedata.normalize(form, word))) == 1
    assert found(library, "か") == []


# -- what is known of pictures


FACTS = Facts(
    camera="FUJIFILM X-T3",
    place=("Fujinomiya", "Shizuoka", "Japan"),
    place_local=("富士宮市", "静岡県", "日本"),
    title="The red lake",
    caption="写真は東京タワーから。A view from the tower.",
    keywords=("harbour", "blue hour"),
    people=("Zoë Müller", "山田花子"),
    prompt="masterpiece, oil painting of a fox",
)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("lake", "title"),
        ("tower", "caption"),
        ("東京タワー", "caption"),
        ("京タワ", "caption"),
        ("タ", "caption"),
        ("harbour", "keywords"),
        ("zoe", "people"),
        ("Müller", "people"),
        ("花子", "people"),
        ("shizuoka", "place"),
        ("静岡", "place"),
        ("X-T3", "camera"),
        ("fujifilm", "camera"),
        ("fox", "prompt"),
    ],
)
def test_each_field_is_found_and_named(library: Library, words: str, field: str) -> None:
    put_photos(library, photo("/p/1", X, facts=FACTS), photo("/p/2", Y))
    (match,) = library.by_words(words, 9)
    assert match.fields == {field: (words,)}
    assert 1 <= match.rank <= 2


def test_words_may_lie_in_several_fields_and_one_word_too(library: Library) -> None:
    put_photos(library, photo("/japan/lake.jpg", X, facts=FACTS), photo("/p/2", Y))
    (match,) = library.by_words("lake fox Japan lake", 9)
    assert match.fields == {
        "title": ("lake",),
        "name": ("lake",),
        "folders": ("Japan",),
        "place": ("Japan",),
        "prompt": ("fox",),
    }
    assert match.rank >= 1


def test_a_photo_with_all_the_words_comes_before_any_with_some(library: Library) -> None:
    put_captions(library, "red", "red red red rare", "rare", "red and some more words and rare as well", "none", "no")
    matches = library.by_words("red rare wordless", 9)
    assert len(matches) == 4
    assert all(0 < match.rank < 1 for match in matches)
    matches = library.by_words("red rare", 9)
    assert {tuple(sorted(match.fields["caption"])) for match in matches[:2]} == {("rare", "red")}
    assert [match.rank >= 1 for match in matches] == [True, True, False, False]
    assert [match.rank for match in matches] == sorted((match.rank for match in matches), reverse=True)


def test_two_of_three_words_say_more_than_one(library: Library) -> None:
    put_captions(library, "red", "red rare and many, many, many words beside", "rare", *["none"] * 20)
    assert found(library, "red rare wordless")[0] == "/1"


def test_a_rare_word_says_more_than_a_common_one_and_a_title_more_than_a_prompt(library: Library) -> None:
    put_captions(library, *["of"] * 20, "fuji", *["none"] * 60)
    assert found(library, "fuji of")[0] == "/20"
    facts = [Facts(prompt="pond"), Facts(caption="pond"), Facts(title="pond")]
    put_photos(library, *(photo(f"/t{n}", X, facts=each) for n, each in enumerate(facts)))
    assert found(library, "pond") == ["/t2", "/t1", "/t0"]


def test_a_word_that_is_nearly_everywhere_finds_nothing_beside_one_that_is_not(library: Library) -> None:
    put_photos(library, *(photo(f"/p/IMG {n}.jpg", X) for n in range(MANY)), photo("/p/IMG fuji.jpg", Y))
    (match, *others) = library.by_words("img fuji jpg", 9)
    assert (others, match.fields, match.rank > 1.5) == ([], {"name": ("img", "fuji", "jpg")}, True)
    (match, *others) = library.by_words("img fuji none", 9)
    assert (others, match.fields, match.rank < 1) == ([], {"name": ("img", "fuji")}, True)
    matches = library.by_words("img jpg", 5000)
    assert len(matches) == MANY + 1
    assert all(1 < match.rank < 1.001 for match in matches)


def test_new_facts_take_the_place_of_the_old(library: Library) -> None:
    put_photos(library, photo("/p/1", X, facts=FACTS))
    ((content_id, _),) = library.by_vector(X, 1)
    library.put_facts(1, [(content_id, "/p/1", Facts(title="pond"))])
    assert (found(library, "lake"), found(library, "pond")) == ([], ["/p/1"])
    library.put_facts(1, [(content_id, "/p/1", Facts())])
    assert found(library, "pond") == []


def test_what_was_known_of_a_picture_goes_with_it(library: Library) -> None:
    put_photos(library, photo("/p/1", X, facts=FACTS), photo("/p/2", Y, facts=FACTS))
    library.forget("/p/1")
    assert found(library, "lake") == ["/p/2"]
    for table in ("metadata", "content_words", "file_words"):
        assert library._database.value(f"select count(*) from {table}") == 1


def test_only_names_inside_the_folders_count_and_only_pictures_there(library: Library) -> None:
    put_photos(
        library,
        photo("/p/lake.jpg", X, b"1"),
        photo("/q/pond.jpg", X, b"1"),
        photo("/q/sea.jpg", Y, facts=Facts(title="lake")),
    )
    assert found(library, "lake", ("/q",)) == ["/q/sea.jpg"]
    fields = [match.fields for match in library.by_words("pond lake", 9, Filters(folders=("/q",)))]
    assert sorted(fields, key=str) == [{"name": ("pond",)}, {"title": ("lake",)}]
    assert library.by_words("lake", 9, Filters(folders=("/none",))) == []
    assert len(library.by_words("jpg", 1)) == 1


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        'a"b',
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "title:",
        "-",
        "*",
        "a*",
        "^a",
        "(",
        "{title}: a",
        "a + b",
        "'",
        "\0",
        ";--",
    ],
)
def test_nothing_that_is_typed_is_an_operator(library: Library, typed: str) -> None:
    put_photos(library, photo("/p/ab.jpg", X), photo("/p/title.jpg", Y))
    for match in library.by_words(typed, 9):
        assert set(match.fields) <= {"name", "folders"}
    put_photos(library, photo(f"/q/x{typed}y", Z))
    assert f"/q/x{typed}y" in found(library, f"x{typed}y")


@pytest.mark.parametrize("typed", ["", " ", "!?", "。、", "🙂", "/", "_"])
def test_what_has_no_word_finds_nothing(library: Library, typed: str) -> None:
    put_photos(library, photo("/p/_🙂!.jpg", X))
    assert library.by_words(typed, 9) == []


def test_a_question_of_very_many_words_is_answered(library: Library) -> None:
    put_captions(library, "w7")
    assert found(library, " ".join(f"w{n}" for n in range(3000))) == ["/0"]


# -- by plain SQLite, and for any text


def test_plain_sqlite_finds_the_words_as_the_documents_say(library: Library) -> None:
    put_photos(library, photo("/p/MtFuji_1.jpg", X, facts=FACTS), photo("/p/2.jpg", Y))
    plain = sqlite3.connect(f"file:{library.path}?mode=ro", uri=True)
    by_caption = (
        "select path from content_words join file on content_id = content_words.rowid where content_words match ?"
    )
    by_name = "select path from file_words join file on file.id = file_words.rowid where file_words match ?"
    for sql, words in (
        (by_caption, '"東 京"'),
        (by_caption, "place : shizuoka"),
        (by_caption, "zoe"),
        (by_name, "fuji"),
    ):
        assert plain.execute(sql, (words,)).fetchall() == [("/p/MtFuji_1.jpg",)]
    assert plain.execute(by_caption, ('"京 東"',)).fetchall() == []
    plain.close()


CHINESE, KANA, KOREAN = (
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.sampled_from("あがぱアガパーっゃ々〆ヶ"),
    st.sampled_from("가힣서울부산"),
)
RARE = st.sampled_from("\U00020bb7\U0002a6d6\U00030000\u3400\ufa0e")
cjk = st.text(st.one_of(CHINESE, KANA, KOREAN, RARE), min_size=1, max_size=12)
other = st.text("aZ9 ,。・_é", max_size=4)
captions = st.lists(st.tuples(cjk, other), min_size=1, max_size=4)


@given(st.lists(captions, min_size=1, max_size=4), st.data())
@settings(max_examples=25)
def test_every_cjk_substring_of_a_caption_is_found_and_nothing_else(
    texts: Sequence[Sequence[tuple[str, str]]], data: st.DataObject
) -> None:
    stored = ["".join(part for pair in text for part in pair) for text in texts]
    run = unicodedata.normalize("NFKC", data.draw(st.sampled_from([part for text in texts for part, _ in text])))
    start = data.draw(st.integers(0, len(run) - 1))
    part = run[start : data.draw(st.integers(start + 1, len(run)))]
    with new_library() as library:
        put_captions(library, *stored)
        having = {f"/{n}" for n, text in enumerate(stored) if part in unicodedata.normalize("NFKC", text)}
        assert having <= set(found(library, part))
        for path in set(found(library, part)) - having:  # over a comma or a space: phrases do not see them
            text = unicodedata.normalize("NFKC", stored[int(path[1:])])
            assert part in "".join(character for character in text if character not in " ,。・_")


@given(st.text("abzABZ019_- .éÉ富が山", min_size=1, max_size=20).filter(lambda name: name.strip(" ._-")))
@settings(max_examples=40)
def test_every_word_of_a_name_is_found_and_the_name_itself(name: str) -> None:
    words = [name, *name.split(), *name.replace("-", "_").split("_"), name.lower(), name.upper()]
    with new_library() as library:
        put_photos(library, photo(f"/p/{name}", unit(1, 2, 3, 4)))
        for word in words:
            if any(character.isalnum() for character in word):
                assert [match.rank >= 1 for match in library.by_words(word, 1)] == [True], word


def test_making_ready_leaves_plain_words_as_they_are() -> None:
    assert ready("A view, from the tower.") == "A view, from the tower."
    assert ready("富士とFuji") == "富 士 と Fuji"
    assert names("/Trips/2019 夏/DSCF1234.JPG") == ("DSCF1234.JPG DSCF 1234", "Trips, 2019 夏")
    assert asked("fuji DSCF12") == {"fuji": '("fuji")', "DSCF12": '("DSCF12" OR "DSCF 12")'}
