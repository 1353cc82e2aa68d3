"""The options of `pics tag`, and how tags, suggestions and what is written look."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.text import json_line, pictures

if TYPE_CHECKING:
    from indexer.organize.tags import Suggestion, Tagged
    from indexer.organize.xmp import Change, Form
    from indexer.store.tags import Count

Named = list[str] | None


@dataclass(frozen=True)
class Instead:
    """What to do instead of tagging; one of it at most, but that --add and --remove go together."""

    listed: Annotated[bool, typer.Option("--list", help="List the tags there are, and on how many.")] = False
    suggest: Annotated[bool, typer.Option("--suggest", help="Say what tags each IMG may have.")] = False
    add: Annotated[Named, typer.Option(metavar="NAME", help="Give each IMG this tag (repeatable).")] = None
    remove: Annotated[Named, typer.Option(metavar="NAME", help="Take it away, for good (repeatable).")] = None
    write_xmp: Annotated[bool, typer.Option("--write-xmp", help="Write tags into XMP files beside photos.")] = False
    remove_xmp: Annotated[bool, typer.Option("--remove-xmp", help="Take away what --write-xmp wrote.")] = False

    @property
    def xmp(self) -> bool:
        return self.write_xmp or self.remove_xmp

    @property
    def edit(self) -> bool:
        return bool(self.add or self.remove)

    def check(self, images: bool, narrowed: bool, dry_run: bool, into_file: bool) -> None:
        """Raises BadParameter for what does not go together."""
        if self.listed + self.suggest + self.edit + self.write_xmp + self.remove_xmp > 1:
            raise typer.BadParameter("only one of --list, --suggest, --add and --remove, --write-xmp, --remove-xmp")
        if images and not (self.suggest or self.edit):
            raise typer.BadParameter(
                "goes with --suggest, --add or --remove; --in tags photos by folder", param_hint="IMG"
            )
        if self.suggest and not images:
            raise typer.BadParameter("say of which picture: --suggest IMG", param_hint="--suggest")
        if self.edit and images == narrowed:
            raise typer.BadParameter("say which photos: IMG, or filters like --in", param_hint="IMG")
        for option, is_set in (("--dry-run", dry_run), ("--into-file", into_file)):
            if is_set and not self.xmp:
                raise typer.BadParameter("goes with --write-xmp or --remove-xmp", param_hint=option)


@dataclass(frozen=True)
class How:
    """How tags are found, and written."""

    vocabulary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own words, one a line.  [default: those of pics]")
    ] = None
    japanese: Annotated[bool, typer.Option("--japanese", help="Ask the model, and write, in Japanese.")] = False
    number: Annotated[int, typer.Option("-n", "--number", metavar="N", min=1, help="At most so many a photo.")] = 5
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Only as sure as that, 0 to 1.  [default: 0.5]")
    ] = None
    into_file: Annotated[bool, typer.Option("--into-file", help="Write XMP into the photos themselves.")] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False

    @property
    def form(self) -> "Form":
        from indexer.organize.xmp import Form

        return Form(self.into_file, self.dry_run)


def tagged(done: "Tagged", as_json: bool) -> str:
    if as_json:
        return json_line(asdict(done))
    tags = "1 tag" if done.tags == 1 else f"{done.tags:,} tags"
    return f"{done.model}: {tags} on {done.tagged:,} of {pictures(done.pictures)}, from {done.words:,} words\n"


def counted(counts: "Iterable[Count]", as_json: bool) -> Iterable[str]:
    for count in counts:
        if as_json:
            yield json_line(asdict(count))
        else:
            given = f"  ({count.given:,} by you)" if count.given else ""
            yield f"{count.pictures:>9,}  {_both(count.name, count.japanese)}{given}\n"


def suggested(path: Path, suggestions: "Iterable[Suggestion]", as_json: bool) -> Iterable[str]:
    for suggestion in suggestions:
        if as_json:
            yield json_line({"path": str(path), **asdict(suggestion)})
        else:
            name = _both(suggestion.name, suggestion.japanese)
            yield f"{suggestion.confidence:.2f}  {name}  ({', '.join(suggestion.sources)})\n"


def changed(change: "Change", dry_run: bool, as_json: bool) -> str:
    if as_json:
        return json_line(asdict(change) | {"dry_run": dry_run})
    signed = [*(f"+{tag}" for tag in change.added), *(f"-{tag}" for tag in change.removed)]
    return f"{'would be: ' if dry_run else ''}{change.file}: {', '.join(signed) or 'as pics spells it now'}\n"


def _both(name: str, japanese: str) -> str:
    return f"{name} ({japanese})" if japanese else name
