"""A query -> ranked hits: by words, by a picture that is in the library, by one that is not."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.asking.calibration import METHOD, calibrate
from indexer.build import build
from indexer.complete import complete
from indexer.errors import NoSuchModel, NoSuchPath, NotAPicture, NothingIndexed, OtherModel
from indexer.photo import Facts, Hit, ModelIdentity, Vector, identity
from indexer.query import Filters, Query, Term
from indexer.search import Load, search
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, Index, photo

COLOURS = ("red", "green", "blue", "white", "black", "orange")


@pytest.fixture
def colours(photos: Path, index: Index) -> Path:
    """A plain photo of each colour, and the red one again as a copy."""
    for number, colour in enumerate(COLOURS):
        pictures.put(photos / ("even" if number % 2 == 0 else "odd") / f"{colour}.png", pictures.plain(colour))
    pictures.put(photos / "odd" / "red copy.png", pictures.plain("red"))
    index()
    return photos


def words(text: str, *folders: Path | str, **more: Any) -> Query:
    """Of what photos look like alone: the fake encoder's colours are their names too."""
    filters = Filters(folders=tuple(map(str, folders)))
    return Query(terms=(Term(words=text),), filters=filters, by_words=False, **more)


def picture(path: Path, **more: Any) -> Query:
    return Query(terms=(Term(picture=path),), **more)


def hits_of(library: Library, load: Load, query: Query) -> list[Hit]:
    return search(library, load, query).hits


def ask(library: Library, encoder: FakeEncoder, query: Query) -> list[Hit]:
    return hits_of(library, lambda _: encoder, query)


class Silent(FakeEncoder):
    """May not be asked for vectors."""

    def encode_pixels(self, pixels: object) -> object:  # type: ignore[override]
        raise AssertionError("encoded a picture whose vector is stored")


# -- words


def test_words_find_what_looks_like_them_first(library: Library, encoder: FakeEncoder, colours: Path) -> None:
    for colour in ("green", "blue", "orange"):
        hits = ask(library, encoder, words(colour, limit=3))
        assert len(hits) == 3
        assert Path(hits[0].path).stem == colour
        assert hits[0].score == pytest.approx(1.0, abs=1e-5)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_copy_ties_and_both_are_hits(library: Library, encoder: FakeEncoder, colours: Path) -> None:
    first, second, third = ask(library, encoder, words("red", limit=3))
    assert {first.path, second.path} == {str(colours / "even" / "red.png"), str(colours / "odd" / "red copy.png")}
    assert first.score == second.score > third.score


def test_words_in_a_folder_give_as_many_hits_as_the_folder_has(
    library: Library, encoder: FakeEncoder, colours: Path
) -> None:
    hits = ask(library, encoder, words("red", str(colours / "odd"), limit=4))
    assert len(hits) == 4
    assert {str(Path(hit.path).parent) for hit in hits} == {str(colours / "odd")}
    assert hits[0].path == str(colours / "odd" / "red copy.png")


def test_a_folder_without_photos_gives_none_and_one_that_nobody_knows_is_named(
    library: Library, encoder: FakeEncoder, colours: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert ask(library, encoder, words("red", str(tmp_path / "empty"))) == []
    with pytest.raises(NoSuchPath, match=r"^/nowhere: no such file or folder"):
        ask(library, encoder, words("red", str(colours), "/nowhere"))
    colours.rename(tmp_path / "unplugged")
    assert len(ask(library, encoder, words("red", str(colours)))) == 7


@pytest.mark.parametrize("term", [{}, {"words": "red", "picture": Path("a.jpg")}, {"words": "red", "weight": 0}])
def test_a_term_is_either_words_or_a_picture_and_weighs_something(term: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a term"):
        Term(**term)


# -- pictures of the library


def test_a_photo_of_the_library_is_left_out_of_its_own_answer_and_its_copy_comes_first(
    library: Library, encoder: FakeEncoder, colours: Path
) -> None:
    own = colours / "even" / "red.png"
    hits = ask(library, encoder, picture(own, limit=6))
    assert hits[0].path == str(colours / "odd" / "red copy.png")
    assert hits[0].score == pytest.approx(1.0, abs=1e-6)
    assert hits[0].verdict == "strong"
    assert str(own) not in {hit.path for hit in hits}
    assert len(hits) == 6
    assert len(ask(library, encoder, picture(own, limit=2))) == 2


def test_a_photo_of_the_library_is_not_encoded_again(library: Library, colours: Path) -> None:
    assert len(ask(library, Silent(), picture(colours / "even" / "red.png"))) == 6


def test_bytes_that_the_library_has_at_another_path_are_not_encoded_again(
    library: Library, colours: Path, tmp_path: Path
) -> None:
    copy = pictures.put(tmp_path / "desktop.png", pictures.plain("green"))
    hits = ask(library, Silent(), picture(copy, limit=1))
    assert [hit.path for hit in hits] == [str(colours / "odd" / "green.png")]


def test_a_photo_that_is_asked_for_in_other_words_is_still_itself(
    library: Library, colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(colours / "even")
    for way in (Path("blue.png"), Path("../even/blue.png"), colours / "odd" / ".." / "even" / "blue.png"):
        assert "blue" not in {Path(hit.path).stem for hit in ask(library, Silent(), picture(way))}


def test_a_photo_that_was_indexed_through_a_link_is_left_out_of_its_own_answer(
    library: Library, index: Index, photos: Path, tmp_path: Path
) -> None:
    pictures.put(tmp_path / "elsewhere" / "a.png", 1)
    pictures.put(photos / "b.png", 2)
    (photos / "link").symlink_to(tmp_path / "elsewhere")
    index()
    hits = ask(library, Silent(), picture(photos / "link" / "a.png"))
    assert [hit.path for hit in hits] == [str(photos / "b.png")]


def test_a_photo_that_was_edited_since_it_was_indexed_is_seen_as_it_is_now(
    library: Library, encoder: FakeEncoder, colours: Path
) -> None:
    own = pictures.put(colours / "even" / "red.png", pictures.plain("blue", (99, 99)))
    hits = ask(library, encoder, picture(own, limit=1))
    assert [Path(hit.path).name for hit in hits] == ["blue.png"]


def test_a_photo_whose_drive_is_unplugged_is_answered_from_the_library(
    library: Library, colours: Path, tmp_path: Path
) -> None:
    colours.rename(tmp_path / "unplugged")
    hits = ask(library, Silent(), picture(colours / "even" / "red.png", limit=1))
    assert [hit.path for hit in hits] == [str(colours / "odd" / "red copy.png")]


# -- other pictures


def test_a_picture_that_is_not_in_the_library_is_encoded_and_not_taken_in(
    library: Library, encoder: FakeEncoder, colours: Path, tmp_path: Path
) -> None:
    other = pictures.put(tmp_path / "x.jpg", pictures.plain("orange", (300, 200)), "JPEG")
    before = encoder.encoded
    hits = ask(library, encoder, picture(other, limit=2))
    assert encoder.encoded == before + 1
    assert Path(hits[0].path).stem == "orange"
    assert len(hits) == 2
    assert library.vector_of(hashlib.sha256(other.read_bytes()).digest()) is None
    assert library.files.count() == 7


def test_a_turned_picture_finds_its_upright_twin(
    library: Library, encoder: FakeEncoder, index: Index, photos: Path, tmp_path: Path
) -> None:
    pictures.put(photos / "upright.png", pictures.gradient())
    pictures.put(photos / "turned.png", pictures.gradient().transpose(pictures.INVERSE_TURNS[6]))
    index()
    asked = pictures.put(tmp_path / "x.jpg", pictures.turned(pictures.gradient(), 6))
    assert Path(ask(library, encoder, picture(asked, limit=1))[0].path).stem == "upright"


def test_a_picture_that_is_not_there_is_an_error_that_names_it(
    library: Library, encoder: FakeEncoder, colours: Path
) -> None:
    with pytest.raises(NoSuchPath, match=r"even/rde\.png: no such file or folder; check the spelling"):
        ask(library, encoder, picture(colours / "even" / "rde.png"))


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in pictures.broken().items()])
def test_a_file_that_is_no_picture_is_an_error_that_names_it(
    library: Library, encoder: FakeEncoder, colours: Path, tmp_path: Path, data: bytes
) -> None:
    path = pictures.put(tmp_path / "x.jpg", data)
    with pytest.raises(NotAPicture) as refused:
        ask(library, encoder, picture(path))
    assert str(refused.value).startswith(f"{path}: ")


def test_a_folder_is_no_picture(library: Library, encoder: FakeEncoder, colours: Path) -> None:
    with pytest.raises(NotAPicture, match="even: cannot be read: Is a directory"):
        ask(library, encoder, picture(colours / "even"))


def test_a_picture_that_may_not_be_read_is_an_error_that_names_it(bound_folder: Path, encoder: FakeEncoder) -> None:
    pictures.put(bound_folder / "photos" / "b.png", 2)
    path = pictures.put(bound_folder / "a.png", 1)
    path.chmod(0)
    with Library(bound_folder / "home") as library:
        build(library, encoder, [str(bound_folder / "photos")], settings=SETTINGS)
        with pytest.raises(NotAPicture, match=r"/a\.png: cannot be read: Permission denied"):
            ask(library, encoder, picture(path))


# -- the library


def test_a_library_without_photos_says_what_to_run(library: Library, encoder: FakeEncoder, tmp_path: Path) -> None:
    new = pictures.put(tmp_path / "a.png", 1)
    for query in (words("red"), picture(new)):
        with pytest.raises(NothingIndexed):
            ask(library, encoder, query)


def test_a_library_of_another_model_is_not_searched(library: Library, colours: Path) -> None:
    new = pictures.put(colours.parent / "new.png", pictures.plain("pink"))
    for query in (words("red"), picture(new)):
        with pytest.raises(OtherModel, match="fake, not other"):
            ask(library, FakeEncoder("other"), query)


# -- models


class Counting:
    """Loads an encoder, and counts how often."""

    def __init__(self, *encoders: FakeEncoder) -> None:
        self._encoders = {encoder.name: encoder for encoder in encoders}
        self.loaded: list[str] = []

    def __call__(self, model: ModelIdentity) -> FakeEncoder:
        self.loaded.append(model.name)
        return self._encoders[model.name]


@pytest.fixture
def second(library: Library, colours: Path) -> FakeEncoder:
    """Another model, with the vectors of all pictures."""
    other = FakeEncoder("other", 7)
    complete(library, other, SETTINGS)
    return other


def test_words_that_were_asked_before_load_no_model_and_find_the_same(
    library: Library, encoder: FakeEncoder, colours: Path
) -> None:
    load = Counting(encoder)
    first = hits_of(library, load, words("red"))
    assert hits_of(library, load, words("red")) == first
    assert load.loaded == ["fake"]
    hits_of(library, load, words("Red"))
    assert load.loaded == ["fake", "fake"]


def test_a_picture_in_the_library_loads_no_model(library: Library, encoder: FakeEncoder, colours: Path) -> None:
    load = Counting(encoder)
    assert hits_of(library, load, picture(colours / "even" / "red.png"))
    assert load.loaded == []


def test_a_model_that_is_named_answers_from_its_own_vectors(
    library: Library, encoder: FakeEncoder, second: FakeEncoder, colours: Path
) -> None:
    load = Counting(encoder, second)
    for query in (words("green", model="other"), picture(colours / "even" / "red.png", model="other")):
        ours, theirs = hits_of(library, load, replace(query, model=None)), hits_of(library, load, query)
        assert ours[0].path == theirs[0].path
        assert [hit.score for hit in ours] != [hit.score for hit in theirs]
    assert load.loaded == ["fake", "other"]
    hits_of(library, load, words("green", model="other"))
    assert load.loaded == ["fake", "other"]


def test_a_model_without_vectors_is_an_error_that_lists_those_there(
    library: Library, second: FakeEncoder, colours: Path
) -> None:
    for query in (words("red", model="third"), picture(colours / "even" / "red.png", model="third")):
        with pytest.raises(NoSuchModel, match=r"^third: .* \(this library has those of fake, other\)$"):
            hits_of(library, Counting(), query)


def test_after_a_switch_the_other_model_is_asked_and_what_was_asked_of_the_first_is_not_forgotten(
    library: Library, encoder: FakeEncoder, second: FakeEncoder
) -> None:
    load = Counting(encoder, second)
    hits_of(library, load, words("red"))
    library.use("other")
    hits_of(library, load, words("red"))
    library.use("fake")
    hits_of(library, load, words("red"))
    assert load.loaded == ["fake", "other"]


def test_a_picture_that_a_model_lacks_is_encoded_for_the_question(
    library: Library, encoder: FakeEncoder, second: FakeEncoder, index: Index, colours: Path
) -> None:
    new = pictures.put(colours / "new.png", pictures.plain("navy"))
    index()
    hits = hits_of(library, Counting(second), picture(new, model="other", limit=1))
    assert Path(hits[0].path).stem in ("blue", "black")
    assert library.lacking("other") == 1


# -- by words, and by both


@pytest.fixture
def told(library: Library) -> Library:
    """Four photos with words, dates and places; to the model all texts but colours are noise."""
    encoder = FakeEncoder()
    names = ("/p/2019/red-car.jpg", "/p/2019/IMG_0042.jpg", "/p/2020/sea.jpg", "/p/2020/prints/b.jpg")
    facts = (
        Facts(taken_at="2019-07-14T09:00:00", keywords=("fuji",), place=("Shizuoka", "Japan")),
        Facts(taken_at="2019-08-01T09:00:00", caption="a red boat", camera="X-T3"),
        Facts(taken_at="2020-01-01T09:00:00", people=("Hanako",), place=("Kamakura", "Japan")),
        Facts(),
    )
    vectors = encoder.encode_texts(["red", "green", "blue", "white"])
    library.adopt(identity(encoder))
    library.files.begin_scan()
    library.files.compare([], [], [])
    library.put([photo(name, vector, facts=known) for name, vector, known in zip(names, vectors, facts, strict=True)])
    library.files.end_scan()
    return library


def stems(hits: list[Hit]) -> list[str]:
    return [Path(hit.path).stem for hit in hits]


def both(text: str, *without: str, **more: Any) -> Query:
    terms = (Term(words=text), *(Term(words=unwanted, wanted=False) for unwanted in without))
    return Query(terms=terms, **more)


@pytest.mark.parametrize("name", ["IMG_0042", "img_0042.jpg", "red car", "b.jpg"])
def test_a_file_is_found_first_by_its_name(told: Library, encoder: FakeEncoder, name: str) -> None:
    first = ask(told, encoder, both(name))[0]
    assert stems([first])[0].replace("-", " ").casefold() == name.removesuffix(".jpg").casefold()
    assert any(reason.endswith("in file name") for reason in first.why)


def test_words_alone_find_only_what_is_written_and_load_no_model(told: Library) -> None:
    load = Counting()
    for text, stem in (("fuji", "red-car"), ("Hanako", "sea"), ("Kamakura", "sea"), ("X-T3", "IMG_0042")):
        hits = hits_of(told, load, both(text, by_picture=False))
        assert stems(hits) == [stem], text
        assert hits[0].score > 1
    assert hits_of(told, load, both("elephant", by_picture=False)) == []


def test_it_says_why_a_photo_was_found(told: Library, encoder: FakeEncoder) -> None:
    hits = {Path(hit.path).stem: hit.why for hit in ask(told, encoder, both("red Shizuoka", "Hanako"))}
    assert 'word "red" in file name' in hits["red-car"]
    assert "place Shizuoka" in hits["red-car"]
    assert any(reason.startswith("not Hanako: ") and reason.endswith(" below") for reason in hits["red-car"])
    assert 'not Hanako: word "Hanako" in people' in hits["sea"]


def test_what_is_not_wanted_comes_after_all_that_is_not_it(told: Library, encoder: FakeEncoder) -> None:
    assert stems(ask(told, encoder, both("Japan", "fuji", by_picture=False))) == ["sea", "red-car"]
    assert stems(ask(told, encoder, Query(terms=(Term(words="Hanako", wanted=False),), by_picture=False)))[-1] == "sea"


def test_two_terms_find_what_is_both(told: Library, encoder: FakeEncoder) -> None:
    terms = (Term(words="red"), Term(words="white", weight=1.0))
    first = ask(told, encoder, Query(terms=terms, by_words=False))[0]
    assert {reason.rpartition(" ")[0] for reason in first.why} == {"red", "white"}
    heavy = (replace(terms[0], weight=50.0), terms[1])
    assert stems(ask(told, encoder, Query(terms=heavy, by_words=False)))[0] == "red-car"


def test_a_text_and_a_picture_are_asked_together(
    library: Library, encoder: FakeEncoder, colours: Path, tmp_path: Path
) -> None:
    like = pictures.put(tmp_path / "x.png", pictures.plain("green"))
    query = Query(terms=(Term(words="green"), Term(picture=like)), by_words=False, limit=1)
    assert stems(ask(library, encoder, query)) == ["green"]


def test_without_any_term_the_newest_come_first_and_no_model_is_loaded(told: Library) -> None:
    hits = hits_of(told, Counting(), Query())
    assert stems(hits) == ["sea", "IMG_0042", "red-car", "b"]
    assert [hit.verdict for hit in hits] == [None] * 4
    assert stems(hits_of(told, Counting(), Query(filters=Filters(before="2019-08")))) == ["red-car"]


def test_filters_hold_for_words_pictures_and_names(told: Library, encoder: FakeEncoder) -> None:
    for filters in (Filters(after="2020"), Filters(places=("kamakura",)), Filters(folders=("/p/2020",), after="2020")):
        for query in (both("red"), both("IMG_0042"), both("red", by_picture=False), words("red")):
            assert set(stems(ask(told, encoder, replace(query, filters=filters)))) <= {"sea"}
        assert stems(ask(told, encoder, replace(words("red"), filters=filters))) == ["sea"]


def test_facts_come_with_the_hits(told: Library, encoder: FakeEncoder) -> None:
    (first,) = ask(told, encoder, both("fuji", limit=1))
    assert first.facts.place == ("Shizuoka", "Japan")


class Wordless(FakeEncoder):
    knows_words = False

    def encode_texts(self, texts: list[str]) -> Vector:
        raise LookupError("knows pictures only")


def test_a_model_without_words_leaves_them_to_what_is_written_and_says_so(told: Library) -> None:
    answer = search(told, lambda _: Wordless(), both("fuji"))
    assert stems(answer.hits) == ["red-car"]
    assert answer.notes == ("fake knows pictures only: words were looked for where they are written",)
    with pytest.raises(LookupError):
        search(told, lambda _: Wordless(), words("fuji"))


def test_a_verdict_that_is_asked_for_is_reached_by_every_hit(told: Library, encoder: FakeEncoder) -> None:
    hits = ask(told, encoder, both("fuji", minimum="strong"))
    assert stems(hits) == ["red-car"]
    assert ask(told, encoder, words("nothing of the kind", minimum="strong")) == []


def test_the_calibration_is_kept_until_the_library_has_grown_by_half(
    library: Library, encoder: FakeEncoder, index: Index, colours: Path
) -> None:
    load = Counting(encoder)
    hits_of(library, load, words("red"))
    first = library.known("fake", f"scale of words, {METHOD}")
    assert first
    pictures.put(colours / "new.png", pictures.plain("pink"))
    index()
    hits_of(library, load, words("red"))
    assert library.known("fake", f"scale of words, {METHOD}") == first
    for number in range(4):
        pictures.put(colours / f"{number}.png", number)
    index()
    hits_of(library, load, words("red"))
    assert library.known("fake", f"scale of words, {METHOD}") != first
    assert load.loaded == ["fake"]


def test_once_calibrated_the_model_is_asked_for_nothing_but_the_question(
    library: Library, encoder: FakeEncoder, index: Index, colours: Path
) -> None:
    calibrate(library, encoder)
    assert encoder.encoded > 60
    encoder.batches.clear()
    calibrate(library, encoder)
    hits_of(library, lambda _: encoder, words("red"))
    assert encoder.encoded == 1


def test_a_library_without_photos_is_not_calibrated(library: Library, encoder: FakeEncoder) -> None:
    calibrate(library, encoder)
    assert encoder.encoded == 0
