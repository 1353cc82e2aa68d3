"""The steps of `pics search`, timed one by one: `python -m benchmarks.query_steps HOME WORDS STARTED_AT`.

Prints seconds by step, as JSON.
"""

import json
import sys
import time
from pathlib import Path


class Steps:
    def __init__(self, started_at: float) -> None:
        self._last = started_at
        self.seconds: dict[str, float] = {}

    def end(self, step: str) -> None:
        now = time.time()
        self.seconds[step], self._last = now - self._last, now


def main(home: Path, words: str, started_at: float) -> None:
    steps = Steps(started_at)
    steps.end("starting Python")
    import cli  # noqa: F401
    from commands.wiring import MODELS
    from indexer.search import search  # noqa: F401  as `pics search` does

    steps.end("importing cli and indexer")
    from indexer.store.library import Library

    library = Library(home, must_exist=True)
    model = library.model()
    assert model, "fill the library first"
    steps.end("opening the library")
    import mlx_clip

    encoder = mlx_clip.load(model.name, revision=model.revision, cache=home / MODELS)
    steps.end("importing MLX, finding the model")
    first = encoder.encode_texts([words])
    steps.end("loading tokenizer and text tower")
    begun = time.time()
    encoder.encode_texts([words])
    again = time.time() - begun
    library.hits(library.by_vector(first[0], 5))
    steps.end("finding the nearest of all vectors")
    steps.seconds["loading tokenizer and text tower"] -= again
    steps.seconds["finding the nearest of all vectors"] -= again
    print(json.dumps(steps.seconds | {"encoding the words": again}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
