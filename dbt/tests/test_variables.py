"""The variables: connections, histories, switches; and the package installed in somebody's project."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from synthetic import MEMBERS, START, STATUSES, STAYS, load, stays_of
from warehouses import PACKAGE, DuckDB

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PIPELINE = [("New", False), ("Done", True)]


def test_a_default_is_the_same_wherever_it_stands() -> None:
    """A project that calls a macro of the package from a model of its own has the defaults that stand there."""
    declared = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text("utf-8"))["vars"]["attio"]
    files = [*(PACKAGE / "macros").rglob("*.sql"), *(PACKAGE / "models").rglob("*.*")]
    found = [one for file in files for one in re.findall(r"\bvar\('(\w+)', ([^)]*)\)", file.read_text("utf-8"))]
    table = re.findall(r"^\| (attio_\w+) \| (.*?) \|", (PACKAGE / "README.md").read_text("utf-8"), re.MULTILINE)

    def said(value: object) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    known = re.search(r"set known = \[(.*?)\]", (PACKAGE / "macros" / "variables.sql").read_text("utf-8"), re.DOTALL)
    assert known
    assert re.findall(r"'(\w+)'", known[1]) == list(declared)
    nothing = [name for name, value in declared.items() if value in ([], None)]
    assert {name for name, _ in found} | {"attio__using_unit_tests"} == set(declared) == {name for name, _ in table}
    for name, default in found:
        assert default.strip("'") == ("none" if name in nothing else said(declared[name])), name
    for name, default in table:
        assert default == said(declared[name]) or declared[name] is None, name


def test_everything_works_where_there_is_nothing(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db")
    warehouse.load(
        "tester.attio_workflow_status", {"application_id": "text", "stays": "bigint", "_fivetran_deleted": "boolean"}, []
    )
    warehouse.load("tester.attio_workflow_status_history", {"application_id": "text", **STAYS}, [])
    warehouse.load("tester.attio_status", STATUSES, [])
    warehouse.load("tester.attio_workspace_member", MEMBERS, [])
    warehouse.build("build", "--exclude-resource-type", "unit_test")
    models = [path.stem for path in (PACKAGE / "models").rglob("attio__*.sql")]

    assert len(models) == 9
    assert {model: warehouse.query(f"from dbt_attio.{model}") for model in models} == {model: [] for model in models}


def test_several_connections_and_histories_in_one_build(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db")
    for schema in ("one", "two"):
        load(warehouse, stays_of("a", START, ("New", DAY), ("Done", None)), PIPELINE, schema)
        load(warehouse, stays_of("a", START, ("Warm", 2 * DAY), ("Cold", None)), [], schema, "deals.stage=attio_deal_stage")
        load(warehouse, stays_of("b", START, ("Warm", None)), [], schema, "pool.stage=attio_pool_stage")
        warehouse.query(f"alter table {schema}.attio_pool_stage rename column record_id to entry_id")
        warehouse.query(f"alter table {schema}.attio_pool_stage_history rename column record_id to entry_id")
    warehouse.query("delete from two.attio_workflow_status; delete from two.attio_workflow_status_history")
    warehouse.build(
        "build",
        "--select",
        "+attio__status_history",
        "+attio__current_status",
        "+attio__status",
        *WITHOUT_TESTS,
        attio_as_of=AS_OF.isoformat(),
        attio_sources=[{"name": name, "schema": name, "database": "warehouse"} for name in ("one", "two")],
        attio_histories=[
            "applications.workflow_status=attio_workflow_status",
            "deals.stage=attio_deal_stage",
            {"history": "pool.stage", "table": "attio_pool_stage", "id_column": "entry_id"},
        ],
    )

    expected = [
        ("one", "applications.workflow_status", "a", "Done", "won"),
        ("one", "deals.stage", "a", "Cold", "open"),
        ("one", "pool.stage", "b", "Warm", "open"),
        ("two", "deals.stage", "a", "Cold", "open"),
        ("two", "pool.stage", "b", "Warm", "open"),
    ]
    columns = "source_relation, history, record_id, status_title, outcome"
    assert warehouse.query(f"select {columns} from dbt_attio.attio__current_status order by all") == expected
    statuses = "select source_relation, history, status_title from dbt_attio.attio__status where history like 'app%'"
    assert len(warehouse.query(statuses)) == 4


def test_personal_data_can_be_switched_off(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db")
    load(warehouse, stays_of("a", START, ("New", DAY), ("Done", None)), PIPELINE)
    moved_by = "select distinct moved_by_id, moved_by_name from dbt_attio.attio__status_history"
    columns = "select column_name from information_schema.columns where table_name = 'stg_attio__workspace_member'"
    warehouse.build(
        "build",
        *("--select", "+attio__status_history", "stg_attio__workspace_member", *WITHOUT_TESTS),
        attio_as_of=AS_OF.isoformat(),
        attio__using_personal_data=False,
    )

    assert warehouse.query(moved_by) == [("m1", None)]
    assert set(warehouse.query(columns)) == {("source_relation",), ("workspace_member_id",), ("access_level",)}


@pytest.mark.parametrize(
    ("model", "variable", "value", "said"),
    [
        (
            "int_attio__stays",
            "attio_as_of",
            "yesterday",
            "attio_as_of: 'yesterday' is no moment such as 2026-11-24 or 2026-11-24T08:00:00Z",
        ),
        (
            "stg_attio__status_history",
            "attio_histories",
            "workflow_status",
            "workflow_status is not object.attribute or lists/list.attribute",
        ),
        (
            "stg_attio__status_history",
            "attio_histories",
            "deals.stage]",
            "deals.stage] is not object.attribute or lists/list.attribute",
        ),
        (
            "stg_attio__status_history",
            "attio_histories",
            "lists/.stage",
            "lists/.stage is not object.attribute or lists/list.attribute",
        ),
        (
            "stg_attio__status_history",
            "attio_histories",
            [{"history": "deals.value", "type": "currency"}],
            "its type is status or select",
        ),
        (
            "stg_attio__status_history",
            "attio_histroies",
            "*",
            "--vars: the package has no variable attio_histroies; there are attio_schema, ",
        ),
        ("stg_attio__status_history", "attio_histories", [], "attio_histories is empty"),
        (
            "stg_attio__status_history",
            "attio_histories",
            "deals.stagee",
            "deals.stagee: there is no table attio_deals_stagee in tester. Is the name",
        ),
        ("int_attio__stays", "attio_late_entries", "2026-01-05", "attio_late_entries is a list"),
        ("attio__status", "attio_segments", {"history": "a.b", "by": "a.c"}, "attio_segments is a list"),
        ("attio__funnel", "attio_horizon_days", -5, "attio_horizon_days: '-5' is no whole number of at least 1"),
        ("attio__funnel", "attio_horizon_days", 7.5, "attio_horizon_days: '7.5' is no whole number of at least 1"),
        (
            "attio__time_in_status",
            "attio_few_records",
            "many",
            "attio_few_records: 'many' is no whole number of at least 0",
        ),
        (
            "int_attio__stays",
            "attio_late_entry_records",
            0,
            "attio_late_entry_records: '0' is no whole number of at least 1",
        ),
        ("attio__status_history", "attio_working_days", [0, 9], "attio_working_days: [0, 9] is no list of different days"),
        (
            "attio__status_history",
            "attio_working_days",
            ["Mon"],
            "attio_working_days: ['Mon'] is no list of different days",
        ),
        ("attio__status_history", "attio_working_days", [1, 1], "attio_working_days: [1, 1] is no list of different days"),
        ("attio__status_history", "attio_working_days", [], "attio_working_days: [] is no list of different days"),
        ("attio__status_history", "attio_working_days", 5, "attio_working_days: 5 is no list of different days"),
    ],
)
def test_a_wrong_variable_is_named(misled: DuckDB, model: str, variable: str, value: Any, said: str) -> None:
    refused(misled, model, said, **{variable: value})


STATUS, SOURCE = "applications.workflow_status", "applications.source"


@pytest.mark.parametrize(
    ("histories", "segment", "said"),
    [
        (
            STATUS,
            {"history": STATUS, "by": SOURCE},
            f"{STATUS}. If it is not misspelt, write attio_histories: '{STATUS}, {SOURCE}'",
        ),
        (
            SOURCE,
            {"history": STATUS, "by": SOURCE},
            f": {SOURCE}. If it is not misspelt, write attio_histories: '{SOURCE}, ",
        ),
        (
            "*",
            {"history": STATUS, "by": SOURCE},
            f" (* stands for statuses only). If it is not misspelt, write attio_histories: '*, {SOURCE}'",
        ),
        (
            "*",
            {"history": "applications.status", "by": "moved_by"},
            f"applications.status is none of the histories that attio_histories names: {STATUS} (*",
        ),
        (
            ["*"],
            {"history": STATUS, "by": SOURCE},
            "(* stands for statuses only). If it is not misspelt, add it to that list",
        ),
        ("*", {"history": STATUS, "by": "Moved_by"}, f": {STATUS}; did you mean moved_by?"),
        ("*", {"history": STATUS.title(), "by": "moved_by"}, f"; did you mean {STATUS}?"),
        (
            f"*, {SOURCE}",
            {"history": STATUS, "by": "Source"},
            f"Source is none of the histories that attio_histories names: {SOURCE}, {STATUS}; did you mean {SOURCE}?",
        ),
        (
            f"*, {SOURCE}",
            {"history": STATUS, "BY": SOURCE},
            "is not {history: …, by: …}, which are all that it may have, in small letters",
        ),
        (f"*, {SOURCE}", {"history": STATUS, "by": SOURCE, "values": 3}, "is not {history: …, by: …}, which are all that"),
        (f"{STATUS},deals.stage", {"history": STATUS, "by": "deals.stage"}, "is not {history, by}: two histories of one"),
        (STATUS, {"history": STATUS, "by": STATUS}, "is not {history, by}: two histories of one"),
        (STATUS, {"history": "moved_by", "by": "moved_by"}, "is not {history, by}: two histories of one"),
        (STATUS, {"history": STATUS, "by": 7}, f"7 is none of the histories that attio_histories names: {STATUS}\n"),
        (STATUS, {"history": STATUS, "by": None}, "is not {history, by}: two histories of one"),
        (STATUS, {"history": STATUS}, "is not {history: …, by: …}, which are all"),
        (STATUS, STATUS, f"{STATUS} is not {{history: …, by: …}}, which are all"),
    ],
)
def test_what_cannot_be_split_is_named_with_what_to_write(misled: DuckDB, histories: Any, segment: Any, said: str) -> None:
    refused(misled, "attio__status", said, attio_histories=histories, attio_segments=[segment])


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory) -> DuckDB:
    """Tables of which nothing is built, since a variable is wrong."""
    work = tmp_path_factory.mktemp("misled")
    warehouse = DuckDB(work, "duckdb", work / "warehouse.db")
    warehouse.load("tester.attio_status", STATUSES, [("s1", "applications", "workflow_status", 1, "New", *[None] * 4)])
    warehouse.load("tester.attio_applications_source", {"record_id": "text", "option_title": "text"}, [])
    warehouse.load("tester.attio_deals_stage", {"record_id": "text", "status_title": "text"}, [])
    return warehouse


def refused(warehouse: DuckDB, model: str, said: str, **variables: Any) -> None:
    """The first model that asks for it is not compiled, and what is wrong is said."""
    with pytest.raises(AssertionError) as failed:
        warehouse.build("compile", "--select", model, **variables)

    assert said in str(failed.value)
