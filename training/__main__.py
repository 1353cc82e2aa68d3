"""`python -m training [STEP]`: all of pics-mini, from the registry's packages to the checkpoint and its figures.

prepare   fetch the packages, draw the pictograms, learn the vocabulary
train     train, and write the checkpoint; what it has so far lies in WORK/so-far, and --start goes on from there
evaluate  measure the checkpoint, and print the table of its card
album     draw the pictures of `pics demo`
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

from mlx_clip import load
from mlx_clip.backend import mx
from training import album, concepts, evaluate, pictograms, recipe
from training.export import export
from training.loop import Clip, Schedule

REPOSITORY = Path(__file__).resolve().parents[1]
MODEL = REPOSITORY / "models" / "pics-mini"
SO_FAR = "so-far"
STEPS = ("prepare", "train", "evaluate", "album")
PROCESSES = 2
"""One core each, on a CPU: MLX uses several for matrix products alone. More of them are more pictures a step."""


def main() -> None:
    asked = _arguments()
    if "MLX_RANK" in os.environ:
        _train(asked)
        return
    for step in asked.what or ("prepare", "train", "evaluate"):
        match step:
            case "prepare":
                recipe.prepare(asked.work, partial(print, flush=True))
            case "train":
                _train_together(asked)
            case "evaluate":
                _evaluate(asked.work, asked.model)
            case "album":
                album.draw(asked.work, REPOSITORY / "demo" / "photos")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("training", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="STEP", choices=[*STEPS, []], help="default: the first three")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "build" / "training", metavar="FOLDER")
    parser.add_argument("--model", default="pics-mini", metavar="NAME", help="to evaluate")
    parser.add_argument("--steps", type=int, default=recipe.STEPS, metavar="N")
    parser.add_argument("--seed", type=int, default=recipe.SEED, metavar="N", help="of the examples")
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="go on from a checkpoint of the same shape")
    return parser.parse_args()


def _train_together(asked: argparse.Namespace) -> None:
    """A process a core, joined in a ring; raises CalledProcessError when one fails."""
    hosts = asked.work / "hosts.json"
    hosts.write_text(json.dumps([[f"127.0.0.1:{_free_port()}"] for _ in range(PROCESSES)]))
    command = [sys.executable, "-m", "training", *sys.argv[1:]]
    workers = [
        subprocess.Popen(
            command,
            env=os.environ | {"MLX_RANK": str(rank), "MLX_HOSTFILE": str(hosts), "OPENBLAS_NUM_THREADS": "1"},
        )
        for rank in range(PROCESSES)
    ]
    for worker in workers:
        if worker.wait():
            raise subprocess.CalledProcessError(worker.returncode, command)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _train(asked: argparse.Namespace) -> None:
    group = mx.distributed.init(strict=True, backend="ring")
    clip, config = recipe.new_clip(len(concepts.read(asked.work)))
    if asked.start:
        recipe.continued(clip, config, asked.start, asked.work)
    seed = asked.seed + group.rank()
    for progress in recipe.learn(asked.work, clip, config, Schedule(asked.steps), seed, group):
        if group.rank() == 0:
            print(progress, flush=True)
            _keep(clip, asked.work, asked.work / SO_FAR)
    if group.rank() == 0:
        _keep(clip, asked.work, MODEL)


def _keep(clip: Clip, work: Path, folder: Path) -> None:
    export(clip, recipe.CONFIG, recipe.MEAN, recipe.STD, work, folder)


def _evaluate(work: Path, model: str) -> None:
    rows = evaluate.table(load(model, cache=work / "models"), concepts.read(work), pictograms.load(work))
    print(evaluate.markdown(rows))


if __name__ == "__main__":
    main()
