"""What holds for every test: no real library is touched, and property tests take the same steps each time."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from mlx_clip import blas

blas.preload()  # before any test file imports MLX
settings.register_profile(
    "pics", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("pics")


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_interrupts() -> None:
    """Also where the tests were started in the background, which lets a process ignore it, and its children too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def no_real_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever opens the default library in a test finds an empty folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICS_HOME", str(tmp_path_factory.mktemp("pics-home")))
        yield
