"""What Tab offers in a shell: commands, options, and the names that a library has."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands.completing import Names
from indexer.build import build
from indexer.store.library import Library
from tests.cli.conftest import REPOSITORY, draw
from tests.fake_encoder import FakeEncoder
from tests.indexer.conftest import SETTINGS

PROGRAM = "import sys, cli; sys.argv[0] = 'pics'; cli.main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a model, a tag and a name that was taught."""
    folder = tmp_path_factory.mktemp("names")
    photos = [draw(folder / "photos" / f"{colour}.png", colour) for colour in ("red", "green", "blue", "white")]
    with Library(folder / "home") as library:
        build(library, FakeEncoder("fake-model"), [str(folder / "photos")], settings=SETTINGS)
        number = library.files.content_at(str(photos[0]))
        assert number is not None
        library.tags.give("poppy", [number[0]], "ポピー")
        sha256 = library.files.sha256(number[0])
        library.concepts.teach("Rex", [(sha256, str(photos[0]), True)])
    return folder / "home"


def offered(home: Path, *words: str) -> list[str]:
    """By bash, when Tab is pressed behind the last of the words."""
    environment = os.environ | {"COMP_WORDS": shlex.join(["pics", *words]), "COMP_CWORD": str(len(words))}
    environment |= {"_PICS_COMPLETE": "complete_bash", "PICS_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("she",), ["shell"]),
        (("search", "--sh"), ["--show"]),
        (("search", "--model", "fa"), ["fake-model"]),
        (("use", "fa"), ["fake-model"]),
        (("models", "drop", "fake"), ["fake-model"]),
        (("similar", "--tag", "po"), ["poppy"]),
        (("teach", "Re"), ["Rex"]),
        (("search", "Re"), ["Rex"]),
    ],
)
def test_tab_offers_what_there_is(home: Path, words: tuple[str, ...], names: list[str]) -> None:
    assert offered(home, *words) == names


def test_models_of_the_catalogue_are_offered_behind_those_that_are_here(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICS_HOME", str(home))
    here, *others = Names().models()
    assert here == "fake-model" and "pics-mini" in others
    assert Names().tags() == ["poppy", "ポピー"]


def test_without_a_library_or_with_a_broken_one_nothing_is_offered_or_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered(tmp_path / "none", "search", "--tag", "p") == []
    assert not (tmp_path / "none").exists()
    (tmp_path / "library.db").write_bytes(b"no database" * 1000)
    assert offered(tmp_path, "teach", "r") == []
    assert "pics-mini" in offered(tmp_path, "use", "pics")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_takes_the_script_that_is_shown(home: Path, tmp_path: Path) -> None:
    program = tmp_path / "pics"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_PICS_COMPLETE=source_bash pics)"; complete -p pics; '
        'COMP_WORDS=(pics search --tag po); COMP_CWORD=3; _pics_completion pics; echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PICS_HOME": str(home)}
    environment["PYTHONPATH"] = str(REPOSITORY)
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["complete -o default -F _pics_completion pics", "poppy"], done.stderr


def test_no_start_waits_for_what_only_completion_and_the_shell_need() -> None:
    heavy = ("numpy", "PIL", "prompt_toolkit", "rich.console", "mlx", "apsw")
    code = f"import sys, cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
