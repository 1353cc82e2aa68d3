"""docs/json.md lists every key that is printed, and no other."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests import headers
from tests.cli.conftest import REPOSITORY, Pics

ROW = re.compile(r"^\| ((?:`[\w@]+`(?:, )?)+) \|", re.MULTILINE)


def documented(command: str) -> list[set[str]]:
    """The keys of each table of a command's section."""
    text = (REPOSITORY / "docs" / "json.md").read_text("utf-8")
    (section,) = (part for part in text.split("\n## ")[1:] if command in part.splitlines()[0].split(", "))
    return [set(re.findall(r"[\w@]+", " ".join(ROW.findall(table)))) for table in section.split("| key |")[1:]]


def keys(rows: list[dict[str, Any]]) -> set[str]:
    (same,) = {frozenset(row) for row in rows}
    return set(same)


@pytest.fixture
def broken(indexed: Pics, photos: Path) -> Pics:
    (photos / "broken.jpg").write_bytes(b"no picture at all")
    return indexed


def test_every_key_is_documented_and_every_documented_key_is_printed(broken: Pics, photos: Path) -> None:
    (run, *_) = broken.json("index")
    assert keys([run]) == documented("pics index")[0]
    for words in (("search", "dog"), ("similar", photos / "even" / "red.png"), ("search", "--format", "png")):
        assert keys(broken.json(*words)) == documented(f"pics {words[0]}")[0], words
    (group,) = broken.json("dupes", "--exact")
    assert keys([group]) == documented("pics dupes")[0]
    for words in (("groups", "-k", "2"), ("map", photos.parent / "map.html"), ("odd", "--min", "0")):
        assert keys(broken.json(*words)) == documented(f"pics {words[0]}")[0], words
    labels = photos.parent / "labels.jsonl"
    labels.write_text('{"query": "red", "right": ["**/red.png"]}')
    assert keys(broken.json("eval", labels)) == documented("pics eval")[0]
    for command in ("status", "errors", "models", "doctor"):
        assert keys(broken.json(command)) == documented(f"pics {command}")[0], command


def test_what_another_model_takes_and_gets_is_documented(indexed: Pics, photos: Path) -> None:
    _, plan = indexed.json("index", "--model", "pics-mini", "--dry-run")
    assert keys([plan]) == documented("pics index")[3]
    *_, completion = indexed.json("index", "--model", "pics-mini")
    assert keys([completion]) == documented("pics index")[2]


def test_photos_that_were_indexed_without_their_facts_are_informed(indexed: Pics) -> None:
    from indexer.store.database import Database

    database = Database(indexed.home / "library.db")
    database.run("delete from metadata")
    database.close()
    _, informed = indexed.json("index")
    assert keys([informed]) == documented("pics index")[1]
    assert informed == {"informed": 8}


def test_photos_whose_side_files_have_changed_are_told_of_and_read(indexed: Pics, photos: Path) -> None:
    (photos / "even" / "red.xmp").write_bytes(headers.xmp(headers.bag("dc:subject", "harbour")))
    assert indexed("index", "--dry-run").stdout == "would be: 9 unchanged, 1 to read again\n"
    report, informed = indexed.json("index")
    assert (report["unchanged"], report["read_again"], informed) == (9, 1, {"informed": 1})
    (hit,) = indexed.json("search", "--only-words", "harbour", "--in", photos / "even")
    assert hit["keywords"] == ["harbour"]
    (photos / "even" / "red.xmp").unlink()
    told = "9 unchanged, 1 to read again\nread what 1 picture says of itself: dates, places, words\n"
    assert indexed("index").stdout == told
    assert indexed("search", "--only-words", "harbour").returncode == 1
