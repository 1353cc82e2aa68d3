"""What is known of pictures besides their pixels: it comes out as it went in, and older libraries get room for it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.photo import NO_FACTS, Facts
from indexer.query import Filters
from indexer.store.database import Database
from indexer.store.library import Library
from tests.indexer.conftest import DATA, MODEL, names_kept, photo, put_photos, recording, unit
from tests.indexer.test_properties import new_library

X, Y, Z, W = np.eye(4, dtype=np.float32)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=9)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)


def number_of(library: Library, data: bytes) -> int:
    return library.files.content_id(sha256(data).digest()) or 0


# -- facts


@given(
    st.builds(
        Facts,
        taken_at=st.none() | TEXT,
        taken_offset=st.none() | st.integers(-900, 900),
        camera=st.none() | TEXT,
        latitude=st.none() | st.floats(-90, 90),
        longitude=st.none() | st.floats(-180, 180),
        place=TEXTS,
        place_local=TEXTS,
        rating=st.none() | st.integers(-1, 5),
        title=st.none() | TEXT,
        keywords=TEXTS,
        people=TEXTS,
        prompt=st.none() | TEXT,
        notes=TEXTS,
    )
)
@settings(max_examples=40)
def test_facts_come_out_as_they_went_in(facts: Facts) -> None:
    with new_library() as library:
        put_photos(library, photo("/p/a.jpg", X, b"1", facts), photo("/p/b.jpg", X, b"2"))
        first, second = number_of(library, b"1"), number_of(library, b"2")
        assert library.facts([first, second, 999]) == {first: facts, second: NO_FACTS}
        assert library.facts([]) == {}


def test_cameras_and_places_are_told_those_of_most_pictures_first(library: Library) -> None:
    assert (library.cameras(), library.places()) == ([], [])
    fuji = Facts(camera="X-T3", place=("Fujinomiya", "Shizuoka", "Japan"))
    kyoto = Facts(camera="iPhone 15", place=("Kyoto", "Japan"))
    put_photos(
        library,
        photo("/p/a.jpg", X, b"1", kyoto),
        photo("/p/b.jpg", Y, b"2", fuji),
        photo("/p/c.jpg", Z, b"3", replace(fuji, camera=None)),
        photo("/p/d.jpg", W, b"4", kyoto),
        photo("/p/e.jpg", X, b"5", replace(kyoto, place=())),
        photo("/p/f.jpg", X, b"6"),
    )
    assert (library.cameras(), library.cameras(1)) == (["iPhone 15", "X-T3"], ["iPhone 15"])
    assert library.places() == ["Japan", "Fujinomiya", "Kyoto", "Shizuoka"]
    assert library.places(2) == ["Japan", "Fujinomiya"]


def test_every_fact_has_a_column_that_plain_sqlite_reads(library: Library) -> None:
    facts = Facts(taken_at="2019-07-14T12:00:00", rating=4, keywords=("lake", "夏"), latitude=35.5)
    put_photos(library, photo("/p/a.jpg", X, facts=facts))
    plain = sqlite3.connect(f"file:{library.path}?mode=ro", uri=True)
    plain.row_factory = sqlite3.Row
    row = dict(plain.execute("select * from metadata").fetchone())
    known = {field.name for field in fields(Facts)} - {"tags"}  # these lie in a table of their own
    assert row.keys() == {"content_id", "reader", *known}
    assert (row["taken_at"], row["rating"], row["latitude"], row["title"]) == ("2019-07-14T12:00:00", 4, 35.5, None)
    assert (json.loads(row["keywords"]), row["keywords"], row["people"]) == (["lake", "夏"], '["lake", "夏"]', None)
    plain.close()


def test_a_copy_is_told_nothing_new(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"1", Facts(title="first")))
    put_photos(library, photo("/p/b.jpg", X, b"1", Facts(title="second")))
    assert [facts.title for facts in library.facts([number_of(library, b"1")]).values()] == ["first"]


def test_what_an_older_reader_found_is_lacking_until_it_is_read_again(library: Library) -> None:
    with recording(library):
        library.put([photo("/p/a.jpg", X, b"1")], reader=1)
        library.put([photo("/p/b.jpg", X, b"2"), photo("/p/c.jpg", X, b"2")], reader=2)
    assert [library.lacking_facts(reader) for reader in (1, 2, 3)] == [0, 1, 2]
    with library.pictures_without_facts(2) as pictures:
        assert [[wanted.file.path for wanted in slice_] for slice_ in pictures.slices()] == [["/p/a.jpg"]]
    with library.pictures_without_facts(3) as pictures:
        slices = pictures.slices()
        assert [wanted.file.path for wanted in next(slices)] == ["/p/a.jpg", "/p/b.jpg"]
        library.put_facts(3, [(number_of(library, b"2"), "/p/b.jpg", Facts(title="lake"))])
        assert list(slices) == []
    assert library.lacking_facts(3) == 1
    assert library.facts([number_of(library, b"2")])[number_of(library, b"2")].title == "lake"


def test_a_batch_of_facts_that_is_broken_off_leaves_nothing_of_itself(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X, b"1"))

    def batch() -> Iterator[tuple[int, str, Facts]]:
        yield number_of(library, b"1"), "/p/a.jpg", Facts(title="lake")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.put_facts(5, batch())
    assert (library.lacking_facts(5), library.by_words("lake", 9)) == (1, [])


# -- vectors, for whoever reckons with them


def test_vectors_of_some_contents_in_their_order_and_zeros_where_there_is_none(library: Library) -> None:
    put_photos(library, photo("/p/a", X, b"1"), photo("/p/b", unit(1, 1, 0, 0), b"2"))
    one, two = number_of(library, b"1"), number_of(library, b"2")
    vectors = library.vectors_of([two, 77, one, two])
    assert (vectors.dtype, vectors.shape) == (np.float32, (4, 4))
    assert np.array_equal(vectors, [unit(1, 1, 0, 0), [0] * 4, X, unit(1, 1, 0, 0)])
    assert library.vectors_of([]).shape == (0, 4)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 19, 20, 21, 100])
def test_a_sample_is_spread_evenly_from_the_first_to_the_last(library: Library, n: int) -> None:
    angles = np.linspace(0, 1, 20)
    put_photos(library, *(photo(f"/p/{a}", unit(float(np.cos(a)), float(np.sin(a)), 0, 0)) for a in angles))
    sample = library.sample_vectors(n)
    assert sample.shape == (min(n, 20), 4)
    places = np.arctan2(sample[:, 1], sample[:, 0]) * 19
    assert np.allclose(places, places.round(), atol=1e-4)
    steps = np.diff(places.round())
    assert len(steps) == 0 or steps.max() - steps.min() <= 1
    assert steps.min(initial=1) >= 1


def test_a_library_without_a_picture_has_no_sample(library: Library) -> None:
    library.adopt(MODEL)
    assert library.sample_vectors(9).shape == (0, 4)


# -- what was learnt of a model's scores


def test_facts_about_a_model_are_kept_each_for_itself_and_go_with_it(library: Library) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    other = replace(MODEL, name="other/clip", weights_hash="abc")
    library.keep(other)
    assert library.known(MODEL.name, "unrelated") is None
    library.keep_fact(MODEL.name, "unrelated", "0.25")
    library.keep_fact(MODEL.name, "unrelated", "0.5")
    library.keep_fact(other.name, "unrelated", "7")
    library.keep_fact("nobody", "unrelated", "9")
    assert [library.known(name, "unrelated") for name in (MODEL.name, other.name, "nobody")] == ["0.5", "7", None]
    library.drop(other.name)
    assert library._database.value("select count(*) from calibration") == 1


def test_keeping_a_fact_about_a_model_waits_for_no_writer(library: Library, home: Path) -> None:
    put_photos(library, photo("/p/a.jpg", X))
    with Library(home) as writer, writer.transaction():
        library.keep_fact(MODEL.name, "unrelated", "0.25")
    assert library.known(MODEL.name, "unrelated") is None


# -- libraries of earlier versions


@pytest.mark.parametrize("older", [1, 2, 3], indirect=True)
def test_a_library_of_any_version_knows_the_names_of_its_files(older: Library) -> None:
    assert names_kept(older)
    matches = older.by_words("harbour copy", 9)
    assert [hit.path for hit in older.hits([(matches[0].content_id, 1.0)])] == [
        "/photos/2019/harbour copy.jpg",
        "/photos/2019/harbour.jpg",
    ]
    assert [match.fields for match in older.by_words("ete", 9)] == [{"name": ("ete",)}]
    assert len(older.by_words("2020", 9, Filters(folders=("/photos/2020",)))) == 2


@pytest.mark.parametrize("older", [1, 2], indirect=True)
def test_a_library_from_before_facts_lacks_those_of_every_picture(older: Library) -> None:
    assert older.lacking_facts(1) == 4
    assert older.facts([1, 2, 3, 4]) == {}
    assert older.newest(9) == [4, 3, 2, 1]
    assert [number for number, _ in older.by_vector(X, 9, Filters(formats=("heic",)))] == [
        number_of(older, b"sail"),
    ]
    older.put_facts(1, [(number_of(older, b"cat"), "/photos/cat.png", Facts(title="Tom"))])
    assert [match.content_id for match in older.by_words("tom", 9)] == [number_of(older, b"cat")]
    assert put_photos(older, photo("/photos/New1.jpg", Z)) == {"new": 1}
    assert names_kept(older)


@pytest.mark.parametrize("older", [3], indirect=True)
def test_a_library_of_version_3_answers_as_it_did(older: Library) -> None:
    harbour, sail, summer, cat = (number_of(older, data) for data in (b"harbour", b"sail", b"summer", b"cat"))
    assert [(number, round(score, 6)) for number, score in older.by_vector(X, 9)] == [
        (harbour, 1.0),
        (sail, 0.8),
        (summer, 0.6),
        (cat, 0.0),
    ]
    assert [number for number, _ in older.by_vector(unit(0, 0, 1), 9, model="example/other")] == [harbour, sail, summer]
    assert older.newest(9) == [harbour, cat, summer, sail]
    near = Filters(near=(35.45, 139.63), after="2019", places=("横浜",), cameras=("x-t3",), min_rating=4)
    assert older.newest(9, near) == [harbour]
    for words, field, number in (
        ("HARBOUR", "title", harbour),
        ("レンガ", "caption", harbour),
        ("zoe", "people", harbour),
        ("meadow", "prompt", summer),
        ("sailboat2", "name", sail),
        ("boat", "name", sail),
    ):
        (match,) = older.by_words(words, 9)
        assert (match.content_id, words in match.fields[field]) == (number, True)
    assert (older.lacking_facts(1), older.lacking_facts(2), older.known("example/clip", "unrelated")) == (0, 1, "0.25")
    known = older.facts([harbour])[harbour]
    assert (known.taken_at, known.taken_offset, known.lens) == ("2019-07-14T12:30:00.5", 540, "XF23mmF2 R WR")
    assert asdict(older.facts([summer])[summer])["notes"] == ("EXIF: damaged",)


def test_a_library_is_brought_to_version_3_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(DATA / "library-v2.db", tmp_path / "library.db")
    with monkeypatch.context() as broken:
        broken.setattr("indexer.store.words.names", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Library(tmp_path)
    database = Database(tmp_path / "library.db", read_only=True)
    assert database.value("pragma user_version") == 2
    assert database.value("select count(*) from sqlite_master where name = 'metadata'") == 0
    database.close()
    with Library(tmp_path) as library:
        assert names_kept(library)
