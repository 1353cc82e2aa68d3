"""Numbers and reports as sentences, and as JSON."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.build import Report
    from indexer.complete import Completion
    from indexer.plan import Plan


def json_line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, default=str) + "\n"


def size(n_bytes: float) -> str:
    """1234567 -> '1.2 MB'."""
    for unit in ("B", "KB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"


def photos(number: int) -> str:
    return "1 photo" if number == 1 else f"{number:,} photos"


def pictures(number: int) -> str:
    """Photos by content: copies count once."""
    return "1 picture" if number == 1 else f"{number:,} pictures"


def duration(seconds: float) -> str:
    """5000 -> '1 h 23 min'."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{max(1, round(seconds))} s"
    if minutes < 100:
        return f"{minutes} min"
    hours = round(seconds / 3600)
    return f"{minutes // 60} h {minutes % 60} min" if hours < 48 else f"{hours // 24} days {hours % 24} h"


def summary(report: "Report", would: bool) -> str:
    """One line: what a run did, or (dry run) would do."""
    kinds = {
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "copied": report.copied,
        "gone": report.gone,
        "unchanged": report.unchanged,
        "to read again": report.read_again,
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


def informed(number: int) -> str:
    """One line: what a pass over the pictures of which nothing was known did."""
    says = "says of itself" if number == 1 else "say of themselves"
    return f"read what {pictures(number)} {says}: dates, places, words"


# -- models


def completed(completion: "Completion") -> str:
    """One line: what a pass over the pictures that lack a model's vectors did."""
    return f"{completion.model}: made {completion.encoded:,} of {completion.lacking:,} missing vectors"


def completion_notes(completion: "Completion") -> Iterator[str]:
    """What a person should know besides, a sentence each."""
    model, again = completion.model, f"`pics index --model {completion.model}` goes on with them"
    if completion.away:
        drives = "is on a drive that is" if completion.away == 1 else "are on drives that are"
        yield f"{pictures(completion.away)} {drives} not there: plugged in again, {again}"
    if completion.offline:
        yield f"{pictures(completion.offline)} only in iCloud: left out, so that nothing is downloaded"
    if completion.changed:
        yield f"{pictures(completion.changed)} changed since indexed: `pics index` without a path sees to it"
    if completion.skipped:
        yield f"{pictures(completion.skipped)} could not be read: `pics errors` says why"
    if completion.is_whole and not completion.in_use:
        yield f"{model} has the vectors of all pictures: `pics use {model}` switches to it"


def planned(plan: "Plan") -> str:
    """One line: what completing a model would take."""
    if not plan.pictures:
        return f"{plan.model}: no picture lacks its vectors"
    line = f"{plan.model}: {pictures(plan.pictures)} to encode, "
    if plan.seconds is None:
        line += "how long it takes is not known before the model is here"
    else:
        line += f"about {duration(plan.seconds)}" + ("" if plan.measured else " (reckoned from the model in use)")
    if plan.bytes is not None:
        line += f", {size(plan.bytes)} of disk"
    return line + (f"; a download of {size(plan.download_bytes)} comes first" if plan.download_bytes else "")
