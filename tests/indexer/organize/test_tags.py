"""Tags: what pics-mini finds on the album, what a person says, and what is suggested."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from demo.tour import ALBUM
from indexer.asking.calibration import Scale
from indexer.asking.encoding import Speaker
from indexer.errors import NotInLibrary, NoWordsToTagBy
from indexer.organize.tags import Judge, contents_at, contents_of, give, judge, suggest, tag, take
from indexer.organize.vocabulary import Language, Word, read
from indexer.photo import Encoder, Vector
from indexer.query import Filters
from indexer.search import search
from indexer.store.library import Library
from tests.indexer.conftest import tell_library, vector_at
from tests.indexer.organize.conftest import copied

ALSO = {  # what the drawings show besides what they are called
    "boat": "sailboat|ship",
    "bird": "owl|eagle|penguin",
    "night": "fireworks|owl|moon",
    "puppy": "dog",
    "kitten": "cat",
    "cake": "birthday-cake",
    "tree": "tree",
    "clock": "alarm-clock",
    "sky": "airplane|rainbow",
    "forest": "tree",
}


def is_right(name: str, path: str) -> bool:
    stem = Path(path).stem.replace("-", " ")
    return re.search(rf"\b{name.replace('-', ' ')}\b", stem) is not None or bool(
        name in ALSO and re.search(ALSO[name].replace("-", " "), stem)
    )


def speaker_of(album: Library, mini: Encoder) -> Speaker:
    model = album.model()
    assert model
    return Speaker(album, model, lambda _: mini)


@pytest.fixture(scope="session")
def schooled_home(album_home: Path, mini: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The album with the vectors of all words in it, which take a second or two."""
    folder = tmp_path_factory.mktemp("schooled")
    with copied(album_home, folder) as library:
        for language in get_args(Language):
            judge(library, speaker_of(library, mini), read(), language)
    return folder / "home"


@pytest.fixture
def album(schooled_home: Path, tmp_path: Path) -> Iterator[Library]:
    with copied(schooled_home, tmp_path) as library:
        yield library


@pytest.fixture
def speaker(album: Library, mini: Encoder) -> Speaker:
    return speaker_of(album, mini)


def tags_by_path(album: Library) -> dict[str, list[tuple[str, float]]]:
    ids = [content_id for some in album.contents() for content_id in some]
    tags = album.tags.of(ids)
    hits = album.hits([(content_id, 0.0) for content_id in ids])
    return {hit.path: [(one.name, one.confidence) for one in tags.get(hit.content_id, [])] for hit in hits}


# -- confidence


def vectors(*rows: Sequence[float]) -> Vector:
    array = np.array(rows, np.float32)
    return np.asarray(array / np.linalg.norm(array, axis=1, keepdims=True))


SCALE = Scale(alike=0.0, mean=0.0, deviation=0.3, mode=0.3, spread=0.05, growth=0.0, of=9, photos=9)


def test_confidence_is_shared_among_rivals_but_not_with_words_that_mean_the_same() -> None:
    words = vectors((1, 0, 0), (0.98, 0.2, 0), (0, 1, 0), (0, 0, 1))
    judged = Judge(words, words, SCALE)
    clear, between, nothing = judged.confidences(vectors((1, 0.05, 0), (0, 1, 1), (-1, -1, -1)))
    assert (clear[:2] > 0.9).all() and (clear[2:] < 0.01).all()
    assert between[2:] == pytest.approx(0.5, abs=0.1)
    assert (nothing < 0.6).all()


def test_words_of_ones_own_are_held_against_those_that_ship_too(album: Library, speaker: Speaker) -> None:
    own = (Word("dog"), Word("rocket"), Word("penguin"))
    done = tag(album, speaker, own)
    assert (done.words, done.pictures) == (3, album.files.count_contents())
    found = {path: tags for path, tags in tags_by_path(album).items() if tags}
    assert 4 <= len(found) <= 12
    assert all(is_right(name, path) for path, tags in found.items() for name, _ in tags)


# -- by a model


def test_most_tags_that_are_found_are_right_and_as_often_as_they_say(album: Library, speaker: Speaker) -> None:
    done = tag(album, speaker, read())
    tags = tags_by_path(album)
    found = [(name, sure, path) for path, of in tags.items() for name, sure in of if "backup" not in path]
    right = [is_right(name, path) for name, _, path in found]
    assert done.tags >= 40
    assert np.mean(right) >= 0.75
    assert abs(np.mean(right) - np.mean([sure for _, sure, _ in found])) < 0.15
    assert max(map(len, tags.values())) <= 5 and min(sure for _, sure, _ in found) >= 0.5


def test_how_many_and_how_sure_can_be_said(album: Library, speaker: Speaker) -> None:
    tag(album, speaker, read(), most=2, least=0.0)
    assert {len(tags) for tags in tags_by_path(album).values()} == {2}
    tag(album, speaker, read(), least=0.9)
    assert all(sure >= 0.9 for tags in tags_by_path(album).values() for _, sure in tags)


def test_tagging_again_replaces_those_of_the_photos_that_pass_and_no_others(album: Library, speaker: Speaker) -> None:
    tag(album, speaker, read(), least=0.0, most=3)
    backup = Filters(folders=(str(ALBUM / "backup"),))
    done = tag(album, speaker, read(), backup, least=0.0, most=1)
    assert done.pictures == len({hit.content_id for hit in album.hits([(1, 0.0)])}) + 1 == 2
    numbers = {Path(path).name: len(tags) for path, tags in tags_by_path(album).items()}
    assert {name for name, number in numbers.items() if number == 1} == {"boat.jpg", "pizza.jpg", "sailboat.jpg"}


def test_japanese_words_find_the_same_things(album: Library, speaker: Speaker) -> None:
    tag(album, speaker, read(), language="japanese")
    found = {name for path, tags in tags_by_path(album).items() for name, _ in tags if is_right(name, path)}
    assert {"penguin", "strawberry"} <= found


def test_a_model_that_knows_pictures_only_says_that_it_cannot(album: Library, speaker: Speaker) -> None:
    album.keep_fact(speaker.model.name, "knows words", "no")
    with pytest.raises(NoWordsToTagBy, match="knows pictures only"):
        tag(album, speaker, (Word("dog"),))


# -- by a person


def test_what_a_person_says_stands_whatever_the_model_finds(album: Library, speaker: Speaker) -> None:
    (dog,), (cat,) = contents_at(album, ALBUM / "dog-2.jpg"), contents_at(album, ALBUM / "cat.jpg")
    tag(album, speaker, read())
    assert take(album, "dog", [dog, cat]) == 1
    assert give(album, "my sofa", [dog]) == 1
    assert give(album, "ネコ科", [cat]) == give(album, "猫", [cat]) == 1
    for _ in range(2):
        assert "dog" not in album.facts([dog])[dog].tags
        assert {"my sofa", "puppy"} <= set(album.facts([dog])[dog].tags)
        assert {"cat", "ネコ科"} <= set(album.facts([cat])[cat].tags)
        tag(album, speaker, read())
    assert give(album, "DOG", [dog]) == 1
    assert album.facts([dog])[dog].tags.count("dog") == 1


def test_a_tag_is_a_word_and_a_filter_in_both_languages_and_capitals(album: Library, speaker: Speaker) -> None:
    (key,) = contents_at(album, ALBUM / "key.jpg")
    give(album, "Wedding", [key])
    give(album, "trip to Oslo", [key])
    for words in ("wedding", "結婚式", "oslo"):
        (match, *_) = album.by_words(words, 5)
        assert (match.content_id, list(match.fields)) == (key, ["tags"])
    for name in ("wedding", "WEDDING", "結婚式", "trip to oslo"):
        assert [content_id for content_id, _ in album.by_vector(unit_of(album), 9, Filters(tags=(name,)))] == [key]
    assert album.by_vector(unit_of(album), 9, Filters(tags=("wed", "oslo"))) == []


def unit_of(album: Library) -> Vector:
    return np.asarray(album.sample_vectors(1)[0])


def test_given_tags_are_sure_and_guessed_ones_are_likely(album: Library, speaker: Speaker, mini: Encoder) -> None:
    from indexer.query import Query, Term

    (strawberry,) = contents_at(album, ALBUM / "strawberry.jpg")
    tell_library(album, "update file_words set name = 'x'")
    tag(album, speaker, read())
    query = Query(terms=(Term(words="strawberry"),), by_picture=False)
    guessed = search(album, lambda _: mini, query).hits
    assert {(hit.verdict, hit.why) for hit in guessed} == {("likely", ('word "strawberry" in guessed tags',))}
    give(album, "strawberry", [strawberry])
    first, *_ = search(album, lambda _: mini, query).hits
    assert (first.content_id, first.verdict) == (strawberry, "strong")


def test_photos_are_named_or_filtered_and_must_be_in_the_library(album: Library, tmp_path: Path) -> None:
    assert contents_of(album, [ALBUM / "dog.jpg", ALBUM / "dog (copy).jpg"], Filters()) == contents_at(
        album, ALBUM / "dog.jpg"
    )
    assert len(contents_of(album, [], Filters(folders=(str(ALBUM / "backup"),)))) == 2
    with pytest.raises(NotInLibrary, match=r"pics index .*none\.jpg"):
        contents_of(album, [tmp_path / "none.jpg"], Filters())


def test_counts_are_of_pictures_and_tell_those_a_person_gave(album: Library, speaker: Speaker) -> None:
    tag(album, speaker, read())
    give(album, "penguin", contents_at(album, ALBUM / "penguin.jpg") + contents_at(album, ALBUM / "dog.jpg"))
    take(album, "rocket", contents_at(album, ALBUM / "rocket.jpg"))
    counts = {count.name: (count.pictures, count.given) for count in album.tag_counts()}
    assert counts["penguin"] == (3, 2) and counts["rocket"] == (1, 0)
    assert [count.name for count in album.tag_counts(Filters(folders=(str(ALBUM / "dog.jpg"),)))] == ["penguin"]


def test_tags_go_with_the_model_that_found_them_and_with_the_photo(album: Library, speaker: Speaker) -> None:
    tag(album, speaker, read())
    give(album, "mine", contents_at(album, ALBUM / "key.jpg"))
    tell_library(album, "pragma foreign_keys = on")
    album._database.run("delete from model")
    assert [count.name for count in album.tag_counts()] == ["mine"]
    assert album.forget(str(ALBUM / "key.jpg")) == 1
    assert album.tag_counts() == []


# -- suggestions


def test_suggestions_come_from_the_vocabulary_and_from_what_looks_alike(
    album: Library, speaker: Speaker, tmp_path: Path
) -> None:
    twin = tmp_path / "twin.jpg"
    twin.write_bytes((ALBUM / "dog-2.jpg").read_bytes())
    give(album, "our Rex", contents_at(album, ALBUM / "dog-2.jpg"))
    tell_library(album, "update metadata set keywords = '[\"grey day\"]' where content_id = ?",
                 contents_at(album, ALBUM / "dog-2.jpg")[0])  # fmt: skip
    found = {one.name: one for one in suggest(album, speaker, twin, read())}
    assert {"dog", "puppy"} <= found.keys()
    assert found["dog"].japanese == "犬" and found["dog"].sources[0].startswith("vocabulary 0.9")
    own = {one.name: one for one in suggest(album, speaker, ALBUM / "dog-2.jpg", read())}
    assert "our Rex" not in own and "grey day" not in own


def test_the_tags_and_keywords_of_the_most_alike_are_suggested_with_their_share(
    album: Library, speaker: Speaker
) -> None:
    near = [content_id for content_id, _ in album.by_vector(vector_of(album, "owl.jpg"), 6)][1:]
    give(album, "night watch", near)
    (one,) = [one for one in suggest(album, speaker, ALBUM / "owl.jpg", read()) if one.name == "night watch"]
    assert one.confidence > 0.1
    assert re.fullmatch(r"5 of the 20 most alike 0\.\d\d", one.sources[0])
    take(album, "night watch", contents_at(album, ALBUM / "owl.jpg"))
    assert "night watch" not in {one.name for one in suggest(album, speaker, ALBUM / "owl.jpg", read())}


def vector_of(album: Library, name: str) -> Vector:
    vector = vector_at(album, str(ALBUM / name))
    assert vector is not None
    return vector
