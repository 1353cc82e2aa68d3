"""Numbers and reports as sentences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.build import Report


def size(n_bytes: float) -> str:
    """1234567 -> '1.2 MB'."""
    for unit in ("B", "KB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"


def photos(number: int) -> str:
    return "1 photo" if number == 1 else f"{number:,} photos"


def summary(report: "Report", would: bool) -> str:
    """One line: what a run did, or (dry run) would do."""
    kinds = {
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "copied": report.copied,
        "gone": report.gone,
        "unchanged": report.unchanged,
        "skipped": report.skipped,
    }
    said = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number)
    return ("would be: " if would else "") + (said or "no photos there")


def notes(report: "Report") -> Iterator[str]:
    """What a person should know besides, a sentence each."""
    for root in report.away:
        yield f"{root.path}: not there (drive unplugged?); its photos are kept, and found"
    for skip in report.unreadable:
        yield f"{skip.path}: {skip.reason}"
    if report.offline:
        yield f"{photos(report.offline)} only in iCloud: left out, so that nothing is downloaded"
    if report.vanished:
        it = "it" if report.vanished == 1 else "them"
        yield f"{photos(report.vanished)} went or changed while being read: the next run sees to {it}"
    if report.skipped:
        yield f"{photos(report.skipped)} skipped: `pics errors` says why"
