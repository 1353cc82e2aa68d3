"""Whatever ends a run, the library is whole, at most two batches are lost, and the next run goes on from there."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer.build import build
from indexer.complete import complete
from indexer.errors import LibraryBusy
from indexer.inform import inform
from indexer.store.database import Database
from indexer.store.library import Library
from tests import headers, pictures
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import REPOSITORY, SETTINGS, nearest

NUMBER = 60
SECONDS_A_BATCH = 0.05  # so slow that a busy computer does not finish the run before it is ended


OTHER = ("other", "5")


@contextmanager
def indexing(
    home: Path, photos: Path, seconds_a_batch: float = SECONDS_A_BATCH, model: Sequence[str] = ()
) -> Iterator["subprocess.Popen[str]"]:
    """An index run (or a pass that completes a model) in a process of its own, which has begun to encode."""
    command = [sys.executable, "-m", "tests.indexer.run_build", str(home), str(photos), str(seconds_a_batch), *model]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first == "encoding 4\n", process.communicate()[1]
        yield process
    finally:
        process.kill()
        process.communicate()


def handed_to_the_model(said: list[str]) -> int:
    """How many pictures the run had handed to its model, by what it said after its first line."""
    return max((int(line.removeprefix("encoding ")) for line in said if line.startswith("encoding ")), default=4)


def is_whole(home: Path) -> bool:
    database = Database(home / "library.db")
    try:
        strays = sum(
            database.value(f"select count(*) from {whole} where id not in (select {key} from {part})")
            for whole, key, part in (
                ("content", "content_id", "vectors_1"),
                ("content", "content_id", "metadata"),
                ("file", "rowid", "file_words"),
            )
        )
        return bool(database.value("pragma integrity_check") == "ok" and strays == 0)
    finally:
        database.close()


def answers(home: Path, encoder: FakeEncoder | None = None) -> list[tuple[str, float]]:
    encoder = encoder or FakeEncoder()
    with Library(home) as library:
        hits = nearest(library, encoder.encode_texts(["red"])[0], 2 * NUMBER, model=encoder.name)
        return [(hit.path, hit.score) for hit in hits]


@pytest.fixture
def fresh(photos: Path, tmp_path: Path) -> list[tuple[str, float]]:
    """What a library answers that was made of the photos in one go."""
    pictures.put_scenes(photos, range(NUMBER))
    with Library(tmp_path / "fresh") as library:
        build(library, FakeEncoder(), [str(photos)], settings=SETTINGS)
    return answers(tmp_path / "fresh")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_run_that_is_ended_at_any_moment_loses_at_most_two_batches_and_the_next_finishes(
    home: Path, photos: Path, fresh: list[tuple[str, float]], signal_: signal.Signals, seed: int
) -> None:
    with indexing(home, photos) as process:
        chance = random.Random(f"{signal_} {seed}")
        encoding = [process.stdout.readline() for _ in range(chance.randrange(9))]
        time.sleep(chance.uniform(0, SECONDS_A_BATCH))
        process.send_signal(signal_)
        rest, complained = process.communicate()
    assert process.returncode == (-signal.SIGKILL if signal_ == signal.SIGKILL else 130), complained
    assert complained == ""
    assert is_whole(home)
    with Library(home) as library:
        kept = library.files.count()
        assert handed_to_the_model([*encoding, *rest.splitlines()]) - 2 * SETTINGS.batch <= kept < NUMBER
        again = FakeEncoder()
        report = build(library, again, settings=SETTINGS)
    assert (report.unchanged, report.new, again.encoded) == (kept, NUMBER - kept, NUMBER - kept)
    assert answers(home) == fresh


def test_a_run_that_is_ended_again_and_again_gets_there(
    home: Path, photos: Path, fresh: list[tuple[str, float]]
) -> None:
    kept = 0
    for _ in range(3):
        with indexing(home, photos) as process:
            time.sleep(SECONDS_A_BATCH)
            process.kill()
            process.communicate()
        with Library(home) as library:
            assert kept <= library.files.count()
            kept = library.files.count()
    with Library(home) as library:
        build(library, FakeEncoder(), settings=SETTINGS)
    assert is_whole(home)
    assert answers(home) == fresh


def test_two_runs_at_once_the_second_is_told_who_the_first_is_and_the_first_is_not_disturbed(
    home: Path, photos: Path, fresh: list[tuple[str, float]]
) -> None:
    with indexing(home, photos, seconds_a_batch=0.1) as first:
        with Library(home) as library:
            with pytest.raises(LibraryBusy, match=f"is being written by process {first.pid};"):
                build(library, FakeEncoder(), [str(photos)], settings=SETTINGS)
            with pytest.raises(LibraryBusy, match=f"is being written by process {first.pid};"):
                library.forget(str(photos))
        said, complained = first.communicate()
    assert (first.returncode, complained, said.splitlines()[-1]) == (0, "", "done")
    assert answers(home) == fresh


def test_the_lock_of_a_killed_run_is_free(home: Path, photos: Path, fresh: list[tuple[str, float]]) -> None:
    with indexing(home, photos) as process:
        process.kill()
        process.communicate()
    assert str(process.pid) in (home / "index.lock").read_text()
    with Library(home) as library, library.writing():
        pass


def test_a_library_is_searched_while_another_process_indexes(
    home: Path, photos: Path, fresh: list[tuple[str, float]]
) -> None:
    with indexing(home, photos) as process:
        seen = []
        while process.poll() is None:
            with Library(home) as library:
                seen.append(len(nearest(library, FakeEncoder().encode_texts(["red"])[0], NUMBER)))
    assert process.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert set(answers(home)) == set(fresh)


def test_a_killed_run_leaves_the_changed_side_files_it_met_to_the_next(home: Path, photos: Path) -> None:
    (path,) = pictures.put_scenes(photos, range(999, 1000))
    with Library(home) as library:
        build(library, FakeEncoder(), [str(photos)], settings=SETTINGS)
    pictures.put_scenes(photos, range(NUMBER))
    for each in (path, photos / "0059.png"):
        each.with_suffix(".xmp").write_bytes(headers.xmp(headers.bag("dc:subject", each.stem, "harbour")))
    with indexing(home, photos) as process:
        process.kill()
        process.communicate()
    with Library(home) as library:
        assert inform(library, SETTINGS) == 1
        assert [match.fields for match in library.by_words("harbour 0999", 9)] == [
            {"keywords": ("harbour", "0999"), "name": ("0999",)}
        ]
        report = build(library, FakeEncoder(), settings=SETTINGS)
        assert (report.read_again, inform(library, SETTINGS)) == (0, 0)
        assert len(library.by_words("harbour", 9)) == 2


# -- completing a second model


def other() -> FakeEncoder:
    return FakeEncoder("other", 5)


@pytest.fixture
def first(home: Path, photos: Path, fresh: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """A library with the vectors of a first model, and what it answers."""
    with Library(home) as library:
        build(library, FakeEncoder(), [str(photos)], settings=SETTINGS)
    return fresh


@pytest.fixture
def completed(tmp_path: Path, first: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """What the second model answers where it was completed in one go."""
    with Library(tmp_path / "fresh") as library:
        complete(library, other(), SETTINGS)
    return answers(tmp_path / "fresh", other())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_pass_that_is_ended_at_any_moment_loses_at_most_two_batches_and_the_next_finishes(
    home: Path,
    photos: Path,
    first: list[tuple[str, float]],
    completed: list[tuple[str, float]],
    signal_: signal.Signals,
    seed: int,
) -> None:
    with indexing(home, photos, model=OTHER) as process:
        chance = random.Random(f"pass {signal_} {seed}")
        encoding = [process.stdout.readline() for _ in range(chance.randrange(9))]
        time.sleep(chance.uniform(0, SECONDS_A_BATCH))
        process.send_signal(signal_)
        rest, complained = process.communicate()
    assert process.returncode == (-signal.SIGKILL if signal_ == signal.SIGKILL else 130), complained
    assert is_whole(home)
    assert answers(home) == first
    with Library(home) as library:
        kept = NUMBER - library.lacking("other")
        assert handed_to_the_model([*encoding, *rest.splitlines()]) - 2 * SETTINGS.batch <= kept < NUMBER
        again = other()
        done = complete(library, again, SETTINGS)
    assert (done.lacking, done.encoded, again.encoded) == (NUMBER - kept,) * 3
    assert answers(home, other()) == completed
    assert answers(home) == first


def test_two_passes_at_once_the_second_is_told_who_the_first_is_and_searching_goes_on(
    home: Path, photos: Path, first: list[tuple[str, float]], completed: list[tuple[str, float]]
) -> None:
    with indexing(home, photos, seconds_a_batch=0.1, model=OTHER) as process:
        with Library(home) as library:
            for change in (lambda: complete(library, other(), SETTINGS), lambda: library.use("fake")):
                with pytest.raises(LibraryBusy, match=f"is being written by process {process.pid};"):
                    change()
            with pytest.raises(LibraryBusy, match=f"is being written by process {process.pid};"):
                library.drop("other")
        assert answers(home) == first
        said, complained = process.communicate()
    assert (process.returncode, complained, said.splitlines()[-1]) == (0, "", "done")
    assert answers(home, other()) == completed
