"""A question to `pics serve` at 140,000 photos: over HTTP, words that nobody has asked before, all of it warm."""

import os
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import query
from benchmarks.bench import Bench
from benchmarks.result import Figure, Target, compared
from benchmarks.subjects import Pics

WORDS = ("a dog", "lemons", "snow on a roof", "an old map", "two people at night", "fuji from plane")
MILLISECONDS = Target(150)


def measure(bench: Bench) -> list[Figure]:
    pics = bench.pics("home-query")
    query.fill(pics, bench)
    with _server(pics) as address:
        _milliseconds(address, "the first question waits until the model is there")
        rounds = [f"{words} {number}" for number in range(bench.runs) for words in WORDS]
        new = [_milliseconds(address, words) for words in rounds]
        again = [_milliseconds(address, words) for words in rounds]
    return [
        compared(f"a question to `pics serve`, {query.PHOTOS:,} photos", "ms", float, new, target=MILLISECONDS),
        compared("a question to `pics serve`, the same words again", "ms", float, again),
    ]


@contextmanager
def _server(pics: Pics) -> Iterator[str]:
    """Its address, which it prints as soon as it listens."""
    command = pics("serve", "--port", "0")
    serving = subprocess.Popen(
        command.arguments,
        cwd=command.folder,
        env=os.environ | command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert serving.stdout
    try:
        yield serving.stdout.readline().strip()
    finally:
        serving.kill()
        serving.communicate()


def _milliseconds(address: str, words: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(f"{address}api/search?{urllib.parse.urlencode({'q': words, 'n': 60})}") as response:
        response.read()
    return 1000 * (time.perf_counter() - begun)
