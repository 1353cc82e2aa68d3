"""How hits look to people, to programs and to xargs."""

import json
from dataclasses import fields, replace

from indexer.photo import Facts, Hit
from terminal.answers import lines, nothing
from terminal.options import Shown, ShownFolded

HIT = Hit(1, "/p/é\n.jpg", 0.25, 4, 3, "JPEG", 9, "likely", ("picture 0.25", 'word "é" in file name'))


def test_hits_are_lines_for_people_for_programs_and_for_xargs() -> None:
    assert list(lines([HIT], Shown())) == ["likely  0.250  /p/é\n.jpg\n"]
    assert list(lines([HIT], Shown(paths=True))) == ["/p/é\n.jpg\n"]
    assert list(lines([HIT], Shown(print0=True))) == ["/p/é\n.jpg\0"]


def test_what_was_folded_into_a_hit_is_counted_for_people_and_listed_for_programs() -> None:
    folded = replace(HIT, path="/p/a.jpg", similar=("/p/b.jpg", "/p/c.jpg"))
    assert list(lines([folded], Shown())) == ["likely  0.250  /p/a.jpg  (+2 similar)\n"]
    assert list(lines([folded], Shown(paths=True))) == ["/p/a.jpg\n"]
    (line,) = lines([folded], Shown(as_json=True))
    assert json.loads(line)["similar"] == ["/p/b.jpg", "/p/c.jpg"]


def test_folding_is_for_people_unless_it_was_typed() -> None:
    assert ShownFolded().folds
    assert not any(ShownFolded(**{shape: True}).folds for shape in ("as_json", "paths", "print0"))
    assert ShownFolded(as_json=True, fold=True).folds and not ShownFolded(fold=False).folds


def test_an_explanation_stands_under_its_photo() -> None:
    hit, why = lines([HIT], Shown(explain=True))
    assert why == f'{" " * hit.index("/")}picture 0.25; word "é" in file name\n'


def test_json_is_one_flat_object_with_every_fact() -> None:
    hit = Hit(1, "/p/a.jpg", 0.25, 4, 3, "JPEG", 9, facts=Facts(camera="X-T3", keywords=("sea",)))
    (line,) = lines([hit], Shown(as_json=True))
    told = json.loads(line)
    assert (told["path"], told["score"], told["verdict"], told["camera"]) == ("/p/a.jpg", 0.25, None, "X-T3")
    assert told["keywords"] == ["sea"]
    named = {field.name for field in (*fields(Hit), *fields(Facts))}
    assert told.keys() == named - {"content_id", "facts"} | {"id"}


def test_where_nothing_was_asked_the_day_stands_in_front_and_paths_are_aligned() -> None:
    dated = Hit(1, "/p/a.jpg", 0.0, 4, 3, "JPEG", 9, facts=Facts(taken_at="2019-07-14T09:30:00"))
    undated = Hit(1, "/p/b.jpg", 0.0, 4, 3, "JPEG", 9)
    first, second = lines([dated, undated], Shown())
    assert first == "2019-07-14     /p/a.jpg\n"
    assert second == "no date        /p/b.jpg\n"
    assert first.index("/p") == next(lines([HIT], Shown())).index("/p")


def test_nothing_is_said_in_other_words_where_a_verdict_was_asked_for() -> None:
    assert nothing(Shown()) == "nothing found"
    assert nothing(Shown(minimum="likely")).startswith("nothing like that")
