"""What bounds a stage, and what to do about it: arithmetic with known answers."""

import pytest

from bench.verdict import advice, batch_for, computing_bound, reading_bound, roofline, scanning_bound


def test_the_roofline_is_the_lower_of_what_arithmetic_and_memory_allow() -> None:
    assert roofline(flop=10e9, moved=1e6, flops=2e12, bandwidth=100e9) == pytest.approx(200)  # arithmetic
    assert roofline(flop=10e9, moved=4e9, flops=2e12, bandwidth=100e9) == pytest.approx(25)  # memory
    ridge = 2e12 / 100e9  # FLOP a byte where both take as long
    assert roofline(ridge * 1e9, 1e9, 2e12, 100e9) == pytest.approx(100)


@pytest.mark.parametrize(
    ("of_compute", "of_bandwidth", "bound"),
    [(0.8, 0.1, "compute"), (0.2, 0.7, "memory"), (0.6, 0.6, "compute"), (0.3, 0.4, "steps")],
)
def test_a_model_is_bound_by_what_takes_most_of_its_time(of_compute: float, of_bandwidth: float, bound: str) -> None:
    assert computing_bound(of_compute, of_bandwidth) == bound


@pytest.mark.parametrize(
    ("rate", "alone", "workers", "disk", "bound"),
    [
        (40, 50, 1, 1e9, "core"),
        (20, 50, 1, 1e9, "files"),  # what a core does not do in memory, it does with files
        (350, 50, 8, 10e9, "cores"),
        (150, 50, 8, 10e9, "sharing"),
        (350, 50, 8, 1e9, "disk"),  # 350 pictures of 2 MB are 700 MB/s
    ],
)
def test_reading_is_bound_by_cores_or_by_what_they_wait_for(
    rate: float, alone: float, workers: int, disk: float, bound: str
) -> None:
    assert reading_bound(rate, alone, workers, 2_000_000, disk) == bound


def test_a_scan_that_reads_most_of_what_a_core_can_is_bound_by_memory() -> None:
    assert scanning_bound(0.7) == "memory"
    assert scanning_bound(0.2) == "core"


def test_the_batch_is_the_smallest_that_is_as_good_as_the_best() -> None:
    assert batch_for({1: 10.0, 8: 98.0, 32: 100.0, 128: 99.0}) == 8
    assert batch_for({1: 10.0, 8: 80.0, 32: 100.0}) == 32
    assert batch_for({1: 10.0}) == 1


def test_on_a_gpu_the_slower_of_reading_and_computing_bounds() -> None:
    slow_model = advice("m", True, 50, 350, 8, {1: 20, 32: 100}, from_disk=500)
    assert (slow_model.images_per_second, slow_model.bound_by) == (100, "model")
    assert (slow_model.batch, slow_model.workers) == (32, 3)  # 125 a second: a worker makes 50, the next two 43 each
    quick_model = advice("m", True, 50, 350, 8, {32: 900}, from_disk=5000)
    assert (quick_model.images_per_second, quick_model.bound_by, quick_model.workers) == (350, "cores", 8)
    slow_disk = advice("m", True, 50, 350, 8, {32: 900}, from_disk=60)
    assert (slow_disk.images_per_second, slow_disk.bound_by) == (60, "disk")


def test_a_gpu_that_one_reading_thread_feeds_needs_no_other() -> None:
    assert advice("m", True, 50, 350, 8, {32: 10}, from_disk=500).workers == 1


def test_a_model_on_the_cores_takes_turns_with_the_reading() -> None:
    both = advice("m", False, 50, 100, 2, {8: 100}, from_disk=500)
    assert both.images_per_second == pytest.approx(50)
    assert (both.bound_by, both.workers, both.batch) == ("cores", 2, 8)
    assert advice("m", False, 50, 100, 2, {8: 100}, from_disk=5).bound_by == "disk"


def test_a_machine_on_which_more_threads_read_less_gets_a_number_that_exists() -> None:
    assert advice("m", True, 50, 40, 4, {32: 30}, from_disk=500).workers in range(1, 5)
