"""The package on what a local sync wrote, in the same file."""

import csv
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import copy_tables
from warehouses import PACKAGE, PROFILE, DuckDB, Postgres, Warehouse

MODELS = {
    model["name"]: model
    for path in sorted((PACKAGE / "models").rglob("*.yml"))
    for model in yaml.safe_load(path.read_text("utf-8")).get("models", [])
}
PUBLIC = [name for name in MODELS if name.startswith("attio__")]
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
each_public_model = pytest.mark.parametrize("model", PUBLIC)


def test_every_model_and_column_is_described(built_duckdb: DuckDB) -> None:
    columns = built_duckdb.query(
        "select table_name, column_name from information_schema.columns where table_name <> 'attio_status_mapping' "
        "and table_schema in ('dbt_attio', 'dbt_stg_attio', 'dbt_int_attio')"
    )
    described = {(name, column["name"]) for name, model in MODELS.items() for column in model["columns"]}
    segments = {(name, column) for name, column in described if name == "int_attio__segment"}

    assert set(columns) == described - segments  # which are built only where they are asked for
    assert {path.stem for path in (PACKAGE / "models").rglob("*.sql")} == set(MODELS)
    assert all(model["description"] for model in MODELS.values())
    assert all(column["description"] for model in MODELS.values() for column in model["columns"])


@each_public_model
def test_public_models_have_a_contract_and_a_tested_key(model: str) -> None:
    tests = {name for test in MODELS[model]["data_tests"] for name in test}

    assert MODELS[model]["config"] == {"contract": {"enforced": True}}
    assert tests == {"attio.unique_key", "attio.never_null"}
    assert MODELS[model]["columns"][0]["name"] == "source_relation"
    assert all("data_type" in column for column in MODELS[model]["columns"])


def test_the_models_tell_what_the_tables_hold(built_duckdb: DuckDB) -> None:
    [(stays, open_stays, records)] = built_duckdb.query(
        "select count(*), sum(case when is_active then 1 else 0 end), count(distinct application_id) "
        "from tester.attio_workflow_status_history where not _fivetran_deleted"
    )

    assert stays > 400
    assert built_duckdb.query("select count(*), count(distinct record_id) from dbt_attio.attio__status_history") == [
        (stays, records)
    ]
    assert built_duckdb.query("select count(*) from dbt_attio.attio__status_history where is_current") == [(open_stays,)]
    assert built_duckdb.query("select count(*) from dbt_attio.attio__current_status") == [(records,)]
    assert built_duckdb.query("select status_title, status_kind from dbt_attio.attio__status order by status_order") == [
        ("Applied", "open"),
        ("Screening", "open"),
        ("Phone screen", "open"),
        ("Interview", "open"),
        ("Take-home task", "open"),
        ("Offer", "open"),
        ("Hired", "won"),
        ("Rejected", "lost"),
        ("Withdrawn", "lost"),
    ]
    assert built_duckdb.query(
        "select count(*) from dbt_attio.attio__status_history where moved_by_name like 'Recruiter %'"
    ) != [(0,)]


@pytest.mark.skipif(PROFILE != "long", reason="of another workspace PostgreSQL is compared by make test-all")
def test_postgres_passes_every_test_and_says_the_same(
    built_duckdb: DuckDB, synced_file: Path, variables: dict[str, Any], server: Path, tmp_path: Path
) -> None:
    warehouse = Postgres(tmp_path, "postgres", server, "attio").create()
    copy_tables(synced_file, warehouse)
    results = warehouse.build("build", **variables)

    assert sum(r.node.resource_type == "unit_test" for r in results) >= 28
    renamed = warehouse.renamed("synced")
    for model in PUBLIC:
        assert_same_rows(model, built_duckdb, renamed)


def test_in_the_same_file_nothing_is_copied_or_changed(built_duckdb: DuckDB) -> None:
    kinds = built_duckdb.query(
        "select table_type from information_schema.tables where table_name like 'stg\\_%' escape '\\'"
    )

    assert set(kinds) == {("VIEW",)}
    assert len(kinds) == 6


def test_the_guess_is_that_of_the_mapping_command(built_duckdb: DuckDB, mapping: Path) -> None:
    with mapping.open(encoding="utf-8", newline="") as file:
        _, *written = csv.reader(file)
    columns = "history, status_id, status_title, cast(status_order as varchar), status_kind, coalesce(waiting_on, '')"
    guessed = built_duckdb.query(f"select {columns} from dbt_attio.attio__status order by status_order")

    assert [tuple(row) for row in written] == guessed
    assert {row[4] for row in written} == {"open", "won", "lost"}


def test_the_mapping_is_loaded_by_what_its_columns_are_called(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db")
    header = (PACKAGE / "seeds" / "attio_status_mapping.csv").read_text("utf-8").strip().split(",")
    warehouse.load(
        "dbt_attio.attio_status_mapping", dict.fromkeys(reversed(header), "text"), [["from before"] * len(header)]
    )

    warehouse.build("seed")

    columns = "select column_name from information_schema.columns where table_name = 'attio_status_mapping'"
    assert [name for (name,) in warehouse.query(f"{columns} order by ordinal_position")] == header
    assert warehouse.query("from dbt_attio.attio_status_mapping") == []


@pytest.mark.slow
def test_installed_in_a_project_with_a_mapping_of_its_own(
    synced_file: Path, mapping: Path, variables: dict[str, Any], tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / "seeds").mkdir(parents=True)
    settings = {"name": "ours", "profile": "attio", "seeds": {"attio": {"attio_status_mapping": {"+enabled": False}}}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    (project / "packages.yml").write_text(yaml.safe_dump({"packages": [{"local": str(PACKAGE)}]}))
    rows = mapping.read_text("utf-8").replace(",Offer,6,open,", ",Offer,60,paused,them")
    (project / "seeds" / "our_mapping.csv").write_text(rows)
    warehouse = DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db")
    copy_tables(synced_file, warehouse)
    in_the_default_schema(warehouse)
    warehouse.build("deps", project=project)
    results = warehouse.build(
        "build",
        project=project,
        attio_status_mapping_model="our_mapping",
        attio__using_workspace_members=False,
        **variables,
    )

    assert {r.status for r in results} <= {"success", "pass"}
    assert sum(r.node.resource_type == "test" for r in results) > 40
    assert warehouse.query(
        "select status_title, status_order, waiting_on from dbt_attio.attio__status where status_kind = 'paused'"
    ) == [("Offer", 60, "them")]
    assert warehouse.query("select count(*) from dbt_attio.attio__status where not is_mapped") == [(0,)]
    assert warehouse.query("select distinct moved_by_name from dbt_attio.attio__status_history") == [(None,)]
    assert warehouse.query("from duckdb_views() where view_name = 'stg_attio__workspace_member'") == []


def in_the_default_schema(warehouse: DuckDB) -> None:
    """What a local sync wrote, where the package looks unless it is told otherwise."""
    warehouse.query("create schema attio")
    for (name,) in warehouse.query("select table_name from duckdb_tables() where schema_name = 'tester'"):
        warehouse.query(f"create view attio.{name} as from tester.{name}")


def assert_same_rows(model: str, *warehouses: Warehouse, where: str = "true") -> None:
    """Two warehouses hold the same rows of a model, and any; figures to nine digits, since sums depend on their order."""
    names = ", ".join(column["name"] for column in MODELS[model]["columns"])
    query = f"select {names} from dbt_attio.{model} where {where}"
    one, other = (sorted(w.query(query), key=repr_of_key) for w in warehouses)
    assert len(one) == len(other) > 0
    for a, b in zip(one, other, strict=True):
        assert all(same(x, y) for x, y in zip(a, b, strict=True)), (a, b)


def repr_of_key(row: tuple[Any, ...]) -> str:
    return repr([f"{value:.6f}" if isinstance(value, float) else value for value in row])


def same(x: object, y: object) -> bool:
    if isinstance(x, float) and isinstance(y, float):
        return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)
    return x == y
