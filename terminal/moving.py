"""What was sent to a store and fetched from it, and what there is, as lines for people."""

from collections.abc import Iterator
from typing import Any

from indexer.moving import Fetched, Sent
from terminal.text import pictures


def pushed(sent: Sent) -> str:
    parts = [f"{pictures(sent.sent)} sent", f"{sent.unchanged:,} were there"]
    if sent.gone:
        parts.append(f"{sent.gone:,} taken away")
    return f"{', '.join(parts)}: {pictures(sent.pictures)} of this library are in the store now ({sent.model})"


def pulled(fetched: Fetched) -> str:
    return (
        f"{pictures(fetched.fetched)} of {fetched.library} fetched, of {fetched.pictures:,} in the store"
        f" ({', '.join(fetched.models)})"
    )


def stored(store: dict[str, Any]) -> Iterator[str]:
    """Lines of `pics status`."""
    if store["error"]:
        yield f"store    {store['error']}"
        return
    yield f"store    {store['address']}"
    for pushed in store["libraries"]:
        ours = ", this library" if pushed["ours"] else ""
        yield f"         {pushed['name']}{ours}: {pictures(pushed['pictures'])} ({pushed['model']}), {pushed['at']} UTC"
    if not store["libraries"]:
        yield "         nothing in it: `pics push` sends this library"
