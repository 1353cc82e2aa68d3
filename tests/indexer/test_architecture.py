"""The rooms and their doors: who may import whom, where SQL and print live, how large a room may grow."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.indexer.conftest import REPOSITORY

ROOMS = ("commands", "indexer", "mlx_clip", "bench", "terminal", "web", "training", "demo")
FLOORS = (  # top to bottom; a room may import what lies below it, and nothing beside it but its own package's files
    ("cli",),
    ("commands",),
    ("demo",),
    ("terminal", "web", "training"),
    ("bench",),
    ("indexer.build", "indexer.complete", "indexer.inform", "indexer.plan", "indexer.objects", "indexer.moving"),
    ("indexer.organize", "indexer.search", "indexer.batches", "indexer.feed", "indexer.beside"),
    ("indexer.asking", "indexer.settings", "indexer.originals"),
    ("indexer.store", "indexer.decode", "indexer.metadata", "indexer.scan"),
    ("indexer.query", "indexer.raw"),
    ("indexer.photo", "indexer.header", "indexer.errors", "mlx_clip"),
)
LEFTOVERS = {"utils", "util", "helpers", "common", "misc", "tools"}


def sources() -> dict[str, Path]:
    """Module name -> its file, of all that is shipped."""
    files = [REPOSITORY / "cli.py", *(path for room in ROOMS for path in sorted((REPOSITORY / room).rglob("*.py")))]
    return {_module(path): path for path in files}


def _module(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = sources()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}
every_module = pytest.mark.parametrize("module", SOURCES)


def imports(module: str) -> set[str]:
    """The modules of ours that a module imports, wherever in it the import stands."""
    named = set(_imported(TREES[module], module))
    return {name for name in named if name.split(".")[0] in {*ROOMS, "cli"}} - {module}


def _imported(tree: ast.AST, module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, module)
            for alias in node.names:
                yield f"{source}.{alias.name}" if f"{source}.{alias.name}" in SOURCES else source


def _absolute(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    package = module if SOURCES[module].name == "__init__.py" else module.rpartition(".")[0]
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def outside(module: str) -> set[str]:
    """The top-level names a module imports that are not ours."""
    return {name.split(".")[0] for name in _imported(TREES[module], module)} - {*ROOMS, "cli"}


def calls(module: str) -> Iterator[str]:
    """What a module calls or reads, as dotted names: `print`, `sys.stdout`, `os.environ`."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, (ast.Name, ast.Attribute)):
            yield ast.unparse(node)


def floor(module: str) -> int | None:
    """The number of a module's floor, 0 at the top; None for a package's door (`indexer` itself)."""
    for number, names in enumerate(FLOORS):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return number
    return None


def test_every_module_has_a_floor() -> None:
    assert [module for module in SOURCES if floor(module) is None] == ["indexer"]


def test_indexer_and_mlx_clip_never_import_each_other() -> None:
    arrows = [(module, target) for module in SOURCES for target in imports(module)]
    assert len(arrows) > 20
    crossing = {("indexer", "mlx_clip"), ("mlx_clip", "indexer")}
    assert [arrow for arrow in arrows if (arrow[0].split(".")[0], arrow[1].split(".")[0]) in crossing] == []


@every_module
def test_no_module_imports_a_floor_above_or_beside_it(module: str) -> None:
    mine = floor(module)
    for target in imports(module):
        theirs = floor(target)
        if theirs is None or mine is None:
            continue
        own_package = _room(module) == _room(target)
        grounded = module == "indexer.photo" or (mine == len(FLOORS) - 1 and target.startswith("indexer."))
        assert theirs > mine or (own_package and not grounded), f"{module} imports {target}"


def _room(module: str) -> str:
    """The package whose files may import each other one way: indexer.store, mlx_clip, terminal, …"""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "indexer" else parts[0]


def test_no_two_files_import_each_other_not_even_in_a_round() -> None:
    """Repeatedly takes away the modules that import nothing that is left; a ring is what stays."""
    left = {module: imports(module) for module in SOURCES}
    while free := [module for module, targets in left.items() if not targets & left.keys()]:
        for module in free:
            del left[module]
    assert left == {}


def test_the_store_alone_speaks_to_the_database() -> None:
    assert [module for module in SOURCES if "apsw" in outside(module)] == ["indexer.store.database"]
    assert [module for module in SOURCES if outside(module) & {"sqlite3", "sqlite_utils"}] == []
    assert [module for module in SOURCES if "sqlite_vec" in outside(module)] == ["indexer.store.database"]


def test_the_store_alone_speaks_to_milvus() -> None:
    assert [module for module in SOURCES if outside(module) & {"pymilvus", "milvus_lite"}] == ["indexer.store.milvus"]


SQL = ("select ", "insert into ", "insert or ", "delete from ", "create table ", "create index ", "pragma ", "update ")


@every_module
def test_no_sql_is_written_outside_the_store(module: str) -> None:
    texts = [node.value for node in ast.walk(TREES[module]) if isinstance(node, ast.Constant)]
    sql = [text for text in texts if isinstance(text, str) and text.strip().lower().startswith(SQL)]
    sql = [text for text in sql if " from " in text.lower() or " set " in text.lower() or "(" in text]
    assert not sql or module.startswith("indexer.store."), f"{module}: {sql}"


def test_the_test_for_sql_would_find_some() -> None:
    texts = [node.value for node in ast.walk(TREES["indexer.store.files"]) if isinstance(node, ast.Constant)]
    assert any(isinstance(text, str) and text.startswith("select ") for text in texts)


PROGRAMS = {"commands.wiring", "demo.tour", "training.__main__"}  # what speaks to a person


@every_module
def test_only_programs_print_and_the_terminal_room_writes_to_stderr_alone(module: str) -> None:
    used = set(calls(module))
    if module in PROGRAMS:
        assert "print" in used
        return
    assert "print" not in used
    if module == "cli" or module.startswith("commands."):
        return  # results
    assert not used & {"sys.stdout", "sys.__stdout__", "sys.exit"}
    if not module.startswith("terminal"):
        assert "sys.stderr" not in used
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Console"):
            assert "stderr=True" in ast.unparse(node) or "file=" in ast.unparse(node)


@every_module
def test_only_programs_read_the_environment_and_the_arguments(module: str) -> None:
    used = set(calls(module))
    allowed = module.startswith("commands.") or module in {"cli", "training.__main__"}
    assert allowed or not used & {"os.environ", "os.getenv", "sys.argv"}


@every_module
def test_arrays_of_mlx_stay_in_mlx_clip(module: str) -> None:
    if module.startswith("indexer"):
        names = {name for name in _imported(TREES[module], module) if name.split(".")[0] == "mlx"}
        assert names <= ({"mlx.data"} if module == "indexer.feed" else set())


@every_module
def test_every_module_says_in_its_first_line_what_it_is(module: str) -> None:
    docstring = ast.get_docstring(TREES[module])
    assert docstring
    assert SOURCES[module].read_text(encoding="utf-8").startswith('"""')
    assert len(docstring.splitlines()[0]) > 15


@every_module
def test_rooms_have_at_most_450_lines_and_functions_fewer_than_50(module: str) -> None:
    assert len(SOURCES[module].read_text(encoding="utf-8").splitlines()) <= 450
    for node in ast.walk(TREES[module]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno + 1 < 50, f"{module}.{node.name}"


def test_no_room_is_for_leftovers() -> None:
    names = set(itertools.chain.from_iterable(module.split(".") for module in SOURCES))
    assert names & LEFTOVERS == set()


@every_module
def test_nothing_is_caught_wholesale_but_where_it_is_said_why(module: str) -> None:
    lines = SOURCES[module].read_text(encoding="utf-8").splitlines()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
        ):
            raises_again = isinstance(node.body[-1], ast.Raise)
            assert raises_again or "BLE001  " in lines[node.lineno - 1], f"{module}:{node.lineno}"
