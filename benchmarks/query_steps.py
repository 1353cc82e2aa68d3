"""The steps of `pics search`, timed one by one: `python -m benchmarks.query_steps HOME WORDS STARTED_AT`.

Prints seconds by step, as JSON.
"""

import json
import sys
import time
from pathlib import Path

CANDIDATES = 105  # of which a search for 5 photos chooses
TIMES_READ = 2  # to judge them, and to fold them


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
    import cli

    cli.program(["search"])
    steps.end("importing typer and the commands")
    from commands.wiring import MODELS, one_thread

    one_thread()  # as `pics search` does
    import numpy  # noqa: F401

    steps.end("importing numpy")
    from indexer.search import search  # noqa: F401
    from indexer.store.library import Library

    steps.end("importing the search")
    library = Library(home, must_exist=True)
    model = library.model()
    assert model, "fill the library first"
    steps.end("opening the library")
    import mlx_clip

    encoder = mlx_clip.load(model.name, revision=model.revision, cache=home / MODELS)
    steps.end("importing MLX, finding the model")
    encoder._tokenizer([words])
    steps.end("loading the tokenizer, asking it")
    _ = encoder._text_tower
    steps.end("loading the text tower")
    vector = encoder.encode_texts([words])[0]
    steps.end("encoding the words")
    near = library.by_vector(vector, CANDIDATES)
    steps.end("finding the nearest of all vectors")
    contents = [content_id for content_id, _ in near]
    for _ in range(TIMES_READ):
        library.vectors_of(contents)
    steps.end("reading their vectors")
    library.by_words(words, CANDIDATES)
    steps.end("finding the words")
    library.hits(near)
    library.facts(contents)
    steps.end("reading their paths and facts")
    print(json.dumps(steps.seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
