"""What the documents quote of the program: `make docs` writes it into them, test_documents.py holds them to it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import mlx_clip
from terminal.models import JAPANESE, RECALL
from terminal.text import size

REPOSITORY = Path(__file__).resolve().parents[1]
COMMANDS = (
    *("index", "use", "search", "similar", "shell", "status", "errors", "forget"),
    *("teach", "more"),
    "eval",
    "dupes",
    *("groups", "map", "odd"),
    "tag",
    *("serve", "mcp"),
    *("push", "pull"),
    "bench",
    *("models", "models drop", "doctor", "demo"),
)


def pics_help(command: str = "") -> str:
    """What `pics COMMAND --help` prints, 80 columns wide."""
    return _pics(*command.split(), "--help")


def demo() -> str:
    """What `pics demo` prints, its folder for the time being called `/tmp/pics-demo`."""
    return re.sub(r"\S*/pics-demo-\w+", "/tmp/pics-demo", _pics("demo"))


def catalogue() -> str:
    """Every card as a row of Markdown, the least work first."""
    head = ("name", "GFLOP", "parameters", "download", "dim", "COCO R@1", "R@5", "ImageNet", "Japanese", "8 bits cost")
    rows = [_card_row(card) for card in sorted(mlx_clip.cards(), key=lambda card: (card.gflops, card.name))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---", *["---:"] * (len(head) - 1)), *rows))


def _card_row(card: mlx_clip.Card) -> tuple[str, ...]:
    benchmarks = (RECALL, "COCO text-to-image R@5", "ImageNet zero-shot top-1", JAPANESE)
    scores = (card.score(benchmark) for benchmark in benchmarks)
    return (
        f"`{card.name}`",
        f"{card.gflops:.4g}",
        f"{card.parameters / 1e6:.1f} M",
        size(card.download_bytes) if card.download_bytes else "built in",
        str(card.dim),
        *("" if score is None else f"{score:.1f}" for score in scores),
        "" if card.loss_8bit is None else f"{card.loss_8bit:.6f}",
    )


def as_block(text: str) -> str:
    """A fenced block of Markdown."""
    return f"```\n{text.rstrip()}\n```"


def _pics(*words: str) -> str:
    command = [sys.executable, "-c", f"import sys, cli; sys.argv = {['pics', *words]!r}; cli.main()"]
    environment = os.environ | {"COLUMNS": "80", "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    return done.stdout
