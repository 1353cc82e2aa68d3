"""Who may ask at all: every request passes here first, and every answer leaves with headers that tie a browser's hands.

A server on this machine can be reached by every page that its user's browser shows. Such a page is told from the
gallery by what the browser itself says: a foreign `Host` (a name that was made to point here: DNS rebinding), a foreign
`Origin`, a `Sec-Fetch-Site` that is not this one. A server that others can reach asks for a token besides.
"""

import hmac
from collections.abc import Iterable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "pics-token"
READING = frozenset({"GET", "HEAD"})
PAGES = ("/", "/photos/")  # what a link on another page may lead to
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """`hosts` are the names this server goes by, with their port; None: any, for whoever knows the `token`."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None, token: str | None = None) -> None:
        if hosts is None and token is None:
            raise ValueError("a server that goes by any name needs a token")
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # closes it: there are no web sockets here
        answer = self._refusal(scope, Headers(scope=scope)) or self._login(scope) or self._app

        async def send_tied(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await answer(scope, receive, send_tied)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.getlist("host")
        if len(host) != 1 or (self._hosts is not None and host[0].lower() not in self._hosts):
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, "this server does not go by that name")
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host[0].lower()}":
            return _refused(HTTPStatus.FORBIDDEN, "asked by a page of another site")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_visit(scope, headers):
            return _refused(HTTPStatus.FORBIDDEN, "asked by a page of another site")
        return None

    def _login(self, scope: Scope) -> Response | None:
        """Nothing where no token is asked for, or the right one is there; the first visit turns it into a cookie."""
        if self._token is None:
            return None
        headers = Headers(scope=scope)
        if self._is_token(_cookie(headers)) or self._is_token(headers.get("authorization", "").removeprefix("Bearer ")):
            return None
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if scope["method"] not in READING or not self._is_token(asked.pop("token", "")):
            return _refused(HTTPStatus.UNAUTHORIZED, "open the address that `pics serve` printed, with its token")
        answer = RedirectResponse(f"{scope['path']}?{urlencode(asked)}".rstrip("?"), HTTPStatus.SEE_OTHER)
        answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict", max_age=30 * 86400)
        return answer

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), str(self._token).encode())


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether somebody follows a link to a page, as one may from anywhere: the other site does not see it."""
    path: str = scope["path"]
    return (
        scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and (path == PAGES[0] or path.startswith(PAGES[1]))
    )


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _refused(status: HTTPStatus, why: str) -> Response:
    return JSONResponse({"error": why}, status)
