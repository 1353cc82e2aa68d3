"""Labelled questions: what a file may say, what it may not, and which pictures of a library it means."""

import json
import shutil
from pathlib import Path

import pytest

from demo.tour import ALBUM
from indexer.errors import BadLabels, LabelsMissing, NoSuchPath
from indexer.organize.questions import among, read, resolve
from indexer.store.library import Library


def written(folder: Path, *lines: object, name: str = "labels") -> Path:
    file = folder / name
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return file


def names(library: Library, contents: object) -> set[str]:
    hits = library.hits([(content_id, 0.0) for content_id in contents])  # type: ignore[attr-defined]
    return {Path(hit.path).name for hit in hits}


def test_json_lines_say_what_is_asked_and_how_right_each_picture_is(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"query": "2:beach + sun", "right": {"b.jpg": 3, "c.jpg": 0.5}},
        "",
        {"query": "cat", "not": ["bed", "dog"], "like": "d.jpg", "right": "a.jpg"},
    )
    first, second = read(file)
    assert [(term.words, term.weight) for term in first.terms] == [("beach", 2), ("sun", 1)]
    assert [(label.path, label.grade) for label in first.right] == [("b.jpg", 3), ("c.jpg", 0.5)]
    assert (first.line, second.line) == (1, 3)
    assert [term.words for term in second.terms if not term.wanted] == ["bed", "dog"]
    assert [term.picture for term in second.terms if term.picture] == [Path("d.jpg")]


@pytest.mark.parametrize("head", [["query,path,grade"], ["Query, Path, Grade"], []])
def test_csv_rows_that_ask_the_same_are_one_question_wherever_they_stand(tmp_path: Path, head: list[str]) -> None:
    file = written(tmp_path, *head, "red boat,a.jpg,2", '"cat, asleep",b.jpg', "red boat,c.jpg,0", "")
    boat, cat = read(file)
    assert [(label.path, label.grade) for label in boat.right] == [("a.jpg", 2), ("c.jpg", 0)]
    assert [label.line - len(head) for label in (*boat.right, *cat.right)] == [1, 3, 2]
    assert cat.text == "cat, asleep"


def test_a_byte_order_mark_of_a_spreadsheet_is_no_part_of_the_first_query(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_bytes("\ufeffquery,path\r\n富士山,a.jpg\r\n".encode())
    (question,) = read(file)
    assert question.text == "富士山"


@pytest.mark.parametrize(
    ("lines", "number", "what"),
    [
        (['{"query": "a", "right": ["a.jpg"]}', '{"query": "b"'], 2, "is no JSON"),
        (['[{"query": "a"}]'], 1, "is no object"),
        (['{"query": "a", "rigth": ["a.jpg"]}'], 1, "`rigth` is not known"),
        (['{"query": "a"}'], 1, "`right` is neither"),
        (['{"query": "a", "right": []}'], 1, "no picture is right"),
        (['{"query": "a", "right": {"a.jpg": 0}}'], 1, "no picture is right"),
        (['{"query": "a", "right": {"a.jpg": "high"}}'], 1, "'high' is no number"),
        (['{"query": "a", "right": {"a.jpg": true}}'], 1, "True is no number"),
        (['{"query": "a", "right": [7]}'], 1, "7 is no path"),
        (['{"query": 7, "right": ["a.jpg"]}'], 1, "`query` is not a text"),
        (['{"query": "", "right": ["a.jpg"]}'], 1, "nothing is asked"),
        (['{"query": "- a", "right": ["a.jpg"]}'], 1, "nothing is asked"),
        (['{"query": "a - - b", "right": ["a.jpg"]}'], 1, "nothing stands between"),
        (['{"query": "a", "not": [1], "right": ["a.jpg"]}'], 1, "`not` is neither"),
        (["query,path", "boat,a.jpg", "boat"], 3, "has 1 of the columns"),
        (["query,path", "boat,a.jpg,1,2"], 2, "has 4 of the columns"),
        (["query,path", ",a.jpg"], 2, "nothing is asked"),
        (["query,path", "boat,"], 2, "is no path"),
        (["query,path,grade", "boat,a.jpg,-1"], 2, "'-1' is no number"),
        (["query,path,grade", "boat,a.jpg,nan"], 2, "'nan' is no number"),
        (["query,path,grade", "cat,a.jpg", "boat,a.jpg,0"], 3, "no picture is right"),
        (["query,path", "boat -,a.jpg", "cat,b.jpg"], 2, "nothing follows it"),
        (["query,path", '"boat,a.jpg'], 2, "unexpected end"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(tmp_path: Path, lines: list[str], number: int, what: str) -> None:
    file = written(tmp_path, *lines)
    with pytest.raises(BadLabels) as raised:
        read(file)
    assert str(raised.value).startswith(f"{file}, line {number}: ")
    assert what in str(raised.value)


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchPath):
        read(tmp_path / "nowhere.csv")
    (tmp_path / "old.csv").write_bytes("query,path\n犬,a.jpg".encode("cp932"))
    with pytest.raises(BadLabels, match="not UTF-8"):
        read(tmp_path / "old.csv")
    with pytest.raises(BadLabels, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        (str(ALBUM / "cat.jpg"), {"cat.jpg"}),
        ("cat.jpg", {"cat.jpg"}),
        ("photos/cat.jpg", {"cat.jpg"}),
        ("owl*.jpg", {"owl.jpg", "owl-2.jpg", "owl-crescent-moon.jpg"}),
        ("photos/bus-?.jpg", {"bus-2.jpg"}),
        (str(ALBUM.parent / "**" / "bus[-]*.jpg"), {"bus-2.jpg", "bus-bicycle.jpg"}),
        ("bus[!-]*jpg", {"bus.jpg"}),
        ("dog.jpg", {"dog.jpg", "dog (copy).jpg"}),
    ],
)
def test_a_path_may_be_whole_or_its_end_or_a_pattern(
    album: Library, tmp_path: Path, label: str, meant: set[str]
) -> None:
    file = written(tmp_path, {"query": "x", "right": [label]})
    (question,) = resolve(album, file, read(file)).questions
    assert names(album, question.right) == meant


def test_a_path_from_the_folder_of_the_file_on_comes_before_the_end_of_another(
    album: Library, album_folder: Path
) -> None:
    file = written(album_folder, {"query": "x", "right": ["same.jpg", "inner/same.jpg"]})
    (question,) = resolve(album, file, read(file)).questions
    assert names(album, question.right) == {"same.jpg", "cat.jpg", "bus.jpg"}  # and what these are copies of


@pytest.fixture
def album_folder(album: Library, mini: object, tmp_path: Path) -> Path:
    """Two further pictures of one name in a folder with a bracket in its name, indexed."""
    from indexer.build import build

    folder = tmp_path / "of [2019]"
    (folder / "inner").mkdir(parents=True)
    shutil.copy(ALBUM / "cat.jpg", folder / "same.jpg")
    shutil.copy(ALBUM / "bus.jpg", folder / "inner" / "same.jpg")
    build(album, mini, [str(folder)])  # type: ignore[arg-type]
    return folder


def test_what_the_library_does_not_have_is_listed_with_its_lines(album: Library, album_folder: Path) -> None:
    file = written(
        album_folder.parent, "query,path", "cat,cat.jpg", "cat,no.jpg", "bus,same.jpg", "zoo,no*.gif", name="l.csv"
    )
    with pytest.raises(LabelsMissing) as raised:
        resolve(album, file, read(file))
    lines = str(raised.value).splitlines()
    assert "3 paths" in lines[0]
    assert lines[1] == "  line 3: no.jpg"
    assert lines[2].startswith("  line 4: same.jpg (2 pictures")
    assert lines[3] == "  line 5: no*.gif"
    asked = resolve(album, file, read(file), skip_missing=True)
    assert [question.text for question in asked.questions] == ["cat"]
    assert (len(asked.missing), asked.left_out) == (3, 2)


def test_copies_are_one_picture_with_the_highest_of_their_grades(album: Library, tmp_path: Path) -> None:
    file = written(tmp_path, {"query": "x", "right": {"dog.jpg": 1, "dog (copy).jpg": 3}})
    (question,) = resolve(album, file, read(file)).questions
    assert list(question.grades.values()) == [3]


def test_the_picture_that_is_asked_with_is_no_answer_to_itself(album: Library, tmp_path: Path) -> None:
    file = written(tmp_path, {"like": "dog.jpg", "right": ["dog.jpg", "dog-2.jpg"]})
    (question,) = resolve(album, file, read(file)).questions
    assert names(album, question.right) == {"dog-2.jpg"}
    assert names(album, question.own) == {"dog.jpg", "dog (copy).jpg"}
    assert question.terms[0].picture is not None
    assert question.terms[0].picture.is_file()


def test_a_picture_that_is_asked_with_and_nowhere_is_missing(album: Library, tmp_path: Path) -> None:
    file = written(tmp_path, {"like": "nowhere.jpg", "right": ["dog.jpg"]})
    with pytest.raises(LabelsMissing, match=r"line 1: nowhere\.jpg"):
        resolve(album, file, read(file))


def test_among_some_contents_the_others_do_not_count(album: Library, tmp_path: Path) -> None:
    file = written(tmp_path, {"query": "x", "right": ["cat.jpg", "bus.jpg"]}, {"query": "y", "right": "bus.jpg"})
    questions = resolve(album, file, read(file)).questions
    cat = next(content_id for content_id in questions[0].right if names(album, [content_id]) == {"cat.jpg"})
    (kept,) = among(questions, {cat})
    assert kept.right == {cat}
