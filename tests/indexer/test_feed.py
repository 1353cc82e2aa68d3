"""Files -> outcomes: in order, each read once, a few ahead, and nothing a file does ends the run."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.feed import (
    AHEAD,
    MAX_BYTES,
    RESTING,
    HeaderReader,
    Informed,
    Known,
    Outcome,
    Picture,
    Reader,
    Vanished,
    feed,
)
from indexer.photo import File, Pixels, Skip
from tests import headers, pictures
from tests.fake_encoder import SIDE, FakeEncoder
from tests.indexer.conftest import REPOSITORY, file_at


def read_all(files: list[File], workers: int = 2, **options: object) -> list[Outcome]:
    prepare = options.pop("prepare", FakeEncoder().prepare)
    return list(feed(files, Reader(prepare, SIDE, **options), workers))  # type: ignore[arg-type]


def read_one(file: File, **options: object) -> Outcome:
    (outcome,) = read_all([file], 1, **options)
    return outcome


# -- what comes out


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_outcomes_come_in_the_order_of_the_files(photos: Path, workers: int) -> None:
    files = [file_at(path) for path in pictures.put_scenes(photos, range(40))]
    for slow in files[::7]:  # large ones take longer, and must not be overtaken
        pictures.put(Path(slow.path), pictures.scene(1, (600, 600)))
    files = [file_at(Path(file.path)) for file in files]
    outcomes = read_all(files, workers)
    assert [outcome.file for outcome in outcomes if isinstance(outcome, Picture)] == files


def test_a_picture_carries_its_hash_its_size_its_facts_and_the_models_pixels(photos: Path) -> None:
    path = pictures.put(photos / "a.png", pictures.turned(pictures.gradient((64, 48)), 6))
    outcome = read_one(file_at(path))
    assert isinstance(outcome, Picture)
    assert outcome.content.hash == hashlib.sha256(path.read_bytes()).digest()
    assert outcome.content.size == path.stat().st_size
    assert (outcome.content.width, outcome.content.height, outcome.content.format) == (64, 48, "JPEG")
    upright = FakeEncoder().prepare(pictures.gradient((64, 48)))
    assert outcome.pixels.shape == (SIDE, SIDE, 3)
    assert outcome.pixels.dtype == np.uint8
    assert np.abs(outcome.pixels.astype(int) - upright).max() <= 6


def test_a_picture_carries_what_it_and_the_files_beside_it_say(photos: Path) -> None:
    path = pictures.put(photos / "IMG_20190714_053122.jpg", headers.jpeg(headers.exif(headers.PHONE)))
    (photos / "IMG_20190714_053122.xmp").write_bytes(headers.xmp(attributes='xmp:Rating="4"'))
    (photos / "IMG_20190714_053122.jpg.json").write_bytes(b"{")
    outcome = read_one(file_at(path))
    assert isinstance(outcome, Picture)
    assert (outcome.facts.camera, outcome.facts.rating) == ("Apple iPhone 15 Pro", 4)
    assert (outcome.facts.taken_at, outcome.facts.taken_from) == ("2019-07-14T05:31:22", "file name")
    assert len(outcome.facts.notes) == 1


def test_a_picture_that_says_nothing_has_its_files_date(photos: Path) -> None:
    outcome = read_one(file_at(pictures.put(photos / "a.png", 1)))
    assert isinstance(outcome, Picture)
    assert outcome.facts.taken_from == "file date"


def test_pixels_that_come_out_may_be_written_to_and_share_no_memory(photos: Path) -> None:
    first, second = read_all([file_at(path) for path in pictures.put_scenes(photos, range(2))])
    assert isinstance(first, Picture) and isinstance(second, Picture)
    before = second.pixels.copy()
    first.pixels[:] = 0
    assert (second.pixels == before).all()


def test_no_files_make_no_outcomes() -> None:
    assert read_all([]) == []


def test_a_stream_rests_before_its_threads_are_ended_and_few_rest_at_once(photos: Path) -> None:
    """Ended at once, one stream in some ten thousand waits for its threads without end; too rare to be tested."""
    gone = file_at(photos)
    gone = gone._replace(path=f"{photos}/gone")
    before = list(RESTING)
    for _ in range(3 * (RESTING.maxlen or 0)):
        read_all([gone])
    assert len(RESTING) == RESTING.maxlen
    assert not any(stream is old for stream in RESTING for old in before)


def test_bytes_the_library_has_are_hashed_and_not_decoded(photos: Path) -> None:
    old, new = pictures.put_scenes(photos, range(2))
    encoder = FakeEncoder()
    has = {hashlib.sha256(old.read_bytes()).digest()}
    outcomes = read_all([file_at(old), file_at(new)], prepare=encoder.prepare, is_known=has.__contains__)
    assert outcomes[0] == Known(file_at(old), has.pop())
    assert isinstance(outcomes[1], Picture)
    assert encoder.prepared == 1


def test_known_bytes_that_are_no_picture_are_not_decoded_either(photos: Path) -> None:
    path = pictures.put(photos / "a.jpg", b"not a picture")
    assert isinstance(read_one(file_at(path), is_known=lambda _: True), Known)


OPENS = """
import os, sys
from collections import Counter
from pathlib import Path
opened = Counter()
def heed(event, arguments):
    if event == "open" and str(arguments[0]).startswith(sys.argv[1]):
        opened[str(arguments[0])] += 1
from indexer.feed import Reader, feed
from tests.fake_encoder import SIDE, FakeEncoder
from tests.indexer.conftest import file_at
sys.addaudithook(heed)
files = [file_at(path) for path in sorted(Path(sys.argv[1]).iterdir())]
outcomes = list(feed(files, Reader(FakeEncoder().prepare, SIDE, lambda sha256: sha256[0] % 2 == 0), 2))
print(len(outcomes), "files, opened", sum(opened.values()), "times")
"""


@pytest.mark.parametrize("number", [1, 2, 5, 15, 40])
def test_every_file_is_opened_once_for_hash_and_decode(photos: Path, number: int) -> None:
    pictures.put(photos / "broken.png", b"\x89PNG\r\n\x1a\n")
    pictures.put_scenes(photos, range(number - 1))
    command = [sys.executable, "-c", OPENS, str(photos)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout
    assert said == f"{number} files, opened {number} times\n"


# -- headers alone


def inform_all(files: list[File]) -> list[Informed | Vanished | Skip]:
    return list(feed(files, HeaderReader(), 2))


def test_what_is_read_of_a_header_alone_is_what_a_picture_carries(photos: Path) -> None:
    paths = [
        pictures.put(photos / "a.jpg", headers.jpeg(headers.exif(headers.PHONE))),
        *pictures.put_scenes(photos, range(9)),
    ]
    (photos / "a.xmp").write_bytes(headers.xmp(attributes='xmp:Rating="4"'))
    files = [file_at(path) for path in paths]
    informed = inform_all(files)
    for file, picture, header in zip(files, read_all(files), informed, strict=True):
        assert isinstance(picture, Picture)
        assert header == Informed(file, picture.content.hash, picture.facts)


def test_a_header_is_read_of_a_photo_whose_pixels_are_damaged(photos: Path) -> None:
    data = pictures.encoded(pictures.gradient((200, 100)), "JPEG", exif=headers.exif(headers.PHONE))
    file = file_at(pictures.put(photos / "a.jpg", data[: data.index(b"\xff\xda") + 20]))
    assert isinstance(read_one(file), Skip)
    (outcome,) = inform_all([file])
    assert isinstance(outcome, Informed)
    assert outcome.facts.camera == "Apple iPhone 15 Pro"


def test_a_header_that_cannot_be_had_is_skipped_or_vanished(photos: Path) -> None:
    text, empty, gone = (
        pictures.put(photos / name, data) for name, data in (("a.jpg", b"Dear diary"), ("b", b""), ("c", 1))
    )
    files = [file_at(path) for path in (text, empty, gone)]
    gone.unlink()
    assert inform_all(files) == [
        Skip(str(text), "not a picture, or in a format that is not supported"),
        Skip(str(empty), "empty file"),
        Vanished(files[2]),
    ]


# -- how far ahead


class CountingReader(Reader):
    """Counts what was read. Of files that are gone reading costs nothing: the threads run as far as they may."""

    def __init__(self) -> None:
        super().__init__(FakeEncoder().prepare, SIDE)
        self.count = 0
        self._lock = threading.Lock()

    def read(self, file: File) -> Outcome:
        with self._lock:
            self.count += 1
        return super().read(file)


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (2, 1), (3, 1), (3, 24), (2, 32), (1, 64)])
def test_no_more_files_are_read_ahead_of_a_slow_consumer_than_said(workers: int, batch: int) -> None:
    reader = CountingReader()
    files = [File(f"/nowhere/{number}.jpg", 1, 1, 1) for number in range(200)]
    ahead = []
    for taken, _ in enumerate(feed(files, reader, workers, batch), 1):
        time.sleep(0.002)
        ahead.append(reader.count - taken)
    assert len(ahead) == 200
    assert 0 < max(ahead) <= max(workers * AHEAD, batch + workers)


def test_a_consumer_that_leaves_early_leaves_no_thread_reading(photos: Path) -> None:
    files = [file_at(path) for path in pictures.put_scenes(photos, range(60))]
    reader = CountingReader()
    outcomes = feed(files, reader, 2)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    del outcomes
    time.sleep(0.2)
    assert reader.count <= 1 + 2 * AHEAD + 2


# -- what goes wrong


def test_an_empty_file_is_skipped_with_that_reason(photos: Path) -> None:
    path = pictures.put(photos / "a.jpg", b"")
    assert read_one(file_at(path)) == Skip(str(path), "empty file")


def test_a_file_that_is_no_picture_is_skipped_with_the_decoders_reason(photos: Path) -> None:
    path = pictures.put(photos / "a.jpg", b"Dear diary")
    assert read_one(file_at(path)) == Skip(str(path), "not a picture, or in a format that is not supported")


def test_a_picture_of_too_many_pixels_is_skipped_unless_the_limit_is_raised(photos: Path) -> None:
    file = file_at(pictures.put(photos / "a.png", pictures.plain("red", (40, 30))))
    refused = read_one(file, max_pixels=1199)
    assert isinstance(refused, Skip) and "--max-megapixels" in refused.reason
    assert isinstance(read_one(file, max_pixels=1200), Picture)


def test_a_file_too_large_for_a_photo_is_not_read(photos: Path) -> None:
    path = pictures.put(photos / "a.tiff", b"")
    os.truncate(path, MAX_BYTES + 1)
    assert read_one(file_at(path)) == Skip(str(path), "1.1 GB is too large for a photo")


def test_a_file_that_went_has_vanished(photos: Path) -> None:
    file = file_at(pictures.put(photos / "a.png", 1))
    Path(file.path).unlink()
    assert read_one(file) == Vanished(file)


def test_a_file_whose_folder_went_has_vanished(photos: Path) -> None:
    file = file_at(pictures.put(photos / "b" / "a.png", 1))
    (photos / "b").rename(photos / "c")
    assert read_one(file) == Vanished(file)


@pytest.mark.parametrize("what", ["bytes", "date", "size"])
def test_a_file_that_is_not_what_the_scan_saw_is_left_to_the_next_run(photos: Path, what: str) -> None:
    path = pictures.put(photos / "a.png", 1)
    file = file_at(path)
    if what == "bytes":
        pictures.put(path, 2)
        os.utime(path, ns=(file.mtime_ns + 1, file.mtime_ns + 1))
    elif what == "date":
        os.utime(path, ns=(file.mtime_ns + 5_000_000_000, file.mtime_ns + 5_000_000_000))
    else:
        path.write_bytes(path.read_bytes() + b"more")
        os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
    assert read_one(file) == Vanished(file)


def test_a_file_that_grows_while_it_is_read_is_left_to_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)  # says it has no bytes, and then has some
    file = file_at(path)
    writer = threading.Thread(target=path.write_bytes, args=(pictures.encoded(pictures.plain("red")),))
    writer.start()
    assert Reader(FakeEncoder().prepare, SIDE).read(file) == Vanished(file)
    writer.join()


def test_a_file_that_may_not_be_read_is_skipped_with_that_reason(bound_folder: Path) -> None:
    path = pictures.put(bound_folder / "a.png", 1)
    path.chmod(0)
    assert read_one(file_at(path)) == Skip(str(path), "cannot be read: Permission denied")


def test_a_folder_in_place_of_a_file_is_skipped(photos: Path) -> None:
    file = file_at(pictures.put(photos / "a.png", 1))
    Path(file.path).unlink()
    Path(file.path).mkdir()
    assert read_one(file) == Skip(file.path, "cannot be read: Is a directory")


class Panic(BaseException):
    """As Rust's panics come through PyO3: no Exception."""


@pytest.mark.parametrize("error", [RuntimeError("bug"), Panic("bug"), MemoryError("bug"), SystemExit("bug")])
def test_a_bug_in_a_decoder_costs_one_photo(photos: Path, error: BaseException) -> None:
    files = [file_at(path) for path in pictures.put_scenes(photos, range(5))]
    marked = file_at(pictures.put(photos / "marked.png", pictures.plain("red", (33, 33))))

    def prepare(image: Image.Image) -> Pixels:
        if image.size == (33, 33):
            raise error
        return FakeEncoder().prepare(image)

    outcomes = read_all([*files[:2], marked, *files[2:]], prepare=prepare)
    assert [type(outcome) for outcome in outcomes] == [Picture, Picture, Skip, Picture, Picture, Picture]
    assert outcomes[2] == Skip(marked.path, f"cannot be decoded: {type(error).__name__}: bug")


def test_a_bug_in_the_question_whether_bytes_are_known_costs_one_photo(photos: Path) -> None:
    def is_known(_: bytes) -> bool:
        raise RuntimeError("bug")

    outcome = read_one(file_at(pictures.put(photos / "a.png", 1)), is_known=is_known)
    assert isinstance(outcome, Skip)


BROKEN_RUN = """
import sys
from pathlib import Path
from indexer.feed import Reader, feed
from indexer.photo import Skip
from tests.fake_encoder import SIDE
from tests.indexer.conftest import file_at
class Panic(BaseException): pass
def prepare(image): raise Panic("bug")
files = [file_at(path) for path in sorted(Path(sys.argv[1]).iterdir())]
outcomes = feed(files, Reader(prepare, SIDE), 4)
if sys.argv[2] == "all":
    print(sum(isinstance(outcome, Skip) for outcome in outcomes))
else:
    print(next(outcomes) is not None)
    if sys.argv[2] == "raise":
        raise SystemExit(7)
"""


@pytest.fixture
def thousand_broken_files(photos: Path) -> Path:
    kinds = [*pictures.broken().values(), pictures.bomb(), pictures.encoded(pictures.scene(1)), pictures.POSTSCRIPT]
    for number in range(1000):
        pictures.put(photos / f"{number:04}.jpg", kinds[number % len(kinds)])
    return photos


@pytest.mark.parametrize(("how_far", "said", "status"), [("all", "1000", 0), ("one", "True", 0), ("raise", "True", 7)])
def test_a_process_that_met_a_thousand_broken_files_ends_cleanly(
    thousand_broken_files: Path, how_far: str, said: str, status: int
) -> None:
    command: list[str] = [sys.executable, "-c", BROKEN_RUN, str(thousand_broken_files), how_far]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert (ended.returncode, ended.stdout.strip()) == (status, said), ended.stderr
