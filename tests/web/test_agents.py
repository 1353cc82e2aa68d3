"""`pics mcp`, asked by a client of the SDK that started it, and by hand where it matters what runs over the pipe."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ImageContent, TextContent
from PIL import Image

import mlx_clip
from demo.tour import ALBUM
from indexer.build import build
from indexer.objects import hit_object
from indexer.organize.dupes import duplicates
from indexer.photo import Encoder
from indexer.query import EVERYWHERE
from indexer.store.library import Library
from tests.pictures import bomb
from web.agents import Agents
from web.service import Service

REPOSITORY = Path(__file__).resolve().parents[2]
SOME = ("penguin*.jpg", "pizza*.jpg", "fireworks*.jpg", "cat*.jpg", "d*.jpg")
KEPT = {"query", "calibration"}  # tables of what is found out on the way
TOOLS = ["search", "similar", "describe_photo", "duplicates", "status"]
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "by hand", "version": "1"}}


class Agent:
    """A client that is connected to a server, for tests that wait for each answer."""

    def __init__(self, server: Any, mode: str = "legacy") -> None:
        self._server, self._mode = server, mode
        self._loop = asyncio.new_event_loop()
        self._ready, self._done = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._live()])

    async def _live(self) -> None:
        try:
            async with Client(self._server, mode=self._mode) as self.client:
                self._ready.set()
                await self._done.wait()
        finally:
            self._ready.set()

    def __enter__(self) -> "Agent":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def ask(self, question: Callable[[Client], Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(question(self.client), self._loop).result(60)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        answer = self.ask(lambda client: client.call_tool(tool, arguments))
        assert isinstance(answer, CallToolResult)
        return answer

    def said(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What an answer says, which is no error."""
        answer = self.call(tool, **arguments)
        assert not answer.is_error, answer.content
        said: dict[str, Any] = answer.structured_content
        return said

    def refusal(self, tool: str, **arguments: Any) -> str:
        answer = self.call(tool, **arguments)
        assert answer.is_error and len(answer.content) == 1 and isinstance(answer.content[0], TextContent)
        assert "Traceback" not in answer.content[0].text
        return answer.content[0].text


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the album, a copy, a smaller one, one that lies on its side, and one that will go."""
    folder = tmp_path_factory.mktemp("photos")
    for path in {path for pattern in SOME for path in ALBUM.glob(pattern)}:
        shutil.copy(path, folder)
    shutil.copy(ALBUM / "penguin.jpg", folder / "penguin copy.jpg")
    with Image.open(ALBUM / "fireworks.jpg") as image:
        image.resize((256, 192)).save(folder / "smaller.png")
    with Image.open(ALBUM / "giraffe.jpg") as image:
        exif = image.getexif()
        exif[0x0112] = 6
        exif[0x010F], exif[0x0110] = "Leica", "Leica M6"
        image.rotate(90, expand=True).resize((960, 1280)).save(folder / "giraffe.jpg", exif=exif)
    Image.new("RGB", (300, 200), "teal").save(folder / "went.png")
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return mlx_clip.load("pics-mini", cache=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def home(photos: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with Library(home) as library:
        build(library, encoder, [str(photos)])
    (photos / "went.png").unlink()
    return home


def environment(home: Path) -> dict[str, str]:
    return {"PICS_HOME": str(home), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(REPOSITORY)}


@pytest.fixture(scope="module")
def agent(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """Its server must end well by itself when the client closes its stdin."""
    code = tmp_path_factory.mktemp("end") / "code"
    noted = ["-c", '"$@" 2> "$0.stderr"; echo $? > "$0"', str(code)]
    command = [*noted, sys.executable, "-m", "cli", "mcp"]
    with Agent(StdioServerParameters(command="/bin/sh", args=command, env=environment(home))) as agent:
        yield agent
    assert code.read_text().strip() == "0"
    assert "Traceback" not in code.with_suffix(".stderr").read_text()


def names(said: dict[str, Any]) -> list[str]:
    return [Path(hit["path"]).name for hit in said["hits"]]


def number(home: Path, path: Path) -> int:
    with Library(home) as library:
        found = library.files.content_at(str(path))
    assert found
    return found[0]


def pictures(answer: CallToolResult) -> list[tuple[int, Image.Image]]:
    """By the number that the line before it names."""
    found = []
    for line, shown in zip(answer.content[1::2], answer.content[2::2], strict=True):
        assert isinstance(line, TextContent) and isinstance(shown, ImageContent) and shown.mime_type == "image/jpeg"
        image = Image.open(BytesIO(b64decode(shown.data)))
        assert image.format == "JPEG" and not image.getexif()
        found.append((int(line.text.removeprefix("id ").removesuffix(":")), image))
    return found


def as_base64(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()


# -- what is offered


def test_tools_are_described_typed_and_read_only(agent: Agent) -> None:
    tools = agent.ask(lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema)
        assert tool.input_schema["additionalProperties"] is False
        assert tool.annotations.read_only_hint and tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False
        assert len(tool.description) > 80
    search, _, describe, *_ = tools
    assert {"query", "like", "not", "in", "after", "place", "camera", "n", "start"} <= search.input_schema[
        "properties"
    ].keys()
    assert "personal" in describe.description


def test_the_handshake_says_what_the_server_is_for(agent: Agent) -> None:
    assert agent.client.server_info.name == "pics" and agent.client.protocol_version >= "2025-06-18"
    assert "private" in (agent.client.instructions or "")


def test_clients_of_the_protocol_without_a_handshake_are_answered_too(home: Path, encoder: Encoder) -> None:
    service = Service.opened(lambda: Library(home, must_exist=True), lambda _: encoder, home / "thumbnails")
    with Agent(Agents(service).server(), mode="auto") as agent:
        assert agent.client.protocol_version >= "2026"
        assert [tool.name for tool in agent.ask(lambda client: client.list_tools()).tools] == TOOLS
        assert agent.said("status")["model"] == "pics-mini"
    service.close()


def test_an_empty_library_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    service = Service.opened(lambda: Library(tmp_path / "none", must_exist=True), lambda _: NotImplemented, tmp_path)
    with Agent(Agents(service).server()) as agent:
        for tool, asked in (("search", {"query": "dog"}), ("similar", {"photo": 1}), ("status", {})):
            assert "pics index FOLDER" in agent.refusal(tool, **asked)
    service.close()
    assert not (tmp_path / "none" / "library.db").exists()


# -- search


def test_search_finds_the_penguin_with_the_objects_of_the_command_line(agent: Agent, home: Path) -> None:
    said = agent.said("search", query="a penguin", n=3)
    first = said["hits"][0]
    assert names(said)[0].startswith("penguin") and first["verdict"] == "strong" and len(said["hits"]) == 3
    with Library(home) as library:
        (hit, *_) = library.hits([(first["id"], 1.0)])
    assert first.keys() == hit_object(hit).keys()


def test_what_an_agent_reads_leaves_out_what_has_nothing_to_say(agent: Agent) -> None:
    answer = agent.call("search", query="pizza", n=2, thumbnails=False)
    (text,) = answer.content
    assert isinstance(text, TextContent) and answer.structured_content["hits"][0]["latitude"] is None
    read = json.loads(text.text)
    assert "latitude" not in read["hits"][0]
    for hit, whole in zip(read["hits"], answer.structured_content["hits"], strict=True):
        assert hit == {name: value for name, value in whole.items() if value not in (None, [], "")}


def test_thumbnails_are_small_upright_and_in_the_order_of_the_hits(agent: Agent) -> None:
    answer = agent.call("search", query="giraffe", n=6, fold=False)
    numbers = [hit["id"] for hit in answer.structured_content["hits"]]
    shown = pictures(answer)
    assert [number for number, _ in shown] == [number for number in dict.fromkeys(numbers) if number in dict(shown)]
    first = answer.structured_content["hits"][0]
    assert Path(first["path"]).name == "giraffe.jpg" and shown[0][1].size == (320, 240)
    assert all(max(image.size) <= 320 for _, image in shown)


def test_at_most_twelve_pictures_are_shown_and_none_of_a_photo_that_is_not_there(
    agent: Agent, home: Path, photos: Path
) -> None:
    answer = agent.call("search", n=50)
    hits = answer.structured_content["hits"]
    assert len(hits) > 14 and len(pictures(answer)) <= 12
    (went,) = (hit for hit in hits if hit["path"].endswith("went.png"))
    assert pictures(agent.call("describe_photo", photo=went["id"])) == []
    assert agent.said("describe_photo", photo=went["id"])["there"] is False


def test_filters_and_typed_options_narrow_it_down(agent: Agent, photos: Path) -> None:
    assert names(agent.said("search", query="an animal", camera=["leica"])) == ["giraffe.jpg"]
    assert names(agent.said("search", query="--camera leica")) == ["giraffe.jpg"]
    assert set(names(agent.said("search", query="fireworks", format=["png"], min_size=190))) == {
        "smaller.png",
        "went.png",
    }
    assert agent.said("search", query="fireworks", min="likely", **{"in": [str(photos)]})["hits"]
    assert agent.said("search", query="penguin", after="2100")["hits"] == []


def test_what_is_not_wanted_is_left_out(agent: Agent) -> None:
    with_it = names(agent.said("search", query="penguin", fold=False, n=4))
    without = names(agent.said("search", query="penguin", fold=False, n=4, **{"not": ["snowman"]}))
    assert "penguin-snowman.jpg" in with_it and "penguin-snowman.jpg" not in without[:3]


def test_further_hits_follow_without_a_gap(agent: Agent) -> None:
    whole = agent.said("search", query="a dog", n=9, thumbnails=False)
    parts = [agent.said("search", query="a dog", n=3, start=start, thumbnails=False) for start in (0, 3, 6)]
    assert [hit["path"] for part in parts for hit in part["hits"]] == [hit["path"] for hit in whole["hits"]]
    assert parts[0]["more"]


def test_no_answer_is_longer_than_fifty_hits_whatever_is_typed(agent: Agent) -> None:
    assert "50" in agent.refusal("search", query="dog", n=51)
    assert len(agent.said("search", query="dog -n 9000", fold=False, thumbnails=False)["hits"]) <= 50


# -- similar


def test_similar_to_a_photo_by_number_and_by_path_leaves_out_the_photo_itself(
    agent: Agent, home: Path, photos: Path
) -> None:
    path = photos / "penguin.jpg"
    found = names(agent.said("similar", photo=number(home, path), n=3))
    assert "penguin-2.jpg" in found and "penguin.jpg" not in found
    assert found == names(agent.said("similar", photo=str(path), n=3))


@pytest.mark.parametrize("before", ["", "data:image/jpeg;base64,"])
def test_similar_to_a_picture_that_the_library_never_saw(agent: Agent, before: str) -> None:
    answer = agent.call("similar", image=before + as_base64(ALBUM / "lion.jpg"), n=2)
    assert len(pictures(answer)) == 2
    assert names(agent.said("similar", image=before + as_base64(ALBUM / "pizza-2.jpg"), n=1))[0].startswith("pizza")


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (b64encode(bomb()).decode(), "more than the limit"),
        (b64encode(b"<svg/>").decode(), "not a picture"),
        (b64encode((ALBUM / "pizza.jpg").read_bytes()[:300]).decode(), "the picture that was sent"),
        ("no base64!", "not base64"),
        ("", "not a picture"),
    ],
)
def test_bombs_and_what_is_no_picture_are_refused(agent: Agent, picture: str, why: str) -> None:
    assert why in agent.refusal("similar", image=picture)


def test_similar_wants_exactly_one_picture(agent: Agent) -> None:
    assert "`photo`" in agent.refusal("similar")
    assert "`photo`" in agent.refusal("similar", photo=1, image=as_base64(ALBUM / "lion.jpg"))


# -- no way out of the library


@pytest.mark.parametrize("path", ["/etc/hostname", str(ALBUM / "lion.jpg"), "~nobody/x.jpg", "a\0b", "9" * 30, "0"])
def test_a_photo_that_the_library_does_not_have_is_refused_by_whatever_way(agent: Agent, path: str) -> None:
    sentences = [
        agent.refusal("similar", photo=path),
        agent.refusal("describe_photo", photo=path),
        agent.refusal("search", query="dog", like=[path]),
        agent.refusal("search", unlike=[path]),
    ]
    assert all("the library has no such photo" in sentence for sentence in sentences)


def test_a_typed_option_reads_no_file_either(agent: Agent) -> None:
    assert "no such photo" in agent.refusal("search", query=f'--like "{ALBUM / "lion.jpg"}"')


def test_folders_tell_nothing_of_the_disk_beside_the_library(agent: Agent, tmp_path: Path) -> None:
    there = agent.refusal("search", query="dog", **{"in": [str(tmp_path)]})
    not_there = agent.refusal("search", query=f'dog --in "{tmp_path}-not"')
    assert not_there.replace("-not", "") == there
    assert agent.refusal("duplicates", **{"in": ["a\0b"]}) == agent.refusal("similar", photo=1, **{"in": ["a\0b"]})


# -- the other tools


def test_a_photo_is_described_with_where_it_lies_and_a_larger_picture(agent: Agent, home: Path, photos: Path) -> None:
    answer = agent.call("describe_photo", photo=str(photos / "giraffe.jpg"))
    said = answer.structured_content
    assert said["camera"] == "Leica M6" and said["there"] and (said["width"], said["height"]) == (1280, 960)
    ((shown, image),) = pictures(answer)
    assert shown == said["id"] and image.size == (640, 480)
    both = agent.said("describe_photo", photo=number(home, photos / "penguin.jpg"), thumbnail=False)
    assert sorted(Path(path).name for path in both["paths"]) == ["penguin copy.jpg", "penguin.jpg"]


def test_a_photo_is_a_resource_too(agent: Agent, home: Path, photos: Path) -> None:
    (template,) = agent.ask(lambda client: client.list_resource_templates()).resource_templates
    uri = template.uri_template.replace("{id}", str(number(home, photos / "giraffe.jpg")))
    (blob,) = agent.ask(lambda client: client.read_resource(uri)).contents
    assert Image.open(BytesIO(b64decode(blob.blob))).size == (640, 480)
    for other in ("pics://photos/999999", "pics://photos/../library.db", "file:///etc/hostname"):
        with pytest.raises(MCPError, match="no such photo"):
            agent.ask(lambda client, other=other: client.read_resource(other))


def test_duplicates_are_copies_and_what_was_compared_before_and_nothing_is_compared_now(
    agent: Agent, home: Path, encoder: Encoder
) -> None:
    def groups(**asked: Any) -> dict[tuple[str, ...], dict[str, Any]]:
        said = agent.said("duplicates", **asked)
        return {tuple(sorted(Path(photo["path"]).name for photo in one["photos"])): one for one in said["groups"]}

    copies, smaller = ("penguin copy.jpg", "penguin.jpg"), ("fireworks.jpg", "smaller.png")
    assert {copies} <= groups().keys() == groups(exact=True).keys()
    assert "pics dupes" in agent.said("duplicates")["notes"][0]
    with Library(home) as library:
        assert not library.looks.any()
        duplicates(library, lambda _: encoder, EVERYWHERE)
    assert copies in groups() and smaller in groups()
    assert groups()[smaller]["kind"] == "near" and groups()[copies]["kind"] == "copies"
    assert agent.said("duplicates")["notes"] == []
    assert copies in groups(exact=True) and smaller not in groups(exact=True)
    assert groups(format=["png"]) == {}
    first = agent.call("duplicates", n=1)
    assert first.structured_content["more"] and len(pictures(first)) == 1
    assert agent.said("duplicates", start=1)["groups"][0] not in first.structured_content["groups"]


def test_status_is_that_of_the_command_line(agent: Agent, home: Path) -> None:
    said = agent.said("status")
    with Library(home) as library:
        assert (said["photos"], said["distinct"]) == (library.files.count(), library.files.count_contents())
    assert said["writing"] is None


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"camra": ["x"]}, "camra: no such argument; did you mean camera?"),
        ({"n": "many"}, "n: "),
        ({"after": "yesterday"}, "2019-07"),
        ({"query": "dog --colour red"}, "no option"),
        ({"model": "none such"}, "none such"),
        ({"only": "smells"}, "only: "),
    ],
)
def test_arguments_that_cannot_be_meant_are_an_error_that_says_what_to_write(
    agent: Agent, asked: dict[str, Any], why: str
) -> None:
    assert why in agent.refusal("search", **asked)


def test_a_tool_that_there_is_not_is_an_error_of_the_protocol(agent: Agent) -> None:
    with pytest.raises(MCPError, match="delete: no such tool; there are search"):
        agent.call("delete", photo=1)


def dump(home: Path) -> dict[str, list[Any]]:
    """All tables of a library but those where it may keep what it found out on the way."""
    with sqlite3.connect(f"file:{home / 'library.db'}?mode=ro", uri=True) as database:
        tables = database.execute("select name from sqlite_master where type = 'table' and sql not like '%using%'")
        return {name: database.execute(f'select * from "{name}"').fetchall() for (name,) in tables if name not in KEPT}


def test_whatever_is_asked_nothing_of_the_library_or_the_photos_changes(agent: Agent, home: Path, photos: Path) -> None:
    def seen() -> tuple[dict[str, list[Any]], dict[str, tuple[int, bytes]], set[str]]:
        files = {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in photos.iterdir()}
        return dump(home), files, {path.name for path in home.iterdir()} - {"thumbnails", "models"}

    before = seen()
    assert {"content", "file", "look", "opinion", "tag", "metadata"} <= before[0].keys()
    agent.said("search", query="a lion that nobody asked for", like=["1"], unlike=["2"], n=50)
    agent.said("similar", photo=1)
    agent.said("similar", image=as_base64(ALBUM / "lion.jpg"))
    agent.said("describe_photo", photo=1)
    agent.said("duplicates")
    agent.said("duplicates", exact=True)
    agent.said("status")
    assert seen() == before


# -- the pipe, and the end


class Raw:
    """A server that is spoken to line by line."""

    def __init__(self, home: Path, temporary: Path, *command: str) -> None:
        own = environment(home) | {"TMPDIR": str(temporary), "PATH": os.environ["PATH"], "HOME": str(temporary)}
        self.process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "cli", "mcp"))],
            env=own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._write(id=0, method="initialize", params=HELLO)
        assert self.line()["result"]["serverInfo"]["name"] == "pics"
        self._write(method="notifications/initialized")

    def _write(self, **message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.process.stdin.flush()

    def call(self, tool: str, **arguments: Any) -> None:
        self._write(id=1, method="tools/call", params={"name": tool, "arguments": arguments})

    def line(self) -> dict[str, Any]:
        assert self.process.stdout
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert line["jsonrpc"] == "2.0"
        return line

    def ended(self) -> tuple[str, str]:
        """What else was written, once it has ended well."""
        stdout, stderr = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, stderr
        assert "Traceback" not in stderr
        return stdout, stderr


def test_stdout_carries_the_protocol_alone_and_ctrl_c_ends_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    fresh = shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("models"))
    script = "import cli, web.service as s; o = s.search; s.search = lambda *a: print('stray') or o(*a); cli.run()"
    raw = Raw(fresh, tmp_path / "tmp", "-c", f"import sys; sys.argv = ['pics', 'mcp']; {script}")
    raw.call("search", query="words that nobody asked of it before", n=1)
    assert raw.line()["result"]["structuredContent"]["hits"]
    assert (fresh / "models").exists()  # the model was made ready now
    raw.process.send_signal(signal.SIGINT)
    stdout, stderr = raw.ended()
    assert stdout == "" and "stray" in stderr
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_signal_ends_it_also_while_a_model_is_on_its_way(home: Path, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    script = (
        "import sys, time, commands.serving as s;"
        "s.encoder_of = lambda _: print('on its way', file=sys.stderr, flush=True) or time.sleep(600); s.mcp()"
    )
    raw = Raw(home, tmp_path / "tmp", "-c", script)
    raw.call("similar", image=as_base64(ALBUM / "lion.jpg"))
    assert raw.process.stderr and raw.process.stderr.readline() == "on its way\n"
    raw.process.send_signal(signal.SIGTERM)
    raw.ended()
    assert list((tmp_path / "tmp").iterdir()) == []
