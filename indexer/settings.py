"""What a run over photos is told by the user, and what it tells whoever watches."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from indexer.decode import MAX_PIXELS

BATCH = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user may turn: pictures a batch, reading threads, and the largest picture in pixels."""

    batch: int = BATCH
    workers: int = os.cpu_count() or 1
    max_pixels: int = MAX_PIXELS


DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` of this stage are behind us.

    Stages: 'scan' (files seen; total unknown: 0), 'index' (files), 'inform' (pictures of which nothing is known besides
    their pixels), 'complete' (pictures that lack a model's vector), 'words' (texts of a vocabulary) and 'tag'
    (pictures), 'write' (photos whose tags are written beside them), 'eval' (questions), 'group' (numbers of groups
    tried), 'project' (rounds), 'draw' (thumbnails), 'compare' (pictures) and
    'look' (pairs of them), 'teach' (examples), 'push' and 'pull' (pictures).
    """

    stage: str
    done: int
    total: int


Watch = Callable[[Progress], None]
