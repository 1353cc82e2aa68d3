"""Options that take all pictures that follow: `--not a.jpg b.jpg`, as a shell writes `--not others/*.jpg`."""

from collections.abc import Iterator, Sequence
from typing import Any

from terminal.plainly import TakesPlainly

TAKE_ALL = frozenset({"--not", "--less"})


class TakesSeveral(TakesPlainly):
    """A command of which those options take the words up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(spread(args)))


def spread(words: Sequence[str]) -> Iterator[str]:
    """`--not a b --json` -> `--not a --not b --json`."""
    option, has_one = "", False
    for word in words:
        if word.startswith("-") and word != "-":
            option, has_one = word if word in TAKE_ALL else "", False
        elif option and has_one:
            yield option
        else:
            has_one = True
        yield word
