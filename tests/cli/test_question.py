"""What a single question waits for: which modules it imports, and which files of the model it can do without."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Pics, draw

PROGRAM = """
import sys
import cli
sys.argv[1:] = {words!r}
code = cli.run()
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
NEVER = {"pydantic", "PIL", "rich", "huggingface_hub", "asyncio", "concurrent", "ssl", "sklearn", "cv2", "zipfile"}
FOR_NEW_WORDS = {"mlx", "tokenizers", "_hashlib"}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Pics:
    """A library that is only asked."""
    folder = tmp_path_factory.mktemp("question")
    for colour in ("red", "green", "blue"):
        draw(folder / "photos" / f"{colour}.png", colour)
    pics = Pics(folder / "home", checkpoint, folder)
    assert pics.index(folder / "photos").returncode == 0
    return pics


@pytest.fixture
def asked(once: Pics) -> Callable[..., set[str]]:
    """Asks, and returns the modules that are there at the end, and the packages they are of."""

    def ask(*words: str) -> set[str]:
        python, *_ = once.command()
        done = subprocess.run(
            [python, "-c", PROGRAM.format(words=list(words))],
            env=once.environment,
            cwd=once.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout
        modules = set(done.stderr.splitlines()[-1].split())
        return modules | {name.split(".")[0] for name in modules}

    return ask


def test_words_that_were_asked_before_wait_for_no_model_and_no_picture(asked: Callable[..., set[str]]) -> None:
    asked("search", "red balloons")
    modules = asked("search", "red balloons", "-n", "3")
    assert modules & (NEVER | FOR_NEW_WORDS) == set()
    assert modules & {"indexer.decode", "mlx_clip.encoder", "indexer.store.warm"} == set()


def test_new_words_wait_for_the_model_alone(asked: Callable[..., set[str]]) -> None:
    modules = asked("search", "green balloons", "--json")
    assert modules & NEVER == set()
    assert modules >= {"mlx", "tokenizers"}


def test_new_words_need_neither_the_image_tower_nor_the_whole_vocabulary(once: Pics) -> None:
    gone = [file for name in ("image.safetensors", "tokenizer.json") for file in once.home.rglob(name)]
    assert len(gone) == 2
    for file in gone:
        file.unlink()
    assert len(once.json("search", "a balloon in the sky")) == 3


def test_what_cannot_be_taken_as_it_was_typed_is_explained(once: Pics) -> None:
    for typed, said in (
        (("search", "x", "-n", "0"), "greater than or equal to 1"),
        (("search", "x", "-n", "ten"), "valid integer"),
        (("search", "x", "--min", "sure"), "is not one of 'strong', 'likely', 'weak'"),
        (("similar",), "Missing argument"),
        (("serch", "x"), "Did you mean 'search'"),
    ):
        done = once(*typed)
        assert done.returncode == 2
        assert said in done.stderr


def test_help_names_all_commands_whichever_is_asked_for(once: Pics) -> None:
    listed = once("--help").stdout
    assert all(f"  {name} " in listed for name in ("index", "search", "teach", "models", "doctor"))
    assert "--like" in once("search", "--help").stdout


def test_an_index_run_leaves_no_codes_beside_a_small_library(once: Pics) -> None:
    assert [file.name for file in once.home.glob("*codes*")] == []
