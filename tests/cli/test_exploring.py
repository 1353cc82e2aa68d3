"""`groups`, `map` and `odd` as a person types them."""

from pathlib import Path

import pytest

from tests.cli.conftest import Pics, draw


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Pics:
    """Twelve red pictures and one of which there is a copy."""
    root = tmp_path_factory.mktemp("many").resolve()
    for number in range(12):
        draw(root / "photos" / f"red-{number:02}.png", f"rgb({200 + number}, 10, {3 * number})")
    draw(root / "photos" / "stray.png", "green", (60, 90))
    (root / "photos" / "stray copy.png").write_bytes((root / "photos" / "stray.png").read_bytes())
    made = Pics(root / "home", checkpoint, root)
    result = made.index(root / "photos")
    assert result.returncode == 0, result.stderr
    return made


def test_groups_have_names_sizes_and_central_photos_for_people_and_programs(many: Pics) -> None:
    groups = many.json("groups", "-k", 3, "--members")
    assert sum(group["size"] for group in groups) == 13
    assert len({path for group in groups for path in group["members"]}) == 14
    assert [group["size"] for group in groups] == sorted((group["size"] for group in groups), reverse=True)
    for group in groups:
        assert group["path"] == group["central"][0] == group["members"][0]
        assert group["name"] and group["japanese"] and -1 <= group["score"] <= 1
    lines = many("groups", "-k", 3).stdout.splitlines()
    assert lines[0].split(maxsplit=1) == [str(groups[0]["size"]), groups[0]["name"]]
    assert lines[1].strip() == groups[0]["path"]
    assert "members" not in many.json("groups", "-k", 1)[0]


def test_groups_keep_to_the_filters_and_to_folders_there_are(many: Pics) -> None:
    assert sum(group["size"] for group in many.json("groups", "--portrait")) == 1
    nothing = many("groups", "--format", "heic")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (1, "", "no photo passes\n")
    wrong = many("groups", "--in", "nowhere")
    assert wrong.returncode == 2
    assert "nowhere: no such file or folder" in wrong.stderr


def test_the_stray_is_the_oddest_and_the_reason_is_told(many: Pics) -> None:
    first, second = many.json("odd", "--min", 0, "-n", 2)
    assert [Path(hit["path"]).name for hit in (first, second)] == ["stray copy.png", "stray.png"]
    assert first["score"] > 1.4
    assert first["why"][0].startswith("alone: ")
    assert first["width"] == 60
    lines = many("odd", "-n", 1).stdout.splitlines()
    assert lines[0].split(maxsplit=1)[1] == first["path"]
    assert lines[1].strip() == "; ".join(first["why"])
    assert many("odd", "-n", 2, "--print0").stdout == f"{first['path']}\0{second['path']}\0"
    assert many("odd", "-n", 1, "--paths").stdout == f"{first['path']}\n"


def test_where_nothing_is_odd_the_exit_code_is_1(many: Pics) -> None:
    result = many("odd", "--min", 99)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "nothing stands out\n")


def test_a_map_is_one_page_and_takes_no_other_files_place(many: Pics) -> None:
    result = many("map", "map.html", "--thumbnails", 5)
    page = many.folder / "map.html"
    assert (result.returncode, result.stdout) == (0, f"{page}\n")
    assert result.stderr.splitlines()[-1].startswith("13 pictures in ")
    assert "stray copy.png" in page.read_text(encoding="utf-8")
    (told,) = many.json("map", "map.html", "--projection", "pca")
    assert told["path"] == str(page)
    assert (told["pictures"], told["thumbnails"], told["projection"]) == (13, 13, "pca")
    assert told["bytes"] == page.stat().st_size
    page.write_text("my own page")
    refused = many("map", "map.html")
    assert (refused.returncode, page.read_text()) == (2, "my own page")
    assert "--force" in refused.stderr
    assert many("map", "map.html", "--force", "--projection", "pca").returncode == 0
    assert many("map", "none/map.html").returncode == 2
    assert many("map", "empty.html", "--format", "heic").returncode == 1
    assert not (many.folder / "empty.html").exists()


@pytest.mark.parametrize("command", [["groups"], ["map", "map.html"], ["odd"]])
def test_before_anything_is_indexed_it_is_said_what_to_do(pics: Pics, command: list[str]) -> None:
    result = pics(*command)
    assert result.returncode == 2
    assert "pics index FOLDER" in result.stderr
