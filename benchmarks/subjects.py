"""The programs that are measured: pics, and rclip where it is at hand."""

import sqlite3
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.measure import Command, answer

REPOSITORY = Path(__file__).resolve().parents[1]
WORDS = "a dog on the beach"
OFFLINE = {"HF_HUB_OFFLINE": "1"}  # neither may wait for a network
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}  # and both are compiled once, as what is installed is


def without_model(home: Path, folder: Path) -> Command:
    """An index run of a fake encoder, whose small products numpy's BLAS would only hinder with a second thread."""
    arguments = (sys.executable, "-m", "benchmarks.fake_index", str(home), str(folder))
    return Command(arguments, REPOSITORY, {"OPENBLAS_NUM_THREADS": "1"})


@dataclass(frozen=True, slots=True)
class Pics:
    """The console script of this clone, with a library in `home` that is made with `checkpoint`."""

    home: Path
    checkpoint: Path

    def __call__(self, *arguments: str) -> Command:
        program = Path(sys.executable).with_name("pics")
        how = (str(program),) if program.exists() else (sys.executable, "-m", "cli")
        return Command((*how, *arguments), REPOSITORY, {"PICS_HOME": str(self.home)} | OFFLINE | self.compiled)

    @property
    def compiled(self) -> dict[str, str]:
        """Where the compiled modules of this clone lie: not in it."""
        return COMPILED | {"PYTHONPYCACHEPREFIX": str(self.home.parent / "compiled")}

    def index(self, folder: Path) -> Command:
        return self("index", str(folder), "--model", str(self.checkpoint))

    def search(self, number: int, words: str = WORDS) -> Command:
        return self("search", words, "-n", str(number))

    def empty(self) -> None:
        """Leaves the converted model, so that its conversion is not measured."""
        for file in self.home.glob("library.db*"):
            file.unlink()


@dataclass(frozen=True, slots=True)
class Rclip:
    """rclip over a data folder of our own, that borrows the models of another."""

    program: Path
    data: Path

    @classmethod
    def borrowing(cls, program: Path, models: Path, data: Path) -> "Rclip":
        data.mkdir(parents=True, exist_ok=True)
        for folder in models.iterdir():
            if folder.is_dir() and not (data / folder.name).exists():
                (data / folder.name).symlink_to(folder.resolve())
        return cls(program.absolute(), data)

    @property
    def version(self) -> str:
        return answer(Command((str(self.program), "--version"), self.data)).strip()

    def query(self, folder: Path, number: int) -> Command:
        """Answers from what is indexed of a folder."""
        return self._command(folder, "--no-indexing", "-t", str(number), WORDS)

    def index(self, folder: Path) -> Command:
        """Indexes a folder; rclip cannot do so without answering a query too."""
        return self._command(folder, "-t", "1", WORDS)

    def _command(self, folder: Path, *arguments: str) -> Command:
        return Command((str(self.program), *arguments), folder, {"RCLIP_DATADIR": str(self.data)} | OFFLINE | COMPILED)

    def empty(self) -> None:
        for file in self.data.glob("db.sqlite3*"):
            file.unlink()

    def fill(self, rows: Iterable[tuple[str, float, int, bytes, str]]) -> None:
        """(path, mtime, size, float32 vector, hash) of each photo, into a database that rclip itself has made."""
        self.empty()
        example = self.data / "example"
        example.mkdir(exist_ok=True)
        Image.new("RGB", (64, 64), "green").save(example / "green.png")
        answer(self.index(example))
        with sqlite3.connect(self.data / "db.sqlite3") as database:
            database.execute("delete from images")
            database.executemany(
                "insert into images (filepath, modified_at, size, vector, hash) values (?, ?, ?, ?, ?)", rows
            )
        database.close()
