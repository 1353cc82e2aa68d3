"""A thread that owns a library and a model, to which questions are handed and from which answers are awaited.

MLX's arrays and an SQLite connection belong to one thread. A server has two desks: at one questions are asked, which
take a tenth of a second, and at the other it is looked up where photos lie, so that thumbnails never wait.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

from indexer.asking.encoding import Load, Speaker
from indexer.store.library import Library

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """`open_library` and `load` are called on the desk's thread: the first when needed, the other once a model."""

    def __init__(self, open_library: Callable[[], Library], load: Load) -> None:
        self._open = open_library
        self._library: Library | None = None
        self.load = cache(load)  # as `search` wants it; a model stays once it is there
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    async def ask(self, question: Callable[Concatenate["Desk", P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the question, called with this desk on its thread, returns or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: question(self, *args, **kwargs))

    def close(self) -> None:
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    # -- for questions

    @property
    def library(self) -> Library:
        """Raises NothingIndexed."""
        if self._library is None:
            self._library = self._open()
            self._library.keep_warm()
        return self._library

    def speaker(self, model: str | None = None) -> Speaker:
        """Of the model of that name, None: of the one in use. Raises NothingIndexed, NoSuchModel."""
        return Speaker(self.library, self.library.searchable(model), self.load)

    def _close(self) -> None:
        if self._library is not None:
            self._library.__exit__()
        self.load.cache_clear()
