"""Runs a command and says what it took, as one JSON line: `python -I -S stopwatch.py COMMAND…`.

A process of its own, and a small one: on Linux a child's peak memory begins with that of the process that starts it.
"""

import json
import os
import sys
import time


def main(command: list[str]) -> int:
    """The command's exit code; its output goes nowhere, its complaints to ours."""
    begun = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)])
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - begun
    megabytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    cpu_seconds = usage.ru_utime + usage.ru_stime
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "megabytes": megabytes}))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
