"""End to end: `pics index` of a folder of photos, whole processes, beside rclip indexing the same folder."""

from benchmarks import material
from benchmarks.bench import Bench
from benchmarks.measure import Sample, interleaved, megabytes, sample, seconds
from benchmarks.result import Figure, compared
from benchmarks.subjects import Pics, Rclip


def measure(bench: Bench) -> list[Figure]:
    """rclip answers a query whenever it indexes; what a query alone takes it is taken off its time."""
    number = sum(1 for _ in material.files(bench.photos))
    pics, rclip = bench.pics("home-encode"), bench.peer("rclip-encode")
    subjects = [lambda: _index(pics, bench)]
    if rclip:
        subjects.append(lambda: _peer_index(rclip, bench))
    of_pics, *of_rclip = interleaved(bench.runs, *subjects)
    theirs = of_rclip[0] if rclip else []

    def rate(one: Sample) -> float:
        return number / one.seconds

    return [
        compared(f"index {number} photos", "s", seconds, of_pics, theirs, "rclip less a query"),
        compared(f"index {number} photos", "img/s", rate, of_pics, theirs, "rclip less a query"),
        compared(f"index {number} photos, peak memory", "MB", megabytes, of_pics, theirs, "rclip"),
    ]


def _index(pics: Pics, bench: Bench) -> Sample:
    pics.empty()
    return sample(pics.index(bench.photos))


def _peer_index(rclip: Rclip, bench: Bench) -> Sample:
    rclip.empty()
    whole = sample(rclip.index(bench.photos))
    query = sample(rclip.query(bench.photos, 1))
    return Sample(whole.seconds - query.seconds, whole.cpu_seconds - query.cpu_seconds, whole.megabytes)
