"""What the package compiles to for each warehouse is SQL there, as far as a parser can say without one."""

from pathlib import Path
from typing import Any

import pytest
import sqlglot
from dbt.context.providers import BaseDatabaseWrapper
from sqlglot import expressions

from warehouses import PACKAGE, PROFILE, DuckDB, run_dbt

VARIABLES: dict[str, Any] = {
    "attio_time_zone": "Europe/Berlin",
    "attio_observed_since": "2026-01-01",
    "attio_late_entries": ["2026-01-05", "2026-02-01T10:30"],
    "attio_histories": [
        "applications.workflow_status=attio_workflow_status",
        {"history": "talent_pool.stage", "table": "attio_talent_pool_stage", "id_column": "entry_id"},
        "lists/hiring.stage",
        "lists/sales.stage",
        {"history": "lists/sales.priority", "type": "select"},
    ],
    "attio_segments": [{"history": "lists/sales.stage", "by": "lists/sales.priority"}],
    "attio_sources": [{"name": "one", "schema": "attio_one"}, {"name": "two", "schema": "attio_two"}],
}
AGGREGATES = (expressions.Sum, expressions.Min, expressions.Max, expressions.Count)
MODELS = {path.stem for path in (PACKAGE / "models").rglob("*.sql")}
TESTS = {path.stem for path in (PACKAGE / "tests" / "integrity").rglob("*.sql")}


PARENTS = {"redshift": ["postgres"], "databricks": ["spark"]}
"""Whose macros an adapter takes where it has none of its own."""

DIALECTS = ["snowflake", "bigquery", "redshift", "databricks"]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_package_writes_for_a_warehouse_parses_there(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the adapter, which takes seconds to load: its own macros are left out, ours are those of the dialect."""
    dispatch = BaseDatabaseWrapper.dispatch

    def prefixes(_: BaseDatabaseWrapper) -> list[str]:
        return [dialect, *PARENTS.get(dialect, ()), "default"]

    def dispatched(self: BaseDatabaseWrapper, macro_name: str, macro_namespace: str | None = None) -> object:
        with pytest.MonkeyPatch.context() as patch:
            if macro_namespace == "attio":
                patch.setattr(BaseDatabaseWrapper, "_get_adapter_macro_prefixes", prefixes)
            return dispatch(self, macro_name, macro_namespace)

    monkeypatch.setattr(BaseDatabaseWrapper, "dispatch", dispatched)
    warehouse = DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db")
    warehouse.build("compile", "--no-introspect", **VARIABLES)
    quote = "`" if dialect in {"bigquery", "databricks"} else '"'
    compiled = compiled_in(tmp_path / "duckdb")

    assert set(compiled) >= MODELS | TESTS
    for name, sql in compiled.items():
        assert_is_a_query(name, sql.replace('"', quote), dialect)


@pytest.mark.skipif(PROFILE != "long", reason="what the package itself writes there is parsed by make test-all")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_model_compiles_and_parses(dialect: str, tmp_path: Path) -> None:
    run_dbt("compile", "--no-populate-cache", "--no-introspect", target=dialect, work=tmp_path, variables=VARIABLES)
    compiled = compiled_in(tmp_path / dialect)

    assert set(compiled) >= MODELS | TESTS
    for name, sql in compiled.items():
        assert_is_a_query(name, sql, dialect)


def compiled_in(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in (folder / "compiled" / "attio").rglob("*.sql")}


def assert_is_a_query(name: str, sql: str, dialect: str) -> None:
    [statement] = sqlglot.parse(sql, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(statement, expressions.Query), name
    commands = [node for node in statement.walk() if isinstance(node, expressions.Command)]
    assert not commands, name
    # Redshift has no ranges, and wants a frame wherever an aggregate is ordered.
    for window in statement.find_all(expressions.Window):
        spec = window.args.get("spec")
        if isinstance(window.this, AGGREGATES) and window.args.get("order"):
            assert spec is not None, name
            assert spec.args["kind"].upper() == "ROWS", name
