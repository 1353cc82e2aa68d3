"""Batches: every picture comes back with its own vector, in order, and the encoder has work while one is recorded."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from indexer.batches import Batches
from indexer.photo import Pixels, Vector
from tests.fake_encoder import SIDE, FakeEncoder


class Diary(FakeEncoder):
    """Writes down when a batch is begun, and when it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def begin_pixels(self, pixels: Pixels) -> Callable[[], Vector]:
        self.written.append(f"begun {len(pixels)}")
        vectors = super().begin_pixels(pixels)

        def waited_for() -> Vector:
            self.written.append(f"waited for {len(pixels)}")
            return vectors()

        return waited_for


def pixels(number: int) -> list[Pixels]:
    return list(np.random.default_rng(number).integers(0, 256, (number, SIDE, SIDE, 3), np.uint8))


@pytest.mark.parametrize("number", [0, 1, 3, 4, 5, 8, 11])
def test_every_picture_is_recorded_once_in_its_order_with_its_own_vector(number: int) -> None:
    recorded: list[int] = []
    vectors: list[Vector] = []

    def record(batch: Sequence[int], theirs: Vector) -> None:
        recorded.extend(batch)
        vectors.extend(theirs)

    encoder, pictures = FakeEncoder(), pixels(number)
    batches: Batches[int] = Batches(encoder, 4, record)
    for place, picture in enumerate(pictures):
        batches.add(place, picture)
    batches.finish()
    assert recorded == list(range(number))
    assert max(encoder.batches, default=0) <= 4
    if number:
        assert np.allclose(np.stack(vectors), encoder.encode_pixels(np.stack(pictures)), atol=1e-5)


def test_a_batch_is_recorded_while_the_next_one_is_encoded() -> None:
    encoder = Diary()
    batches: Batches[int] = Batches(encoder, 2, lambda batch, _: encoder.written.append(f"recorded {batch}"))
    for place, picture in enumerate(pixels(5)):
        batches.add(place, picture)
    batches.finish()
    assert encoder.written == [
        "begun 2", "begun 2", "waited for 2", "recorded (0, 1)",
        "begun 1", "waited for 2", "recorded (2, 3)",
        "waited for 1", "recorded (4,)",
    ]  # fmt: skip


def test_a_batch_that_fails_costs_no_batch_before_it() -> None:
    class Failing(FakeEncoder):
        def encode_pixels(self, pixels: Pixels) -> Vector:
            if self.batches:
                raise KeyboardInterrupt
            return super().encode_pixels(pixels)

    recorded: list[int] = []
    batches: Batches[int] = Batches(Failing(), 2, lambda batch, _: recorded.extend(batch))
    with pytest.raises(KeyboardInterrupt):
        for place, picture in enumerate(pixels(5)):
            batches.add(place, picture)
    assert recorded == [0, 1]


def test_what_was_finished_may_go_on() -> None:
    recorded: list[int] = []
    batches: Batches[int] = Batches(FakeEncoder(), 4, lambda batch, _: recorded.extend(batch))
    for place, picture in enumerate(pixels(6)):
        batches.add(place, picture)
        if place == 2:
            batches.finish()
            assert recorded == [0, 1, 2]
    batches.finish()
    assert recorded == [0, 1, 2, 3, 4, 5]
