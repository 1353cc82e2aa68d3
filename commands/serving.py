"""Showing the library to browsers, to programs and to agents: `serve`, `mcp`."""

import os
import secrets
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.wiring import DONE, FAILED, encoder_of, home, library_here, one_thread, say

if TYPE_CHECKING:
    from web.service import Service

PORT = 7427  # "pics" on a telephone
PATIENCE = 1.0  # seconds that `mcp` waits for what it is at, when it is to end
HERE = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = PORT,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; others than this machine need a token then.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> int:
    """Show the library in a browser, and programs over HTTP.

    Prints the gallery's address, below which /api describes the API. Only this machine can reach it, unless --host says
    otherwise.
    """
    one_thread()
    with library_here():  # says at once what is the matter with it
        pass
    try:
        listening = _listen(host, port)
    except OSError as error:
        say(f"pics: {host}, port {port}: cannot be listened at ({error.strerror}); `--port 0` takes one that is free")
        return FAILED
    token = None if host in HERE else secrets.token_urlsafe(24)
    if token:
        say(f"everybody who can reach {host} and has the address below sees your photos; nothing of it is encrypted")
    address = _address(listening, token)
    sys.stdout.write(address + "\n")
    sys.stdout.flush()
    if browser:
        webbrowser.open(address)
    _serve(listening, token)
    return DONE


def mcp() -> int:
    """Answer agents, over MCP (Model Context Protocol).

    It speaks on stdin and stdout, and a program that knows MCP starts it by itself: name it `pics mcp` as a server's
    command. The agent can search, look at small pictures, and read what is known of photos; it can change nothing.
    What it is shown leaves this machine if its model runs elsewhere.
    """
    one_thread()
    import asyncio

    from web.agents import Agents
    from web.pipe import serve as answer

    if sys.stdin.isatty():
        say("pics mcp: waits for a program that speaks MCP; Ctrl-C ends it")
    service = _service()
    late = threading.Timer(PATIENCE, _leave, [service])  # a download, or a model that is being loaded
    late.daemon = True

    def at_the_end() -> None:
        if late.ident is None:
            late.start()

    stdout = os.dup(sys.stdout.fileno())  # for the protocol alone: what else would be printed goes to stderr
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        asyncio.run(answer(Agents(service).server(), sys.stdin.fileno(), stdout, at_the_end))
    finally:
        service.close()
    late.cancel()
    return DONE


def _service() -> "Service":
    from web.service import Service

    return Service.opened(library_here, encoder_of, home() / "thumbnails")


def _leave(service: "Service") -> None:
    service.uploads.close()
    os._exit(DONE)


def _listen(host: str, port: int) -> socket.socket:
    family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(place[:2], family=family)


def _address(listening: socket.socket, token: str | None) -> str:
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/" + (f"?token={token}" if token else "")


def _serve(listening: socket.socket, token: str | None) -> None:
    """Until Ctrl-C, which ends it as one expects."""
    import uvicorn

    from web.app import application

    port = listening.getsockname()[1]
    hosts = None if token else {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    app = application(_service(), hosts, token, None if token else _reveal)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, proxy_headers=False)
    with suppress(KeyboardInterrupt):  # which is how a server ends
        uvicorn.Server(config).run(sockets=[listening])


def _reveal(path: Path) -> None:
    typer.launch(str(path), locate=True)
