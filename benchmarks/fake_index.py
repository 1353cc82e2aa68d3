"""An index run without a model: `python -m benchmarks.fake_index HOME FOLDER`."""

import sys
from pathlib import Path

from indexer.build import build
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder

if __name__ == "__main__":
    with Library(Path(sys.argv[1])) as library:
        build(library, FakeEncoder(dim=512), [sys.argv[2]])
