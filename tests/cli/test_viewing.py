"""The system's viewer: what it is called with."""

from pathlib import Path

import pytest

from commands.viewing import open_in_viewer


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Thirty files."""
    for number in range(30):
        (tmp_path / f"{number:02}.jpg").touch()
    return sorted(map(str, tmp_path.iterdir()))


def test_macos_opens_all_in_one_window_and_others_each(paths: list[str]) -> None:
    calls: list[list[str]] = []
    open_in_viewer(paths[:2], calls.append, "darwin")
    open_in_viewer(paths[:2], calls.append, "linux")
    assert calls == [["open", *paths[:2]], ["xdg-open", paths[0]], ["xdg-open", paths[1]]]


def test_no_more_than_twenty_are_opened_of_those_that_are_there(
    paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []
    open_in_viewer(["/none.jpg", *paths], calls.append, "linux")
    assert [path for _, path in calls] == paths[:20]
    said = capsys.readouterr().err.splitlines()
    assert said == ["/none.jpg: not there now, so that it cannot be opened", "opening the first 20 of 30"]


def test_nothing_is_called_where_nothing_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[list[str]] = []
    open_in_viewer(["/none.jpg"], calls.append, "darwin")
    assert calls == []
    assert "/none.jpg" in capsys.readouterr().err


def test_a_viewer_that_is_not_installed_is_said_once(paths: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def missing(command: list[str]) -> None:
        raise FileNotFoundError(2, "No such file or directory", command[0])

    open_in_viewer(paths, missing, "linux")
    *_, last = said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert last == "xdg-open: cannot be started (No such file or directory), so that nothing is opened"
