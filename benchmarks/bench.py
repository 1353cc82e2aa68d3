"""What every measurement is given: where to work, on what, beside whom, how often."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import material
from benchmarks.subjects import Pics, Rclip

if TYPE_CHECKING:
    from mlx_clip.encoder import Encoder


@dataclass(frozen=True)
class Bench:
    """`given_*` are what the user named; what was not named is made in `work`.

    `number` is how many photos are made, `library` how many are imagined to be put in order, `large` how many to be
    asked of a large library.
    """

    work: Path
    runs: int
    number: int
    library: int
    given_checkpoint: Path | None = None
    given_photos: Path | None = None
    rclip: tuple[Path, Path] | None = None
    large: int = 1_000_000

    @cached_property
    def checkpoint(self) -> Path:
        return self.given_checkpoint or material.checkpoint(self.work / "checkpoint")

    @cached_property
    def photos(self) -> Path:
        return self.given_photos or material.photos(self.work / "photos", self.number)

    @cached_property
    def encoder(self) -> "Encoder":
        """The model, for its pixels and its name alone: in this process it computes nothing."""
        import mlx_clip

        return mlx_clip.load(self.checkpoint, cache=self.work / "models")

    def pics(self, home: str) -> Pics:
        """pics with a home of its own, in which the model lies converted."""
        _ = self.encoder
        folder = self.work / home
        folder.mkdir(exist_ok=True)
        if not (folder / "models").exists():
            (folder / "models").symlink_to(self.work / "models")
        return Pics(folder, self.checkpoint)

    def peer(self, data: str) -> Rclip | None:
        """rclip with a database of its own."""
        return Rclip.borrowing(*self.rclip, self.work / data) if self.rclip else None
