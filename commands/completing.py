"""What Tab offers: the names that a library has for models, tags and what was taught."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from commands.wiring import library_if_any

if TYPE_CHECKING:
    from indexer.store.library import Library

T = TypeVar("T")


class Names:
    """Each is asked for anew, and quick. Where there is no library, or a broken one, it has no names."""

    def models(self) -> list[str]:
        """Those with vectors here first."""
        from mlx_clip.catalog import cards

        here = _kept(lambda library: [kept.name for kept in library.models()])
        return list(dict.fromkeys((*here, *(card.name for card in cards()))))

    def tags(self) -> list[str]:
        """In English and Japanese, the most frequent first."""
        counts = _kept(lambda library: library.tag_counts())
        names = [name for count in counts for name in (count.name, count.japanese)]
        return [name for name in names if name]

    def taught(self) -> list[str]:
        return _kept(lambda library: library.concepts.names())


def _kept(read: Callable[["Library"], list[T]]) -> list[T]:
    from indexer.errors import IndexerError

    try:
        with library_if_any() as library:
            return read(library) if library else []
    except IndexerError:
        return []
