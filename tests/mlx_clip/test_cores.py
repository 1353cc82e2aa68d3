"""A batch shared out among cores: the same vectors, each share by a thread of its own."""

import threading

import numpy as np
import pytest

from mlx_clip import blas
from mlx_clip.backend import mx
from mlx_clip.cores import shared_out

MATRIX = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)


def forward(rows: mx.array) -> mx.array:
    return mx.exp(rows) @ mx.array(MATRIX)


def rows_of(n: int) -> mx.array:
    return mx.array(np.random.default_rng(1).normal(size=(n, 40)).astype(np.float32))


@pytest.mark.parametrize("cores", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 40])
def test_shares_together_are_the_whole(n: int, cores: int) -> None:
    with mx.stream(mx.cpu):
        assert np.allclose(np.array(shared_out(forward, cores)(rows_of(n))), np.array(forward(rows_of(n))), atol=1e-4)


@pytest.mark.parametrize(("n", "sizes"), [(1, [1]), (2, [1, 1]), (8, [2, 3, 3]), (27, [8, 8, 8, 1, 1, 1])])
def test_each_core_takes_as_much_as_the_others_and_no_more_than_eight_at_once(n: int, sizes: list[int]) -> None:
    taken: list[int] = []
    streams: list[mx.Stream] = []

    def watched(rows: mx.array) -> mx.array:
        taken.append(len(rows))
        streams.append(mx.default_stream(mx.cpu))
        return forward(rows)

    shared_out(watched, 3)(rows_of(n))
    assert taken == sizes
    assert len(set(map(str, streams))) == min(n, 3)


def test_any_thread_may_share_out() -> None:
    share = shared_out(forward, 2)
    found: list[np.ndarray] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: found.append(np.array(share(rows_of(5)))))
        thread.start()
        thread.join()
    assert np.array_equal(found[0], found[1])


@pytest.mark.skipif(blas.threads() == 1, reason="OpenBLAS is not here, or has one core")
def test_products_have_the_cores_that_shares_leave_them() -> None:
    library = blas._openblas()
    assert library
    seen: list[int] = []

    def watched(rows: mx.array) -> mx.array:
        seen.append(library.openblas_get_num_threads())
        return forward(rows)

    def broken(_: mx.array) -> mx.array:
        raise ValueError

    shared_out(watched, blas.threads())(rows_of(1))
    shared_out(watched, blas.threads())(rows_of(blas.threads()))
    with pytest.raises(ValueError):
        shared_out(broken, blas.threads())(rows_of(9))
    assert seen == [blas.threads()] + [1] * blas.threads()
    assert library.openblas_get_num_threads() == blas.threads()
