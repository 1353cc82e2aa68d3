"""`pics serve`, the real program: its address, its token, how it ends, and what it says when it cannot begin."""

import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Pics, draw


@contextmanager
def serving(pics: Pics, *words: object) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """The process, and the address that it prints."""
    command = pics.command("serve", "--port", 0, *words)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=pics.environment, cwd=pics.folder, text=True, **pipes) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def get(address: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
        data: bytes = answer.read()
    return data


def refused(address: str, **headers: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        get(address, **headers)
    return error.value.code


def test_it_serves_until_ctrl_c_and_finds_what_search_finds(indexed: Pics, photos: Path) -> None:
    with serving(indexed) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert b"<!doctype html>" in get(address).lower()
        served = json.loads(get(f"{address}api/search?q=red.png&n=3"))["hits"]
        assert served == indexed.json("search", "red.png", "-n", 3)
        assert refused(address, Host="evil.example") == 421
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert process.stderr and process.stderr.read() == ""


def test_photos_that_are_taken_in_meanwhile_are_found(indexed: Pics, photos: Path) -> None:
    with serving(indexed) as (_, address):
        assert len(json.loads(get(f"{address}api/search?n=100"))["hits"]) == 9
        draw(photos / "late.png", "pink")
        indexed("index")
        hits = json.loads(get(f"{address}api/search?q=late.png&n=1"))["hits"]
        assert [Path(hit["path"]).name for hit in hits] == ["late.png"]


def test_beyond_this_machine_it_warns_and_asks_for_its_token(indexed: Pics) -> None:
    with serving(indexed, "--host", "0.0.0.0") as (process, address):
        port = address.split(":")[2].split("/")[0]
        token = address.split("?token=")[1]
        assert len(token) >= 32
        assert refused(f"http://127.0.0.1:{port}/") == 401
        assert refused(f"http://127.0.0.1:{port}/api/status", Authorization="Bearer wrong") == 401
        status = json.loads(get(f"http://127.0.0.1:{port}/api/status", Authorization=f"Bearer {token}"))
        assert status["photos"] == 9
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        assert process.stderr and "everybody who can reach" in process.stderr.read()


def test_a_port_that_is_taken_is_named(indexed: Pics) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = indexed("serve", "--port", taken.getsockname()[1])
    assert (result.returncode, result.stdout) == (2, "")
    assert "cannot be listened at" in result.stderr and "--port 0" in result.stderr


def test_without_a_library_it_says_what_to_do(pics: Pics) -> None:
    result = pics("serve", "--port", 0)
    assert (result.returncode, "pics index FOLDER" in result.stderr) == (2, True)


def test_an_address_that_is_none_is_named(indexed: Pics) -> None:
    result = indexed("serve", "--host", "999.0.0.1", "--port", 0)
    assert (result.returncode, "999.0.0.1" in result.stderr) == (2, True)
    assert "Traceback" not in result.stderr
