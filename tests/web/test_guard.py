"""Hostile requests: other sites' pages, other names for this machine, no token; and what ties the browser's hands."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from web.guard import COOKIE, HEADERS, Guard

HERE = "127.0.0.1:7427"
TOKEN = "correct horse battery staple"
Client = Callable[..., TestClient]


async def said(request: Request) -> Response:
    return PlainTextResponse("photos")


INSIDE = Starlette(routes=[Route(path, said, methods=["GET", "POST"]) for path in ("/", "/photos/1", "/api/search")])


def client(token: str | None = None) -> TestClient:
    hosts = None if token else {HERE, "localhost:7427"}
    return TestClient(Guard(INSIDE, hosts, token), base_url=f"http://{HERE}", follow_redirects=False)


def test_the_gallery_itself_a_shell_and_an_address_that_was_typed_are_answered() -> None:
    own = {"Origin": f"http://{HERE}", "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, own, {"Sec-Fetch-Site": "none"}, {"Host": "LOCALHOST:7427"}):
        assert client().get("/api/search", headers=headers).text == "photos"
    for headers in ({}, own):
        assert client().post("/api/search", headers=headers).text == "photos"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7427", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:7427.evil.example", ""]
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    answer = client().get("/", headers={"Host": host})
    assert (answer.status_code, "photos" in answer.text) == (421, False)


def test_two_hosts_or_none_are_refused() -> None:
    for hosts in ([], [HERE, HERE], [HERE, "evil.example"]):
        assert status_of([(b"host", host.encode()) for host in hosts]) == 421
    assert status_of([(b"host", HERE.encode())]) == 200


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": f"https://{HERE}"},
        {"Origin": f"http://{HERE}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_other_sites_pages_learn_and_change_nothing(method: str, headers: dict[str, str]) -> None:
    for path in ("/", "/api/search", "/photos/1"):
        answer = client().request(method, path, headers=headers)
        assert (answer.status_code, "photos" in answer.text) == (403, False)
        assert "access-control-allow-origin" not in answer.headers


def test_a_link_on_another_site_may_lead_to_a_page_and_to_nothing_else() -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client().get("/", headers=link).status_code == 200
    assert client().get("/photos/1", headers=link).status_code == 200
    assert client().get("/api/search", headers=link).status_code == 403
    assert client().post("/", headers=link).status_code == 403, "a form"


def test_every_answer_ties_the_browsers_hands() -> None:
    for answer in (client().get("/"), client().get("/nothing"), client().get("/", headers={"Host": "evil.example"})):
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy and "http" not in policy


# -- with a token


def test_without_its_token_a_server_for_others_says_nothing() -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{COOKIE}=wrong"}, {"Cookie": "\x01=;;="}):
        for path in ("/", "/api/search", "/?token=wrong", "/?token=", "/nothing"):
            answer = client(TOKEN).get(path, headers=headers)
            assert (answer.status_code, "photos" in answer.text) == (401, False)
    assert client(TOKEN).post(f"/?token={TOKEN}").status_code == 401, "only a visit logs in"


def test_the_address_with_the_token_logs_in_and_the_token_leaves_the_address() -> None:
    visitor = client(TOKEN)
    answer = visitor.get("/", params={"token": TOKEN, "q": "dog + cat"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=dog+%2B+cat")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert visitor.get("/").text == "photos", "the cookie is sent now"


def test_programs_send_the_token_in_a_header() -> None:
    assert client(TOKEN).post("/api/search", headers={"Authorization": f"Bearer {TOKEN}"}).text == "photos"


def test_other_sites_are_refused_with_the_token_too() -> None:
    answer = client(TOKEN).get("/", headers={"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_any_name_and_no_token_cannot_be() -> None:
    with pytest.raises(ValueError, match="needs a token"):
        Guard(INSIDE, None, None)


def test_a_web_socket_is_not_even_refused() -> None:
    assert answers({"type": "websocket", "path": "/", "headers": [(b"host", HERE.encode())]}) == []


def status_of(headers: list[tuple[bytes, bytes]]) -> int:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    return int(answers(scope)[0]["status"])


def answers(scope: dict[str, object]) -> list[Message]:
    """What is sent for a request as it comes from the wire, which no client would send."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask(app: Callable[..., Awaitable[None]]) -> None:
        await app(scope, receive, send)

    asyncio.run(ask(Guard(INSIDE, {HERE})))
    return sent
