"""The line that is typed into `pics shell`: its history, which is kept, and what Tab offers."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import History

from terminal.completion import Names
from terminal.shell import candidates

PROMPT = "pics> "
KEPT = 1000  # lines of history, and never more than twice as many


class Lines(History):
    """A line each in a file; where it cannot be kept, it lasts as long as the shell."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        """The last first."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        if len(lines) > KEPT:
            lines = lines[-KEPT:]
            with suppress(OSError):
                self._write("".join(f"{line}\n" for line in lines))
        return reversed(lines)

    def _write(self, text: str) -> None:
        """Aside, then renamed: another shell may be reading."""
        aside = self._path.with_name(self._path.name + ".new")
        aside.touch(mode=0o600)
        aside.write_text(text, encoding="utf-8")
        aside.replace(self._path)

    def store_string(self, string: str) -> None:
        with suppress(OSError):
            self._path.touch(mode=0o600)
            with self._path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(" ".join(string.split()) + "\n")


class Offers(Completer):
    """Commands, options and their values, names that were taught, and paths."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        found = candidates(document.text_before_cursor, self._names)
        if found is None:
            path = document.text_before_cursor.rpartition(" ")[2].rpartition("=")[2]
            yield from self._paths.get_completions(Document(path), complete_event)
            return
        word, offered = found
        for name in offered:
            yield Completion(name, start_position=-len(word))


def typed(history: Path, names: Names) -> Iterator[str]:
    """Each line that a person types, until Ctrl-D; Ctrl-C drops the line."""
    session: PromptSession[str] = PromptSession(
        PROMPT,
        history=Lines(history),
        completer=Offers(names),
        complete_while_typing=False,
        enable_history_search=True,
    )
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
