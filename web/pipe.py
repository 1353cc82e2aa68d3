"""An MCP server on stdin and stdout, which ends at once when it is asked to, whatever it waits for."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from anyio import AsyncFile, wrap_file
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from web.uploads import MOST_BYTES

LONGEST = MOST_BYTES * 4 // 3 + 1_000_000  # bytes of a line: a picture as base64, and what is around it
NEWLINE = b"\n"


class Lines:
    """Lines that arrive at a file descriptor, for one `async for`; it ends with one that is longer than it may be.

    Read by a thread that nobody waits for: one of asyncio's would keep the process until another line comes.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def __aiter__(self) -> "Lines":
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        return line

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop has gone
            with suppress(OSError), os.fdopen(self._descriptor, "rb", closefd=False) as file:
                while (line := file.readline(LONGEST)).endswith(NEWLINE):
                    self._put(line.decode("utf-8", "replace"))
            self._put(None)

    def _put(self, line: str | None) -> None:
        self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


async def serve(server: Server[Any], stdin: int, stdout: int, at_the_end: Callable[[], None]) -> None:
    """Over two descriptors, until the first is closed or a signal comes (SIGINT, SIGTERM).

    Then `at_the_end` is called, at least once.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def end() -> None:
        at_the_end()
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    with suppress(asyncio.CancelledError):
        await _answer(server, Lines(stdin), stdout)
    at_the_end()


async def _answer(server: Server[Any], lines: Lines, stdout: int) -> None:
    out = wrap_file(open(stdout, "w", encoding="utf-8"))  # noqa: SIM115  a descriptor, closed with the process
    try:
        async with stdio_server(cast(AsyncFile[str], lines), out) as (asked, answers):
            await server.run(asked, answers, server.create_initialization_options())
    except* BrokenPipeError:  # who asked has gone
        pass
