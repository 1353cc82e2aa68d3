"""README.md and docs/ say what the program says."""

import re
import subprocess
import sys

import pytest

import mlx_clip
from benchmarks import reckoned
from benchmarks.measured import README, shown
from tests.documents import COMMANDS, REPOSITORY, as_block, catalogue, demo, pics_help
from tests.ranking.__main__ import markdown

NUMBER = re.compile(r"\d+\.\d+")


def test_the_help_in_docs_is_what_the_commands_print() -> None:
    document = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")
    for command in ("", *COMMANDS):
        assert as_block(pics_help(command)) in document, "run `make docs`"


def test_every_command_is_documented() -> None:
    groups = {command.split()[0] for command in COMMANDS if " " in command}
    listed = {f"{group} {name}".strip() for group in ("", *groups) for name in commands_in(pics_help(group))}
    assert listed == set(COMMANDS)


def commands_in(help_text: str) -> list[str]:
    return re.findall(r"^  ([a-z]+)  ", help_text.split("Commands:")[1], re.MULTILINE)


def test_the_demo_in_the_readme_is_what_it_prints() -> None:
    """Texts must agree exactly, scores to 0.02: processors and float16 differ behind the second digit."""
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    quoted = readme.split("<!-- [[[cog", 1)[1].split("```\n", 1)[1].split("\n```", 1)[0]
    printed = demo().rstrip()
    assert NUMBER.split(quoted) == NUMBER.split(printed), "run `make docs`"
    assert list(map(float, NUMBER.findall(quoted))) == pytest.approx(
        list(map(float, NUMBER.findall(printed))), abs=0.02
    )


def test_help_loads_no_model_no_array_and_no_picture_library() -> None:
    script = (
        "import sys, cli; sys.argv = ['pics', '--help']\n"
        "try: cli.main()\n"
        "finally: print({'mlx.core', 'numpy', 'PIL', 'rich', 'huggingface_hub'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


def test_the_table_of_models_is_what_the_cards_say() -> None:
    assert catalogue() in (REPOSITORY / "docs" / "models.md").read_text("utf-8"), "run `make docs`"


def test_the_figures_in_the_documents_are_those_that_were_measured() -> None:
    assert shown(README) in (REPOSITORY / "README.md").read_text("utf-8"), "run `make docs`"
    scale = (REPOSITORY / "docs" / "scale.md").read_text("utf-8")
    for table in (shown(names=["million"]), shown(names=["growth"]), reckoned.markdown()):
        assert table in scale, "run `make docs`"


def test_the_readme_says_how_large_the_first_download_is() -> None:
    gigabytes = (mlx_clip.default_card().download_bytes or 0) / 1e9
    assert f"downloads a model of {gigabytes:.1f} GB" in (REPOSITORY / "README.md").read_text("utf-8")


def test_the_table_of_the_ranking_benchmark_is_what_it_measures() -> None:
    assert markdown() in (REPOSITORY / "docs" / "searching.md").read_text("utf-8"), "run `make docs`"
