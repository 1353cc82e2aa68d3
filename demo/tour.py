"""The tour: index, a few searches, one `similar`, in a library that is gone afterwards.

Every command is run as a person would run it, in a process of its own; what it prints is what it prints.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mlx_clip.catalog import default_card
from terminal.text import size

ALBUM = Path(__file__).parent / "photos"
PROGRAM = (sys.executable, "-c", "import cli; cli.main()")
SOME_SKIPPED = 3  # the album has a broken file

OPENING = """An album of {photos} drawn pictures, and pics-mini, a small model made for trying out: it knows
720 things that can be drawn, and nothing else. Album and library are below {folder}
and go when this ends.
"""
COMMANDS = (
    "pics index photos --model pics-mini",
    'pics search "fireworks over a castle" -n 3',
    'pics search "red apple next to a banana" -n 3',
    "pics search 富士山 -n 3",
    "pics similar photos/pizza.jpg -n 3",
    'pics search "penguin - snowman" -n 3 --explain',
)
CLOSING = """Now your own. The first `index` fetches a model that knows the world ({size}), and says so:

$ pics index ~/Pictures
$ pics search "fuji from plane"
$ pics similar img.jpg"""


def tour(environment: Mapping[str, str]) -> int:
    """Runs it all on stdout; returns the first exit code that is not as it should be, or 0."""
    with TemporaryDirectory(prefix="pics-demo-") as temporary:
        folder = Path(temporary).resolve()
        shutil.copytree(ALBUM, folder / "photos")
        print(OPENING.format(photos=sum(1 for _ in ALBUM.rglob("*.jpg")), folder=folder), flush=True)
        own = {**environment, "PICS_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}
        pictures = " --show" if sys.stdout.isatty() else ""
        for command in COMMANDS:
            asked = command if command.startswith("pics index") else command + pictures
            print(f"$ {asked}", flush=True)
            if (code := _run(asked, folder, own)) not in (0, SOME_SKIPPED):
                return code
            print(flush=True)
    print(CLOSING.format(size=size(default_card().download_bytes or 0)))
    return 0


def _run(command: str, folder: Path, environment: Mapping[str, str]) -> int:
    arguments = shlex.split(command)[1:]
    return subprocess.run([*PROGRAM, *arguments], cwd=folder, env=environment, check=False).returncode
