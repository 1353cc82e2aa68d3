"""`pics eval`: questions whose answers are known, by every model that is here."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pics


@pytest.fixture
def labels(photos: Path) -> Path:
    """Beside the photos: eight names, of which words find each, and a question that nothing answers in words."""
    file = photos / "labels.jsonl"
    lines = [{"query": path.stem, "right": [f"**/{path.name}"]} for path in sorted(photos.glob("*/*.png"))]
    lines = [line for line in lines if "copy" not in str(line["query"])]
    file.write_text(
        "\n".join(json.dumps(line) for line in [*lines, {"query": "unwritten", "right": ["odd/red copy.png"]}])
    )
    return file


def test_models_and_settings_stand_side_by_side(indexed: Pics, labels: Path) -> None:
    indexed("index", "--model", "pics-mini")
    rows = indexed.json("eval", labels, "--misses")
    mini, other = "pics-mini", str(indexed.checkpoint)
    assert [(row["model"], row["setting"]) for row in rows] == [
        *[(model, setting) for model in sorted([mini, other]) for setting in ("both", "pictures")],
        (None, "words"),
    ]
    words = rows[-1]
    assert (words["questions"], words["right"], words["missed"]) == (9, 9, 1)
    assert words["recall@1"]["value"] == pytest.approx(8 / 9, abs=1e-6)
    assert words["misses"] == [{"query": "unwritten", "line": 9, "rank": None}]
    assert words["rank_correlation"] is None
    assert sum(row["best"] for row in rows) == 1
    assert all((row["mrr"]["behind_best"] is None) == row["best"] for row in rows)
    said = indexed("eval", labels, "--model", "pics-mini", "--setting", "words", "--setting", "pictures", "--misses")
    assert said.returncode == 0
    table = said.stdout.splitlines()
    assert table[0].split() == ["recall@1", "recall@5", "recall@10", "MRR"]
    assert [line.strip() for line in table if not line.startswith(" ")][:2] == ["pics-mini", "any model"]
    assert "  not in 1,000  unwritten (line 9)" in table
    assert any(line.startswith("best by MRR: ") for line in table)
    assert "9 questions, 9 right pictures" in said.stderr


def test_what_is_missing_is_an_error_unless_it_is_to_be_left_out(indexed: Pics, labels: Path) -> None:
    with labels.open("a") as file:
        file.write('\n{"query": "pink", "right": ["pink.png"]}')
    failed = indexed("eval", labels)
    assert failed.returncode == 2
    assert "line 10: pink.png" in failed.stderr
    assert not failed.stdout
    done = indexed("eval", labels, "--skip-missing", "--setting", "words")
    assert done.returncode == 0
    assert "left out: 1 path that the library does not have, and with them 1 question" in done.stderr


def test_filters_narrow_the_library_and_the_questions_with_it(indexed: Pics, labels: Path) -> None:
    (row,) = indexed.json("eval", labels, "--setting", "words", "--in", labels.parent / "odd")
    assert row["questions"] == 6  # four, the copy of red, and what is asked of it
    nothing = indexed("eval", labels, "--setting", "words", "--format", "gif")
    assert nothing.returncode == 1
    assert "9 questions left out" in nothing.stderr


def test_a_file_without_a_question_finds_nothing_and_a_bad_one_is_wrong_usage(indexed: Pics, photos: Path) -> None:
    (photos / "empty").write_text("query,path\n")
    assert indexed("eval", photos / "empty").returncode == 1
    (photos / "bad").write_text("query,path\nboat,a.jpg\nboat\n")
    bad = indexed("eval", photos / "bad")
    assert bad.returncode == 2
    assert "bad, line 3: " in bad.stderr
    assert indexed("eval", photos / "nowhere").returncode == 2
    assert indexed("eval", photos / "empty", "--setting", "smell").returncode == 2
    assert "no-such-model" in indexed("eval", photos / "empty", "--model", "no-such-model").stderr
