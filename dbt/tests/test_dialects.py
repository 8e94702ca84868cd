"""What the package compiles to for each warehouse is SQL there, as far as a parser can say without one."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import expressions

from warehouses import PACKAGE, run_dbt

VARIABLES = {
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


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "redshift", "databricks"])
def test_every_model_compiles_and_parses(dialect: str, tmp_path: Path) -> None:
    run_dbt("compile", "--no-populate-cache", "--no-introspect", target=dialect, work=tmp_path, variables=VARIABLES)
    compiled = {path.stem: path.read_text("utf-8") for path in (tmp_path / dialect / "compiled" / "attio").rglob("*.sql")}

    assert set(compiled) >= MODELS | TESTS
    for name, sql in compiled.items():
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
