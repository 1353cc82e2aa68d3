"""From a checkpoint to a copy: what is in it, what is refused, and what a kill leaves behind."""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mlx_clip
from mlx_clip import BadCheckpoint, DiskFull, Encoder, UnknownModel, UnsupportedModel
from mlx_clip.backend import mx
from mlx_clip.copies import check_room, made_aside, place, read_manifest
from tests.mlx_clip.fake_hub import COMMIT
from tests.random_checkpoint import write

REPOSITORY = Path(mlx_clip.__file__).parents[1]
PARTS = {"config.json", "preprocessor_config.json", "tokenizer.json", "manifest.json"}
PARTS |= {"text.safetensors", "image.safetensors", "tokens.npy", "excerpt.json", "merges.npy", "merges-at.npy"}

Edit = Callable[[Path], object]


class Recorder:
    """A Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int | None, Path]] = []
        self.bytes = 0
        self.finished = 0

    def start(self, what: str, total_bytes: int | None, where: Path) -> None:
        self.started.append((what, total_bytes, where))

    def advance(self, n_bytes: int) -> None:
        self.bytes += n_bytes

    def finish(self) -> None:
        self.finished += 1


def load(model: Path | str, cache: Path, **options: str) -> Encoder:
    return mlx_clip.load(model, cache=cache, device="cpu", **options)  # type: ignore[arg-type]


# -- the copy


def test_a_copy_has_all_that_is_needed_and_says_what_it_is(checkpoint: Path, tmp_path: Path) -> None:
    encoder = load(checkpoint, tmp_path)
    [copy] = mlx_clip.converted(tmp_path)
    assert {entry.name for entry in copy.folder.iterdir()} == PARTS
    assert (copy.name, copy.revision, copy.dtype) == (str(checkpoint), encoder.revision, "float32")
    assert copy.bytes > (checkpoint / "model.safetensors").stat().st_size
    assert copy.manifest.weights_hash == encoder.weights_hash
    assert encoder.weights_hash == hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest()


def test_a_cache_that_is_not_there_has_no_copies(tmp_path: Path) -> None:
    assert mlx_clip.converted(tmp_path / "none") == []


def test_progress_hears_of_the_conversion_once(checkpoint: Path, tmp_path: Path) -> None:
    heard = Recorder()
    mlx_clip.load(checkpoint, cache=tmp_path, progress=heard)
    [(what, total, where)] = heard.started
    assert (what, where.parent.parent.parent) == (f"converting {checkpoint}", tmp_path)
    assert total is not None
    assert 0.9 * total < heard.bytes <= total
    again = Recorder()
    mlx_clip.load(checkpoint, cache=tmp_path, progress=again)
    assert (heard.finished, again.started) == (1, [])


def test_the_checkpoint_is_not_needed_afterwards(tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint")
    before = load(folder, tmp_path / "cache")
    shutil.rmtree(folder)
    after = load(before.name, tmp_path / "cache", revision=before.revision)
    assert (after.name, after.revision, after.weights_hash) == (before.name, before.revision, before.weights_hash)
    assert np.array_equal(before.encode_texts(["red"]), after.encode_texts(["red"]))
    with pytest.raises(
        UnknownModel, match=f"{folder}: no such folder, and no converted copy of revision other; give a"
    ):
        load(before.name, tmp_path / "cache", revision="other")


def test_a_folder_that_changes_is_another_revision_and_the_old_one_stays(tmp_path: Path) -> None:
    old = load(write(tmp_path / "checkpoint"), tmp_path / "cache")
    new = load(write(tmp_path / "checkpoint", seed=1), tmp_path / "cache")
    assert old.name == new.name
    assert old.revision != new.revision
    assert old.weights_hash != new.weights_hash
    again = load(old.name, tmp_path / "cache", revision=old.revision)
    assert again.weights_hash == old.weights_hash
    with pytest.raises(BadCheckpoint, match="are not those of revision gone any more; load it without a revision"):
        load(old.name, tmp_path / "cache", revision="gone")


def test_two_folders_of_the_same_name_have_a_copy_each(tmp_path: Path) -> None:
    for seed in (0, 1):
        load(write(tmp_path / str(seed) / "clip", seed=seed), tmp_path / "cache")
    assert len({copy.manifest.weights_hash for copy in mlx_clip.converted(tmp_path / "cache")}) == 2


def test_shards_and_half_precision_are_read_and_buffers_passed_over(encoder: Encoder, tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint")
    tensors = mx.load(str(folder / "model.safetensors"))
    (folder / "model.safetensors").unlink()
    tensors |= {f"{tower}_model.embeddings.position_ids": mx.arange(3)[None] for tower in ("text", "vision")}
    names = sorted(tensors)
    shards = {f"model-0000{n}-of-00002.safetensors": names[n - 1 :: 2] for n in (1, 2)}
    for shard, part in shards.items():
        mx.save_safetensors(str(folder / shard), {name: _halved(tensors[name]) for name in part})
    index = {"weight_map": {name: shard for shard, part in shards.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    sharded = load(folder, tmp_path / "cache")
    assert (sharded.encode_texts(["red"]) * encoder.encode_texts(["red"])).sum() > 0.9999
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(BadCheckpoint, match=r"model-00002-of-00002.safetensors is missing, which model.*json names"):
        load(folder, tmp_path / "elsewhere")


def _halved(tensor: mx.array) -> mx.array:
    return tensor.astype(mx.bfloat16) if tensor.dtype == mx.float32 and tensor.size < 100 else tensor


def test_a_checkpoint_without_preprocessing_takes_clips_own(encoder: Encoder, tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint")
    (folder / "preprocessor_config.json").unlink()
    assert load(folder, tmp_path / "cache").preprocessing == encoder.preprocessing


# -- what is refused


def _config(**changes: object) -> Edit:
    def edit(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        (folder / "config.json").write_text(json.dumps(config | changes))

    return edit


def _weights(change: Callable[[dict[str, mx.array]], object]) -> Edit:
    def edit(folder: Path) -> None:
        tensors = dict(mx.load(str(folder / "model.safetensors")))
        mx.eval(tensors)
        change(tensors)
        mx.save_safetensors(str(folder / "model.safetensors"), tensors)

    return edit


def _cut_short(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 50_000)


def _torch_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


@pytest.mark.parametrize(
    ("edit", "error", "sentence"),
    [
        (
            _config(model_type="siglip2"),
            UnsupportedModel,
            "model_type = 'siglip2'.*NaFlex.*the fixed sizes are supported",
        ),
        (_config(text_config={"hidden_act": "mish"}), UnsupportedModel, "text_config.hidden_act = 'mish'"),
        (
            _config(projection_dim=7),
            BadCheckpoint,
            r"text_projection.weight has the shape \(32, 64\), where .* \(7, 64\)",
        ),
        (_torch_only, BadCheckpoint, "pytorch_model.bin: not a PyTorch checkpoint that can be read safely"),
        (_cut_short, BadCheckpoint, r"model.safetensors: damaged or incomplete \(.*\); fetch the checkpoint again"),
        (
            lambda f: (f / "model.safetensors").unlink(),
            BadCheckpoint,
            "neither model.safetensors nor open_clip_model.safetensors is in it; give",
        ),
        (lambda f: (f / "config.json").unlink(), BadCheckpoint, "config.json is missing; give the folder"),
        (lambda f: (f / "config.json").write_text("{"), BadCheckpoint, r"config.json: not JSON \(.*\); fetch"),
        (lambda f: (f / "config.json").write_text("[]"), BadCheckpoint, "config.json: not a JSON object; fetch"),
        (lambda f: (f / "tokenizer.json").unlink(), BadCheckpoint, "neither tokenizer.json nor vocab.json is in it"),
        (_weights(lambda t: t.pop("logit_scale")), BadCheckpoint, "its weights lack logit_scale"),
        (_weights(lambda t: t.update(more=mx.zeros(3))), BadCheckpoint, "have more, for which clip has no place"),
        (_weights(lambda t: t.update(logit_scale=mx.array(3))), BadCheckpoint, "logit_scale is of .*int32; use a"),
    ],
)
def test_what_is_wrong_is_named_and_leaves_nothing_behind(
    tmp_path: Path, edit: Edit, error: type[Exception], sentence: str
) -> None:
    folder = write(tmp_path / "checkpoint")
    edit(folder)
    with pytest.raises(error, match=sentence):
        load(folder, tmp_path / "cache")
    assert [entry for entry in (tmp_path / "cache").rglob("*") if entry.is_file()] == []


def test_a_damaged_manifest_says_how_to_have_the_copy_made_again(checkpoint: Path, tmp_path: Path) -> None:
    load(checkpoint, tmp_path)
    folder = mlx_clip.converted(tmp_path)[0].folder
    for damage in ("{", "{}"):
        (folder / "manifest.json").write_text(damage)
        with pytest.raises(BadCheckpoint, match=f"{folder}: manifest.json is damaged; delete this folder to have it"):
            load(checkpoint, tmp_path)


# -- full disks, races, kills


def test_a_full_disk_is_said_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(
        DiskFull, match=f"{tmp_path}: no room on this disk for 1,000,000,000,000 MB; free some, or keep"
    ):
        check_room(tmp_path, 10**18)
    target = tmp_path / "model" / "float32-v1"
    with (
        pytest.raises(DiskFull, match=f"{target.parent}: no room on this disk; free some"),
        made_aside(target) as aside,
    ):
        (aside / "part").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(target.parent.iterdir()) == []


def test_other_errors_of_the_disk_are_not_taken_for_a_full_one(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), made_aside(tmp_path / "model" / "float32-v1"):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_who_comes_second_keeps_what_the_first_has_made(tmp_path: Path) -> None:
    target = tmp_path / "float32-v1"
    with made_aside(target) as second:
        (second / "who").write_text("second")
        with made_aside(target) as first:
            (first / "who").write_text("first")
    assert (target / "who").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_what_the_dead_have_left_is_swept_and_what_the_living_write_is_not(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    for process in (gone.pid, os.getpid(), 1):
        (tmp_path / f"float32-v1.{process}.abcd").mkdir()
    with made_aside(tmp_path / "float32-v1"):
        pass
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {"float32-v1", f"float32-v1.{os.getpid()}.abcd", "float32-v1.1.abcd"}


SLOW = """
import sys, time, pathlib, mlx_clip

class Slow:
    def start(self, what, total_bytes, where): print("started", flush=True)
    def advance(self, n_bytes): time.sleep(0.1)
    def finish(self): time.sleep(0.1)

mlx_clip.load(sys.argv[1], cache=pathlib.Path(sys.argv[2]), device="cpu", progress=Slow())
"""


@pytest.mark.parametrize("seed", range(6))
def test_a_conversion_killed_at_any_moment_leaves_nothing_half_made(
    checkpoint: Path, encoder: Encoder, tmp_path: Path, seed: int
) -> None:
    command = [sys.executable, "-c", SLOW, str(checkpoint), str(tmp_path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.45))
        running.send_signal(signal.SIGKILL)
    target = place(tmp_path, next(tmp_path.iterdir()).name, encoder.revision, "float32")
    assert target.exists() == (read_manifest(target) is not None)
    assert np.array_equal(load(checkpoint, tmp_path).encode_texts(["red"]), encoder.encode_texts(["red"]))
    assert list(target.parent.iterdir()) == [target]
    assert {entry.name for entry in target.iterdir()} == PARTS


# -- and how it goes again


def test_removing_a_model_frees_its_copies_and_leaves_the_others(checkpoint: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", seed=1)
    for model in (checkpoint, f"{checkpoint}:8bit", other):
        load(model, tmp_path / "cache")
    room = {copy.name: copy.bytes for copy in mlx_clip.converted(tmp_path / "cache")}
    assert mlx_clip.remove(str(checkpoint), tmp_path / "cache") == room[str(checkpoint)]
    assert {copy.name for copy in mlx_clip.converted(tmp_path / "cache")} == room.keys() - {str(checkpoint)}
    assert mlx_clip.remove("no such model", tmp_path / "cache") == 0
    assert load(checkpoint, tmp_path / "cache").encode_texts(["red"]).shape == (1, 32)


def test_removing_the_last_copy_of_a_repo_frees_its_download(checkpoint: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "downloads" / "models--someone--tiny" / "snapshots" / COMMIT
    shutil.copytree(checkpoint, snapshot)
    for name in ("someone/tiny", "someone/tiny:8bit"):
        mlx_clip.load(name, revision=COMMIT, cache=tmp_path, device="cpu")
    small = mlx_clip.remove("someone/tiny", tmp_path)
    assert snapshot.exists()
    assert mlx_clip.remove("someone/tiny:8bit", tmp_path) > small - sum(f.stat().st_size for f in checkpoint.iterdir())
    assert not snapshot.exists()
