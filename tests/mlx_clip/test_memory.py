"""Memory that is let go of is taken again without asking the kernel for each page."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
from mlx_clip import memory
if sys.argv[1] == "keep":
    memory.keep()
before = 0
for _ in range(10):
    bytearray(32 << 20)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    last, before = faults - before, faults
print(last)
"""


def faults(what: str) -> int:
    """Page faults of taking 32 MB for the tenth time."""
    done = subprocess.run([sys.executable, "-c", FAULTS, what], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc alone gives large arrays back")
def test_large_arrays_come_from_memory_that_is_kept() -> None:
    assert faults("keep") < 100 < faults("leave")
