"""The house: which module may know which, where each library stays, and what no module does."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attio_sync import errors

ROOT = Path(__file__).parents[2]
CONNECTOR = ROOT / "connector"

# Each module may import what stands in a line above its own, and nothing in its own line or below.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "sketch", "tables", "attio_types.timestamps"),
    ("parents", "limiter", "runtime", "env_files", "attio_types.values", "attio_types.workspace"),
    ("attio_types.records",),
    ("attio_types",),
    ("attribute_types", "wire"),
    ("sources", "histories"),
    ("fingerprints", "small_tables"),
    ("ledger",),
    ("settings", "state", "streams"),
    ("client",),
    ("schedule", "listing", "value_reader"),
    ("delivery", "catalog", "pages"),
    ("checks", "comparison", "attribute_fetcher"),
    ("reader", "fivetran"),
    ("reconcile",),
    ("windows",),
    ("sync",),
    ("connector", "main", "test_script"),
)

# What a module needs for its types alone is not loaded with it.
ONLY_FOR_ITS_TYPES = {"runtime": {"client"}}

# Pure: no event loop, no network, no clock, no log, nothing of Fivetran; only values in and values out.
PURE = (
    "errors",
    "sketch",
    "tables",
    "parents",
    "env_files",
    "attio_types",
    "attribute_types",
    "wire",
    "sources",
    "histories",
    "fingerprints",
    "settings",
    "ledger",
    "small_tables",
    "state",
    "streams",
    "schedule",
)

LIBRARIES: dict[str, tuple[str, ...]] = {
    "httpx2": ("client",),
    "anyio": ("client", "limiter", "attribute_fetcher", "pages", "runtime", "reader", "main", "test_script"),
    "pydantic": ("client", "settings", "histories", "small_tables", "attio_types"),
    "msgspec": ("wire",),
    "pydantic_settings": ("settings",),
    "dotenv": ("env_files",),
    "fivetran_connector_sdk": ("fivetran", "connector"),
    "fivetran_connector_sdk_cli": ("connector",),
}
WITHOUT_THE_HTTP_LIBRARY = ("delivery", "runtime", "schedule", "settings", "streams")
LEAVES_TO_THE_CALLER = {"print", "input", "exit", "quit", "breakpoint", "sys.exit", "os._exit", "os.abort", "time.sleep"}


def name_of(path: Path) -> str:
    """`attio_types.values` for connector/attio_sync/attio_types/values.py, `connector` for connector/connector.py."""
    parts = path.relative_to(CONNECTOR).with_suffix("").parts
    return ".".join(part for part in parts if part not in {"attio_sync", "__init__"})


PATHS = [path for path in sorted(CONNECTOR.rglob("*.py")) if path != CONNECTOR / "attio_sync" / "__init__.py"]
MODULES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in PATHS}
modules = pytest.mark.parametrize("module", MODULES)


def imports(tree: ast.Module) -> Iterator[str]:
    """Everything a module imports, wherever in it that stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield from ([f"attio_sync.{a.name}" for a in node.names] if node.module == "attio_sync" else [node.module])


def of_ours(tree: ast.Module) -> set[str]:
    return {name.removeprefix("attio_sync.") for name in imports(tree) if name.startswith("attio_sync.")}


def only_for_types(tree: ast.Module) -> set[str]:
    """Our modules that are imported for a type checker and for nobody else."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return of_ours(ast.Module([statement for block in blocks for statement in block.body], []))


def of_others(tree: ast.Module) -> set[str]:
    packages = {name.partition(".")[0] for name in imports(tree)}
    return packages - {"attio_sync"} - set(sys.stdlib_module_names)


def is_in(module: str, names: tuple[str, ...]) -> bool:
    return module in names or module.partition(".")[0] in names


def test_every_module_has_its_place() -> None:
    assert sorted(MODULES) == sorted(name for layer in LAYERS for name in layer)


@modules
def test_imports_go_one_way(module: str) -> None:
    place = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    for_types = only_for_types(MODULES[module])
    assert for_types == ONLY_FOR_ITS_TYPES.get(module, set())
    assert not {name for name in of_ours(MODULES[module]) - for_types if place[name] >= place[module]}


@modules
def test_each_library_stays_where_it_belongs(module: str) -> None:
    """What ships knows no other: neither the simulator nor the workbench nor the tests."""
    used = of_others(MODULES[module])
    assert used <= {library for library, homes in LIBRARIES.items() if is_in(module, homes)}


@pytest.mark.parametrize(("library", "home"), [(library, home) for library, homes in LIBRARIES.items() for home in homes])
def test_each_library_is_where_it_is_said_to_be(library: str, home: str) -> None:
    assert any(library in of_others(tree) for name, tree in MODULES.items() if is_in(name, (home,)))


def test_whoever_writes_rows_needs_no_http_library() -> None:
    names = [f"attio_sync.{module}" for module in WITHOUT_THE_HTTP_LIBRARY]
    code = f"import sys, {', '.join(names)}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=CONNECTOR, check=True, capture_output=True, text=True)  # noqa: S603 (our own)
    loaded = set(done.stdout.split())
    assert loaded.issuperset(names)
    assert not loaded & {"httpx2", "httpcore2", "attio_sync.client", "fivetran_connector_sdk"}


def test_what_the_connector_imports_is_what_its_requirements_declare() -> None:
    lines = (CONNECTOR / "requirements.txt").read_text(encoding="utf-8").splitlines()
    declared = {found[0].lower().replace("-", "_") for line in lines if (found := re.match(r"[A-Za-z][\w.-]*", line))}
    imported = set[str]().union(*map(of_others, MODULES.values()))
    assert {name for name in imported if not name.startswith("fivetran")} - {"dotenv"} <= declared
    assert "python_dotenv" in declared  # what PyPI calls it
    # Pre-installed on Fivetran, and not to be declared.
    assert not {name for name in declared if name.startswith("fivetran")}


@pytest.mark.parametrize("path", sorted((ROOT / "simulator").rglob("*.py")), ids=lambda path: path.stem)
def test_the_simulator_shares_no_code_with_the_connector(path: Path) -> None:
    packages = {node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in packages if name.startswith(("attio_sync", "attio_workbench", "connector"))}


@pytest.mark.parametrize("module", [name for name in MODULES if is_in(name, PURE)])
def test_a_pure_module_touches_nothing_outside(module: str) -> None:
    tree = MODULES[module]
    outside = {
        "asyncio",
        "anyio",
        "httpx2",
        "logging",
        "os",
        "random",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
    }
    assert not {name.partition(".")[0] for name in imports(tree)} & (outside | {"fivetran_connector_sdk"})
    assert all(is_in(name, PURE) for name in of_ours(tree)), "what a pure module is built on is pure"
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global)]
    assert not {call for call in calls(tree) if call.endswith((".now", ".utcnow", ".today", ".open")) or call == "open"}


def calls(tree: ast.AST) -> set[str]:
    """What is called, as it is written: `print`, `sys.exit`."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("module", [name for name in MODULES if name not in {"main", "test_script"}])
def test_no_module_prints_leaves_or_sleeps(module: str) -> None:
    assert not calls(MODULES[module]) & LEAVES_TO_THE_CALLER
    assert "SystemExit" not in ast.dump(MODULES[module])


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_no_module_is_longer_than_a_reader_can_hold(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300


@modules
def test_no_constructor_takes_more_than_five_parameters(module: str) -> None:
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            assert len(node.args.args + node.args.kwonlyargs) - 1 <= 5


@modules
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(MODULES[module])


# --- The tree of errors


def drawn_tree() -> dict[str, str]:
    """The tree in the docstring of the module: each class and the one it is drawn below."""
    below: dict[str, str] = {}
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"((?:[│ ]   )*)(?:[├└]── )?([A-Z]\w+Error)\s+\S", line):
            depth = len(found[1]) // 4 + ("── " in line)
            branch[depth:] = [found[2]]
            if depth:
                below[found[2]] = branch[depth - 1]
    return below


def classes() -> dict[str, type[Exception]]:
    found = inspect.getmembers(errors, inspect.isclass)
    return {name: each for name, each in found if issubclass(each, Exception)}


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    real = {name: each.__bases__[0].__name__ for name, each in classes().items() if each is not errors.AttioSyncError}
    assert drawn_tree() == real
    assert len(real) >= 20


def test_every_error_says_in_a_sentence_what_it_is() -> None:
    for name, each in classes().items():
        own = each.__dict__.get("__doc__") or ""
        assert own.splitlines()[0].endswith("."), name


def test_every_error_is_in_exactly_one_branch() -> None:
    branches = (errors.TryAgainError, errors.StopError, errors.SkipError)
    for name, each in classes().items():
        if each is not errors.AttioSyncError:
            assert sum(issubclass(each, branch) for branch in branches) == 1, name
        assert len(each.__bases__) == 1


def raised(tree: ast.Module) -> set[str]:
    """The classes that a module raises by name."""
    names = (ast.unparse(node.exc).partition("(")[0] for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc)
    return {name for name in names if name[:1].isupper()}


@modules
def test_whatever_is_raised_on_purpose_is_in_the_tree(module: str) -> None:
    # Beside it: a ValueError, and where values are looked into a TypeError, that a validator or the caller in the next
    # function makes something else of, the end of an iteration, and the end of a program.
    own = {"attribute_types": {"TypeError"}, "main": {"SystemExit"}, "test_script": {"SystemExit"}}
    assert raised(MODULES[module]) <= {*classes(), "ValueError", "StopAsyncIteration"} | own.get(module, set())
