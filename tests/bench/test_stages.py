"""Each stage on little: what it does is counted, how long that took the clock says."""

import io
import json
import os
import socket
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench import device, host, nearest
from bench.bandwidth import Disk, Memory, disk, memory
from bench.chips import chip
from bench.machine import gpu_cores, this_machine
from bench.made import ENCODINGS, PHOTO, Made, made, photo
from indexer.decode import decode
from mlx_clip.device import Device
from tests.bench.ticking import Ticking
from tests.fake_encoder import SIDE, FakeEncoder

LITTLE = 1 << 16
DISK = Disk(1e9, cached=False)
CPU = Device("cpu", "float32", compiled=False, blas=None, mlx="0")
GPU = Device("gpu", "float16", compiled=True, blas=None, mlx="0")


# -- machine


def test_the_cores_of_an_apple_gpu_are_read_from_its_entry() -> None:
    assert gpu_cores(lambda _: '  | "model" = "Apple M1 Pro"\n  |   "gpu-core-count" = 16\n') == 16
    assert gpu_cores(lambda _: "") is None


def test_nothing_that_is_said_of_a_machine_tells_whose_it_is() -> None:
    said = json.dumps(asdict(this_machine("some GPU")))
    assert "some GPU" in said
    for private in (socket.gethostname(), str(Path.home()), os.environ.get("USER", "no one")):
        assert private not in said


# -- made pictures


def test_a_made_picture_has_about_as_much_detail_as_a_photo() -> None:
    """12 megapixels from a phone are some 2 to 4 MB."""
    file = made(photo((1000, 750)), "JPEG")
    assert file.megapixels == 0.75
    assert 2e6 < len(file.data) * 12 / 0.75 < 5e6


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_made_picture_of_each_format_is_decoded_as_that_format(encoding: str) -> None:
    found = decode(made(photo((64, 48)), encoding).data)
    assert found.format == {"HEIC": "HEIF", "WebP": "WEBP"}.get(encoding, encoding)
    assert (found.width, found.height) == (64, 48)


def test_a_made_photo_is_of_twelve_megapixels() -> None:
    assert PHOTO[0] * PHOTO[1] == 12_000_000


# -- memory and disk


@pytest.mark.parametrize("workers", [1, 3])
def test_what_cores_read_of_memory_is_bytes_over_seconds(workers: int) -> None:
    found = memory(workers, LITTLE, 0.01)
    assert found.workers == workers
    assert found.bytes_per_second > 0


def test_what_a_disk_gives_is_bytes_over_seconds_and_nothing_stays_on_it(tmp_path: Path) -> None:
    times = iter([10.0, 12.0])
    found = disk(tmp_path, 4 << 20, lambda: next(times))
    assert found.bytes_per_second == (4 << 20) / 2
    assert list(tmp_path.iterdir()) == []


# -- reading


def jpeg() -> Made:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "JPEG")
    return Made("JPEG", file.getvalue(), 64 * 48 / 1e6)


def test_one_cores_rate_is_that_of_hashing_decoding_and_preparing_together() -> None:
    encoder = FakeEncoder()
    found = host.in_memory(jpeg(), encoder.prepare, SIDE, 0.02)
    assert found.hash and found.decode and found.prepare
    assert found.images_per_second == pytest.approx(1 / (found.hash + found.decode + found.prepare))
    assert (found.source, found.workers, found.bytes) == ("memory", 1, len(jpeg().data))
    assert encoder.prepared > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_files_are_read_by_the_threads_of_the_index_as_often_as_the_time_allows(workers: int, tmp_path: Path) -> None:
    encoder = FakeEncoder()
    alone = host.in_memory(jpeg(), encoder.prepare, SIDE, 0.0)
    before = encoder.prepared
    found = host.from_files(alone, jpeg(), tmp_path, encoder.prepare, SIDE, workers, DISK, 0.001)
    assert encoder.prepared - before >= 2 * workers
    assert (found.source, found.workers) == ("files", workers)
    assert found.decode is None


def test_a_made_picture_that_cannot_be_read_is_no_figure(tmp_path: Path) -> None:
    alone = host.in_memory(jpeg(), FakeEncoder().prepare, SIDE, 0.0)
    with pytest.raises(TypeError, match="could not be read"):
        host.from_files(alone, Made("JPEG", b"no picture", 1.0), tmp_path, FakeEncoder().prepare, SIDE, 1, DISK, 0.0)


# -- the device


class Product:
    """Takes as long as a device of 1 TFLOP/s would."""

    def __init__(self, clock: Ticking, side: int, times: int) -> None:
        self._clock = clock
        self.flop = 2.0 * side**3 * times

    def __call__(self) -> None:
        self._clock.now += self.flop / 1e12


class Addition:
    bytes = 1e9

    def __init__(self, clock: Ticking) -> None:
        self._clock = clock

    def __call__(self) -> None:
        self._clock.now += 0.01


def peak_of(given: Device, dtype: device.Dtype, processor: str, cores: int | None) -> device.Peak:
    clock = Ticking()
    return device.peak(
        given,
        dtype,
        chip(processor, cores),
        Memory(2, 20e9),
        LITTLE,
        1.0,
        clock,
        lambda _device, _dtype, side, times: Product(clock, side, times),
        lambda _device, _size: Addition(clock),
    )


def test_a_gpus_peak_is_measured_and_beside_it_stands_what_is_published() -> None:
    found = peak_of(GPU, "float16", "Apple M1 Pro", 16)
    assert found.flops == pytest.approx(1e12)
    assert found.bytes_per_second == pytest.approx(100e9)
    assert (found.chip, found.published_flops, found.published_bytes_per_second) == ("Apple M1 Pro", 5.2e12, 200e9)
    assert found.sources
    assert peak_of(GPU, "bfloat16", "Apple M1 Pro", 16).published_flops is None


@pytest.mark.parametrize(("given", "processor", "cores"), [(GPU, "NVIDIA H200", None), (CPU, "Apple M1 Pro", 16)])
def test_a_gpu_that_is_not_in_the_table_and_a_cpu_are_measured_alone(
    given: Device, processor: str, cores: int | None
) -> None:
    found = peak_of(given, given.dtype, processor, cores)
    assert found.flops == pytest.approx(1e12)
    assert (found.chip, found.published_flops, found.published_bytes_per_second, found.sources) == (None,) * 3 + ((),)


def test_a_cpu_has_no_other_bandwidth_than_its_cores() -> None:
    assert peak_of(CPU, "float32", "AMD EPYC", None).bytes_per_second == 20e9


def test_a_chip_of_which_bandwidth_alone_is_published_is_so_told() -> None:
    found = peak_of(GPU, "float16", "Apple M5", 10)
    assert (found.published_flops, found.published_bytes_per_second) == (None, 153e9)


class Tower:
    """A hundredth of a second a picture, and as much again to begin."""

    name, flop, image_size = "some-model", 5e9, 2

    def __init__(self, clock: Ticking, seconds: float = 0.01) -> None:
        self._clock = clock
        self._seconds = seconds
        self.batches: list[int] = []

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert pixels.shape[1:] == (2, 2, 3)
        self.batches.append(len(pixels))
        self._clock.now += self._seconds * (1 + len(pixels))
        return np.zeros((len(pixels), 4), np.float32)

    def traffic(self, batch: int) -> float:
        return 1e8 + batch * 1e6


def test_a_models_rate_stands_against_the_roofline_batch_by_batch() -> None:
    clock, peak = Ticking(), peak_of(GPU, "float16", "Apple M1 Pro", 16)
    one, ten = device.encodings(Tower(clock), "some-model", GPU, peak, (1, 10), 1.0, clock)
    assert one.images_per_second == pytest.approx(50)
    assert ten.images_per_second == pytest.approx(10 / 0.11)
    assert ten.flops == pytest.approx(5e9 * 10 / 0.11)
    assert ten.of_measured == pytest.approx(ten.flops / 1e12)
    assert ten.of_published == pytest.approx(ten.flops / 5.2e12)
    assert one.limit == pytest.approx(200)  # 5 GFLOP at 1 TFLOP/s; 101 MB at 100 GB/s would allow 990
    assert ten.of_bandwidth == pytest.approx(ten.images_per_second * 11e6 / 100e9)
    assert (one.bound_by, ten.bound_by) == ("steps", "steps")


def test_a_batch_that_would_take_too_long_is_not_tried() -> None:
    clock = Ticking()
    tower = Tower(clock, seconds=1.0)
    found = list(device.encodings(tower, "slow", CPU, peak_of(CPU, "float32", "x", None), (1, 8, 32), 1.0, clock))
    assert [done.batch for done in found] == [1]
    assert set(tower.batches) == {1}


# -- answers


def test_answers_are_asked_of_a_library_by_every_vector_and_by_codes(tmp_path: Path) -> None:
    exact, codes = nearest.askings(tmp_path, 600, 32, Memory(1, 10e9), 0.01)
    assert (exact.way, exact.bytes, codes.way) == ("exact", 600 * 32 * 4, "codes")
    assert exact.bytes_per_second == pytest.approx(exact.bytes / exact.seconds)
    assert exact.of_memory == pytest.approx(exact.bytes_per_second / 10e9)
    assert codes.bytes < exact.bytes


def test_made_vectors_are_of_unit_length_and_some_are_alike() -> None:
    vectors = nearest.bunches(400, 64)
    assert vectors.shape == (400, 64)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likest = np.sort(vectors @ vectors[0])[-2]
    assert likest > 0.7
