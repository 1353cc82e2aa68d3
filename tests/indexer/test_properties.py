"""What holds for any photos, vectors and folders, and after any sequence of changes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from indexer.build import build
from indexer.complete import complete
from indexer.photo import Vector, is_within
from indexer.store.library import Library
from tests import pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS, names_kept, nearest, photo, put_photos, unit

FOLDERS = ("/p", "/p/a", "/p/a b", "/p/a/deep", "/p/A", "/p/é", "/q")
numbers = st.lists(st.integers(-5, 5), min_size=4, max_size=4).filter(any)
vectors = numbers.map(lambda numbers: unit(*numbers))
placed = st.tuples(st.sampled_from(FOLDERS), vectors, st.integers(0, 30))  # folder, vector, which bytes


@contextmanager
def new_library() -> Iterator[Library]:
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder)) as library:
        yield library


def filled(library: Library, photos: list[tuple[str, Vector, int]]) -> dict[str, Vector]:
    """Puts photos in, whose vector depends on their bytes alone; returns the vector of each path."""
    of_bytes: dict[int, Vector] = {}
    at_path: dict[str, Vector] = {}
    for folder, vector, which in photos:
        at_path[f"{folder}/{len(at_path)}.jpg"] = of_bytes.setdefault(which, vector)
    which_bytes = [str(which).encode() for _, _, which in photos]
    put_photos(library, *(photo(path, at_path[path], data) for path, data in zip(at_path, which_bytes, strict=True)))
    return at_path


@given(st.lists(placed, min_size=1, max_size=30))
@settings(max_examples=30)
def test_what_was_put_finds_itself_first(photos: list[tuple[str, Vector, int]]) -> None:
    with new_library() as library:
        for path, vector in filled(library, photos).items():
            hits = nearest(library, vector, len(photos))
            best = {hit.path for hit in hits if hit.score > 1 - 1e-6}
            assert path in best
            assert hits[0].path in best


@given(
    st.lists(placed, min_size=1, max_size=40),
    vectors,
    st.lists(st.sampled_from((*FOLDERS, "/p/", "/", "/none", "/p/a/1.jpg")), max_size=3),
    st.integers(1, 45),
)
@settings(max_examples=60)
def test_the_nearest_are_those_that_brute_force_finds(
    photos: list[tuple[str, Vector, int]], query: Vector, folders: list[str], n: int
) -> None:
    with new_library() as library:
        stored = filled(library, photos)
        hits = nearest(library, query, n, folders)
    inside = {
        path: float(vector @ query)
        for path, vector in stored.items()
        if not folders or any(is_within(path, folder) for folder in folders)
    }
    assert len(hits) == min(n, len(inside))
    assert len({hit.path for hit in hits}) == len(hits)
    for hit in hits:
        assert hit.score == pytest.approx(inside[hit.path], abs=1e-5)
    assert [hit.score for hit in hits] == pytest.approx(sorted(inside.values(), reverse=True)[:n], abs=1e-5)


Answers = tuple[list[tuple[str, float, int, int, str, int]], ...]


def answers(library: Library, model: str | None = None) -> Answers:
    """Every hit for each of three questions, in an order that ties do not disturb."""
    count = library.files.count()
    encoder = FakeEncoder(model, dim=5) if model else FakeEncoder()
    queries = encoder.encode_texts(["red", "gray", "navy"])
    hits = ([] if count == 0 else nearest(library, query, count, model=model) for query in queries)
    return tuple(
        sorted((hit.path, round(hit.score, 5), hit.width, hit.height, hit.format, hit.size) for hit in each)
        for each in hits
    )


NUMBERS = range(8)
HASHES = {number: sha256(pictures.encoded(pictures.scene(number))).digest() for number in NUMBERS}


class AFolderOfPhotos(RuleBasedStateMachine):
    """Photos are added, edited, copied, moved and deleted; after each run the library is what a fresh one would be."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp()).resolve()
        self.photos = self.place / "photos"
        self.photos.mkdir()
        self.library = Library(self.place / "home")
        self.encoder = FakeEncoder()
        self.clock = 1_600_000_000

    def files(self) -> list[Path]:
        return sorted(self.photos.rglob("*.png"))

    def chosen(self, which: int) -> Path:
        return self.files()[which % len(self.files())]

    @rule(folder=st.sampled_from("abc"), name=st.integers(0, 5), number=st.sampled_from(NUMBERS))
    def add_or_edit(self, folder: str, name: int, number: int) -> None:
        path = pictures.put(self.photos / folder / f"{name}.png", number)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))

    @precondition(lambda self: self.files())
    @rule(which=st.integers(0, 99), folder=st.sampled_from("abc"), name=st.integers(0, 9), keep=st.booleans())
    def copy_or_move(self, which: int, folder: str, name: int, keep: bool) -> None:
        source, target = self.chosen(which), self.photos / folder / f"{name}.png"
        target.parent.mkdir(exist_ok=True)
        if source != target:
            (shutil.copy2 if keep else shutil.move)(source, target)

    @precondition(lambda self: self.files())
    @rule(which=st.integers(0, 99))
    def delete(self, which: int) -> None:
        self.chosen(which).unlink()

    @precondition(lambda self: (self.photos / "a").exists())
    @rule()
    def two_folders_change_places(self) -> None:
        (self.photos / "a").rename(self.photos / "aside")
        if (self.photos / "b").exists():
            (self.photos / "b").rename(self.photos / "a")
        (self.photos / "aside").rename(self.photos / "b")

    @rule()
    def complete_another_model(self) -> None:
        """Beside the first: it makes vectors of what is in the library, and is searched as if it were alone."""
        if not self.library.files.count_contents():
            return
        other = FakeEncoder("other", dim=5)
        lacking = self.library.lacking("other")
        done = complete(self.library, other, SETTINGS)
        assert other.encoded == done.encoded <= lacking
        assert done.encoded + done.away + done.changed == lacking
        assert self.library.lacking("other") == done.away + done.changed

    @rule()
    def index(self) -> None:
        known = {hash_ for hash_ in HASHES.values() if self.has(hash_)}
        unknown = [path for path in self.files() if sha256(path.read_bytes()).digest() not in known]
        before = self.encoder.encoded
        build(self.library, self.encoder, [str(self.photos)], settings=SETTINGS)
        assert self.encoder.encoded - before <= len(unknown)
        with new_library() as fresh:
            build(fresh, FakeEncoder(), [str(self.photos)], settings=SETTINGS)
            assert answers(self.library) == answers(fresh)
            assert self.library.files.count_contents() == fresh.files.count_contents()
            assert names_kept(self.library)
            self.complete_another_model()
            if fresh.files.count():
                complete(fresh, FakeEncoder("other", dim=5), SETTINGS)
                assert answers(self.library, "other") == answers(fresh, "other")

    def has(self, hash_: bytes) -> bool:
        return self.library.model() is not None and self.library.vector_of(hash_) is not None

    def teardown(self) -> None:
        self.index()
        self.library.__exit__()
        shutil.rmtree(self.place)


TestAFolderOfPhotos = AFolderOfPhotos.TestCase
TestAFolderOfPhotos.settings = settings(max_examples=12, stateful_step_count=20)
