"""The table of Apple's chips: each figure has a source, none is out of line, and what is not in it is not guessed."""

import pytest

from bench.chips import Chip, chip, chips

ROWS = chips()
every_row = pytest.mark.parametrize(("row", "sold"), ROWS, ids=[f"{row.name} {row.gpu_cores}" for row, _ in ROWS])
LANES, FMA = 128, 2  # of a core, and FLOP of each a clock


@every_row
def test_every_row_names_its_sources(row: Chip, sold: tuple[int, ...]) -> None:
    assert row.sources
    assert all(source.startswith("https://") for source in row.sources)
    assert "https://github.com/philipturner/metal-benchmarks" in row.sources or row.flops is None


@every_row
def test_flops_are_those_of_the_cores_at_a_clock_that_such_a_gpu_has(row: Chip, sold: tuple[int, ...]) -> None:
    if row.flops is None:
        assert row.name in {"Apple M4 Pro", "Apple M5", "Apple M5 Pro", "Apple M5 Max"}
        return
    assert 1.2e9 < row.flops / (row.gpu_cores * LANES * FMA) < 1.8e9
    low, high = row.between or (row.flops, row.flops)
    assert low <= row.flops <= high <= 1.15 * low


@every_row
def test_bandwidth_is_what_such_memory_has(row: Chip, sold: tuple[int, ...]) -> None:
    assert 60e9 < row.bandwidth < 1000e9
    assert max(sold) == row.gpu_cores


def test_every_chip_from_m1_to_m5_is_there_and_none_twice() -> None:
    assert {row.name for row, _ in ROWS} == {
        *(f"Apple M{n}{kind}" for n in (1, 2, 3) for kind in ("", " Pro", " Max", " Ultra")),
        *(f"Apple M{n}{kind}" for n in (4, 5) for kind in ("", " Pro", " Max")),
    }
    sold = [(row.name, cores) for row, numbers in ROWS for cores in numbers]
    assert len(set(sold)) == len(sold)


def test_a_larger_chip_of_a_generation_has_more_of_both() -> None:
    for n in (1, 2, 3):
        plain, pro, top, ultra = (
            max((row for row, _ in ROWS if row.name == f"Apple M{n}{kind}"), key=lambda row: row.gpu_cores)
            for kind in ("", " Pro", " Max", " Ultra")
        )
        assert plain.bandwidth < pro.bandwidth < top.bandwidth < ultra.bandwidth
        assert (plain.flops or 0) < (pro.flops or 0) < (top.flops or 0) < (ultra.flops or 0)


def test_a_chip_is_found_by_its_name_and_cores_and_fewer_cores_do_less() -> None:
    whole, less = chip("Apple M1", 8), chip("apple m1 ", 7)
    assert whole and less and whole.flops and less.flops
    assert (whole.flops, whole.bandwidth) == (2.6e12, 68e9)
    assert less.flops == pytest.approx(whole.flops * 7 / 8)
    assert less.bandwidth == whole.bandwidth


@pytest.mark.parametrize(
    ("processor", "cores"),
    [("AMD EPYC", None), ("Apple M9 Max", 40), ("Apple M1", None), ("Apple M1", 9), ("Apple", 8), ("", None)],
)
def test_a_machine_that_is_not_in_the_table_is_measured_alone(processor: str, cores: int | None) -> None:
    assert chip(processor, cores) is None
