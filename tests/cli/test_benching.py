"""`pics bench` as it is typed: it needs no library, and says at once what is wrong."""

import json

from tests.cli.conftest import Pics


def test_a_machine_is_measured_without_a_library_and_nothing_is_left_behind(pics: Pics) -> None:
    result = pics("bench", "--quick", "--json", "--folder", pics.folder)
    assert result.returncode == 0, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["model"] for line in found if "model" in line} == {"pics-mini"}
    assert {line["stage"] for line in found} >= {"machine", "host", "device", "nearest", "advice"}
    assert str(pics.folder) not in result.stdout
    assert "measuring: reading JPEG" in result.stderr
    assert list(pics.folder.iterdir()) == []
    assert not pics.home.exists()


def test_a_model_that_nobody_knows_is_an_error_at_once(pics: Pics) -> None:
    result = pics("bench", "--model", "siglip2-b32-257")
    assert (result.returncode, result.stdout) == (2, "")
    assert "did you mean siglip2-b32-256" in result.stderr
    assert "measuring" not in result.stderr


def test_a_repo_without_a_card_that_is_not_here_is_refused_without_asking_the_network(pics: Pics) -> None:
    result = pics("bench", "--model", "someone/something")
    assert result.returncode == 2
    assert "someone/something: it is not here, and no card tells what its tower is like" in result.stderr


def test_a_folder_that_is_none_is_an_error(pics: Pics) -> None:
    result = pics("bench", "--folder", "nowhere")
    assert result.returncode == 2
    assert "nowhere is no folder" in result.stderr
