"""The `pics` command: parse, wire, print, exit code. The only printer; the only reader of arguments and environment.

Results go to stdout, one a line; everything else to stderr. Imports that cost time stand in the commands that need
them: `pics --help` must not wait for a model.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from indexer.build import Report
    from indexer.photo import Hit
    from indexer.query import Query
    from indexer.store.library import Library
    from mlx_clip.encoder import Encoder

DONE, NOTHING_FOUND, FAILED, SOME_SKIPPED, INTERRUPTED = 0, 1, 2, 3, 130
MODELS = "models"  # converted models, below PICS_HOME
RECALL = "COCO text-to-image R@5"  # in per cent: the published figure nearest to what `search` does

app = typer.Typer(
    help="Find any photo on this Mac by what is in it. Nothing leaves the machine.",
    epilog="Exit codes: 0 done or found, 1 nothing found, 2 wrong usage or failed, 3 done but some photos skipped, "
    "130 interrupted. PICS_HOME is the folder that holds everything.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Count = Annotated[int, typer.Option("-n", "--number", metavar="N", min=1, help="How many photos to show.")]
Folders = Annotated[
    list[Path] | None, typer.Option("--in", metavar="FOLDER", help="Only photos in this folder (repeatable).")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Paths = Annotated[bool, typer.Option("--paths", help="Paths alone, one a line.")]
Print0 = Annotated[bool, typer.Option("-0", "--print0", help="Paths alone, each ended by a NUL, for xargs -0.")]


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())


def run() -> int:
    """Runs the command that the arguments name; returns its exit code."""
    from indexer.errors import IndexerError
    from mlx_clip.errors import ClipError, ModelUnreachable

    try:
        code = app(standalone_mode=False) or DONE  # typer gives 130 for Ctrl-C
    except BrokenPipeError:  # `pics search … | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (IndexerError, ClipError) as error:
        say(f"pics: {error}")
        if isinstance(error, ModelUnreachable):
            say("Only for trying out: `--model pics-mini` comes with pics, and knows drawings of some things.")
        return FAILED
    except TyperException as wrong_usage:
        cast(Any, wrong_usage).show(sys.stderr)
        return FAILED
    if code == INTERRUPTED:
        say("interrupted: what was done is kept, and the same command goes on from there")
    return int(code)


# -- filling the library


@app.command()
def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Folders or photos; none: all indexed before.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="A name of `pics models`, a repo or a folder.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out names or paths (repeatable; remembered).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Reading threads.  [default: one a core]")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Photos the model takes at a time.")] = 32,
    max_megapixels: Annotated[int, typer.Option(min=1, help="Skip larger pictures.")] = 256,
    as_json: Json = False,
) -> int:
    """Take in new and changed photos, and let go of deleted ones."""
    from indexer.build import Settings, build, compare
    from indexer.scan import photo_roots
    from terminal.progress import index_progress

    roots = photo_roots(paths or [])
    settings = Settings(batch, workers or os.cpu_count() or 1, max_megapixels * 1_000_000)
    with _library(must_exist=not roots) as library:
        if dry_run:
            report = compare(library, roots, exclude)
        else:
            encoder = _encoder_for(library, model)
            with index_progress() as watch:
                report = build(library, encoder, roots, exclude, settings, watch)
    _tell(report, as_json, dry_run)
    return SOME_SKIPPED if report.left_out else DONE


# -- asking it


@app.command()
def search(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What is in the photo, in words.")],
    number: Count = 10,
    folders: Folders = None,
    as_json: Json = False,
    paths: Paths = False,
    print0: Print0 = False,
) -> int:
    """Find photos by words."""
    from indexer.query import Query

    words = " ".join(text).strip()
    if not words:
        raise typer.BadParameter("say in words what is in the photo", param_hint="TEXT")
    return _answer(Query(words=words, folders=_absolute(folders), limit=number), as_json, paths, print0)


@app.command()
def similar(
    image: Annotated[Path, typer.Argument(help="Any picture, in the library or not.")],
    number: Count = 10,
    folders: Folders = None,
    as_json: Json = False,
    paths: Paths = False,
    print0: Print0 = False,
) -> int:
    """Find photos that look like a picture."""
    from indexer.query import Query

    return _answer(Query(picture=image, folders=_absolute(folders), limit=number), as_json, paths, print0)


def _answer(query: "Query", as_json: bool, paths: bool, print0: bool) -> int:
    from indexer.search import search as find

    with _library() as library:
        _check_folders(library, query.folders)
        hits = find(library, _encoder_of(library), query)
    if not hits:
        say("nothing found")
        return NOTHING_FOUND
    sys.stdout.writelines(_lines(hits, as_json, paths, print0))
    sys.stdout.flush()
    return DONE


def _lines(hits: Sequence["Hit"], as_json: bool, paths: bool, print0: bool) -> Iterable[str]:
    if as_json:
        return (_json(asdict(hit)) for hit in hits)
    if print0:
        return (hit.path + "\0" for hit in hits)
    if paths:
        return (hit.path + "\n" for hit in hits)
    return (f"{hit.score:.3f}  {hit.path}\n" for hit in hits)


# -- looking after it


@app.command()
def status(as_json: Json = False) -> int:
    """Show what the library holds."""
    with _library() as library:
        facts = _status(library)
    if as_json:
        sys.stdout.write(_json(facts))
        return DONE
    from terminal.text import size

    print(f"photos   {facts['photos']:,} ({facts['distinct']:,} different pictures)")
    print(f"model    {facts['model']} ({facts['dim']} numbers a picture)")
    print(f"library  {facts['library']} ({size(facts['bytes'])})")
    print(f"skipped  {facts['skipped']:,}" + (" (`pics errors` says why)" if facts["skipped"] else ""))
    for root in facts["roots"]:
        there = "" if root["present"] else "  not there now: its photos are kept"
        print(f"folder   {root['path']}  {root['photos']:,}{there}")
    return DONE


def _status(library: "Library") -> dict[str, Any]:
    model = library.model()
    roots = [
        {
            "path": root.path,
            "photos": library.files.count(root.path),
            "present": Path(root.path).exists(),
            "exclude": root.exclude,
            "scanned_at": root.scanned_at,
        }
        for root in library.roots.all()
    ]
    return {
        "photos": library.files.count(),
        "distinct": library.files.count_contents(),
        "model": model.name if model else None,
        "revision": model.revision if model else None,
        "dim": model.dim if model else 0,
        "library": str(library.path),
        "bytes": library.bytes_on_disk,
        "skipped": len(library.files.skipped()),
        "roots": roots,
    }


@app.command()
def errors(as_json: Json = False) -> int:
    """List the photos that could not be read, and why."""
    with _library() as library:
        skipped = library.files.skipped()
    for skip in skipped:
        sys.stdout.write(_json(asdict(skip)) if as_json else f"{skip.path}: {skip.reason}\n")
    if not skipped:
        say("no photo was skipped")
    return DONE if skipped else NOTHING_FOUND


@app.command()
def forget(path: Annotated[Path, typer.Argument(help="A folder or a photo.")]) -> int:
    """Leave photos out of the library; the disk is never touched."""
    from indexer.photo import absolute
    from terminal.text import photos

    with _library() as library:
        number = library.forget(str(absolute(path)))
    say(f"forgot {photos(number)}; `pics index {path}` takes them in again")
    return DONE if number else NOTHING_FOUND


@app.command()
def models(as_json: Json = False) -> int:
    """List the models pics knows, with what they find and cost."""
    import mlx_clip

    in_use = _model_in_use()
    here = {model.name for model in mlx_clip.converted(_home() / MODELS)}
    if not as_json:
        say("   name                 recall    px      size  licence         (* in use, + here and ready)")
    for card in mlx_clip.cards():
        facts = asdict(card) | {"here": card.name in here, "in_use": card.name == in_use}
        sys.stdout.write(_json(facts) if as_json else _card_line(facts, card.score(RECALL)) + "\n")
    return DONE


def _card_line(facts: dict[str, Any], recall: float | None) -> str:
    from terminal.text import size

    marks = ("*" if facts["in_use"] else " ") + ("+" if facts["here"] else " ")
    found = f"{recall:.0f}" if recall else "?"
    weight = "built in" if facts["folder"] else size(facts["download_bytes"] or 4 * facts["parameters"])
    line = f"{marks} {facts['name']:<20} {found:>6} {facts['image_size']:>5} {weight:>9}  {facts['licence']:<15}"
    return f"{line} {facts['note']}"


def _model_in_use() -> str | None:
    from indexer.errors import NothingIndexed

    try:
        with _library() as library:
            model = library.model()
    except NothingIndexed:
        return None
    return model.name if model else None


@app.command()
def doctor(as_json: Json = False) -> int:
    """Check what pics stands on, and say how to mend it."""
    from terminal.doctor import examine

    checks = examine(_home())
    for check in checks:
        if as_json:
            sys.stdout.write(_json(asdict(check)))
        else:
            print(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<8} {check.found}")
            if check.mend:
                print(f"      {'':<8} {check.mend}")
    return DONE if all(check.ok for check in checks) else FAILED


@app.command()
def demo() -> int:
    """Show what pics does, on an album of its own."""
    from demo.tour import tour

    return tour(os.environ)


# -- what the commands share


def say(message: str) -> None:
    """A sentence for the person, not for the pipe."""
    print(message, file=sys.stderr)


def _home() -> Path:
    if named := os.environ.get("PICS_HOME"):
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("pics", appauthor=False)


def _library(must_exist: bool = True) -> "Library":
    from indexer.store.library import Library

    return Library(_home(), must_exist)


def _encoder_of(library: "Library") -> "Encoder":
    """The model whose vectors the library holds."""
    from indexer.errors import NothingIndexed

    model = library.model()
    if model is None:
        raise NothingIndexed
    return _load(model.name, model.revision)


def _encoder_for(library: "Library", model: str | None) -> "Encoder":
    """The model asked for, else the one the library was made with, else the catalogue's default."""
    ours = library.model()
    return _encoder_of(library) if ours and model in (None, ours.name) else _load(model)


def _load(model: str | None, revision: str | None = None) -> "Encoder":
    import mlx_clip
    from terminal.progress import Transfer

    return mlx_clip.load(model, revision=revision, cache=_home() / MODELS, progress=Transfer())


def _absolute(folders: list[Path] | None) -> tuple[str, ...]:
    from indexer.photo import absolute

    return tuple(str(absolute(folder)) for folder in folders or [])


def _check_folders(library: "Library", folders: Sequence[str]) -> None:
    """A folder that neither the disk nor the library knows is a slip of the keyboard."""
    from indexer.errors import NoSuchPath

    for folder in folders:
        if not library.files.count(folder) and not Path(folder).exists():
            raise NoSuchPath(folder)


def _tell(report: "Report", as_json: bool, dry_run: bool) -> None:
    from terminal.text import notes, summary

    sys.stdout.write(_json(asdict(report)) if as_json else summary(report, dry_run) + "\n")
    for note in notes(report):
        say(note)


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, default=str) + "\n"


if __name__ == "__main__":
    main()
