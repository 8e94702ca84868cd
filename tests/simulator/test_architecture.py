"""Which module of the simulator knows which."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import attio_simulator

PACKAGE = Path(attio_simulator.__file__).parent
SOURCES = {path.stem: path.read_text() for path in PACKAGE.glob("*.py")}


def known_to(source: str) -> set[str]:
    """The modules beside it that a module imports, those for its types included."""
    known: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            known.update([node.module] if node.module else [alias.name for alias in node.names])
    return known


def test_imports_go_in_no_circle() -> None:
    graph = {name: known_to(source) for name, source in SOURCES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(SOURCES)


def test_nothing_is_shared_with_the_connector() -> None:
    assert not [name for name, source in SOURCES.items() if "attio_sync" in source]


def test_every_module_is_under_300_lines() -> None:
    assert {name: lines for name, source in SOURCES.items() if (lines := len(source.splitlines())) >= 300} == {}
