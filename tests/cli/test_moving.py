"""`pics push` and `pics pull`, and searching where PICS_STORE says.

In this process where nothing depends on another: what speaks to Milvus takes seconds to import.
"""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

import cli
from tests.cli.conftest import PLAIN, Pics, draw
from tests.cli.test_json import documented, keys

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")


class Here(Pics):
    """Runs the command in this process."""

    def __call__(self, *words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        out, told = io.StringIO(), io.StringIO()
        told_all = patch.dict(os.environ, self.environment | environment)
        with (
            told_all,
            patch.object(sys, "argv", ["pics", *map(str, words)]),
            redirect_stdout(out),
            redirect_stderr(told),
        ):
            code = cli.run()
        return subprocess.CompletedProcess(sys.argv, code, out.getvalue(), told.getvalue())


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for colour in PLAIN:
        draw(folder / f"{colour}.png", colour)
    (folder / "red copy.png").write_bytes((folder / "red.png").read_bytes())
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, album: Path) -> Here:
    folder = tmp_path_factory.mktemp("desk")
    desk = Here(folder / "home", checkpoint, folder)
    assert desk.index(album).returncode == 0
    return desk


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"milvus+file://{tmp_path / 'library.milvus'}"


def test_a_library_goes_to_a_store_and_comes_back_on_another_machine(
    desk: Here, album: Path, checkpoint: Path, store: str, tmp_path: Path
) -> None:
    photo = album / "red.png"
    status = desk("status", PICS_STORE=store)
    assert status.stdout.splitlines()[-1] == "         nothing in it: `pics push` sends this library"
    pushed = desk("push", "--name", "desk", PICS_STORE=store)
    assert pushed.returncode == 0
    assert pushed.stderr.startswith(f"to {store}: vectors, paths, dates, places, texts and tags leave this machine")
    assert pushed.stdout.startswith("8 pictures sent, 0 were there: 8 pictures of this library are in the store now")
    here = desk("similar", photo, "--json")
    assert len(here.stdout.splitlines()) == 8
    assert desk("similar", photo, "--json", PICS_STORE=store).stdout == here.stdout

    for words in (("search", "a dog"), ("search", "red", "--not", "blue", "--min-size", "10")):
        assert desk(*words, "--json", PICS_STORE=store).stdout == desk(*words, "--json").stdout != ""

    cellar = Here(tmp_path / "cellar", checkpoint, desk.folder)
    found = cellar("similar", photo, "--paths", PICS_STORE=store).stdout.splitlines()
    assert sorted(found) == sorted(f"desk:{path}" for path in album.iterdir())
    found = cellar("search", "a dog", "--paths", PICS_STORE=store).stdout.splitlines()
    assert len(found) == 9
    assert cellar("status").stdout.startswith("photos   0")

    attic = Here(tmp_path / "attic", checkpoint, desk.folder)
    assert attic("pull", "cellar", PICS_STORE=store).returncode == 2
    pulled = attic("pull", "desk", PICS_STORE=store)
    assert (pulled.returncode, pulled.stdout.split(" (")[0]) == (0, "8 pictures of desk fetched, of 8 in the store")
    assert "9 unchanged" in attic("index", album).stdout
    assert attic("similar", photo, "--json").stdout.count('"score"') == 8


def test_what_is_printed_as_json_is_documented(desk: Here, store: str) -> None:
    with patch.dict(desk.environment, PICS_STORE=store):
        for command in ("push", "pull"):
            assert keys(desk.json(command)) == documented(f"pics {command}")[0]
        (status,) = desk.json("status")
        assert set(status) == documented("pics status")[0]
        assert [(one["ours"], one["pictures"]) for one in status["store"]["libraries"]] == [(True, 8)]


def test_a_store_that_is_down_ends_a_search_with_a_sentence_but_not_a_status(desk: Here, album: Path) -> None:
    with patch.dict(desk.environment, PICS_STORE="milvus+http://me:secret@127.0.0.1:9"):
        for words in (("similar", album / "red.png"), ("push",), ("pull",)):
            done = desk(*words)
            assert done.returncode == 2, words
            assert "pics: milvus+http://127.0.0.1:9: no answer from Milvus there." in done.stderr
            assert "secret" not in done.stderr
        status = desk("status")
        assert status.returncode == 0
        assert "store    milvus+http://127.0.0.1:9: no answer" in status.stdout


def test_no_store_and_no_address_are_said_to_be(desk: Here) -> None:
    done = desk("push")
    assert done.returncode == 2
    assert done.stderr.startswith("pics: PICS_STORE does not say where the store is.")
    done = desk("search", "dog", PICS_STORE="localhost")
    assert done.returncode == 2
    assert "PICS_STORE=localhost: no address" in done.stderr


def test_without_the_extra_what_to_install_is_said(desk: Here, store: str) -> None:
    with patch.dict(sys.modules, pymilvus=None):
        done = desk("push", PICS_STORE=store)
    assert done.returncode == 2
    assert "needs pymilvus, which is not installed: `pip install 'pics[milvus]'`" in done.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Milvus Lite as a server of its own: over the network, to several at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", tmp_path / "data", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(300):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"milvus+http://127.0.0.1:{port}"
        process.terminate()


def test_a_push_that_is_killed_is_taken_up_by_the_next(desk: Here, album: Path, server: str) -> None:
    with patch.dict(desk.environment, PICS_STORE=server):
        process = subprocess.Popen(desk.command("push"), env=desk.environment, cwd=desk.folder)
        time.sleep(1.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        (done,) = desk.json("push")
        assert done["pictures"] == done["sent"] + done["unchanged"] == 8
        found = desk("similar", album / "red.png", "--json")
    assert found.stdout == desk("similar", album / "red.png", "--json").stdout
