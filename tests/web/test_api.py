"""The HTTP API, asked as a program would: in the same process, with the demo's album and pics-mini."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import mlx_clip
from demo.tour import ALBUM
from indexer.build import build
from indexer.decode import Decoded
from indexer.errors import NothingIndexed
from indexer.objects import hit_object
from indexer.photo import Encoder
from indexer.store.library import Library
from tests.pictures import bomb
from web import uploads
from web.app import application
from web.service import Service
from web.shapes import Hit, Status

HERE = "127.0.0.1:7427"
PENGUIN = ALBUM / "penguin.jpg"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return mlx_clip.load("pics-mini", cache=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def home(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The album, and a folder beside it with a photo that lies on its side, a copy, and one that will go."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("more")
    turned = Image.open(ALBUM / "giraffe.jpg").rotate(90, expand=True)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(folder / "turned.jpg", exif=exif)
    shutil.copy(PENGUIN, folder / "copy.jpg")
    Image.new("RGB", (300, 200), "teal").save(folder / "went.png")
    with Library(home) as library:
        build(library, encoder, [str(ALBUM), str(folder)])
    (folder / "went.png").unlink()
    return home


@pytest.fixture(scope="module")
def api(home: Path, encoder: Encoder) -> Iterator[TestClient]:
    service = Service.opened(lambda: Library(home, must_exist=True), lambda _: encoder, home / "thumbnails")
    with TestClient(application(service, {HERE}), base_url=f"http://{HERE}", raise_server_exceptions=False) as client:
        yield client


def found(api: TestClient, path: str = "/api/search", **asked: Any) -> list[dict[str, Any]]:
    answer = api.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


def name(hit: dict[str, Any]) -> str:
    return Path(hit["path"]).name


def jpeg(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    assert image.format == "JPEG"
    return image


# -- search


def test_words_find_photos_as_objects_of_the_command_line(api: TestClient, home: Path) -> None:
    first, *_ = found(api, q="a penguin", n=3)
    assert name(first) in ("penguin.jpg", "copy.jpg", "penguin-2.jpg") and first["verdict"] == "strong"
    with Library(home) as library:
        (hit,) = library.hits([(first["id"], 1.0)])[:1]
        assert first.keys() == hit_object(hit).keys() == Hit.model_fields.keys()


def test_options_may_stand_in_the_words_or_beside_them(api: TestClient) -> None:
    more = str(ALBUM)
    beside = found(api, q="penguin", **{"in": more, "not": "snowman", "min": "likely", "format": "jpg"})
    inside = found(api, q=f'penguin --in "{more}" --not snowman --min likely --format jpg')
    assert beside == inside and beside
    assert {hit["format"] for hit in beside} == {"JPEG"}


def test_nothing_asked_brings_all_page_by_page_and_none_twice(api: TestClient) -> None:
    pages = [api.get("/api/search", params={"n": 50, "start": start}).json() for start in (0, 50, 100, 150)]
    assert [page["more"] for page in pages] == [True, True, False, False]
    paths = [hit["path"] for page in pages for hit in page["hits"]]
    assert len(paths) == len(set(paths)) == 123


def test_pictures_of_the_library_are_named_by_number_or_path(api: TestClient) -> None:
    (penguin,) = (hit for hit in found(api, q="penguin.jpg", n=5) if hit["path"] == str(PENGUIN))
    by_number, by_path = (found(api, "/api/similar", to=to, n=5) for to in (penguin["id"], PENGUIN))
    assert [name(hit) for hit in by_path][:2] == ["copy.jpg", "penguin-2.jpg"]
    assert by_number[:4] == by_path[1:], "by its number, a picture's copies are itself"
    assert len(by_number) == 5
    assert found(api, like=[str(penguin["id"])], n=1)[0]["id"] == penguin["id"], "a copy at another path"
    assert "penguin.jpg" not in map(name, found(api, q="bird", unlike=str(penguin["id"]), n=5))


def test_a_picture_is_sent_to_find_what_is_like_it(api: TestClient) -> None:
    sent = api.post("/api/similar", params={"n": 2}, content=PENGUIN.read_bytes())
    assert sorted(name(hit) for hit in sent.json()["hits"]) == ["copy.jpg", "penguin.jpg"]
    assert sent.json()["hits"][0]["score"] == pytest.approx(1, abs=1e-3)


# -- photos


def test_a_photo_tells_everything_and_everywhere_it_lies(api: TestClient) -> None:
    (number,) = {hit["id"] for hit in found(api, q="penguin.jpg", n=5) if hit["path"] == str(PENGUIN)}
    told = api.get(f"/api/photos/{number}").json()
    assert [Path(path).name for path in told["paths"]] == ["copy.jpg", "penguin.jpg"] or len(told["paths"]) == 2
    assert (told["there"], told["width"], len(told["sha256"])) == (True, 320, 64)


def test_thumbnails_stand_upright_and_are_kept(api: TestClient, home: Path) -> None:
    (number,) = (hit["id"] for hit in found(api, q="turned.jpg", n=3) if name(hit) == "turned.jpg")
    upright = Image.open(ALBUM / "giraffe.jpg").convert("RGB").resize((32, 24))
    answer = api.get(f"/api/photos/{number}/thumbnail", params={"side": 160})
    small = jpeg(answer.content)
    assert max(small.size) == 160
    difference = np.abs(np.asarray(small.resize((32, 24)), float) - np.asarray(upright, float)).mean()
    assert difference < 12, "it stands as the picture it was made from"
    (kept,) = (home / "thumbnails").rglob("*-160.jpg")
    assert kept.read_bytes() == answer.content
    again = api.get(f"/api/photos/{number}/thumbnail?side=160", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_photo_that_has_gone_is_known_but_not_shown(api: TestClient) -> None:
    (number,) = (hit["id"] for hit in found(api, q="went.png", n=3) if name(hit) == "went.png")
    assert api.get(f"/api/photos/{number}").json()["there"] is False
    answer = api.get(f"/api/photos/{number}/thumbnail")
    assert answer.status_code == 404 and "not there now, or changed" in answer.json()["error"]


# -- vectors, status


def test_vectors_of_texts_and_pictures_are_those_of_the_model(api: TestClient, encoder: Encoder) -> None:
    texts = api.post("/api/embed/text", json={"texts": ["a dog", "ねこ"]}).json()
    assert (texts["model"], texts["dim"]) == ("pics-mini", encoder.dim)
    np.testing.assert_allclose(texts["vectors"], encoder.encode_texts(["a dog", "ねこ"]), atol=1e-6)
    picture = api.post("/api/embed/image", content=PENGUIN.read_bytes()).json()
    own = encoder.encode_pixels(np.stack([encoder.prepare(Image.open(PENGUIN).convert("RGB"))]))
    np.testing.assert_allclose(picture["vectors"], own, atol=1e-3)


def test_status_is_that_of_the_command_line_and_says_who_writes(api: TestClient, home: Path) -> None:
    told = api.get("/api/status").json()
    assert told.keys() == Status.model_fields.keys()
    assert (told["photos"], told["model"], told["writing"]) == (123, "pics-mini", None)
    with Library(home) as library, library.writing():
        library.tell("index", 32, 1000)
        writing = api.get("/api/status").json()["writing"]
        assert (writing["stage"], writing["done"], writing["total"]) == ("index", 32, 1000)


# -- what is refused


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/api/search?q=dog&on=July", 400, "'July' is no date"),
        ("/api/search?q=dog --plaice", 400, "no option here"),
        ("/api/search?n=0", 422, "n: "),
        ("/api/search?n=ten", 422, "n: "),
        ("/api/search?plaice=Kyoto", 422, "plaice: "),
        ("/api/search?model=gpt", 404, "no picture here has a vector of this model"),
        ("/api/search?in=/nowhere/at/all", 404, "the library has no photo there"),
        ("/api/search?in=/etc", 404, "the library has no photo there"),
        ("/api/similar?to=1&in=/etc", 404, "the library has no photo there"),
        ("/api/search?in=a%00b", 400, "no folder has such a name"),
        (f"/api/search?q={'x' * 2001}", 422, "q: "),
        ("/api/search?q=/etc/hosts.jpg", 404, "the library has no such picture"),
        ("/api/search?like=/etc/hostname", 404, "the library has no such picture"),
        ("/api/search?like=999999", 404, "the library has no such picture"),
        ("/api/search?like=upload-0000", 404, "the library has no such picture"),
        ("/api/search?like=../../etc/passwd", 404, "the library has no such picture"),
        ("/api/similar?to=/etc/passwd", 404, "the library has no such picture"),
        ("/api/similar", 422, "to: "),
        ("/api/photos/999999", 404, "the library has no such picture"),
        ("/api/photos/0", 422, "number: "),
        (f"/api/photos/{10**30}", 422, "number: "),
        ("/api/photos/1/thumbnail?side=100000", 422, "side: "),
        ("/api/photos/..%2f..%2fetc%2fpasswd", 404, "Not Found"),
        ("/static/../web/guard.py", 404, "Not Found"),
        ("/static/..%2fguard.py", 404, "Not Found"),
        ("/api/nothing", 404, "Not Found"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(api: TestClient, path: str, status: int, why: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, why in answer.json()["error"]) == (status, True), answer.text


@pytest.mark.parametrize("path", ["/api/similar", "/api/embed/image", "/uploads"])
def test_what_is_sent_must_be_a_picture_and_no_bomb(api: TestClient, path: str) -> None:
    for data, why in ((b"", "not a picture"), (b"<svg/>", "not a picture"), (bomb(), "more than the limit")):
        answer = api.post(path, content=data)
        assert (answer.status_code, why in answer.json()["error"]) == (400, True), answer.text


@pytest.mark.parametrize("path", ["/api/similar", "/api/embed/image", "/uploads"])
def test_others_are_answered_while_what_is_sent_is_decoded(
    api: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """It is decoded on a thread of its own, not on that which answers."""
    loops: list[object] = []
    real = uploads.decode

    def noting(*given: Any) -> Decoded:
        loops.append(asyncio._get_running_loop())
        return real(*given)

    monkeypatch.setattr(uploads, "decode", noting)
    assert api.post(path, content=PENGUIN.read_bytes()).status_code == 200
    assert loops == [None]


@pytest.mark.parametrize("path", ["/api/similar", "/api/embed/image", "/api/embed/text", "/uploads"])
def test_what_is_sent_has_an_end(api: TestClient, path: str) -> None:
    announced = api.post(path, content=b"", headers={"Content-Length": str(uploads.MOST_BYTES + 1)})
    streamed = api.post(path, content=(bytes(1_000_000) for _ in range(uploads.MOST_BYTES // 1_000_000 + 1)))
    assert (announced.status_code, streamed.status_code) == (413, 413)


def test_texts_to_embed_are_few_and_short(api: TestClient) -> None:
    for texts in ([], ["x"] * 65, ["x" * 2001], [""], "x", [1]):
        answer = api.post("/api/embed/text", content=json.dumps({"texts": texts}))
        assert answer.status_code == 422 and answer.json()["error"], texts


def test_scripts_are_those_of_this_version(api: TestClient) -> None:
    answer = api.get("/static/gallery.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert api.get("/static/gallery.js", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_wrong_method_is_named(api: TestClient) -> None:
    assert api.delete("/api/photos/1").status_code == 405
    assert api.get("/api/embed/text").status_code == 405


def test_before_anything_is_indexed_it_says_so(tmp_path: Path, encoder: Encoder) -> None:
    def nothing() -> Library:
        raise NothingIndexed

    service = Service.opened(nothing, lambda _: encoder, tmp_path)
    with TestClient(application(service, {HERE}), base_url=f"http://{HERE}") as client:
        answer = client.get("/api/search?q=dog")
        assert (answer.status_code, "pics index FOLDER" in answer.json()["error"]) == (503, True)
