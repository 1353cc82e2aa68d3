"""A library, an encoder without a model, and a folder in which permissions bind whoever runs the tests."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.build import Report, Settings, build
from indexer.photo import NO_FACTS, Content, Facts, File, Hit, ModelIdentity, Vector
from indexer.query import Filters
from indexer.store.codes import Codes
from indexer.store.database import Database
from indexer.store.library import Library
from indexer.store.words import names
from tests import pictures
from tests.fake_encoder import FakeEncoder

SETTINGS = Settings(batch=4, workers=2)
NOBODY = 65534
DATA = Path(__file__).parent / "data"
REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = ModelIdentity("example/clip", "0123456789abcdef", "5eed" * 16, 4, "squash8")

Index = Callable[..., Report]
Photo = tuple[File, Content, Facts, Vector]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with Library(home) as library:
        yield library


@pytest.fixture
def coded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many were asked of codes, each time."""
    asked: list[int] = []
    real = Codes.few
    monkeypatch.setattr(Codes, "few", lambda *given: (asked.append(given[2]), real(*given))[1])
    return asked


@contextmanager
def library_of_version(version: int, folder: Path) -> Iterator[Library]:
    """A copy of the library that an earlier version wrote (data/make_library_v*.py), in a new folder."""
    folder.mkdir()
    shutil.copy(DATA / f"library-v{version}.db", folder / "library.db")
    with Library(folder) as library:
        yield library


@pytest.fixture
def version_1(tmp_path: Path) -> Iterator[Library]:
    with library_of_version(1, tmp_path / "v1") as library:
        yield library


@pytest.fixture
def version_2(tmp_path: Path) -> Iterator[Library]:
    with library_of_version(2, tmp_path / "v2") as library:
        yield library


@pytest.fixture
def older(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Library]:
    """One of the version that the test names: `parametrize("older", [1, 2], indirect=True)`."""
    with library_of_version(request.param, tmp_path / "older") as library:
        yield library


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def index(library: Library, encoder: FakeEncoder, photos: Path) -> Index:
    """`index()` builds the library from `photos`; `index(*paths, exclude=…)` from what is named."""

    def run(*paths: Path, exclude: Sequence[str] | None = None, remembered: bool = False) -> Report:
        named = [] if remembered else [str(path) for path in paths or (photos,)]
        return build(library, encoder, named, exclude, SETTINGS)

    return run


@pytest.fixture
def bound_folder(tmp_path: Path) -> Iterator[Path]:
    """A new folder for a test that needs a folder it may not read: root reads all, so it becomes nobody meanwhile."""
    once = tmp_path / "once"  # indexed first, for what is imported then may lie where only root can read
    pictures.put(once / "a.jpg", pictures.scene(1), "JPEG")
    (once / "a.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    (once / "a.jpg.json").write_text("{}")
    with Library(tmp_path / "once.home") as library:
        build(library, FakeEncoder(), [str(once)], settings=SETTINGS)
        yield from _bound_folder()


def _bound_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bound-")).resolve()
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        for closed in [path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()]:
            closed.chmod(0o700)
        shutil.rmtree(folder)


def file_at(path: Path) -> File:
    """What a scan says of a path."""
    info = path.stat()
    return File(str(path), info.st_size, info.st_mtime_ns, info.st_dev)


def counts(report: Report) -> dict[str, int]:
    """The counts of a report that are not zero."""
    names = ("unchanged", "new", "changed", "moved", "copied", "gone", "vanished", "offline", "skipped")
    return {name: value for name in names if (value := getattr(report, name))}


def nearest(
    library: Library, query: Vector, n: int, folders: Sequence[str] = (), model: str | None = None
) -> list[Hit]:
    """The n paths in `folders` (none: anywhere) whose pictures are most like a unit vector, best first."""
    filters = Filters(folders=tuple(folders))
    return library.hits(library.by_vector(query, n, filters, model), filters)[:n]


def vector_at(
    library: Library, path: str, stamp: tuple[int, int] | None = None, model: str | None = None
) -> Vector | None:
    """A model's vector of what was indexed at a path, if its (size, mtime_ns) are these; None trusts the library."""
    sha256 = library.bytes_at(path, stamp)
    return None if sha256 is None else library.vector_of(sha256, model)


def names_kept(library: Library) -> bool:
    """Whether the names to be found by are those of the files, no more and no fewer."""
    kept = library._database.rows("select rowid, name, folders from file_words order by rowid")
    files = library._database.rows("select id, path from file order by id")
    return kept == [(file_id, *names(path)) for file_id, path in files]


def paths_of(library: Library) -> set[str]:
    """Every path the library holds, as a search gives them."""
    if library.files.count() == 0:
        return set()
    query = FakeEncoder().encode_texts(["red"])[0]
    return {hit.path for hit in nearest(library, query, library.files.count())}


def unit(*numbers: float) -> Vector:
    """Numbers -> a float32 vector of unit length."""
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def photo(
    path: str,
    vector: Vector,
    data: bytes | None = None,
    facts: Facts = NO_FACTS,
    size: tuple[int, int] = (40, 30),
    format_: str = "PNG",
) -> Photo:
    """What is put into a library: bytes of their own for each path, unless they are given."""
    data = path.encode() if data is None else data
    return File(path, len(data), 1, 7), Content(sha256(data).digest(), len(data), *size, format_), facts, vector


@contextmanager
def recording(library: Library, model: ModelIdentity = MODEL) -> Iterator[Library]:
    """A library that photos may be put into, as during an index run that found nothing gone."""
    library.adopt(model)
    library.files.begin_scan()
    library.files.compare([], [], [])
    try:
        yield library
    finally:
        library.files.end_scan()


def put_photos(library: Library, *photos: Photo) -> Counter[str]:
    with recording(library):
        return library.put(photos)


def wait_a_moment_on_the_clock(path: Path) -> None:
    """Gives an edited file another date, however coarse the file system's clock is."""
    info = path.stat()
    os.utime(path, ns=(info.st_mtime_ns + 1_000_000_000, info.st_mtime_ns + 1_000_000_000))


def edit(path: Path, picture: Image.Image | bytes | int) -> None:
    before = path.stat().st_mtime_ns
    pictures.put(path, picture)
    os.utime(path, ns=(before + 1_000_000_000, before + 1_000_000_000))


def tell_library(library: Library, sql: str, *values: object) -> None:
    """Changes a stored fact behind the library's back, as another day or another computer would have left it."""
    database = Database(library.path)
    database.run(sql, *values)
    database.close()
