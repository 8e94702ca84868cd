"""What `attio-sync report` reads of every public model, of either warehouse the same."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import expressions

from conftest import ROOT
from read_models import main, variables, written
from warehouses import GIVEN, PACKAGE, PROFILE, PROFILES, DuckDB, Postgres

type Table = dict[str, list[Any]]

PUBLIC = {path.stem for path in PACKAGE.glob("models/**/attio__*.sql")}


def read(warehouse: DuckDB | Postgres, folder: Path, variables: dict[str, Any], *options: str) -> dict[str, Table]:
    """What the script writes of the models that are there."""
    warehouse.hand_over()
    arguments = [str(folder), "--no-build", "--quiet", *dbt_options(warehouse.target, warehouse.work)]
    assert main([*arguments, "--vars", json.dumps(GIVEN | variables), *options]) == 0
    found: dict[str, Table] = {}
    for path in folder.iterdir():
        columns, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found[path.name.removesuffix(".jsonl")] = {"columns": columns, "rows": rows}
    return found


def dbt_options(target: str, work: Path) -> list[str]:
    places = ["--project-dir", str(PACKAGE), "--profiles-dir", str(PROFILES), "--log-path", str(work / "logs")]
    return [*places, "--target", target, "--target-path", str(work / target)]


def comparable(table: Table) -> list[tuple[Any, ...]]:
    """The rows in one order, with numbers to nine digits and times without how their zone is written."""
    order = sorted(range(len(table["columns"])), key=table["columns"].__getitem__)

    def value(given: Any) -> Any:
        if isinstance(given, bool) or given is None:
            return str(given)
        if isinstance(given, int | float):
            return f"{float(given):.9g}"
        return given.removesuffix("+00:00")

    return sorted(tuple(value(row[column]) for column in order) for row in table["rows"])


@pytest.mark.skipif(PROFILE != "long", reason="the test of what they are asked reads most models whole too")
def test_both_warehouses_are_read_alike(
    crm_duckdb: DuckDB, crm_postgres: Postgres, variables: dict[str, Any], tmp_path: Path
) -> None:
    of_duckdb = read(crm_duckdb, tmp_path / "duckdb", variables)
    of_postgres = read(crm_postgres, tmp_path / "postgres", variables)

    assert set(of_duckdb) == set(of_postgres) == PUBLIC
    for name, table in of_duckdb.items():
        assert table["rows"], name
        assert sorted(table["columns"]) == sorted(of_postgres[name]["columns"])
        assert len(table["rows"]) == crm_duckdb.query(f"select count(*) from dbt_attio.{name}")[0][0]
        assert comparable(table) == comparable(of_postgres[name]), name


@cache
def queries() -> dict[str, str]:
    """What `attio-sync report` asks for of some models, from the connector's own environment."""
    code = "import json; from attio_workbench.report.curves import QUERIES; print(json.dumps(QUERIES))"
    return json.loads(subprocess.check_output([ROOT / ".venv" / "bin" / "python", "-c", code], text=True))  # noqa: S603 (our own)


def test_both_warehouses_answer_what_they_are_asked(
    crm_duckdb: DuckDB, crm_postgres: Postgres, variables: dict[str, Any], tmp_path: Path
) -> None:
    built = "select relname, oid from pg_class where relnamespace = 'dbt_attio'::regnamespace order by 1"
    before = crm_postgres.query(built)

    of_postgres = read(crm_postgres, tmp_path / "postgres", variables, "--queries", json.dumps(queries()))

    assert crm_postgres.query(built) == before  # models that are only read are not built
    assert set(of_postgres) == PUBLIC > queries().keys()
    for name, table in of_postgres.items():
        query = queries().get(name, "from {relation}").replace("{relation}", f"dbt_attio.{name}")
        rows = comparable(asked(crm_duckdb, query))
        assert rows == comparable(table), name
        [(every,)] = crm_duckdb.query(f"select count(*) from dbt_attio.{name}")
        assert (0 < len(rows) <= every) if name in queries() else (len(rows) == every), name


def asked(warehouse: DuckDB, query: str) -> Table:
    """What a query gives, as the script writes it."""
    found = warehouse.connection().execute(query)
    columns = [column for column, *_ in found.description]
    return {"columns": columns, "rows": json.loads(json.dumps(found.fetchall(), default=written))}


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "redshift", "databricks"])
def test_what_is_asked_for_parses_elsewhere(dialect: str) -> None:
    for query in queries().values():
        [statement] = sqlglot.parse(
            query.replace("{relation}", "survival"), dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE
        )
        assert isinstance(statement, expressions.Query)


def test_what_is_given_in_yaml_goes_before_the_defaults_and_splits_what_it_names() -> None:
    defaults = {"attio_schema": "tester", "attio_segments": [{"history": "a.b", "by": "moved_by"}]}

    assert variables("{}", defaults) == defaults
    assert variables("attio_time_zone: Europe/Berlin", defaults) == {**defaults, "attio_time_zone": "Europe/Berlin"}
    assert variables("{attio_schema: a, attio_histories: '*'}", defaults) == {
        "attio_schema": "a",
        "attio_histories": "*",
        "attio_segments": [],
    }
    both = "{attio_histories: a.b, attio_segments: [{history: a.b, by: moved_by}]}"
    assert variables(both, defaults)["attio_segments"] == defaults["attio_segments"]


@pytest.mark.parametrize("given", ["[]", "attio_schema", "attio_schema: : attio", ""])
def test_variables_that_are_no_mapping_are_refused(given: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "models"), "--vars", given]) == 1

    said = f"--vars: {given!r} must be names and values in YAML, as in 'attio_schema: attio'\n"
    assert capfd.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ("attio_timezone: UTC", "did you mean attio_time_zone?"),
        ("attio_777777777: 1", "there are attio_schema, attio_database, "),
    ],
)
def test_a_variable_that_the_package_does_not_have_is_refused(
    given: str, instead: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "models"), "--vars", given]) == 1

    said = f"--vars: the package has no variable {given.split(':', 1)[0]}; {instead}"
    assert capfd.readouterr().err.startswith(said)
    assert variables("somebody_elses: 1", {}) == {"somebody_elses": 1}


def test_what_dbt_refuses_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = main([str(tmp_path / "models"), "--quiet", *dbt_options("nowhere", tmp_path)])

    assert code == 1
    assert "nowhere" in "".join(capfd.readouterr())
    assert not (tmp_path / "models").exists()
