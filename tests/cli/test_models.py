"""Several models in one library, as a person meets them: a second beside the first, switching, dropping, rehearsing."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

import mlx_clip
from indexer.store.library import Library
from tests.cli.conftest import Pics, draw
from tests.random_checkpoint import write, write_dinov2


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second checkpoint, whose vectors are longer."""
    return write(tmp_path_factory.mktemp("checkpoint") / "other-clip", seed=1, dim=48)


@pytest.fixture
def both(indexed: Pics, other: Path) -> Pics:
    """A `pics` whose library holds the vectors of two models."""
    result = indexed("index", "--model", other)
    assert result.returncode == 0, result.stderr
    return indexed


def scores(pics: Pics, *words: object) -> list[tuple[str, float]]:
    return [(hit["path"], hit["score"]) for hit in pics.json(*words)]


def coverage(pics: Pics) -> dict[str, tuple[int, int, bool]]:
    (status,) = pics.json("status")
    return {model["name"]: (model["pictures"], model["of"], model["in_use"]) for model in status["models"]}


# -- beside the first


def test_a_second_model_is_taken_in_beside_the_first_which_goes_on_answering(indexed: Pics, other: Path) -> None:
    before = scores(indexed, "search", "a red dog")
    result = indexed("index", "--model", other)
    assert result.returncode == 0
    assert result.stdout == f"9 unchanged\n{other}: made 8 of 8 missing vectors\n"
    assert result.stderr.splitlines()[-1] == (
        f"{other} has the vectors of all pictures: `pics use {other}` switches to it"
    )
    assert scores(indexed, "search", "a red dog") == before
    assert coverage(indexed) == {str(indexed.checkpoint): (8, 8, True), str(other): (8, 8, False)}


def test_the_second_run_has_nothing_to_encode_and_says_again_how_to_switch(both: Pics, other: Path) -> None:
    result = both("index", "--model", other)
    assert (result.returncode, result.stdout) == (0, "9 unchanged\n")
    assert "pics use" in result.stderr


def test_new_photos_get_the_vectors_of_the_model_in_use_and_of_the_one_that_is_named(
    both: Pics, other: Path, photos: Path
) -> None:
    draw(photos / "new.png", "navy")
    assert both("index").stdout == "1 new, 9 unchanged\n"
    assert coverage(both) == {str(both.checkpoint): (9, 9, True), str(other): (8, 9, False)}
    draw(photos / "newer.png", "olive")
    added = both.json("index", "--model", other)
    assert (added[0]["new"], added[0]["unchanged"]) == (1, 10)
    assert (added[1]["model"], added[1]["lacking"], added[1]["encoded"]) == (str(other), 2, 2)
    assert coverage(both) == {str(both.checkpoint): (10, 10, True), str(other): (10, 10, False)}


def test_a_folder_is_the_same_model_however_it_is_typed(both: Pics, other: Path) -> None:
    link = both.folder / "link"
    link.symlink_to(other)
    for typed in ("link", "./link/", f"../{both.folder.name}/link", other):
        assert both("index", "--model", typed).stdout == "9 unchanged\n", typed
        assert both("search", "cat", "--model", typed).returncode == 0, typed
    assert len(coverage(both)) == 2
    link.unlink()


def test_a_model_whose_files_have_changed_is_refused_before_anything_is_done(
    both: Pics, photos: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path / "clip", seed=2)
    assert both("index", "--model", folder).returncode == 0
    write(folder, seed=3)
    draw(photos / "new.png", "navy")
    result = both("index", "--model", folder)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"the files of model {folder} have changed" in result.stderr
    assert f"`pics models drop {folder}` lets go" in result.stderr
    assert both("search", "cat", "--model", folder).returncode == 0  # as it was, from its converted copy
    assert both("models", "drop", folder).returncode == 0
    assert both("index", "--model", folder).stdout.startswith("1 new, 9 unchanged\n")


def test_the_model_in_use_whose_files_have_changed_goes_on_as_it_was(pics: Pics, photos: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "clip", seed=2)
    pics("index", photos, "--model", folder)
    write(folder, seed=3)
    draw(photos / "new.png", "navy")
    result = pics("index", "--model", folder)
    assert result.returncode == 2
    assert "Leave out --model to go on" in result.stderr
    assert pics("index").stdout == "1 new, 9 unchanged\n"


def test_a_library_without_a_vector_takes_the_model_that_is_named_into_use(
    pics: Pics, photos: Path, other: Path
) -> None:
    (photos / "empty").mkdir()
    assert pics.index(photos / "empty").returncode == 0
    assert pics("index", photos, "--model", other).stdout == "8 new, 1 copied\n"
    assert coverage(pics) == {str(other): (8, 8, True)}


def test_a_broken_drive_or_photo_leaves_the_model_incomplete_and_says_so(
    indexed: Pics, other: Path, photos: Path
) -> None:
    (photos / "odd").rename(photos.parent / "unplugged")
    for path in (photos.parent / "unplugged").iterdir():
        path.touch()
    result = indexed("index", photos / "even", "--model", other)
    assert result.returncode == 0
    assert "4 pictures are on drives that are not there" in result.stderr
    assert "pics use" not in result.stderr
    assert coverage(indexed)[str(other)] == (4, 8, False)


def test_ctrl_c_in_the_second_pass_keeps_what_was_done_and_the_same_command_goes_on(
    indexed: Pics, other: Path, photos: Path
) -> None:
    for number in range(100):
        draw(photos / "many" / f"{number}.png", f"#{number:06x}", (800, 600))
    assert indexed("index").returncode == 0
    running = subprocess.Popen(
        indexed.command("index", "--model", other, "--batch", "1"),
        env=indexed.environment,
        cwd=indexed.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while lacking(indexed, other) > 100:
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout) == (130, "109 unchanged\n"), stderr
    assert stderr.splitlines()[-1].startswith("interrupted")
    left = lacking(indexed, other)
    assert 0 < left <= 100
    result = indexed("index", "--model", other)
    assert f"made {left} of {left} missing vectors" in result.stdout
    assert lacking(indexed, other) == 0


def lacking(pics: Pics, model: Path) -> int:
    with Library(pics.home) as library:
        return library.lacking(str(model))


# -- switching


def test_use_switches_at_once_and_back_and_encodes_nothing(both: Pics, other: Path) -> None:
    first, second = scores(both, "search", "dog"), scores(both, "search", "dog", "--model", other)
    assert first != second
    switched = both("use", other)
    assert (switched.returncode, switched.stdout, switched.stderr) == (0, "", f"{other} is in use\n")
    assert scores(both, "search", "dog") == second
    assert both("use", both.checkpoint).returncode == 0
    assert scores(both, "search", "dog") == first
    assert both("index").stdout == "9 unchanged\n"


def test_an_incomplete_model_is_not_used_unless_anyway_and_then_completed(
    both: Pics, other: Path, photos: Path
) -> None:
    draw(photos / "new.png", "navy")
    both("index")
    refused = both("use", other)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"pics: {other} lacks the vectors of 1 of 9 pictures, which a search would not find:"
        f" `pics index --model {other}` makes them, `pics use {other} --anyway` does without\n"
    )
    assert both("use", other, "--anyway").returncode == 0
    assert len(scores(both, "search", "dog")) == 9
    (_, plan) = both.json("index", "--dry-run")
    assert (plan["model"], plan["pictures"], plan["measured"]) == (str(other), 1, True)
    assert both("index").stdout == f"10 unchanged\n{other}: made 1 of 1 missing vectors\n"
    assert len(scores(both, "search", "dog")) == 10


def test_a_model_that_has_no_vectors_here_is_named_with_those_that_have(both: Pics, other: Path) -> None:
    for words in (["use", "laion-b32"], ["search", "x", "--model", "laion-b32"], ["use", "laion-b32", "--anyway"]):
        result = both(*words)
        assert (result.returncode, result.stdout) == (2, ""), words
        assert result.stderr.startswith(
            "pics: laion-b32: no picture here has a vector of this model; `pics index --model"
        )
        assert str(both.checkpoint) in result.stderr and str(other) in result.stderr


def test_a_picture_may_be_compared_by_another_model(both: Pics, other: Path, photos: Path) -> None:
    ours = scores(both, "similar", photos / "even" / "red.png")
    theirs = scores(both, "similar", photos / "even" / "red.png", "--model", other)
    assert {path for path, _ in ours} == {path for path, _ in theirs}
    assert ours != theirs
    assert ours[0][0] == theirs[0][0] == str(photos / "odd" / "red copy.png")


def test_words_that_were_asked_before_are_answered_without_the_model(both: Pics, other: Path) -> None:
    import shutil

    first = both("search", "a dog", "on the beach")
    shutil.rmtree(both.home / "models")
    again = both("search", "a dog on the beach")
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")


def test_a_model_that_knows_pictures_only_says_so_and_who_knows_words(pics: Pics, photos: Path, tmp_path: Path) -> None:
    silent = write_dinov2(tmp_path / "dino")
    assert pics("index", photos, "--model", "pics-mini").returncode == 0
    assert pics("index", "--model", silent).returncode == 0
    by_name = pics("search", "gold", "--model", silent)
    assert by_name.returncode == 0 and "gold.png" in by_name.stdout
    assert by_name.stderr.startswith(f"{silent} knows pictures only: words were looked for where they are written")
    result = pics("search", "dog", "--model", silent, "--only-pictures")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"pics: {silent} knows pictures only")
    assert result.stderr.endswith("(of the models here, pics-mini would: `--model pics-mini`)\n")
    assert pics("similar", photos / "even" / "red.png", "--model", silent).returncode == 0


# -- giving back room


def test_a_dropped_model_gives_back_its_vectors_and_its_converted_copy(both: Pics, other: Path) -> None:
    before = scores(both, "search", "dog")
    copies = {copy.name for copy in mlx_clip.converted(both.home / "models")}
    assert copies == {str(both.checkpoint), str(other)}
    size = sum(file.stat().st_size for file in both.home.rglob("*") if file.is_file())
    result = both("models", "drop", other)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.startswith(f"{other} is dropped, ")
    assert sum(file.stat().st_size for file in both.home.rglob("*") if file.is_file()) < size - 300_000
    assert {copy.name for copy in mlx_clip.converted(both.home / "models")} == {str(both.checkpoint)}
    assert coverage(both) == {str(both.checkpoint): (8, 8, True)}
    assert scores(both, "search", "dog") == before


def test_a_model_with_only_vectors_or_only_a_copy_can_be_dropped(both: Pics, other: Path, tmp_path: Path) -> None:
    assert mlx_clip.remove(str(other), both.home / "models") > 0
    assert both("models", "drop", other).returncode == 0
    assert list(coverage(both)) == [str(both.checkpoint)]
    third = write(tmp_path / "third", seed=5)
    mlx_clip.load(third, cache=both.home / "models")
    assert both("models", "drop", third).returncode == 0
    assert {copy.name for copy in mlx_clip.converted(both.home / "models")} == {str(both.checkpoint)}


def test_a_copy_can_be_dropped_where_there_is_no_library(pics: Pics, other: Path) -> None:
    mlx_clip.load(other, cache=pics.home / "models")
    assert pics("models", "drop", other).returncode == 0
    assert not (pics.home / "library.db").exists()
    assert pics("models", "drop", other).returncode == 2


def test_the_model_in_use_is_not_dropped(both: Pics, other: Path) -> None:
    result = both("models", "drop", both.checkpoint)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"pics: {both.checkpoint} is the model in use, and searching needs its vectors: `pics use {other}` first\n"
    )
    assert len(mlx_clip.converted(both.home / "models")) == 2


def test_a_model_that_nobody_knows_is_named_with_what_may_have_been_meant(both: Pics, other: Path) -> None:
    result = both("models", "drop", f"{other}s")
    assert result.returncode == 2
    assert result.stderr.startswith(f"pics: {other}s: nothing of this model is here; did you mean {other}")


def test_models_without_a_subcommand_lists_the_cards(both: Pics) -> None:
    assert {"laion-b32", "pics-mini"} <= {model["name"] for model in both.json("models")}
    assert "laion-b32" in both("models").stdout
    assert both("models", "dorp").returncode == 2


# -- rehearsing


def test_a_dry_run_measures_a_model_that_is_here_and_changes_nothing(indexed: Pics, other: Path) -> None:
    mlx_clip.load(other, cache=indexed.home / "models")
    before = (indexed.home / "library.db").read_bytes()
    report, plan = indexed.json("index", "--model", other, "--dry-run")
    assert report["unchanged"] == 9
    assert (plan["model"], plan["pictures"], plan["measured"], plan["download_bytes"]) == (str(other), 8, True, 0)
    assert 0 < plan["seconds"] < 60
    assert plan["bytes"] == pytest.approx(1024 * 4 * 48, rel=0.2)
    said = indexed("index", "--model", other, "--dry-run").stdout.splitlines()
    assert said[0] == "would be: 9 unchanged"
    assert said[1].startswith(f"{other}: 8 pictures to encode, about ")
    assert (indexed.home / "library.db").read_bytes() == before
    assert len(coverage(indexed)) == 1


def test_a_dry_run_of_a_model_that_is_not_here_fetches_nothing_and_is_reckoned_by_the_cards(
    pics: Pics, photos: Path
) -> None:
    assert pics("index", photos, "--model", "pics-mini").returncode == 0
    plan = pics.json("index", "--model", "laion-b32", "--dry-run")[1]
    mini, large = (card for name in ("pics-mini", "laion-b32") for card in mlx_clip.cards() if card.name == name)
    assert (plan["pictures"], plan["measured"], plan["download_bytes"]) == (8, False, large.download_bytes)
    assert plan["seconds"] > 0
    assert plan["bytes"] > large.download_bytes + 2 * large.parameters
    said = pics("index", "--model", large.repo, "--dry-run")
    assert "laion-b32: 8 pictures to encode, about " in said.stdout
    assert "(reckoned from the model in use)" in said.stdout
    assert "a download of 605 MB comes first" in said.stdout
    assert {copy.name for copy in mlx_clip.converted(pics.home / "models")} == {mini.name}


def test_a_dry_run_without_a_card_to_reckon_by_says_that_the_time_is_not_known(indexed: Pics, other: Path) -> None:
    plan = indexed.json("index", "--model", other, "--dry-run")[1]
    assert (plan["pictures"], plan["seconds"], plan["bytes"], plan["measured"]) == (8, None, None, False)
    assert "how long it takes is not known before the model is here" in (
        indexed("index", "--model", other, "--dry-run").stdout
    )


def test_a_dry_run_of_a_model_that_does_not_exist_says_so(indexed: Pics) -> None:
    result = indexed("index", "--model", "laion-b23", "--dry-run")
    assert (result.returncode, result.stdout) == (2, "would be: 9 unchanged\n")
    assert "did you mean laion-b32" in result.stderr


def test_a_dry_run_of_the_first_index_needs_no_model(pics: Pics, photos: Path) -> None:
    assert pics("index", photos, "--model", "laion-b32", "--dry-run").stdout == "would be: 9 new\n"


# -- what the library holds


def test_status_names_each_model_and_how_many_pictures_it_has(both: Pics, other: Path, photos: Path) -> None:
    draw(photos / "new.png", "navy")
    both("index")
    (status,) = both.json("status")
    assert (status["model"], status["dim"]) == (str(both.checkpoint), 32)
    lines = both("status").stdout.splitlines()
    assert f"model    {both.checkpoint} (in use: 32 numbers for 9 of 9 pictures)" in lines
    assert f"model    {other} (not in use: 48 numbers for 8 of 9 pictures)" in lines
