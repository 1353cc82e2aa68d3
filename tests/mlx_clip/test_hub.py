"""Which model is meant, and how it gets here: over a hub on this machine, broken off, offline, unreachable."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mlx_clip
from mlx_clip import UnknownModel, openclip
from mlx_clip.hub import fingerprint, resolve
from tests.mlx_clip.fake_hub import COMMIT, FakeHub
from tests.random_checkpoint import write, write_openclip

REPOSITORY = Path(mlx_clip.__file__).parents[1]
REPO = "someone/tiny-clip"
NEEDED = ("config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors")
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens

LOAD = r"""
import json, sys, pathlib, mlx_clip

class Told:
    def start(self, what, total_bytes, where): say("start", what, total_bytes, str(where))
    def advance(self, n_bytes): say("advance", n_bytes)
    def finish(self): say("finish")

def say(*event):  # one write a line, for bytes are told of by several threads
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()

model, cache, revision = sys.argv[1:]
try:
    encoder = mlx_clip.load(model, cache=pathlib.Path(cache), revision=revision or None, progress=Told(), device="cpu")
    say("loaded", encoder.name, encoder.revision, len(encoder.encode_texts(["red"])), "huggingface_hub" in sys.modules)
except mlx_clip.ClipError as error:
    say("failed", type(error).__name__, str(error))
"""


class Machine:
    """A computer with a home of its own, on which a model is loaded in a fresh process."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.home = folder / "home"

    def start(self, url: str, model: str = REPO, revision: str = "", **environment: str) -> "subprocess.Popen[str]":
        ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        ours |= {"HF_HOME": str(self.home), "HF_ENDPOINT": url, "HF_HUB_DISABLE_TELEMETRY": "1"} | environment
        command = [sys.executable, "-c", LOAD, model, str(self.cache), revision]
        return subprocess.Popen(
            command, env=ours, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def load(self, url: str, model: str = REPO, revision: str = "", **environment: str) -> list[Any]:
        """What was told, the last of it `loaded` or `failed`. Nothing is ever printed besides."""
        output, errors = self.start(url, model, revision, **environment).communicate(timeout=120)
        assert errors == ""
        return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def published(checkpoint: Path, tmp_path: Path) -> Path:
    """The small checkpoint among other things that repos have and nobody needs here."""
    folder = tmp_path / "published"
    shutil.copytree(checkpoint, folder)
    for other in ("README.md", "pytorch_model.bin", "open_clip_model.safetensors", "model.fp16.safetensors"):
        (folder / other).write_bytes(b"0" * 1000)
    return folder


# -- which model


def test_a_card_is_meant_before_a_folder_and_a_folder_before_a_repo(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = mlx_clip.default_card()
    monkeypatch.chdir(tmp_path)
    (tmp_path / card.name).mkdir()
    (tmp_path / "someone" / "here").mkdir(parents=True)
    for called in (None, card.name, card.repo):
        source = resolve(called, None, tmp_path)
        assert (source.name, source.repo, source.revision) == (card.name, card.repo, card.revision)
    assert resolve("someone/here", None, tmp_path).folder == tmp_path / "someone" / "here"
    assert resolve("someone/there", None, tmp_path).repo == "someone/there"
    assert resolve(checkpoint, None, tmp_path).folder == resolve(str(checkpoint), None, tmp_path).folder == checkpoint


def test_a_name_that_is_nothing_brings_up_what_was_meant(tmp_path: Path) -> None:
    card = mlx_clip.default_card()
    with pytest.raises(UnknownModel, match=f"^{card.name}x: no such model; did you mean .*{card.name}"):
        resolve(f"{card.name}x", None, tmp_path)
    with pytest.raises(UnknownModel, match=r"give a card's name, a hub repo \(owner/name\) or a folder$"):
        resolve("/no/such/folder", None, tmp_path)


def test_a_revision_that_is_asked_for_goes_before_the_cards(tmp_path: Path) -> None:
    assert resolve(None, COMMIT, tmp_path).revision == COMMIT


def test_a_folders_fingerprint_follows_its_checkpoint_and_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path / "clip")
    before = fingerprint(folder)
    (folder / ".DS_Store").write_text("litter")
    assert fingerprint(folder) == before
    write(folder, seed=1)
    assert fingerprint(folder) != before


# -- how it gets here


def test_a_repo_is_announced_fetched_pinned_and_loads_at_once_from_then_on(machine: Machine, published: Path) -> None:
    with FakeHub(published, REPO) as hub:
        told = machine.load(hub.url)
    total = sum((published / name).stat().st_size for name in NEEDED)
    assert sorted(hub.fetched()) == sorted(NEEDED)
    assert told[0] == ["start", f"downloading {REPO}", total, str(machine.cache / "downloads")]
    end = told.index(["finish"])
    assert sum(n for event, n in told[1:end] if event == "advance") == total
    assert told[end + 1][1] == f"converting {REPO}"
    assert told[-1] == ["loaded", REPO, COMMIT, 1, True]
    assert machine.load(NOWHERE) == [["loaded", REPO, COMMIT, 1, False]]


def test_a_download_killed_half_way_is_taken_up_again(machine: Machine, published: Path) -> None:
    half = (published / "model.safetensors").stat().st_size // 2
    with FakeHub(published, REPO, stall_at=half) as hub:
        running = machine.start(hub.url)
        assert hub.stalled.wait(60)
        while len(_whole(machine)) < 3:
            assert running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert machine.load(NOWHERE)[-1][1] == "ModelUnreachable"  # part of a model is no model
        hub.stall_at = None
        for part in _parts(machine):
            os.utime(part, (0, 0))
        assert machine.load(hub.url)[-1] == ["loaded", REPO, COMMIT, 1, True]
        assert sorted(hub.fetched()) == sorted([*NEEDED, "model.safetensors"])  # what was whole is not fetched twice
    assert _parts(machine) == []


def _whole(machine: Machine) -> list[Path]:
    return list(machine.cache.glob("downloads/*/snapshots/*/*"))


def _parts(machine: Machine) -> list[Path]:
    return list(machine.cache.rglob("*.incomplete"))


def test_what_other_programs_have_fetched_is_not_fetched_again(machine: Machine, published: Path) -> None:
    with FakeHub(published, REPO) as hub:
        assert machine.load(hub.url)[-1][0] == "loaded"
    machine.home.mkdir(exist_ok=True)
    (machine.cache / "downloads").rename(machine.home / "hub")
    shutil.rmtree(machine.cache)
    told = machine.load(NOWHERE, revision=COMMIT)
    assert [event[1] for event in told if event[0] == "start"] == [f"converting {REPO}"]
    assert told[-1] == ["loaded", REPO, COMMIT, 1, True]


def test_what_was_fetched_is_converted_offline(machine: Machine, published: Path) -> None:
    with FakeHub(published, REPO) as hub:
        machine.load(hub.url)
    shutil.rmtree(machine.cache / "someone--tiny-clip")
    assert machine.load(NOWHERE, revision=COMMIT, HF_HUB_OFFLINE="1")[-1] == ["loaded", REPO, COMMIT, 1, True]


def test_part_of_a_model_in_the_users_cache_is_completed_in_ours(machine: Machine, published: Path) -> None:
    snapshot = machine.home / "hub" / "models--someone--tiny-clip" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    shutil.copy(published / "config.json", snapshot)
    with FakeHub(published, REPO) as hub:
        assert machine.load(hub.url, revision=COMMIT)[-1] == ["loaded", REPO, COMMIT, 1, True]


def test_of_several_forms_of_weights_the_one_that_is_there_is_fetched(machine: Machine, tmp_path: Path) -> None:
    published = write_openclip(tmp_path / "published")
    (published / "open_clip_pytorch_model.bin").write_bytes(b"0" * 1000)
    with FakeHub(published, REPO) as hub:
        assert machine.load(hub.url)[-1] == ["loaded", REPO, COMMIT, 1, True]
        assert sorted(hub.fetched()) == ["open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json"]
    shutil.rmtree(machine.cache / "someone--tiny-clip")
    assert machine.load(NOWHERE, revision=COMMIT)[-1] == ["loaded", REPO, COMMIT, 1, True]


def test_a_checkpoint_without_a_tokenizer_borrows_the_one_it_names(machine: Machine, tmp_path: Path) -> None:
    published = write_openclip(tmp_path / "published")
    (tmp_path / "other").mkdir()
    (published / "tokenizer.json").rename(tmp_path / "other" / "tokenizer.json")
    (tmp_path / "other" / "model.safetensors").write_bytes(b"not wanted")
    with FakeHub(published, REPO, others={openclip.TOKENIZER: tmp_path / "other"}) as hub:
        assert machine.load(hub.url)[-1][0] == "loaded"
        assert sorted(hub.fetched())[-1] == "tokenizer.json"
        assert "model.safetensors" not in hub.fetched()
    shutil.rmtree(machine.cache / "someone--tiny-clip")
    assert machine.load(NOWHERE, revision=COMMIT)[-1] == ["loaded", REPO, COMMIT, 1, True]


# -- and how not


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_hub_out_of_reach_says_how_to_bring_the_model_by_hand(machine: Machine, offline: str) -> None:
    [[failed, error, sentence]] = machine.load(NOWHERE, revision=COMMIT, HF_HUB_OFFLINE=offline)
    assert (failed, error) == ("failed", "ModelUnreachable")
    assert sentence.startswith(f"{REPO} at {COMMIT}: not on this machine, and the hub cannot be reached (")
    assert f"\nOn a machine with network: hf download {REPO} --revision {COMMIT} --local-dir FOLDER\n" in sentence
    assert sentence.endswith(
        "Carry FOLDER here (of its weights, one .safetensors or .bin is enough) and give it as the model."
    )


def test_a_repo_that_the_hub_does_not_have_is_said_so(machine: Machine, published: Path) -> None:
    near = mlx_clip.default_card().repo + "x"
    with FakeHub(published, REPO) as hub:
        [[_, error, sentence]] = machine.load(hub.url, model=near)
    assert error == "UnknownModel"
    assert sentence.startswith(f"{near}: the hub has no such repo, or it is private; did you mean ")


def test_a_revision_that_the_hub_does_not_have_is_said_so(machine: Machine, published: Path) -> None:
    other = "f" * 40
    with FakeHub(published, REPO) as hub:
        [[_, error, sentence]] = machine.load(hub.url, revision=other)
    assert error == "UnknownModel"
    assert sentence.startswith(f"{REPO}: the hub has no revision {other} of it; ")


def test_a_repo_without_weights_is_refused_before_anything_is_fetched(machine: Machine, published: Path) -> None:
    for weights in ("model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin"):
        (published / weights).unlink()
    with FakeHub(published, REPO) as hub:
        [[_, error, sentence]] = machine.load(hub.url)
        assert hub.fetched() == []
    assert error == "BadCheckpoint"
    assert sentence.startswith(f"{REPO}: the repo has none of model.safetensors, open_clip_model.safetensors, ")


@pytest.mark.parametrize("form", ["transformers", "open_clip"])
def test_of_a_model_that_is_not_supported_no_weights_are_fetched(machine: Machine, tmp_path: Path, form: str) -> None:
    published = write(tmp_path / "p") if form == "transformers" else write_openclip(tmp_path / "p")
    file = published / ("config.json" if form == "transformers" else "open_clip_config.json")
    config = json.loads(file.read_text())
    if form == "transformers":
        config["model_type"] = "siglip2"
    else:
        config["model_cfg"]["vision_cfg"]["timm_model_name"] = "vit_base_patch16_siglip_224"
    file.write_text(json.dumps(config))
    with FakeHub(published, REPO) as hub:
        *_, [_, error, sentence] = machine.load(hub.url)
        assert not [name for name in hub.fetched() if name.endswith(".safetensors")]
    assert error == "UnsupportedModel"
    assert ("NaFlex" if form == "transformers" else "vit_base_patch16_siglip_224") in sentence


def test_whether_the_hub_answers_can_be_asked(machine: Machine, published: Path) -> None:
    ask = "import mlx_clip; print(mlx_clip.hub_reachable())"
    with FakeHub(published, mlx_clip.default_card().repo) as hub:
        answers = []
        for url, offline in ((hub.url, "0"), (hub.url, "1"), (NOWHERE, "0")):
            ours = os.environ | {"HF_ENDPOINT": url, "HF_HUB_OFFLINE": offline, "HF_HOME": str(machine.home)}
            command = [sys.executable, "-c", ask]
            asked = subprocess.run(command, env=ours, cwd=REPOSITORY, capture_output=True, text=True, check=True)
            answers.append((asked.stdout.strip(), asked.stderr))
    assert answers == [("True", ""), ("False", ""), ("False", "")]
