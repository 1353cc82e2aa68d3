"""What is typed into `pics shell`: commands about the numbered hits, else a search; and how hits are listed there.

A command is one only where its argument fits: `open 5` opens a hit, "open door" is searched for.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.asking.grammar import is_picture
from indexer.asking.line import OPTIONS
from indexer.errors import IndexerError
from indexer.query import VERDICTS
from terminal.answers import folded, head
from terminal.completion import Names

if TYPE_CHECKING:
    from indexer.photo import Hit

NUMBERED = ("more", "less", "similar", "open", "show", "why", "path")
ALONE = ("more", "show", "next", "help", "quit", "exit")
ONE = r"\d{1,5}(?:-\d{1,5})?"
NUMBERS = re.compile(rf"{ONE}(?:[ ,]+{ONE})*")
BOTH = re.compile(r"more (?P<more>[\d ,-]+?) less (?P<less>[\d ,-]+)", re.IGNORECASE)
OF_FILES = ("--in", "--like")  # options that a path follows

HELP = """\
Type what is in the photo; all that `pics search` understands is understood here, options too:
  red bicycle --place Kyoto --on 2019-11        2:"golden retriever" + beach - people
A picture that is dropped here, or its path, finds what looks like it. Then, of the numbered hits:
  show 7      draw it, large; `show` draws all       more 3 5    recommend photos like these
  open 5-8    in the system's viewer                 less 2      and less like that; it is remembered
  similar 3   what looks like it                     why 4       what spoke for it, what is known of it
  path 2      its path alone                         next        the next hits
`more` alone goes by what you liked before. Quotes make a search of a command: "show". `quit`, or Ctrl-D, leaves.
"""


class NotListed(IndexerError):
    def __init__(self, number: int, last: int, line: str) -> None:
        if not last:
            super().__init__("there are no hits yet: type what is in the photo")
            return
        super().__init__(f'there is no hit {number}, the last is {last}; to search for these words: "{line.strip()}"')


@dataclass(frozen=True, slots=True)
class Command:
    """A verb, the numbers of the hits that it is about, and of those that are to be less."""

    verb: str
    numbers: tuple[int, ...] = ()
    less: tuple[int, ...] = ()


def understood(line: str) -> Command | None:
    """None for what is to be searched for."""
    line = " ".join(line.split())
    if both := BOTH.fullmatch(line):
        if NUMBERS.fullmatch(both["more"]) and NUMBERS.fullmatch(both["less"]):
            return Command("more", _numbers(both["more"]), _numbers(both["less"]))
        return None
    verb, _, rest = line.partition(" ")
    verb = verb.lower()
    if not rest:
        return Command("quit" if verb == "exit" else verb) if verb in ALONE else None
    if verb not in NUMBERED or not NUMBERS.fullmatch(rest):
        return None
    numbers = _numbers(rest)
    return Command("more", (), numbers) if verb == "less" else Command(verb, numbers)


def _numbers(text: str) -> tuple[int, ...]:
    """`3 5-7` -> 3, 5, 6, 7; each once, in their order."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        start, end = int(first), int(last or first)
        found += range(min(start, end), max(start, end) + 1)
    return tuple(dict.fromkeys(found))


def chosen(hits: "Sequence[Hit]", numbers: Iterable[int], line: str) -> "list[tuple[int, Hit]]":
    """The hits of some numbers, with these. Raises NotListed."""
    picked = []
    for number in numbers:
        if not 1 <= number <= len(hits):
            raise NotListed(number, len(hits), line)
        picked.append((number, hits[number - 1]))
    return picked


def dropped(line: str) -> str | None:
    """The path of a picture that was dropped on the window, which quotes it or puts backslashes before its blanks."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that nothing ends
        return None
    return words[0] if len(words) == 1 and is_picture(words[0]) else None


# -- how hits look


def listed(numbered: "Iterable[tuple[int, Hit]]", explain: bool = False) -> Iterator[str]:
    """A line each, as `pics search` writes them, behind a number."""
    for number, hit in numbered:
        yield f"{number:>3}  {head(hit)}  {hit.path}{folded(hit)}\n"
        if explain and hit.why:
            yield f"{' ' * 20}{'; '.join(hit.why)}\n"


def explained(number: int, hit: "Hit") -> Iterator[str]:
    """What spoke for a hit, and what is known of it."""
    yield from listed([(number, hit)], explain=True)
    yield f"     {known(hit)}\n"
    facts = hit.facts
    named = (
        *(("title", facts.title), ("caption", facts.caption), ("prompt", facts.prompt)),
        *(("keywords", ", ".join(facts.keywords)), ("people", ", ".join(facts.people))),
        *(("tags", ", ".join(facts.tags)), ("similar", ", ".join(hit.similar))),
    )
    for name, value in named:
        if value:
            yield f"     {name}: {' '.join(value.split())}\n"


def known(hit: "Hit") -> str:
    """`2019-07-14 09:30 · X-T3 · Fujinomiya, Shizuoka, Japan · 6000 x 4000 JPEG`"""
    facts = hit.facts
    when = (facts.taken_at or "")[:16].replace("T", " ")
    parts = (when, facts.camera, ", ".join(facts.place), f"{hit.width} x {hit.height} {hit.format}")
    return " · ".join(part for part in parts if part)


# -- what may be typed next


def candidates(before: str, names: Names) -> tuple[str, list[str]] | None:
    """For what stands before the cursor: the word that is being typed, and what it may become. None: a path."""
    *earlier, word = before.split(" ")
    last = next((piece for piece in reversed(earlier) if piece), "")
    option, sign, value = word.partition("=")
    if sign and option in OPTIONS:
        last, word = option, value
    if last in OF_FILES or (word.startswith(("./", "../", "/", "~")) and last not in OPTIONS):
        return None
    values: dict[str, Callable[[], list[str]]] = {
        "--tag": names.tags,
        "--model": names.models,
        "--min": lambda: [*VERDICTS],
    }
    if last in values:
        offered = [f'"{name}"' if " " in name else name for name in values[last]()]
    elif word.startswith("-"):
        offered = list(OPTIONS)
    else:
        commands = () if any(earlier) else dict.fromkeys((*NUMBERED, *ALONE))
        offered = [*commands, *(names.taught() if word else ())]
    return word, [name for name in offered if name.lower().strip('"').startswith(word.lower().strip('"'))]
