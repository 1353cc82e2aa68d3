"""The `pics` command: its list of commands, and what becomes of an error.

Results go to stdout, one a line; everything else to stderr. Imports that cost time stand in the commands that need
them: `pics --help` must not wait for a model.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn, cast

import typer
from typer.exceptions import TyperException

from commands import keeping
from commands.completing import Names
from commands.wiring import DONE, FAILED, INTERRUPTED, say
from terminal.plainly import GroupPlainly, TakesPlainly
from terminal.several import TakesSeveral

COMMANDS = {
    "index": "filling",
    "use": "filling",
    "search": "asking",
    "similar": "asking",
    "shell": "shell",
    "teach": "teaching",
    "more": "recommending",
    "eval": "measuring",
    "dupes": "duplicates",
    "groups": "exploring",
    "map": "exploring",
    "odd": "exploring",
    "tag": "tagging",
    "serve": "serving",
    "mcp": "serving",
    "push": "moving",
    "pull": "moving",
    "bench": "benching",
    "status": "keeping",
    "errors": "keeping",
    "forget": "keeping",
    "doctor": "keeping",
    "demo": "keeping",
}
"""Each command, in the order of `pics --help`, and which of commands/ has the function of that name."""

SEVERAL = {"teach", "more"}  # have options that take all pictures that follow


def program(words: Sequence[str] = ()) -> typer.Typer:
    """The command that the words begin with; where they begin with none, all: to make these takes some time."""
    app = typer.Typer(
        cls=GroupPlainly,
        help="Find any photo on this Mac by what is in it. Nothing leaves the machine, unless you push it.",
        epilog="Exit codes: 0 done or found, 1 nothing found, 2 wrong usage or failed, 3 done but some photos skipped, "
        "130 interrupted. PICS_HOME is the folder that holds everything.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "obj": Names()},
    )
    for name in [words[0]] if words and words[0] in COMMANDS else COMMANDS:
        command = getattr(import_module(f"commands.{COMMANDS[name]}"), name)
        app.command(cls=TakesSeveral if name in SEVERAL else TakesPlainly)(command)
    models = typer.Typer(cls=GroupPlainly, invoke_without_command=True, rich_markup_mode=None)
    models.callback()(keeping.models)
    models.command(cls=TakesPlainly)(keeping.drop)
    app.add_typer(models, name="models")
    return app


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())


def run() -> int:
    """Runs the command that the arguments name; returns its exit code."""
    from indexer.errors import IndexerError
    from mlx_clip.errors import ClipError, ModelUnreachable

    try:
        code = program(sys.argv[1:])(standalone_mode=False) or DONE  # typer gives 130 for Ctrl-C
    except BrokenPipeError:  # `pics search … | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (IndexerError, ClipError) as error:
        say(f"pics: {error}")
        if isinstance(error, ModelUnreachable):
            say("Only for trying out: `--model pics-mini` comes with pics, and knows drawings of some things.")
        return FAILED
    except TyperException as wrong_usage:
        cast(Any, wrong_usage).show(sys.stderr)
        return FAILED
    except Exception:  # noqa: BLE001  a fault of pics itself: Python would end with 1, which says that nothing was found
        sys.excepthook(*sys.exc_info())
        return FAILED
    if code == INTERRUPTED:
        say("interrupted: what was done is kept, and the same command goes on from there")
    return int(code)


if __name__ == "__main__":
    main()
