"""What is plainly right is taken as typed; typer judges the rest, and says what it would have said."""

from pathlib import Path
from typing import Any, Literal

import pytest

from terminal.plainly import NOT_PLAIN, plain


@pytest.mark.parametrize(
    ("typed", "kind", "taken"),
    [
        ("a dog", str, "a dog"),
        (("a", "dog"), list[str], ["a", "dog"]),
        (None, list[str], []),
        (None, int, None),
        (10, int, 10),
        ("12", int, 12),
        (True, bool, True),
        ("~/a.jpg", Path, Path("~/a.jpg")),
        (("a", "b"), list[Path], [Path("a"), Path("b")]),
        ("strong", Literal["strong", "weak"], "strong"),
    ],
)
def test_what_is_plainly_right_is_taken(typed: Any, kind: Any, taken: Any) -> None:
    found = plain(typed, kind)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("ten", int),
        ("-1", int),
        ("１", int),
        ("0", int),
        ("9", int),
        ("0.5", float),
        ("yes", bool),
        ("STRONG", Literal["strong", "weak"]),
        (("1", "ten"), list[int]),
    ],
)
def test_what_is_not_is_left_to_typer(typed: Any, kind: Any) -> None:
    assert plain(typed, kind, 1, 5) is NOT_PLAIN
