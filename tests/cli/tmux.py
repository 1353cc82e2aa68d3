"""A terminal to type into and to look at: tmux, with a server of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
PATIENCE = 30.0  # seconds
PROMPT = "$ "


class Tmux:
    """A window of so many characters in which a shell runs."""

    def __init__(self, folder: str, environment: Mapping[str, str], columns: int, lines: int) -> None:
        self._environment = {**environment, "TMUX_TMPDIR": folder, "COLORTERM": "truecolor"}
        self._environment.pop("TMUX", None)
        Path(folder, "rc").write_text(f"PS1={PROMPT!r}\n", encoding="utf-8")
        shell = f"bash --noprofile --rcfile {folder}/rc"
        self._run("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines), shell)

    def _run(self, *words: str) -> str:
        command = ["tmux", "-L", "pics", "-u", *words]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout

    def type(self, text: str, *keys: str) -> None:
        """Text, then keys by tmux's names for them; none: Enter."""
        if text:
            self._run("send-keys", "-l", "--", text)
        self._run("send-keys", *(keys or ("Enter",)))

    def screen(self, colours: bool = False) -> str:
        """What can be seen, all that was written above it too."""
        return self._run("capture-pane", "-p", "-S", "-", *(["-e"] if colours else []))

    def title(self) -> str:
        return self._run("display-message", "-p", "#{pane_title}").strip()

    def until(self, is_so: Callable[[str], bool]) -> str:
        """The screen, as soon as that is so."""
        end = time.monotonic() + PATIENCE
        while not is_so(shown := self.screen()):
            assert time.monotonic() < end, f"still:\n{shown}"
            time.sleep(0.05)
        return shown

    def prompts(self) -> int:
        return sum(line.startswith(PROMPT.strip()) for line in self.screen().splitlines())

    def run(self, command: str) -> str:
        """Types a command, and waits until it is done; what it showed."""
        before = self.prompts()
        self.type(command)
        self.until(lambda _: self.prompts() > before)
        return self.screen()

    def clear(self) -> None:
        """A prompt alone, and nothing above it."""
        self.type("clear")
        self.until(lambda _: "clear" not in self._run("capture-pane", "-p"))
        self._run("clear-history")
        self.until(lambda shown: shown.strip() == PROMPT.strip())

    def close(self) -> None:
        self._run("kill-server")


@contextmanager
def tmux(environment: Mapping[str, str], columns: int = 100, lines: int = 40) -> Iterator[Tmux]:
    folder = tempfile.mkdtemp(prefix="tmux-", dir="/tmp")  # the path of a socket must be short
    window = Tmux(folder, {**os.environ, **environment}, columns, lines)
    try:
        window.until(lambda shown: shown.startswith(PROMPT.strip()))
        yield window
    finally:
        window.close()
        shutil.rmtree(folder, ignore_errors=True)
