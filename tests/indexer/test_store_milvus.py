"""A store that machines share answers as SQLite does: Milvus Lite, filled by `push`, beside the library itself."""

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.errors import BadStoreAddress, NotOurLibrary, StoreBusy, StoreDown, StoreLacks
from indexer.moving import Sent, pull, push
from indexer.photo import Facts, ModelIdentity, Vector
from indexer.query import EVERYWHERE, Filters
from indexer.store.entries import Entry
from indexer.store.library import Library
from indexer.store.milvus import MOST_TEXT, Address, Milvus
from indexer.store.milvus_filters import expression
from indexer.store.shared import Shared, own, owner_of
from tests.indexer.conftest import MODEL, nearest, photo, recording, unit
from tests.indexer.test_properties import FOLDERS, vectors

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

X, Y, Z, W = np.eye(4, dtype=np.float32)
fresh = count()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milvus]:
    store = Milvus(Address.read(f"milvus+file://{tmp_path_factory.mktemp('store') / 'library.milvus'}"))
    yield store
    store.close()


@pytest.fixture
def model() -> ModelIdentity:
    """One that nobody pushed yet, so that each test has the store to itself."""
    return another_model()


def another_model() -> ModelIdentity:
    return replace(MODEL, name=f"example/{next(fresh)}", weights_hash=f"{next(fresh):064x}")


@contextmanager
def library_of(model: ModelIdentity, *photos: Any) -> Iterator[Library]:
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder)) as library:
        with recording(library, model):
            library.put(photos)
        yield library


@contextmanager
def shared(library: Library, store: Milvus) -> Iterator[Shared]:
    """What a search opens, on the connection of the test."""

    class Kept(Shared):
        def __exit__(self, *about: object) -> None:
            Library.__exit__(self)

    with Kept(library.path.parent, store) as asked:
        yield asked


def sent(library: Library, store: Milvus, name: str = "here") -> Sent:
    return push(library, store, name)


# -- the same results

NAMES = (
    "FUJIFILM X-T5",
    "富士フイルム",
    "Straße 7",
    "100 % \\ zoom",
    "a_b",
    'the "one"',
    "it's",
    "|x|",
    "İstanbul",
    "a b",
    "",
)
PARTS = ("x-t5", "フイルム", "STRASSE", "%", "_", "\\", '"', "'", "|", "i̇s", "A", "", "\N{REPLACEMENT CHARACTER}", " ")
TAGS = (("dog", "犬"), ("Ｃat", ""), ('a "b" c', "猫"), ("Straße", ""))
names = st.sampled_from(NAMES)
degrees = st.sampled_from((0.0, 0.01, -0.01, 35.0, 35.02, 89.999, -89.999, 90.0))
longitudes = st.sampled_from((0.0, 0.02, 139.0, 179.99, -179.99, 180.0, -180.0))
times = st.sampled_from(("2019-07-01T00:00:00", "2019-07-14T12:00:00.5", "2020-01-01T00:00:00", "1969-12-31T23:59:59"))


@st.composite
def known(draw: st.DrawFn) -> Facts:
    is_placed = draw(st.booleans())
    return Facts(
        taken_at=draw(st.none() | times),
        camera=draw(st.none() | names),
        place=tuple(draw(st.lists(names, max_size=2))),
        place_local=tuple(draw(st.lists(names, max_size=2))),
        rating=draw(st.none() | st.integers(-1, 5)),
        latitude=draw(degrees) if is_placed else None,
        longitude=draw(longitudes) if is_placed else None,
    )


@st.composite
def filtered(draw: st.DrawFn) -> Filters:
    few = st.lists(st.sampled_from(PARTS), max_size=2).map(tuple)
    wanted: dict[str, st.SearchStrategy[Any]] = {
        "folders": st.lists(st.sampled_from(FOLDERS), max_size=2).map(tuple),
        "after": st.none() | st.sampled_from(("2019", "2019-07-14T12:00:00.5", "2021")),
        "before": st.none() | st.sampled_from(("1970", "2019-07-14", "2020-01-01T00:00:00")),
        "cameras": few,
        "places": few,
        "near": st.none() | st.tuples(degrees, longitudes),
        "within_km": st.sampled_from((0.0, 1.2, 5.0, 2500.0, 21_000.0)),
        "formats": st.lists(st.sampled_from(("jpg", ".PNG", "hei", "E", "")), max_size=2).map(tuple),
        "min_side": st.none() | st.sampled_from((20, 30)),
        "shape": st.sampled_from((None, "portrait", "landscape")),
        "min_rating": st.none() | st.integers(-2, 6),
        "tags": st.lists(st.sampled_from(("DOG", "cat", "猫", 'A "B" C', "strasse", "none")), max_size=2).map(tuple),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(wanted)), min_size=1, max_size=3))
    return Filters(**{name: draw(wanted[name]) for name in sorted(chosen)})


pictured = st.tuples(
    *(st.sampled_from(FOLDERS), vectors, known(), st.sampled_from(((40, 30), (20, 30), (30, 30)))),
    st.sampled_from(("PNG", "JPEG", "HEIF", "DIB")),
    st.sets(st.integers(0, len(TAGS) - 1), max_size=2),
)


@given(
    st.lists(pictured, min_size=1, max_size=12),
    st.lists(st.tuples(filtered(), vectors, st.integers(1, 14)), min_size=8, max_size=16),
)
@settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_any_library_any_filter_any_k_the_same_pictures_with_the_same_scores(
    store: Milvus, drawn: list[Any], asked: list[tuple[Filters, Vector, int]]
) -> None:
    photos = [
        photo(f"{folder}/{n}.jpg", vector, repr((n, vector)).encode(), facts, size, format_)
        for n, (folder, vector, facts, size, format_, _) in enumerate(drawn)
    ]
    with library_of(MODEL, *photos) as library:
        own(library.path.parent, "0123456789abcdef")  # so that each example is pushed over the one before
        for n, (*_, tags) in enumerate(drawn):
            for tag in sorted(tags):
                library.tags.give(TAGS[tag][0], [n + 1], TAGS[tag][1])
        assert sent(library, store).pictures == len(photos)
        with shared(library, store) as there:
            for filters, vector, k in asked:
                agree(library, there, vector, k, filters)


def test_each_filter_alone_lets_pass_what_passes_in_sqlite(store: Milvus, model: ModelIdentity) -> None:
    ratings = (None, -1, 0, 1, 5)
    facts = [Facts(camera=name, place=(name, "Japan"), place_local=("京都", name)) for name in NAMES]
    facts += [Facts(rating=rating) for rating in ratings]
    edges = [(90.0, 0.0), (-89.999, 12.0), (0.0, 180.0), (0.0, -180.0), (0.0, -179.99), (0.0, 0.0), (0.0449, 0.0449)]
    facts += [Facts(latitude=latitude, longitude=longitude) for latitude, longitude in edges]
    photos = [photo(f"{FOLDERS[n % len(FOLDERS)]}/{n}", unit(n, 1, 0, 0), facts=each) for n, each in enumerate(facts)]
    asked = [Filters(cameras=(part,)) for part in PARTS] + [Filters(places=(part,)) for part in (*PARTS, "京", "n, ")]
    asked += [Filters(min_rating=rating) for rating in (-2, -1, 0, 1, 5, 6)]
    asked += [Filters(near=near, within_km=km) for near in edges for km in (0.0, 1.2, 5.0, 300.0, 20_020.0)]
    asked += [Filters(folders=(folder,)) for folder in (*FOLDERS, "/", "/p/", "/p/a/3", "/none")]
    with library_of(model, *photos) as library:
        sent(library, store)
        with shared(library, store) as there:
            for filters in asked:
                agree(library, there, X, 99, filters)


def agree(library: Library, there: Library, vector: Vector, k: int, filters: Filters) -> None:
    """Those that score alike may come in any order, and at the end any of them."""
    score_of = dict(library.by_vector(vector, 99, filters))
    expected, found = library.by_vector(vector, k, filters), there.by_vector(vector, k, filters)
    assert len({number for number, _ in found}) == len(found) == len(expected), filters
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=2e-6)
    for number, score in found:
        assert score == pytest.approx(score_of[number], abs=2e-6), filters
    hits, others = library.hits(expected, filters), there.hits(expected, filters)
    assert hits == others


def test_more_than_milvus_answers_at_once_are_the_first_of_them(
    store: Milvus, model: ModelIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.store.milvus.MOST_FOUND", 3)
    monkeypatch.setattr("indexer.store.shared.MOST_FOUND", 3)
    with library_of(model, *(photo(f"/{n}", unit(1, n, 0, 0)) for n in range(6))) as library:
        sent(library, store)
        with shared(library, store) as there:
            assert [number for number, _ in there.by_vector(X, 99)] == [1, 2, 3]


def test_where_a_circle_is_asked_as_a_box_more_is_fetched_until_there_are_enough(
    store: Milvus, model: ModelIdentity
) -> None:
    corners = [photo(f"/c{n}", X, facts=Facts(latitude=0.04, longitude=0.04)) for n in range(40)]
    inside = [photo(f"/i{n}", Y, facts=Facts(latitude=0.0, longitude=0.04)) for n in range(3)]
    with library_of(model, *corners, *inside) as library:
        sent(library, store)
        with shared(library, store) as there:
            found = there.by_vector(X, 3, Filters(near=(0.0, 0.0), within_km=5))
            assert {number for number, _ in found} == {41, 42, 43}


def test_nothing_that_is_typed_is_a_command_to_milvus() -> None:
    asked = expression(
        Filters(cameras=('" or key != "',), places=("%",), tags=('"]',), folders=('/"',), formats=('"',))
    )
    assert asked.count('"') == 2 * asked.count(" like ")
    assert asked.count("%") == 2 * asked.count(" like ")
    with pytest.raises(ValueError, match="is no date"):
        expression(Filters(after='" or ""=="'))


# -- what is sent


def test_push_sends_what_changed_and_takes_away_what_was_forgotten(store: Milvus, model: ModelIdentity) -> None:
    with library_of(model, photo("/a", X), photo("/b", Y), photo("/c", Z)) as library:
        assert sent(library, store) == Sent(model.name, 3, 0, 0, 3)
        assert sent(library, store) == Sent(model.name, 0, 3, 0, 3)
        library.tags.give("dog", [1])
        library.forget("/c")
        assert push(library, store, "here", "attic") == Sent(model.name, 1, 1, 1, 2)
        assert push(library, store, "here").unchanged == 2
        assert [one.name for one in store.pushed(model)] == ["attic"]
        with shared(library, store) as there:
            assert there.by_vector(Z, 9, Filters(tags=("dog",))) == [(1, pytest.approx(0))]


def test_what_was_forgotten_here_since_the_push_is_found_no_more(store: Milvus, model: ModelIdentity) -> None:
    with library_of(model, *(photo(f"/{n}", unit(1, n, 0, 0)) for n in range(9))) as library:
        sent(library, store)
        for n in range(8):
            library.forget(f"/{n}")
        with shared(library, store) as there:
            assert [number for number, _ in there.by_vector(X, 1)] == [9]


def test_a_push_that_broke_off_goes_on(store: Milvus, model: ModelIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.moving.AT_ONCE", 5)
    with library_of(model, *(photo(f"/{n}", X) for n in range(11))) as library:
        put, calls = store.put, count(1)

        def broken(*args: Any) -> None:
            if next(calls) == 2:
                raise KeyboardInterrupt
            put(*args)

        monkeypatch.setattr(store, "put", broken)
        with pytest.raises(KeyboardInterrupt):
            sent(library, store)
        with shared(library, store) as there:
            assert len(there.by_vector(X, 20)) == 5
        assert sent(library, store) == Sent(model.name, 6, 5, 0, 11)


def test_a_long_text_is_left_out_before_a_picture_is() -> None:
    (_, content, facts, _) = photo("/a", X, facts=Facts(prompt="鳥" * 30_000, title="short"))
    (file, *_) = photo("/a", X)
    entry = Entry(content, (file,), facts)
    back = Entry.read(content.hash, entry.text(MOST_TEXT))
    assert (back.facts.prompt, back.facts.title) == (None, "short")
    assert Entry.read(content.hash, entry.text(1_000_000)).facts == facts


# -- several machines


def test_one_library_finds_what_another_pushed_under_its_name(store: Milvus, model: ModelIdentity) -> None:
    theirs = photo("/p/x", X, facts=Facts(camera="Leica", place=("Kyoto", "Japan")))
    with library_of(model, photo("/p/y", Y)) as ours, library_of(model, theirs, photo("/q/z", Z)) as other:
        other.tags.give("temple", [1])
        sent(ours, store, "desk")
        sent(other, store, "attic")
        with shared(ours, store) as asked:
            asked.searchable()
            found = asked.by_vector(X, 2)
            (far, near) = asked.hits(found)
            assert (far.path, near.path) == ("attic:/p/x", "/p/y")
            assert far.content_id > 1 << 52
            facts = asked.facts([number for number, _ in found])
            assert (facts[far.content_id].camera, facts[far.content_id].tags) == ("Leica", ("temple",))
            known = asked.vectors_of([near.content_id, far.content_id, 77])
            assert known.tolist() == [Y.tolist(), X.tolist(), [0, 0, 0, 0]]
            assert [hit.path for hit in nearest(asked, X, 9, ["/p"])] == ["attic:/p/x", "/p/y"]
            asked.must_know(["/q"])
            assert asked.pictures() == 3


def test_a_machine_without_photos_searches_what_others_pushed(store: Milvus, model: ModelIdentity) -> None:
    with library_of(model, photo("/x", X), photo("/y", Y)) as other, tempfile.TemporaryDirectory() as folder:
        sent(other, store, "attic")
        with Library(Path(folder)) as empty, shared(empty, store) as asked:
            assert asked.searchable(model.name) == model
            (best, _) = asked.by_vector(Y, 2, EVERYWHERE, model.name)
            assert [hit.path for hit in asked.hits([best])] == ["attic:/y"]
            assert len(asked.sample_vectors(9, model.name)) == 2
            assert asked.vector_of(photo("/x", X)[1].hash, model.name) is not None
            with pytest.raises(StoreLacks, match="no vectors of nobody's"):
                asked.searchable("nobody's")


def test_a_model_that_was_not_pushed_is_named(store: Milvus, model: ModelIdentity) -> None:
    says = pytest.raises(StoreLacks, match=f"no vectors of {model.name} .*`pics push`")
    with library_of(model, photo("/x", X)) as library, shared(library, store) as asked, says:
        asked.searchable()


# -- and back


def test_a_library_is_moved_with_all_that_is_known_of_its_pictures(store: Milvus, model: ModelIdentity) -> None:
    facts = Facts(taken_at="2019-07-01T00:00:00", camera="Leica", place=("京都",), keywords=("a", "b"), rating=4)
    photos = [photo("/p/x", X, b"x", facts), photo("/p/é", Y), photo("/copy", X, b"x", facts)]
    with library_of(model, *photos) as library, tempfile.TemporaryDirectory() as folder:
        library.tags.give("dog", [1], "犬")
        library.tags.take("cat", [1])
        library.tags.give("cat", [2])
        library.tags.take("cat", [1])
        library.tags.replace(model.name, [2], [(2, "bird", 0.5)], {"bird": "鳥"})
        sent(library, store, model.name)
        with Library(Path(folder)) as moved:
            fetched = pull(moved, store, model.name)
            assert (fetched.fetched, fetched.pictures, fetched.models) == (2, 2, (model.name,))
            ids = dict(zip(*(sorted_ids(each) for each in (library, moved)), strict=True))
            before, after = library.entries.of(list(ids)), moved.entries.of(list(ids.values()))
            for old, new in ids.items():
                assert after[new]._replace(files=()) == before[old]._replace(files=())
                assert [file[:3] for file in after[new].files] == [file[:3] for file in before[old].files]
                assert (moved.vectors_of([new]) == library.vectors_of([old])).all()
            assert [match.content_id for match in moved.by_words("京都", 9)] == [ids[1]]
            assert owner_of(moved.path.parent) == owner_of(library.path.parent)
            assert pull(moved, store).fetched == 0
            assert sent(moved, store, model.name).sent == 0


def sorted_ids(library: Library) -> list[int]:
    numbers = next(library.contents())
    return sorted(numbers, key=lambda number: library.files.sha256(number) or b"")


def test_a_second_model_is_pushed_and_pulled_beside_the_first(store: Milvus, model: ModelIdentity) -> None:
    second = another_model()
    with library_of(model, photo("/x", X), photo("/y", Y)) as library, tempfile.TemporaryDirectory() as folder:
        library.keep(second)
        library.put_vectors(second.name, [(1, "/x", Z)])
        assert push(library, store, model.name, model=second.name).sent == 1
        sent(library, store, model.name)
        with Library(Path(folder)) as moved:
            assert set(pull(moved, store, model.name).models) == {model.name, second.name}
            (x,) = moved.entries.ids([photo("/x", X)[1].hash]).values()
            assert moved.model() == model
            assert moved.vectors_of([x], second.name).tolist() == [Z.tolist()]


def test_a_library_of_photos_is_not_mixed_with_another(store: Milvus, model: ModelIdentity) -> None:
    with library_of(model, photo("/x", X)) as library, library_of(model, photo("/y", Y)) as other:
        sent(other, store, "attic")
        with pytest.raises(NotOurLibrary, match="has photos of its own"):
            pull(library, store, "attic")
        own(library.path.parent, "0" * 16)
        with pytest.raises(NotOurLibrary, match="is another library than attic"):
            pull(library, store, "attic")
        with pytest.raises(StoreLacks, match="no such library"):
            pull(library, store)


# -- what goes wrong


@pytest.mark.parametrize(
    "typed",
    [
        "localhost:19530",
        "http://localhost",
        "milvus+http://",
        "milvus+file://here",
        "milvus+ftp://x",
        "milvus+http://x:y",
    ],
)
def test_an_address_that_is_none_is_shown_with_what_one_looks_like(typed: str) -> None:
    with pytest.raises(BadStoreAddress, match=r"milvus\+http://HOST:19530"):
        Address.read(typed)


def test_a_password_is_sent_and_never_shown() -> None:
    address = Address.read("milvus+https://me:secret@photos.example/album?index=hnsw")
    assert address.uri == "https://me:secret@photos.example:19530/album"
    assert (address.shown, address.index) == ("milvus+https://photos.example:19530/album", "HNSW")
    with pytest.raises(BadStoreAddress) as caught:
        Address.read("milvus+http://me:secret@photos.example?index=magic")
    assert "secret" not in str(caught.value)


def test_a_store_that_does_not_answer_is_named(model: ModelIdentity) -> None:
    down = Milvus(Address.read("milvus+http://127.0.0.1:9"))
    with (
        library_of(model, photo("/x", X)) as library,
        pytest.raises(StoreDown, match=r"http://127\.0\.0\.1:9: no answer"),
    ):
        sent(library, down)


def test_a_folder_that_another_process_has_open_is_said_to_be(store: Milvus) -> None:
    second = Milvus(store.address)
    with pytest.raises(StoreBusy, match="milvus-lite server --data-dir"):
        second.pushed()


def test_an_approximate_index_may_be_asked_for(tmp_path: Path, model: ModelIdentity) -> None:
    store = Milvus(Address.read(f"milvus+file://{tmp_path / 'library.milvus'}?index=HNSW"))
    with library_of(model, *(photo(f"/{n}", unit(1, n, math.sin(n), 0)) for n in range(60))) as library:
        sent(library, store)
        with shared(library, store) as there:
            assert [number for number, _ in there.by_vector(X, 5)] == [number for number, _ in library.by_vector(X, 5)]
    store.close()


def test_a_store_is_there_after_it_was_closed(tmp_path: Path, model: ModelIdentity) -> None:
    address = Address.read(f"milvus+file://{tmp_path / 'library.milvus'}")
    with library_of(model, photo("/x", X), photo("/y", Y)) as library:
        store = Milvus(address)
        sent(library, store)
        store.close()
        with Shared(library.path.parent, Milvus(address)) as there:
            assert [number for number, _ in there.by_vector(Y, 2)] == [2, 1]
