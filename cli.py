"""The `pics` command: parse, wire, print, exit code. The only printer; the only reader of arguments and environment.

Results go to stdout, one a line; everything else to stderr. Imports that cost time stand in the commands that need
them: `pics --help` must not wait for a model.
"""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer
from typer.exceptions import TyperException

from terminal.options import Json, Narrowed, Shown, with_options
from terminal.text import json_line

if TYPE_CHECKING:
    from indexer.build import Report
    from indexer.complete import Completion
    from indexer.photo import ModelIdentity
    from indexer.query import Query
    from indexer.settings import Settings
    from indexer.store.library import Library
    from mlx_clip.encoder import Encoder

DONE, NOTHING_FOUND, FAILED, SOME_SKIPPED, INTERRUPTED = 0, 1, 2, 3, 130
MODELS = "models"  # converted models, below PICS_HOME

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
models_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(models_app, name="models")


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
    """Take in new and changed photos, and let go of deleted ones.

    With --model, the vectors of another model are made beside those in use: `pics use NAME` switches.
    """
    from indexer.asking.calibration import calibrate
    from indexer.build import build, compare
    from indexer.complete import complete
    from indexer.inform import inform
    from indexer.scan import photo_roots
    from indexer.settings import Settings
    from terminal.progress import index_progress

    roots = photo_roots(paths or [])
    settings = Settings(batch, workers or os.cpu_count() or 1, max_megapixels * 1_000_000)
    with _library(must_exist=not roots) as library:
        if dry_run:
            report = compare(library, roots, exclude)
            _tell(report, as_json, would=True)
            _tell_plan(library, model, settings, as_json)
            return SOME_SKIPPED if report.left_out else DONE
        in_use, asked_for = _encoders(library, model)
        with index_progress() as watch:
            report = build(library, in_use, roots, exclude, settings, watch)
        _tell(report, as_json)
        with index_progress() as watch:
            informed = inform(library, settings, watch)
        _tell_informed(informed, as_json)
        with index_progress() as watch:
            completion = complete(library, asked_for, settings, watch)
        _tell_completion(completion, as_json)
        for encoder in {in_use, asked_for}:
            calibrate(library, encoder)
    return SOME_SKIPPED if report.left_out or completion.skipped else DONE


def _tell(report: "Report", as_json: bool, would: bool = False) -> None:
    from terminal.text import notes, summary

    sys.stdout.write(json_line(asdict(report)) if as_json else summary(report, would) + "\n")
    sys.stdout.flush()
    for note in notes(report):
        say(note)


def _tell_informed(pictures: int, as_json: bool) -> None:
    from terminal.text import informed

    if pictures:
        sys.stdout.write(json_line({"informed": pictures}) if as_json else informed(pictures) + "\n")


def _tell_completion(completion: "Completion", as_json: bool) -> None:
    from terminal.text import completed, completion_notes

    if completion.lacking:
        sys.stdout.write(json_line(asdict(completion)) if as_json else completed(completion) + "\n")
    for note in completion_notes(completion):
        say(note)


def _tell_plan(library: "Library", model: str | None, settings: "Settings", as_json: bool) -> None:
    """Of the model that is named; of the one in use, if there is anything to tell."""
    from terminal.forecast import forecast
    from terminal.text import planned

    in_use = library.model()
    if in_use is None or not (model or library.lacking(in_use.name)):
        return
    name = _name_here(library, model) if model else in_use.name
    plan = forecast(library, name, _home() / MODELS, _load, settings)
    sys.stdout.write(json_line(asdict(plan)) if as_json else planned(plan) + "\n")


@app.command()
def use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model with vectors here (`pics status`).")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Though it lacks the vectors of some photos.")] = False,
) -> int:
    """Search with another model from now on.

    New photos get its vectors. Nothing is encoded, and the vectors of the model used so far stay.
    """
    with _library() as library:
        name = _name_here(library, name)
        library.use(name, anyway)
    say(f"{name} is in use")
    return DONE


# -- asking it


@app.command()
@with_options
def search(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="What is in the photo; none: the newest of the filtered.")
    ] = None,
    like: Annotated[list[Path] | None, typer.Option(metavar="IMG", help="And like this picture (repeatable).")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--not", metavar="TEXT|IMG", help="Not this; below all others (repeatable).")
    ] = None,
    only_words: Annotated[bool, typer.Option("--only-words", help="Ask names, captions, keywords, places.")] = False,
    only_pictures: Annotated[bool, typer.Option("--only-pictures", help="Ask what photos look like.")] = False,
    *,
    narrowed: Narrowed,
    shown: Shown,
) -> int:
    """Find photos by what is in them and what is written of them.

    Terms are joined by + and -, alone between blanks; N: before a term weighs it, quotes keep one together.
    A picture is a path: "2:golden retriever" + ./pool.jpg - fruit. docs/searching.md has it all.
    """
    from indexer.asking.grammar import parse
    from indexer.query import Query

    terms = parse(text or [], like or [], without or [])
    if not (terms or narrowed.anything):
        raise typer.BadParameter("say what is in the photo, or filter (`pics search --help`)", param_hint="TEXT")
    if only_words and (only_pictures or any(term.picture for term in terms)):
        raise typer.BadParameter("leaves nothing to ask of a picture", param_hint="--only-words")
    return _answer(
        _narrow(Query(terms=terms, by_picture=not only_words, by_words=not only_pictures), narrowed, shown), shown
    )


@app.command()
@with_options
def similar(
    image: Annotated[Path, typer.Argument(help="Any picture, in the library or not.")],
    *,
    narrowed: Narrowed,
    shown: Shown,
) -> int:
    """Find photos that look like a picture."""
    from indexer.query import Query, Term

    query = Query(terms=(Term(picture=image),), by_words=False)
    return _answer(_narrow(query, narrowed, shown), shown)


def _narrow(query: "Query", narrowed: Narrowed, shown: Shown) -> "Query":
    filters = narrowed.filters()
    return replace(query, filters=filters, limit=shown.number, model=shown.model, minimum=shown.minimum)


def _answer(query: "Query", shown: Shown) -> int:
    import mlx_clip
    from indexer.search import search as find
    from terminal.answers import lines, nothing

    with _library() as library:
        if query.model:
            query = replace(query, model=_name_here(library, query.model))
        try:
            answer = find(library, _encoder_of, query)
        except mlx_clip.NoWords as error:
            raise mlx_clip.ClipError(f"{error}{_that_know_words(library)}") from error
        for note in answer.notes:
            say(f"{note}{_that_know_words(library)}")
    if not answer.hits:
        say(nothing(shown))
        return NOTHING_FOUND
    sys.stdout.writelines(lines(answer.hits, shown))
    sys.stdout.flush()
    return DONE


def _that_know_words(library: "Library") -> str:
    from terminal.status import that_know_words  # most searches need not wait for what it imports

    return that_know_words(library.models())


# -- looking after it


@app.command()
def status(as_json: Json = False) -> int:
    """Show what the library holds."""
    from terminal.status import facts, lines

    with _library() as library:
        found = facts(library)
    sys.stdout.writelines([json_line(found)] if as_json else (line + "\n" for line in lines(found)))
    return DONE


@app.command()
def errors(as_json: Json = False) -> int:
    """List the photos that could not be read, and why."""
    with _library() as library:
        skipped = library.files.skipped()
    for skip in skipped:
        sys.stdout.write(json_line(asdict(skip)) if as_json else f"{skip.path}: {skip.reason}\n")
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


@models_app.callback()
def models(context: typer.Context, as_json: Json = False) -> int:
    """List the models pics knows, with what they find and cost."""
    import mlx_clip
    from terminal.models import LEGEND, facts, marks, rows

    if context.invoked_subcommand:
        return DONE
    with _library_if_any() as library:
        kept = library.models() if library else []
    here = {copy.name for copy in mlx_clip.converted(_home() / MODELS)}
    if as_json:
        sys.stdout.writelines(json_line(facts(card, kept, here)) for card in mlx_clip.cards())
    else:
        sys.stdout.writelines(row + "\n" for row in rows(mlx_clip.cards(), marks(kept, here)))
        say(LEGEND)
    return DONE


@models_app.command()
def drop(name: Annotated[str, typer.Argument(metavar="NAME", help="As in `pics status` or `pics models`.")]) -> int:
    """Give back the room of a model that is not in use.

    Its vectors go, the words that were asked of it, its converted copy and its download.
    """
    import mlx_clip
    from terminal.text import size

    cache, freed = _home() / MODELS, 0
    with _library_if_any() as library:
        name = _name_here(library, name)
        kept = {kept.name for kept in library.models()} if library else set()
        copies = {copy.name for copy in mlx_clip.converted(cache)}
        if name not in kept | copies:
            raise mlx_clip.UnknownModel(name, "nothing of this model is here", get_close_matches(name, kept | copies))
        if library and name in kept:
            freed = library.bytes_on_disk
            if not library.drop(name):
                say("library.db could not be made smaller; the room in it is for what is indexed next")
            freed -= library.bytes_on_disk
    freed += mlx_clip.remove(name, cache)
    say(f"{name} is dropped, {size(max(0, freed))} are free again; `pics index --model {name}` brings it back")
    return DONE


@app.command()
def doctor(as_json: Json = False) -> int:
    """Check what pics stands on, and say how to mend it."""
    from terminal.doctor import examine

    checks = examine(_home())
    for check in checks:
        sys.stdout.write(json_line(asdict(check)) if as_json else check.line + "\n")
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


def _library_if_any() -> "AbstractContextManager[Library | None]":
    from indexer.errors import NothingIndexed

    try:
        return _library()
    except NothingIndexed:
        return nullcontext()


def _encoder_of(model: "ModelIdentity") -> "Encoder":
    return _load(model.name, model.revision)


def _encoders(library: "Library", model: str | None) -> tuple["Encoder", "Encoder"]:
    """The model in use, and the one asked for, which is the same when none is or when the library has no vectors."""
    from indexer.photo import identity

    in_use = library.model()
    asked_for = _encoder_asked_for(library, model) if model or not in_use else _encoder_of(in_use)
    if in_use is None or library.would_adopt(identity(asked_for)):
        return asked_for, asked_for
    library.kept_as(identity(asked_for))  # a model that must be refused is so before an hour's work
    return _encoder_of(in_use), asked_for


def _encoder_asked_for(library: "Library", model: str | None) -> "Encoder":
    """As it was when it was first used here; a folder as it is now. None: the catalogue's default."""
    name = model and _name_here(library, model)
    kept = next((kept.identity for kept in library.models() if kept.name == name), None)
    is_folder = name and Path(name).is_absolute() and Path(name).is_dir()
    return _encoder_of(kept) if kept and not is_folder else _load(name)


def _name_here(library: "Library | None", model: str) -> str:
    """What a model is called that was typed: as on its card, a folder by its whole path, also when it has gone."""
    from indexer.photo import absolute
    from mlx_clip.errors import UnknownModel
    from mlx_clip.hub import resolve

    try:
        return resolve(model, None, _home() / MODELS).name
    except UnknownModel:
        folder = str(absolute(Path(model)))
        return folder if library and folder in {kept.name for kept in library.models()} else model


def _load(model: str | None, revision: str | None = None) -> "Encoder":
    import mlx_clip
    from terminal.progress import Transfer

    return mlx_clip.load(model, revision=revision, cache=_home() / MODELS, progress=Transfer())


if __name__ == "__main__":
    main()
