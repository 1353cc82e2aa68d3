"""`pics shell`: query after query, the library open and the model warm, and what is done with the numbered hits."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.asking import asked
from commands.completing import Names
from commands.viewing import Launch, drawn, launch, open_in_viewer, screen_here
from commands.wiring import DONE, encoder_of, home, library_asked, name_here, one_thread, say

if TYPE_CHECKING:
    from indexer.photo import Encoder, Hit, ModelIdentity
    from indexer.query import Query
    from indexer.store.library import Library
    from terminal.graphics import Screen
    from terminal.shell import Command

PAGE = 10  # hits at a time
NOTHING_NEW = "nothing new: what was shown before does not come again (`pics more --forget` begins anew)"
HISTORY = "shell_history"  # below PICS_HOME


def shell(
    show: Annotated[bool, typer.Option("--show", help="Draw all hits in the terminal, not only on `show`.")] = False,
) -> int:
    """Search again and again, with the model kept warm.

    Type what is in the photo; `help` there lists what can be done with the hits. Lines may come through a pipe too.
    """
    one_thread()
    with library_asked() as library:
        library.searchable()
        library.keep_warm()
        session = Session(library, encoder_of, show)
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        by_hand = sys.stdin.isatty() and sys.stdout.isatty()
        for line in _typed() if by_hand else sys.stdin:
            if not session.take(line):
                break
            sys.stdout.flush()
    return DONE


def _typed() -> Iterator[str]:
    from terminal.prompt import typed

    say("type what is in the photo; `help` says what else, Ctrl-D leaves")
    return typed(home() / HISTORY, Names())


class Session:
    """The hits of late, which have numbers, and where the next ones come from."""

    def __init__(
        self,
        library: "Library",
        load: "Callable[[ModelIdentity], Encoder]",
        always_show: bool = False,
        start: Launch = launch,
    ) -> None:
        self._library = library
        self._load = cache(load)
        self._start = start
        self._hits: list[Hit] = []
        self._explain = False
        self._following: Callable[[], Sequence[Hit]] | None = None
        self._liked: list[Path] = []
        self._screen: Screen | None = None
        self._always_show = always_show and self._drawable() is not None

    def take(self, line: str) -> bool:
        """Does what a line says; False: it says to leave. What goes wrong is said, and ends nothing."""
        from indexer.errors import IndexerError
        from mlx_clip.errors import ClipError
        from terminal.shell import understood

        command = understood(line)
        if command == understood("quit"):
            return False
        try:
            if command:
                self._do(command, line)
            elif line.strip():
                self._search(line)
        except (IndexerError, ClipError) as error:
            say(f"pics: {error}")
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise
            say("interrupted")
        return True

    def _do(self, command: "Command", line: str) -> None:
        from terminal.shell import chosen

        hits = chosen(self._hits, command.numbers, line)
        less = chosen(self._hits, command.less, line)
        if command.verb == "more":
            self._more([Path(hit.path) for _, hit in hits], [Path(hit.path) for _, hit in less])
            return
        do: dict[str, Callable[[list[tuple[int, Hit]]], None]] = {
            "similar": self._similar,
            "open": lambda hits: open_in_viewer([hit.path for _, hit in hits], self._start),
            "show": self._show,
            "why": self._why,
            "path": lambda hits: sys.stdout.writelines(f"{hit.path}\n" for _, hit in hits),
            "next": lambda _: self._next(),
            "help": lambda _: _help(),
        }
        do[command.verb](hits)

    # -- new hits

    def _search(self, line: str) -> None:
        from indexer.asking.line import read
        from terminal.shell import dropped

        picture = dropped(line)
        typed = replace(read(""), like=(picture,)) if picture else read(line)
        self._explain = typed.explain
        query = typed.query(PAGE)
        self._ask(replace(query, model=name_here(self._library, query.model)) if query.model else query)

    def _similar(self, hits: "list[tuple[int, Hit]]") -> None:
        from indexer.query import Query, Term

        terms = tuple(Term(picture=Path(hit.path)) for _, hit in hits)
        self._ask(Query(terms=terms, limit=PAGE, by_words=False, fold=True))

    def _ask(self, query: "Query") -> None:
        from terminal.answers import nothing
        from terminal.options import Shown

        def following() -> "Sequence[Hit]":
            here = {path for hit in self._hits for path in (hit.path, *hit.similar)}
            deeper = replace(query, limit=len(self._hits) + query.limit)
            return [hit for hit in asked(self._library, self._load, deeper).hits if hit.path not in here][: query.limit]

        self._renew(asked(self._library, self._load, query).hits, following, nothing(Shown(minimum=query.minimum)))

    def _more(self, likes: Sequence[Path], dislikes: Sequence[Path]) -> None:
        """`less` alone goes on with what `more` was last asked for."""
        self._liked = list(likes) if likes or not dislikes else self._liked
        self._renew(self._recommended(dislikes), self._recommended, NOTHING_NEW)

    def _recommended(self, dislikes: Sequence[Path] = ()) -> "Sequence[Hit]":
        from indexer.asking.encoding import Speaker
        from indexer.organize.more import more as recommend
        from terminal.recommending import strangers

        speaker = Speaker(self._library, self._library.searchable(), self._load)
        found = recommend(self._library, speaker, self._liked, dislikes, limit=PAGE)
        for sentence in strangers(found.strangers):
            say(sentence)
        self._library.opinions.note_shown(hit.content_id for hit in found.hits)
        return found.hits

    def _renew(self, hits: "Sequence[Hit]", following: "Callable[[], Sequence[Hit]]", nothing: str) -> None:
        """A list that is not answered leaves the last one as it was."""
        if not hits:
            say(nothing)
            return
        self._hits, self._following = list(hits), following
        self._list(1)

    def _next(self) -> None:
        hits = self._following() if self._following else ()
        if not hits:
            say("there are no more hits" if self._hits else "there are no hits yet: type what is in the photo")
            return
        self._hits += hits
        self._list(len(self._hits) - len(hits) + 1)

    # -- how they are shown

    def _list(self, first: int) -> None:
        numbered = list(enumerate(self._hits, 1))[first - 1 :]
        if self._always_show and (screen := self._drawable()):
            sys.stdout.writelines(drawn(numbered, screen, self._explain))
        else:
            self._write_lines(numbered)

    def _write_lines(self, numbered: "Iterable[tuple[int, Hit]]") -> None:
        from terminal.shell import listed

        sys.stdout.writelines(listed(numbered, self._explain))

    def _show(self, hits: "list[tuple[int, Hit]]") -> None:
        from terminal.shell import NotListed, known

        if not self._hits:
            raise NotListed(1, 0, "show")
        if not (screen := self._drawable()):
            self._write_lines(hits or enumerate(self._hits, 1))
        elif len(hits) == 1:
            from terminal.pictures import large

            sys.stdout.write(f"{large(*hits[0], screen)}{known(hits[0][1])}\n")
        else:
            sys.stdout.writelines(drawn(hits or enumerate(self._hits, 1), screen))

    def _drawable(self) -> "Screen | None":
        """The terminal is asked once what it can; its size may be another each time."""
        from terminal.graphics import resized

        self._screen = resized(self._screen, sys.stdout) if self._screen else screen_here()
        return self._screen

    def _why(self, hits: "list[tuple[int, Hit]]") -> None:
        from terminal.shell import explained

        for number, hit in hits:
            sys.stdout.writelines(explained(number, hit))


def _help() -> None:
    from terminal.shell import HELP

    sys.stdout.write(HELP)
