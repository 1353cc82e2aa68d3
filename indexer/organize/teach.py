"""Teaching: a name, pictures that show it and pictures that do not; what that gives is asking's to learn."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from indexer.asking.concepts import FEWEST, Concept, Taught
from indexer.asking.encoding import Speaker
from indexer.asking.grammar import JOINING, is_picture
from indexer.errors import NothingTaught, NotTeachable
from indexer.photo import Vector
from indexer.settings import Progress, Watch
from indexer.store.concepts import Example
from indexer.store.library import Library


def teach(
    library: Library, speaker: Speaker, name: str, ones: Sequence[Path], others: Sequence[Path], watch: Watch
) -> Concept:
    """Adds examples of a thing, and of what is none, to those that are known; nothing where one cannot be read.

    Raises NotTeachable where the name names nothing, or there would be fewer than three examples; NoSuchPath,
    NotAPicture, OtherModel.
    """
    name = known_as(library, _checked(name))
    examples = _examples(speaker, ones, others, watch)
    both = {each.hash: each for each in (*library.concepts.examples(name), *examples)}
    if (number := sum(each.is_one for each in both.values())) < FEWEST:
        raise NotTeachable(
            f"{name}: {number} of {FEWEST} examples: from fewer nobody can tell what is common to them."
            f" Name more pictures of it: `pics teach {_quoted(name)} IMG IMG IMG`"
        )
    library.concepts.teach(name, examples)
    for example, vector in examples.items():
        library.keep_example(speaker.model.name, example.hash, vector)
    return Taught(library, speaker).concept(name)


def forget(library: Library, name: str) -> int:
    """Returns how many examples a concept had. Raises NothingTaught."""
    here = known_as(library, name)
    if here not in library.concepts.names():
        raise NothingTaught(name, library.concepts.names())
    return library.concepts.forget(here)


def known_as(library: Library, name: str) -> str:
    """A name as it was first typed, in capitals or not; one that is new as it is."""
    return next((kept for kept in library.concepts.names() if _plain(kept) == _plain(name)), name)


def _examples(speaker: Speaker, ones: Sequence[Path], others: Sequence[Path], watch: Watch) -> dict[Example, Vector]:
    typed = [(path, True) for path in ones] + [(path, False) for path in others]
    found: dict[bytes, bool] = {}
    examples = {}
    for number, (path, is_one) in enumerate(typed):
        watch(Progress("teach", number, len(typed)))
        picture = speaker.picture(path)
        if found.setdefault(picture.hash, is_one) != is_one:
            raise NotTeachable(f"{path}: an example, and none (--not): say one of the two")
        examples[Example(picture.hash, picture.path, is_one)] = picture.vector
    return examples


def _checked(typed: str) -> str:
    """A name with single blanks."""
    name = " ".join(typed.split())
    if is_picture(name):
        raise NotTeachable(f"{name}: a picture; the name comes first: `pics teach NAME IMG…`")
    if not any(letter.isalnum() for letter in name) or all(word.casefold() in JOINING for word in name.split()):
        raise NotTeachable(f"{typed!r} is no name: nothing would be found by it; take a word that you would search for")
    return name


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
