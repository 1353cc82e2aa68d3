"""Several models in one library: each keeps its vectors, one is in use, and the room of one that goes is given back."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import LibraryBusy, ModelIncomplete, ModelInUse, NoSuchModel, NothingIndexed, OtherModel
from indexer.photo import Hit, ModelIdentity, Skip, Vector
from indexer.store.database import Database
from indexer.store.library import Library
from indexer.store.models import WORDS_KEPT
from indexer.store.vectors import CHUNK, Vectors, room
from tests.indexer.conftest import MODEL, Photo, nearest, photo, put_photos, unit, vector_at

OTHER = ModelIdentity("other/clip", "1", "feed" * 16, 3, "squash16")
X, Y, Z, W = np.eye(4, dtype=np.float32)
A, B, C = np.eye(3, dtype=np.float32)


def paths(hits: list[Hit]) -> list[str]:
    return [hit.path for hit in hits]


def number_of(library: Library, data: bytes) -> int:
    number = library.files.content_id(sha256(data).digest())
    assert number is not None
    return number


def give(library: Library, model: ModelIdentity, *vectors: tuple[str, Vector]) -> None:
    """Vectors of a second model, for photos that `photo` made of their paths."""
    library.keep(model)
    library.put_vectors(model.name, [(number_of(library, path.encode()), path, vector) for path, vector in vectors])


@pytest.fixture
def both(library: Library) -> Library:
    """Three photos, all with a vector of MODEL, two with one of OTHER too."""
    put_photos(library, photo("/p/a.jpg", X), photo("/p/b.jpg", Y), photo("/p/c.jpg", Z))
    give(library, OTHER, ("/p/a.jpg", B), ("/p/b.jpg", A))
    return library


# -- side by side


def test_each_model_is_searched_by_its_own_vectors(both: Library) -> None:
    assert paths(nearest(both, X, 1)) == ["/p/a.jpg"]
    assert paths(nearest(both, A, 9, model="other/clip")) == ["/p/b.jpg", "/p/a.jpg"]
    with pytest.raises(ValueError, match=r"float32 \(4,\), not float32 \(3,\)"):
        nearest(both, A, 1)


def test_a_library_says_which_models_it_has_and_how_much_of_each(both: Library) -> None:
    assert [(kept.identity, kept.is_current, kept.pictures, kept.of, kept.lacking) for kept in both.models()] == [
        (MODEL, True, 3, 3, 0),
        (OTHER, False, 2, 3, 1),
    ]
    assert (both.lacking("example/clip"), both.lacking("other/clip"), both.lacking("unknown")) == (0, 1, 3)


def test_a_photo_that_goes_takes_the_vectors_of_all_models_with_it(both: Library) -> None:
    both.forget("/p/a.jpg")
    assert [(kept.pictures, kept.of) for kept in both.models()] == [(2, 2), (1, 2)]
    assert paths(nearest(both, B, 9, model="other/clip")) == ["/p/b.jpg"]


def test_a_new_photo_gets_the_vector_of_the_model_in_use_alone(both: Library) -> None:
    put_photos(both, photo("/p/d.jpg", W))
    assert both.lacking("example/clip") == 0
    assert both.lacking("other/clip") == 2


def test_a_model_that_lacks_a_picture_has_no_vector_for_it(both: Library) -> None:
    assert vector_at(both, "/p/c.jpg", None, "other/clip") is None
    assert both.vector_of(sha256(b"/p/c.jpg").digest(), "other/clip") is None
    assert vector_at(both, "/p/a.jpg", None, "other/clip") is not None


def test_a_model_without_a_vector_is_not_one_that_can_be_asked(both: Library) -> None:
    both.keep(replace(OTHER, name="third/clip", weights_hash="abc"))
    for name in ("third/clip", "example/clap"):
        with pytest.raises(NoSuchModel, match=f"^{name}: no picture here has a vector of this model; "):
            both.searchable(name)
    with pytest.raises(NoSuchModel, match=r"did you mean example/clip\? `pics index --model example/clap` makes"):
        both.searchable("example/clap")
    with pytest.raises(NoSuchModel, match=r"\(this library has those of example/clip, other/clip\)$"):
        both.searchable("dinov2")
    assert both.searchable() == MODEL
    assert both.searchable("other/clip") == OTHER


def test_a_model_whose_files_have_changed_is_refused_under_its_name_with_the_way_out(both: Library) -> None:
    with pytest.raises(OtherModel) as refused:
        both.keep(replace(OTHER, weights_hash="abc"))
    assert str(refused.value) == (
        "the files of model other/clip have changed since this library was made with them."
        " `pics models drop other/clip` lets go of the vectors it made; `pics index --model other/clip` makes new ones"
    )
    assert [kept.identity for kept in both.models()] == [MODEL, OTHER]


# -- which is in use


def test_to_switch_and_back_changes_what_is_searched_and_nothing_else(both: Library) -> None:
    give(both, OTHER, ("/p/c.jpg", C))
    before = [nearest(both, X, 9, model=MODEL.name), nearest(both, A, 9, model=OTHER.name)]
    both.use("other/clip")
    assert both.model() == OTHER
    assert nearest(both, A, 9) == before[1]
    both.use("example/clip")
    assert nearest(both, X, 9) == before[0]
    assert nearest(both, A, 9, model=OTHER.name) == before[1]


def test_a_model_that_lacks_pictures_is_not_used_unless_anyway(both: Library) -> None:
    with pytest.raises(ModelIncomplete) as refused:
        both.use("other/clip")
    assert str(refused.value) == (
        "other/clip lacks the vectors of 1 of 3 pictures, which a search would not find:"
        " `pics index --model other/clip` makes them, `pics use other/clip --anyway` does without"
    )
    assert both.model() == MODEL
    both.use("other/clip", anyway=True)
    assert both.model() == OTHER
    both.use("other/clip")  # it is already


def test_a_model_without_a_vector_is_not_used_even_so(both: Library) -> None:
    with pytest.raises(NoSuchModel, match="no picture here has a vector of this model"):
        both.use("third/clip", anyway=True)


def test_another_model_takes_over_while_the_one_in_use_has_no_vector(both: Library) -> None:
    third = replace(OTHER, name="third/clip", weights_hash="abc")
    assert not both.would_adopt(third)
    both.forget("/p")
    assert both.would_adopt(third)
    both.adopt(third)
    assert both.model() == third
    assert [kept.name for kept in both.models()] == ["other/clip", "third/clip"]
    both.adopt(OTHER)
    assert both.model() == OTHER
    assert [kept.name for kept in both.models()] == ["other/clip"]


def test_nobody_switches_or_drops_while_another_process_writes(both: Library, home: Path) -> None:
    with Library(home) as writer, writer.writing():
        for change in (both.use, both.drop):
            with pytest.raises(LibraryBusy):
                change("other/clip")
    assert both.model() == MODEL


# -- giving back room


def test_the_model_in_use_is_not_dropped(both: Library) -> None:
    with pytest.raises(ModelInUse, match="needs its vectors: `pics use other/clip` first"):
        both.drop("example/clip")
    both.drop("other/clip")
    with pytest.raises(ModelInUse, match="`pics index --model OTHER` and `pics use OTHER` first"):
        both.drop("example/clip")
    assert both.model() == MODEL


def test_a_dropped_model_is_gone_with_its_vectors_and_words_and_may_come_back(both: Library) -> None:
    both.keep_words("other/clip", "red", A)
    assert both.drop("other/clip")
    assert [kept.name for kept in both.models()] == ["example/clip"]
    database = Database(both.path)
    names = [name for (name,) in database.rows("select name from sqlite_master where name like 'vectors%'")]
    assert all(name.startswith("vectors_1") for name in names)
    assert database.value("select count(*) from query") == 0
    database.close()
    give(both, OTHER, ("/p/a.jpg", A))
    assert both.vector_of_words("other/clip", "red") is None
    assert paths(nearest(both, A, 9, model="other/clip")) == ["/p/a.jpg"]


MANY = 3 * CHUNK + 100


def crowd(library: Library, n: int = MANY) -> list[Photo]:
    angles = np.linspace(0.001, 3.1, n)
    photos = [photo(f"/p/{n:05}.jpg", unit(np.cos(a), np.sin(a), 0.1, 0)) for n, a in enumerate(angles)]
    put_photos(library, *photos)
    big = replace(OTHER, dim=64)
    random = np.random.default_rng(0).standard_normal((n, 64)).astype(np.float32)
    give(library, big, *((f.path, v / np.linalg.norm(v)) for (f, *_), v in zip(photos, random, strict=True)))
    return photos


def all_answers(library: Library, model: ModelIdentity) -> tuple[list[Hit], dict[str, bytes]]:
    queries = np.random.default_rng(1).standard_normal((5, model.dim)).astype(np.float32)
    hits = [hit for query in queries for hit in nearest(library, unit(*query), 300, model=model.name)]
    files = library.files.hits([(number, 0.0) for number in range(1, MANY + 1)])
    vectors = {hit.path: vector_at(library, hit.path, None, model.name) for hit in files}
    return hits, {path: vector.tobytes() for path, vector in vectors.items() if vector is not None}


def test_the_file_shrinks_at_once_by_what_the_vectors_took(library: Library) -> None:
    crowd(library)
    library._database.run("pragma wal_checkpoint(truncate)")
    before = library.bytes_on_disk
    assert library.drop(OTHER.name)
    freed = before - library.bytes_on_disk
    assert freed == pytest.approx(room(MANY, 64), rel=0.25)


def test_what_stays_answers_as_before_after_whole_chunks_went_and_the_file_was_rewritten(library: Library) -> None:
    """sqlite-vec finds its chunks by the numbers of rows that VACUUM is allowed to give out anew."""
    crowd(library)
    for number in range(CHUNK - 50, 2 * CHUNK + 50):  # the whole second chunk, and parts of its neighbours
        library._database.run("delete from file where path = ?", f"/p/{number:05}.jpg")
    library._database.run("delete from content where id not in (select content_id from file)")
    assert library._database.value("select count(*) from vectors_1_chunks") == 3
    third = replace(OTHER, name="third/clip", weights_hash="abc", dim=64)
    give(library, third, *((f"/p/{number:05}.jpg", unit(*[1.0] * 64)) for number in range(500)))
    kept = (MODEL, replace(OTHER, dim=64))
    before = [all_answers(library, model) for model in kept]
    assert library.drop(third.name)
    after = [all_answers(library, model) for model in kept]
    assert after == before
    assert len(after[0][1]) == len(after[1][1]) == MANY - CHUNK - 100
    put_photos(library, photo("/p/new.jpg", W))  # and it can be written to
    assert paths(nearest(library, W, 1)) == ["/p/new.jpg"]
    for model in kept:
        chunks = f"vectors_{1 if model is MODEL else 2}_vector_chunks00"
        assert library._database.value(f"select count(*) from {chunks} where rowid != _rowid_") == 0


def test_a_library_knows_where_blobs_go_on_from_its_beginning_or_from_when_it_was_rewritten(
    library: Library, version_1: Library
) -> None:
    assert library._database.value("pragma auto_vacuum") == 2  # incremental
    assert version_1._database.value("pragma auto_vacuum") == 0
    version_1._database.shrink()
    with Library(version_1.path.parent) as again:
        assert again._database.value("pragma auto_vacuum") == 2


def test_where_there_is_no_room_to_make_the_file_smaller_the_model_is_gone_all_the_same(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer.errors import LibraryFull

    crowd(library, 50)

    def full() -> None:
        raise LibraryFull("no space left")

    monkeypatch.setattr(library._database, "shrink", full)
    assert not library.drop(OTHER.name)
    assert [kept.name for kept in library.models()] == [MODEL.name]
    assert len(nearest(library, X, 99)) == 50


def test_readers_go_on_while_a_model_is_dropped(both: Library, home: Path) -> None:
    with Library(home) as reader:
        assert paths(nearest(reader, X, 1)) == ["/p/a.jpg"]
        assert both.drop("other/clip")
        assert paths(nearest(reader, X, 1)) == ["/p/a.jpg"]
        with pytest.raises(NoSuchModel):
            nearest(reader, A, 1, model="other/clip")


@pytest.mark.parametrize("dim", [32, 512, 768])
@pytest.mark.parametrize("n", [300, 5000])
def test_the_room_that_vectors_take_is_known_beforehand(tmp_path: Path, n: int, dim: int) -> None:
    database = Database(tmp_path / "a.db")
    database.run("create table content (id integer primary key)")
    vectors = Vectors(database, 1, dim)
    before = database.value("pragma page_count")
    vectors.create()
    vector = unit(*[1.0] * dim)
    with database.transaction():
        for number in range(n):
            vectors.add(number, vector)
    taken = (database.value("pragma page_count") - before) * database.value("pragma page_size")
    database.close()
    assert taken == pytest.approx(room(n, dim), rel=0.25, abs=300_000)


# -- words that were asked


def test_words_are_kept_bit_by_bit_for_each_model(both: Library) -> None:
    vector = unit(0.1, -0.2, 0.3, -0.4)
    both.keep_words("example/clip", "夕焼け", vector)
    both.keep_words("other/clip", "夕焼け", B)
    stored = both.vector_of_words("example/clip", "夕焼け")
    assert stored is not None
    assert (stored.dtype, stored.tobytes()) == (np.float32, vector.tobytes())
    assert both.vector_of_words("example/clip", "夕焼") is None


def test_the_thousand_words_that_were_asked_last_are_kept_of_each_model(both: Library) -> None:
    both.keep_words("other/clip", "0", A)
    for number in range(WORDS_KEPT):
        both.keep_words("example/clip", str(number), X)
    both._database.run("update query set used_at = datetime(used_at, '-2 days')")
    both.keep_words("example/clip", "0", X)  # asked again
    both.keep_words("example/clip", "new", X)
    kept = {words for words in ("0", "1", "2", "new") if both.vector_of_words("example/clip", words) is not None}
    assert kept == {"0", "2", "new"}
    assert both.vector_of_words("other/clip", "0") is not None
    assert both._database.value("select count(*) from query") == WORDS_KEPT + 1


def test_words_that_are_asked_again_within_a_day_write_nothing(both: Library, home: Path) -> None:
    both.keep_words("example/clip", "red", X)
    with Library(home) as another:
        version = another._database.value("pragma data_version")
        both.keep_words("example/clip", "red", X)
        assert another._database.value("pragma data_version") == version
        both.keep_words("example/clip", "blue", X)
        assert another._database.value("pragma data_version") != version


def test_words_are_not_kept_where_another_process_writes_just_then_and_nobody_waits(both: Library, home: Path) -> None:
    with Library(home) as writer, writer.transaction():
        both.keep_words("example/clip", "red", X)
    assert both.vector_of_words("example/clip", "red") is None
    both.keep_words("example/clip", "red", X)
    assert both.vector_of_words("example/clip", "red") is not None


def test_a_full_disk_or_a_closed_library_keeps_no_words_and_does_no_harm(both: Library) -> None:
    both._database.run(f"pragma max_page_count = {both._database.value('pragma page_count')}")
    for number in range(500):
        both.keep_words("example/clip", "x" * 1000 + str(number), X)
    assert 0 < both._database.value("select count(*) from query") < 500
    both._database.run("pragma query_only = on")
    both.keep_words("example/clip", "red", X)
    assert both.vector_of_words("example/clip", "red") is None


def test_words_for_a_model_that_was_dropped_meanwhile_are_let_go(both: Library) -> None:
    both.keep_words("third/clip", "red", X)
    assert both._database.value("select count(*) from query") == 0


# -- versions


def test_a_library_of_version_1_takes_a_second_model_and_keeps_words(version_1: Library) -> None:
    version_1.keep(OTHER)
    version_1.put_vectors(OTHER.name, [(number_of(version_1, b"cat"), "/photos/cat.png", A)])
    assert paths(nearest(version_1, A, 9, model=OTHER.name)) == ["/photos/cat.png"]
    version_1.keep_words(MODEL.name, "red", X)
    assert version_1.vector_of_words(MODEL.name, "red") is not None
    assert [(kept.name, kept.lacking) for kept in version_1.models()] == [("example/clip", 0), ("other/clip", 3)]


V2_OTHER = ModelIdentity("example/other", "fedcba9876543210", "feed" * 16, 3, "squash16")


def test_a_library_of_version_2_answers_as_it_did(version_2: Library) -> None:
    hits = nearest(version_2, np.array([1, 0, 0, 0], np.float32), 10)
    assert [(hit.path, round(hit.score, 6), hit.width, hit.height, hit.format, hit.size) for hit in hits] == [
        ("/photos/2019/harbour copy.jpg", 1.0, 4032, 3024, "JPEG", 7),
        ("/photos/2019/harbour.jpg", 1.0, 4032, 3024, "JPEG", 7),
        ("/photos/2020/sail.heic", 0.8, 3024, 4032, "HEIF", 4),
        ("/photos/2020/Été.png", 0.6, 800, 600, "PNG", 6),
        ("/photos/cat.png", 0.0, 640, 480, "PNG", 3),
    ]
    hits = nearest(version_2, C, 10, model="example/other")
    assert [(hit.path, round(hit.score, 6)) for hit in hits] == [
        ("/photos/2019/harbour copy.jpg", 1.0),
        ("/photos/2019/harbour.jpg", 1.0),
        ("/photos/2020/sail.heic", 0.8),
        ("/photos/2020/Été.png", 0.0),
    ]


def test_a_library_of_version_2_keeps_all_it_knew(version_2: Library) -> None:
    assert [(kept.identity, kept.is_current, kept.pictures, kept.of) for kept in version_2.models()] == [
        (MODEL, True, 4, 4),
        (V2_OTHER, False, 3, 4),
    ]
    words = version_2.vector_of_words("example/other", "a sail")
    assert words is not None
    assert words.tolist() == pytest.approx([0, 0.6, 0.8])
    (root,) = version_2.roots.all()
    assert (root.path, root.exclude, root.volume) == ("/photos", ("*_small.jpg", "raw"), 7)
    assert version_2.roots.forgotten() == ["/photos/private"]
    assert version_2.files.skipped() == [Skip("/photos/broken.jpg", "damaged: image file is truncated")]


def test_a_library_of_version_2_can_be_completed_switched_and_made_smaller(version_2: Library) -> None:
    version_2.put_vectors("example/other", [(number_of(version_2, b"cat"), "/photos/cat.png", A)])
    version_2.use("example/other")
    assert paths(nearest(version_2, A, 1)) == ["/photos/cat.png"]
    assert version_2.drop("example/clip")
    assert len(nearest(version_2, A, 9)) == 5


def test_an_empty_library_has_no_models(library: Library) -> None:
    assert library.models() == []
    with pytest.raises(NothingIndexed):
        library.searchable()
