"""Times and peak memory of whole processes, in interleaved rounds: A B A B, so that a slow minute hits both."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

STOPWATCH = Path(__file__).with_name("stopwatch.py")
SKIPPED_SOME = 3  # pics: done, but some photos could not be read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command:
    """A program, its arguments, where it runs and what it finds in the environment besides ours."""

    arguments: tuple[str, ...]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds on the wall, seconds of all its threads, peak resident memory in MB."""

    seconds: float
    cpu_seconds: float
    megabytes: float


class CommandFailed(Exception):
    def __init__(self, command: Command, code: int, complaint: str) -> None:
        super().__init__(f"`{' '.join(command.arguments)}` in {command.folder} ended with {code}:\n{complaint[-2000:]}")


def sample(command: Command, fine: Collection[int] = (0, SKIPPED_SOME)) -> Sample:
    """Runs a command once. Raises CommandFailed with what it said, unless it ends with a code that is fine."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(STOPWATCH), *command.arguments],
        cwd=command.folder,
        env=os.environ | command.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in fine:
        raise CommandFailed(command, done.returncode, done.stderr)
    return Sample(**json.loads(done.stdout))


def answer(command: Command) -> str:
    """What a command prints. Raises CommandFailed."""
    environment = os.environ | command.environment
    done = subprocess.run(
        command.arguments, cwd=command.folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandFailed(command, done.returncode, done.stderr)
    return done.stdout


def interleaved(rounds: int, *subjects: Callable[[], T]) -> list[list[T]]:
    """The results of each subject, in rounds of one run each, after a round that only warms the caches."""
    for subject in subjects:
        subject()
    results = [[subject() for subject in subjects] for _ in range(rounds)]
    return [list(of_one) for of_one in zip(*results, strict=True)]


def seconds(one: Sample) -> float:
    return one.seconds


def cpu_seconds(one: Sample) -> float:
    return one.cpu_seconds


def megabytes(one: Sample) -> float:
    return one.megabytes
