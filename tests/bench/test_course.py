"""The whole course on little, with the model that comes with pics: what it tells, in which order, and of whom."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.course import OWN, QUICK, WHOLE, Course, Result
from mlx_clip.device import describe_device
from mlx_clip.errors import UnknownModel
from terminal.benching import facts, rows
from tests.cli.test_json import documented
from tests.random_checkpoint import write

TINY = replace(
    QUICK, seconds=0.01, size=(64, 48), formats=("JPEG", "PNG"), vectors=200, memory_bytes=1 << 16, disk_bytes=1 << 20
)


def results(folder: Path, *models: str) -> tuple[list[Result], list[str]]:
    told: list[str] = []
    work = folder / "work"
    work.mkdir(exist_ok=True)
    found = list(Course(describe_device("cpu"), folder / "models", work, TINY, told.append).run(*models))
    assert list(work.iterdir()) == []  # what was made is gone
    return found, told


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Result], list[str]]:
    folder = tmp_path_factory.mktemp("course")
    return results(folder, "pics-mini", str(write(folder / "tiny")), str(write(folder / "tiny-too", seed=1)))


def test_the_stages_come_in_their_order(run: tuple[list[Result], list[str]]) -> None:
    stages = list(dict.fromkeys(result.stage for result in run[0]))
    assert stages == ["machine", "memory", "disk", "host", "peak", "device", "nearest", "advice"]
    assert run[1][0] == "memory"
    assert len(run[1]) == 9


def test_every_key_is_documented_and_every_documented_key_is_printed(run: tuple[list[Result], list[str]]) -> None:
    tables = documented("pics bench")
    for table, stage in zip(tables, dict.fromkeys(result.stage for result in run[0]), strict=True):
        (printed,) = {frozenset(facts(result)) for result in run[0] if result.stage == stage}
        assert set(printed) == table, stage


def test_what_is_shared_names_no_path_and_no_model_of_ones_own(run: tuple[list[Result], list[str]]) -> None:
    shared = json.dumps([facts(result) for result in run[0]])
    assert not re.search(r'"[^"h]*/(tmp|home|Users)/', shared)
    assert "tiny" not in shared
    assert OWN in shared


def test_numbers_are_shared_to_four_figures(run: tuple[list[Result], list[str]]) -> None:
    numbers = [value for result in run[0] for value in facts(result).values() if isinstance(value, float)]
    assert numbers
    assert all(value == float(f"{value:.4g}") for value in numbers)


def test_each_model_is_advised_on_by_what_the_reading_of_jpeg_came_to(run: tuple[list[Result], list[str]]) -> None:
    advised = [facts(result) for result in run[0] if result.stage == "advice"]
    assert [advice["model"] for advice in advised] == ["pics-mini", OWN, f"{OWN} (2)"]
    assert all(advice["images_per_second"] > 0 for advice in advised)
    assert all(advice["batch"] in TINY.cpu_batches for advice in advised)


def test_the_table_has_a_line_for_each_figure_that_a_person_wants(run: tuple[list[Result], list[str]]) -> None:
    lines = list(rows(run[0]))
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 100
    for wanted in ("READING", "JPEG", "PNG", "THE CPU, float32", "MODEL", "pics-mini", OWN, "ANSWERS among 200"):
        assert wanted in text
    assert re.search(r"^pics index --model pics-mini --workers \d+ --batch \d+$", text, re.MULTILINE)
    assert "published" not in text


def test_a_model_that_is_not_known_is_told_of_before_anything_is_measured(tmp_path: Path) -> None:
    told: list[str] = []
    course = Course(describe_device("cpu"), tmp_path, tmp_path, TINY, told.append)
    with pytest.raises(UnknownModel, match="no such model"):
        list(course.run("pics-mini", "no-such-model"))
    assert told == []


def test_the_whole_course_measures_every_format_and_the_quick_one_the_most_frequent() -> None:
    assert WHOLE.formats == ("JPEG", "HEIC", "PNG", "WebP", "DNG")
    assert QUICK.formats == ("JPEG",)
    assert set(QUICK.gpu_batches) <= set(WHOLE.gpu_batches)
