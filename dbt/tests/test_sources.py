"""Statuses and selects, of objects and of lists, in one build of what the connector wrote of a whole workspace."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import OBSERVED
from test_build import PUBLIC, WITHOUT_TESTS, assert_same_rows
from warehouses import PROFILE, DuckDB, Postgres, Warehouse

HISTORY = ("--select", "stg_attio__status_history")
TITLES = "select status_title from dbt_attio.attio__status where history = 'lists/sales.priority' order by 1"
STATUSES = ("--select", "+attio__status", *WITHOUT_TESTS)
IN_TABLES = """
    select 'deals.stage', count(*), count(distinct record_id), 0 from tester.attio_deals_stage_history
    union all
    select 'lists/hiring.stage', count(*), count(distinct entry_id), count(distinct entry_id)
    from tester.attio_candidates_history
    union all
    select 'lists/sales.priority', count(*), count(distinct entry_id), count(distinct entry_id)
    from tester.attio_sales_priority_history
    order by 1
"""


def test_every_status_and_select_is_told_as_its_tables_tell_it(crm: Warehouse) -> None:
    told = "select history, count(*), count(distinct record_id), count(distinct {}) from dbt_attio.{} group by 1 order by 1"
    expected = crm.query(IN_TABLES)
    parents = "case when parent_record_id is not null then record_id end"

    assert all(stays > records > 20 for _, stays, records, _ in expected)
    assert crm.query(told.format(parents, "attio__status_history")) == expected
    assert crm.query(
        "select history, sum(moves + 1) from dbt_attio.attio__current_status "
        "where first_entered_at is not null group by 1 order by 1"
    ) == [(history, stays) for history, stays, *_ in expected]


def test_options_are_statuses_in_the_order_in_which_attio_lists_them(crm: Warehouse) -> None:
    columns = "status_title, status_order, status_kind, is_archived, is_mapped, target_days"
    options = f"select {columns} from dbt_attio.attio__status where history = 'lists/sales.priority' order by 2"

    assert crm.query(options) == [
        ("Low", 1, "lost", False, True, None),
        ("Medium", 2, "open", False, False, None),
        ("High", 3, "won", False, True, None),
    ]
    assert crm.query(
        "select distinct status_title, outcome_status_title from dbt_attio.attio__conversion "
        "where history = 'lists/sales.priority' order by 1, 2"
    ) == [("Medium", "High"), ("Medium", "Low")]


def test_entries_are_where_their_table_says_and_about_what_it_says(crm: Warehouse) -> None:
    told = (
        "select record_id, parent_object, parent_record_id, status_id from dbt_attio.attio__current_status "
        "where history = '{}' order by 1"
    )
    held = "select entry_id, parent_object, parent_record_id, {} from tester.{} order by 1"

    assert crm.query(told.format("lists/hiring.stage")) == crm.query(held.format("status_id", "attio_candidates"))
    assert crm.query(told.format("lists/sales.priority")) == crm.query(held.format("option_id", "attio_sales_priority"))
    assert crm.query("select distinct parent_object from dbt_attio.attio__current_status order by 1 nulls first") == [
        (None,),
        ("companies",),
        ("people",),
    ]


@pytest.mark.parametrize("model", PUBLIC)
def test_both_warehouses_say_the_same(model: str, crm_duckdb: DuckDB, crm_postgres: Postgres) -> None:
    histories = f"select distinct history from dbt_attio.{model} order by 1"

    assert_same_rows(model, crm_duckdb, crm_postgres)
    assert [name for (name,) in crm_duckdb.query(histories)][-1] == "lists/sales.priority"


@pytest.mark.skipif(PROFILE != "long", reason="segments, which are told like histories, are compared by make test-all")
def test_no_history_changes_what_is_said_of_another(crm_duckdb: DuckDB, variables: dict[str, Any], tmp_path: Path) -> None:
    warehouse = copied(crm_duckdb, tmp_path)
    warehouse.build(
        "build", *WITHOUT_TESTS, **variables, **OBSERVED, attio_histories="lists/hiring.stage = attio_candidates, *"
    )

    histories = "select distinct history from dbt_attio.attio__current_status order by 1"
    assert warehouse.query(histories) == [("deals.stage",), ("lists/hiring.stage",)]
    for model in PUBLIC:
        assert_same_rows(model, warehouse, crm_duckdb, where="history <> 'lists/sales.priority'")


def test_options_have_the_titles_that_were_read_where_nothing_lists_them(
    crm_duckdb: DuckDB, variables: dict[str, Any], tmp_path: Path
) -> None:
    warehouse = copied(crm_duckdb, tmp_path)
    variables = {**variables, "attio_histories": "lists/sales.priority"}
    warehouse.query("drop view dbt_stg_attio.stg_attio__select_option; drop table tester.attio_select_option")
    with pytest.raises(AssertionError, match='"attio_select_option", so options have the titles'):
        warehouse.build("--warn-error", "compile", "--select", "stg_attio__select_option", **variables)
    warehouse.query("drop table dbt_attio.attio__status")
    warehouse.build("build", *STATUSES, **variables)

    assert warehouse.query(TITLES) == [("High",), ("Low",), ("Medium",)]


def test_models_in_a_file_beside_it_read_it_where_it_is(
    crm_duckdb: DuckDB, variables: dict[str, Any], tmp_path: Path
) -> None:
    synced = copied(crm_duckdb, tmp_path)
    synced.query("drop table tester.attio_workspace_member")
    synced.query("checkpoint")
    before = synced.file.read_bytes()
    warehouse = DuckDB(tmp_path, "attached", tmp_path / "models.db", synced.file)
    warehouse.build(
        "build",
        *("--select", "+attio__status_history", "+attio__status", *WITHOUT_TESTS),
        **variables,
        attio_histories="deals.stage, lists/sales.priority",
        attio_database="synced",
        attio__using_select_options=False,
    )

    assert synced.file.read_bytes() == before
    told = "select history, count(*) from dbt_attio.attio__status_history where history <> 'lists/hiring.stage' group by 1"
    assert sorted(warehouse.query(told)) == sorted(crm_duckdb.query(told)) != []
    assert warehouse.query("select count(moved_by_name) from dbt_attio.attio__status_history") == [(0,)]
    views = "select view_name from duckdb_views() where database_name = 'models' and view_name like 'stg_attio__%'"
    assert ("stg_attio__status",) in (made := warehouse.query(views))
    assert ("stg_attio__select_option",) not in made
    assert warehouse.query(TITLES) == [("High",), ("Low",), ("Medium",)]


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (
            "deals.stage,lists/hiring.channels",
            "lists/hiring.channels is left out: attio_hiring_channels holds several values",
        ),
        (  # what Fivetran, too, makes one of
            "deals.stage,lists/hiring.__Channels",
            "lists/hiring.__Channels is left out: attio_hiring_channels holds several values",
        ),
        ("deals.stage,deals.value", "deals.value is left out: attio_deals_value holds values of another type"),
    ],
)
def test_what_is_in_no_one_status_is_left_out_and_named(
    history: str, said: str, crm_duckdb: DuckDB, variables: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=said):
        copied(crm_duckdb, tmp_path).build("--warn-error", "compile", *HISTORY, **variables, attio_histories=history)


@pytest.mark.parametrize(
    ("histories", "said"),
    [
        (
            [{"history": "lists/hiring.channels", "type": "select"}],
            "lists/hiring.channels is no select of one value at a time: attio_hiring_channels holds several values",
        ),
        (
            [{"history": "deals.stage", "type": "select"}],
            "deals.stage is no select of one value at a time: .* holds status",
        ),
        ("lists/hiring.channels", "attio_histories names no status, and no select that has one value at a time"),
    ],
)
def test_what_cannot_be_built_is_refused(
    histories: Any, said: str, crm_duckdb: DuckDB, variables: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=said):
        copied(crm_duckdb, tmp_path).build("compile", *HISTORY, **variables, attio_histories=histories)


def copied(warehouse: DuckDB, folder: Path) -> DuckDB:
    """The file once more, to be changed."""
    warehouse.query("checkpoint")
    return DuckDB(folder, "duckdb", Path(shutil.copy(warehouse.file, folder / "warehouse.db")))
