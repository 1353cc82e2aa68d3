"""`python -m tests.ranking`: the table of docs/searching.md."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.ranking.measure import HALVES, collection, library_of, table


def markdown() -> str:
    """Recall@10 and MRR of each kind of question, by pictures, by words, by both."""
    told = collection()
    numbers = Counter(question["kind"] for question in told["questions"])
    numbers["all"] = len(told["questions"])
    lines = ["| questions | number | " + " | ".join(f"{half}: R@10 | MRR" for half in HALVES) + " |"]
    lines.append("|---|" + "---:|" * (1 + 2 * len(HALVES)))
    with TemporaryDirectory() as folder, library_of(told, Path(folder)) as library:
        for kind, halves in table(library, told).items():
            cells = (f"{halves[half].recall:.2f} | {halves[half].reciprocal_rank:.2f}" for half in HALVES)
            lines.append(f"| {kind} | {numbers[kind]} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
