"""An index run in a process of its own, for tests that end it: says what it has encoded and finished on stdout.

python -m tests.indexer.run_build HOME PHOTOS SECONDS_A_BATCH [MODEL DIM]

With a model, a run that completes that one.
"""

import sys
from pathlib import Path

from indexer.build import build
from indexer.complete import complete
from indexer.photo import Pixels, Vector
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS


class Telling(FakeEncoder):
    """Says how many pictures it was handed, before it encodes them."""

    def encode_pixels(self, pixels: Pixels) -> Vector:
        print(f"encoding {self.encoded + len(pixels)}", flush=True)
        return super().encode_pixels(pixels)


def main(home: str, photos: str, seconds: str, model: str = "", dim: str = "") -> None:
    with Library(Path(home)) as library:
        if model:
            complete(library, Telling(model, int(dim), float(seconds)), SETTINGS)
        else:
            build(library, Telling(seconds_a_batch=float(seconds)), [photos], settings=SETTINGS)
    print("done", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
