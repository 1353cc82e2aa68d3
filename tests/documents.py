"""What the documents quote of the program: `make docs` writes it into them, test_documents.py holds them to it."""

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
COMMANDS = (
    *("index", "use", "search", "similar", "status", "errors", "forget"),
    *("models", "models drop", "doctor", "demo"),
)


def pics_help(command: str = "") -> str:
    """What `pics COMMAND --help` prints, 80 columns wide."""
    return _pics(*command.split(), "--help")


def demo() -> str:
    """What `pics demo` prints, its folder for the time being called `/tmp/pics-demo`."""
    return re.sub(r"\S*/pics-demo-\w+", "/tmp/pics-demo", _pics("demo"))


def as_block(text: str) -> str:
    """A fenced block of Markdown."""
    return f"```\n{text.rstrip()}\n```"


def _pics(*words: str) -> str:
    command = [sys.executable, "-c", f"import sys, cli; sys.argv = {['pics', *words]!r}; cli.main()"]
    environment = os.environ | {"COLUMNS": "80", "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    return done.stdout
