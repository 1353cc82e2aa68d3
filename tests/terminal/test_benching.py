"""The table of `pics bench`: a machine with a published GPU, one that is busy, and what is said meanwhile."""

from dataclasses import replace

import pytest

from bench.bandwidth import Disk, Memory
from bench.course import Result
from bench.device import Encoding, Peak
from bench.machine import Machine
from bench.verdict import Advice
from terminal.benching import BOUND, disturbance, facts, measuring, rows

MAC = Machine(
    processor="Apple M1 Pro", cores=10, fast_cores=8, memory=17_179_869_184, gpu="Apple M1 Pro", gpu_cores=16,
    system="Darwin arm64", python="3.12.1", mlx="0.32.4", pillow="13.0.0", pics="0.1.0", date="2026-11-21", load=1.5,
)  # fmt: skip
PEAK = Peak(
    device="gpu", dtype="float16", flops=4.1e12, bytes_per_second=180e9, chip="Apple M1 Pro", published_flops=5.2e12,
    published_between=None, published_bytes_per_second=200e9, sources=("https://example.org",),
)  # fmt: skip
ENCODING = Encoding(
    model="siglip2-b32-256", device="gpu", dtype="float16", batch=32, images_per_second=220.0, flops=2.53e12,
    of_measured=0.617, of_published=0.487, of_bandwidth=0.05, limit=357.0, bound_by="compute",
)  # fmt: skip


def table(*results: Result) -> str:
    return "\n".join(rows(results))


def test_a_mac_is_told_by_its_chip_its_fast_cores_and_its_gpus() -> None:
    text = table(MAC, Memory(1, 60e9), Memory(10, 180e9), Disk(5e9, cached=True))
    assert "Apple M1 Pro, 10 cores (8 fast), 17.2 GB, GPU of 16 cores; Darwin arm64" in text
    assert "memory 60 GB/s to one core, 180 GB/s to all 10 cores; disk 5 GB/s (as remembered)" in text


def test_a_nvidia_gpu_is_told_by_its_name() -> None:
    assert ", NVIDIA H200; " in table(replace(MAC, gpu="NVIDIA H200", gpu_cores=None, fast_cores=None))


def test_what_is_published_stands_beside_what_was_measured() -> None:
    text = table(PEAK, replace(PEAK, dtype="bfloat16", flops=3.9e12), ENCODING)
    assert "  measured   4.1 TFLOP/s, 180 GB/s" in text
    assert "  published  5.2 TFLOP/s, 200 GB/s, Apple M1 Pro" in text
    assert "  bfloat16   3.9 TFLOP/s" in text
    row = next(line for line in text.splitlines() if line.startswith("siglip2"))
    assert " ".join(row.split()) == "siglip2-b32-256 32 220/s 357/s 2.53 TFLOP/s 62 % 49 % arithmetic"


def test_sources_that_differ_are_told_of_and_flops_that_nobody_published_too() -> None:
    assert "5.2 TFLOP/s (sources differ)" in table(replace(PEAK, published_between=(5e12, 5.4e12)))
    assert "FLOP unknown, 200 GB/s" in table(replace(PEAK, published_flops=None))


def test_advice_is_a_command_to_type() -> None:
    given = Advice(model="laion-b32", images_per_second=123.4, bound_by="model", workers=3, batch=32)
    assert "pics index --model laion-b32 --workers 3 --batch 32\n  about 123 photos a second" in table(given)


def test_every_verdict_has_words() -> None:
    assert set(BOUND) == {
        *("core", "cores", "sharing", "files", "disk", "compute", "memory", "steps", "model"),
    }


def test_a_busy_machine_is_told_of() -> None:
    assert disturbance(MAC) is None
    assert "load 7.5 on 10 cores" in str(disturbance(replace(MAC, load=7.5)))


def test_what_is_measured_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with measuring() as tell:
        tell("memory")
    assert capsys.readouterr() == ("", "measuring: memory\n")


def test_an_object_says_which_stage_it_is_of() -> None:
    assert facts(Memory(2, 20_123_456_789.0)) == {"stage": "memory", "workers": 2, "bytes_per_second": 20_120_000_000.0}
