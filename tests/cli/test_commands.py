"""What scripts rely on: streams, JSON keys, exit codes, sentences."""

import os
import pty
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import cli
from commands.wiring import FAILED
from tests.cli.conftest import Pics, draw


def test_index_then_search_prints_the_best_first_and_nothing_else_on_stdout(indexed: Pics) -> None:
    result = indexed("search", "anything", "at", "all", "-n", "4", "--only-pictures")
    assert result.returncode == 0
    scores = [float(line.split(None, 2)[1]) for line in result.stdout.splitlines()]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert "\x1b" not in result.stdout


def test_json_hits_are_one_object_a_line_with_an_absolute_path_and_a_score(indexed: Pics) -> None:
    hits = indexed.json("search", "words")
    assert len(hits) == 9
    assert all(Path(hit["path"]).is_absolute() and isinstance(hit["score"], float) for hit in hits)
    assert {hit["format"] for hit in hits} == {"PNG"}
    assert {(hit["width"], hit["height"]) for hit in hits} == {(90, 60)}


def test_paths_and_print0_list_the_same_paths(indexed: Pics) -> None:
    by_line = indexed("search", "words", "--paths").stdout.splitlines()
    by_nul = indexed("search", "words", "-0").stdout.split("\0")
    assert by_nul == [*by_line, ""]


def test_a_copy_ties_with_its_original_and_the_picture_itself_is_left_out(indexed: Pics, photos: Path) -> None:
    hits = indexed.json("similar", photos / "even" / "red.png")
    assert hits[0]["path"] == str(photos / "odd" / "red copy.png")
    assert hits[0]["score"] > 0.9999
    assert str(photos / "even" / "red.png") not in {hit["path"] for hit in hits}


def test_in_keeps_to_a_folder_and_still_fills_the_number_asked_for(indexed: Pics, photos: Path) -> None:
    hits = indexed.json("search", "words", "--in", photos / "odd", "-n", 5)
    assert len(hits) == 5
    assert all(hit["path"].startswith(str(photos / "odd")) for hit in hits)


def test_a_moved_photo_is_found_at_its_new_place_without_encoding(indexed: Pics, photos: Path) -> None:
    shutil.move(photos / "even" / "blue.png", photos / "odd" / "sea.png")
    assert indexed("index").stdout == "1 moved, 8 unchanged\n"
    paths = indexed("search", "words", "--paths").stdout
    assert "sea.png" in paths and "blue.png" not in paths


def test_a_broken_photo_is_skipped_listed_and_forgotten_once_it_reads(indexed: Pics, photos: Path) -> None:
    broken = photos / "broken.jpg"
    broken.write_bytes(b"no picture at all")
    assert indexed("index").returncode == 3
    listed = indexed("errors")
    assert listed.returncode == 0
    assert listed.stdout == f"{broken}: not a picture, or in a format that is not supported\n"
    draw(broken, "cyan")
    assert indexed("index").returncode == 0
    assert indexed("errors").returncode == 1


def test_the_content_decides_the_format_not_the_name(indexed: Pics, photos: Path) -> None:
    (photos / "really-a-png.jpg").write_bytes(draw(photos / "tmp.png", "teal").read_bytes())
    indexed("index")
    hits = indexed.json("search", "words", "-n", 50)
    assert {hit["format"] for hit in hits if hit["path"].endswith("really-a-png.jpg")} == {"PNG"}


def test_dry_run_says_what_would_be_done_and_does_nothing(pics: Pics, photos: Path) -> None:
    assert pics("index", photos, "--dry-run").stdout == "would be: 9 new\n"
    assert pics("search", "words").returncode == 2


def test_forget_takes_a_folder_out_until_it_is_named_again(indexed: Pics, photos: Path) -> None:
    indexed("forget", photos / "odd")
    assert indexed("index").stdout == "4 unchanged\n"
    assert (photos / "odd" / "green.png").exists()
    indexed("index", photos / "odd")
    assert len(indexed.json("search", "words")) == 9


def test_status_tells_photos_model_roots_and_skipped(indexed: Pics, photos: Path) -> None:
    (status,) = indexed.json("status")
    assert (status["photos"], status["distinct"], status["skipped"]) == (9, 8, 0)
    assert status["model"] == str(indexed.checkpoint)
    assert [(root["path"], root["photos"], root["present"]) for root in status["roots"]] == [(str(photos), 9, True)]


def test_photos_of_an_unplugged_drive_are_kept_and_said_to_be_away(indexed: Pics, photos: Path) -> None:
    photos.rename(photos.with_name("unplugged"))
    result = indexed("index")
    assert result.returncode == 0
    assert f"{photos}: not there (drive unplugged?); its photos are kept, and found" in result.stderr
    assert len(indexed.json("search", "words")) == 9
    assert indexed("similar", photos / "even" / "red.png").returncode == 0


def test_nothing_indexed_is_a_sentence_and_exit_code_2(pics: Pics) -> None:
    for words in (["search", "cat"], ["status"], ["errors"], ["index"], ["similar", "x.jpg"], ["forget", "x"]):
        result = pics(*words)
        assert (result.returncode, result.stdout) == (2, ""), words
        assert result.stderr == "pics: nothing is indexed yet: run `pics index FOLDER` first\n"


def test_a_wrong_folder_is_named(indexed: Pics) -> None:
    for words in (["index", "/no/such"], ["search", "cat", "--in", "/no/such"], ["similar", "/no/such"]):
        result = indexed(*words)
        assert result.returncode == 2
        assert result.stderr.startswith("pics: /no/such: no such file or folder")


def test_a_file_that_is_no_picture_is_named(indexed: Pics, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear all")
    result = indexed("similar", letter)
    assert result.returncode == 2
    assert result.stderr == f"pics: {letter}: not a picture, or in a format that is not supported\n"


def test_with_no_hub_and_no_model_it_says_how_to_bring_one_and_takes_no_other(pics: Pics, photos: Path) -> None:
    result = pics("index", photos)
    assert result.returncode == 2
    assert "hf download" in result.stderr and "Traceback" not in result.stderr
    assert "for trying out: `--model pics-mini`" in result.stderr
    assert pics("search", "words").stderr.startswith("pics: nothing is indexed yet")


def test_wrong_usage_is_exit_code_2(pics: Pics) -> None:
    for words in (["nonsense"], ["search"], ["search", " "], ["search", "x", "-n", "0"]):
        result = pics(*words)
        assert (result.returncode, result.stdout) == (2, ""), words


def test_nothing_in_the_folder_is_exit_code_1(indexed: Pics, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = indexed("search", "words", "--in", tmp_path / "empty")
    assert (result.returncode, result.stdout) == (1, "")


def test_a_reader_that_stops_early_is_no_error(indexed: Pics) -> None:
    command = " ".join(f"'{word}'" for word in indexed.command("search", "words", "--json"))
    result = subprocess.run(
        f"{command} | head -n 1",
        shell=True,
        env=indexed.environment,
        cwd=indexed.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1


def test_ctrl_c_is_exit_code_130_and_keeps_what_was_done(pics: Pics, photos: Path) -> None:
    for number in range(300):
        draw(photos / "many" / f"{number}.png", f"#{number:06x}", (800, 600))
    running = subprocess.Popen(
        pics.command("index", photos, "--model", pics.checkpoint, "--batch", "4"),
        env=pics.environment,
        cwd=pics.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    library = pics.home / "library.db"
    while not library.exists() or _photos(pics) < 8:
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout) == (130, ""), stderr
    assert stderr.splitlines()[-1].startswith("interrupted")
    assert 8 <= _photos(pics) < 309
    assert pics("index").returncode == 0
    assert _photos(pics) == 309


def _photos(pics: Pics) -> int:
    from indexer.store.library import Library

    with Library(pics.home) as library:
        return library.files.count()


def test_models_and_doctor_answer_without_a_library(pics: Pics) -> None:
    models = pics.json("models")
    assert any(model["default"] for model in models)
    (mini,) = (line for line in pics("models").stdout.splitlines() if "pics-mini" in line)
    assert "built in" in mini
    checks = {check["name"]: check for check in pics.json("doctor")}
    assert {"python", "sqlite", "mlx", "blas", "folder", "models", "network"} == set(checks)
    assert all(check["ok"] or check["mend"] for check in checks.values())


def test_as_many_folders_as_a_shell_finds_are_searched(indexed: Pics, photos: Path) -> None:
    folders = [photos / "empty" / str(n) for n in range(900)]
    for folder in folders:
        folder.mkdir(parents=True)
    last = str(photos / "odd" / "green.png")
    result = indexed("search", "words", "--paths", *(word for path in (*folders, last) for word in ("--in", path)))
    assert (result.returncode, result.stdout) == (0, f"{last}\n")


def test_a_fault_of_pics_itself_is_told_from_nothing_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(_: object) -> None:
        raise RuntimeError("nobody thought of it")

    monkeypatch.setattr(cli, "program", fault)
    assert cli.run() == FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("RuntimeError: nobody thought of it\n")


def test_a_terminal_sees_the_same_results_as_a_pipe(indexed: Pics) -> None:
    leader, follower = pty.openpty()
    subprocess.run(
        indexed.command("search", "words", "-n", "3", "--paths"),
        env=indexed.environment,
        cwd=indexed.folder,
        stdout=follower,
        check=True,
    )
    os.close(follower)
    assert (
        os.read(leader, 65536).decode().replace("\r\n", "\n") == indexed("search", "words", "-n", "3", "--paths").stdout
    )


def test_everything_is_kept_below_pics_home(indexed: Pics) -> None:
    assert {entry.name for entry in indexed.home.iterdir()} <= {"library.db", "index.lock", "models"}
    assert list(indexed.folder.iterdir()) == []
