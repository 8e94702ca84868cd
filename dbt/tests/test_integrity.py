"""Each integrity test of the package is proven: a change to one row of a model makes it fail."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from warehouses import PACKAGE, DuckDB

TESTS = PACKAGE / "tests" / "integrity"
HISTORY = "dbt_attio.attio__status_history"
MUTATIONS = {
    "attio_every_stay_is_told_once": [
        f"delete from {HISTORY} where stay_id = (select min(stay_id) from {HISTORY})",
        f"insert into {HISTORY} (select * from {HISTORY} limit 1)",
        f"update {HISTORY} set history = 'deals.stage'",
    ],
    "attio_no_record_is_in_two_statuses_at_once": [
        f"update {HISTORY} set left_at = left_at + interval 1 microsecond where stay_id = (select min(stay_id) from {HISTORY} where next_status_id is not null)",
        f"update {HISTORY} set left_at = null where stay_id = (select min(stay_id) from {HISTORY} where next_status_id is not null)",
        f"update {HISTORY} set left_at = entered_at - interval 1 microsecond where stay_id = (select min(stay_id) from {HISTORY})",
    ],
    "attio_current_records_are_the_stays_that_last": [
        "delete from dbt_attio.attio__current_status where record_id = (select min(record_id) from dbt_attio.attio__current_status)",
        "update dbt_attio.attio__current_status set status_id = 'other' where record_id = (select min(record_id) from dbt_attio.attio__current_status)",
        f"update {HISTORY} set is_current = true where stay_id = (select min(stay_id) from {HISTORY} where not is_current)",
    ],
    "attio_moves_add_up": [
        "update dbt_attio.attio__current_status set moves = moves + 1 where record_id = (select min(record_id) from dbt_attio.attio__current_status)",
        "update dbt_attio.attio__current_status set moves_back = moves_back + 1 where record_id = (select min(record_id) from dbt_attio.attio__current_status)",
        "update dbt_attio.attio__status_transitions set moves = moves + 1 where from_status_order = 1 and to_status_order = 2",
        "update dbt_attio.attio__status_transitions set is_back = not is_back where from_status_order = 1 and to_status_order = 2",
        f"update {HISTORY} set direction = 'entry' where stay_id = (select min(stay_id) from {HISTORY} where direction = 'back')",
    ],
    "attio_shares_of_moves_add_up": [
        "update dbt_attio.attio__status_transitions set share = share + 0.000001 where from_status_order = 1 and to_status_order = 2",
    ],
    "attio_daily_counts_end_where_records_are": [
        "update dbt_attio.attio__status_daily set entries = entries + 1 where status_order = 1 and date_day = (select max(date_day) from dbt_attio.attio__status_daily)",
        "update dbt_attio.attio__status_daily set exits = exits + 1 where status_order = 1 and date_day = (select max(date_day) from dbt_attio.attio__status_daily)",
        "update dbt_attio.attio__status_daily set in_status = in_status + 1 where status_order = 1 and date_day = (select max(date_day) from dbt_attio.attio__status_daily)",
        "update dbt_attio.attio__status_daily set in_status = -1 where status_order = 1 and date_day = (select min(date_day) from dbt_attio.attio__status_daily)",
        "delete from dbt_attio.attio__status_daily where status_order = 1",
    ],
    "attio_every_stay_is_in_one_period_of_a_kind": [
        "update dbt_attio.attio__time_in_status set stays = stays + 1 where status_order = 1 and period_kind = 'all'",
        "update dbt_attio.attio__time_in_status set open_stays = open_stays + 1 where status_order = 1 and period_kind = 'quarter'",
        "update dbt_attio.attio__time_in_status set late_entries = late_entries + 1 where status_order = 1 and period_kind = 'month'",
        "delete from dbt_attio.attio__time_in_status where status_order = 1 and period_kind = 'month'",
    ],
    "attio_curves_fall_with_every_stay_that_ended": [
        "update dbt_attio.attio__survival set ended = ended + 1 where period_kind = 'all' and days = (select max(days) from dbt_attio.attio__survival)",
        "update dbt_attio.attio__survival set survival = 1.1 where days = 0",
        "update dbt_attio.attio__survival set survival = 1 where period_kind = 'all' and days > 10",
        "delete from dbt_attio.attio__survival where period_kind = 'month'; delete from dbt_attio.attio__survival where period_kind <> 'month'",
    ],
    "attio_outcomes_share_what_there_is": [
        "update dbt_attio.attio__conversion set share = 1.1 where day = 60",
        "update dbt_attio.attio__conversion set share = 0 where day = 30",
        "update dbt_attio.attio__conversion set share = -0.1 where day = 7",
    ],
    "attio_who_entered_can_come_to_an_outcome": [
        "update dbt_attio.attio__conversion set entered = entered + 1 where status_order = 2 and day = 7",
        f"delete from {HISTORY} where status_order = 2",
    ],
    "attio_every_record_is_in_one_cohort_of_a_kind": [
        "update dbt_attio.attio__funnel set cohort_records = cohort_records + 1 where cohort_kind = 'week'",
        "update dbt_attio.attio__funnel set reached = cohort_records + 1 where cohort_kind = 'month' and status_order = 3",
        "update dbt_attio.attio__funnel set reached = reached - 1 where cohort_kind = 'quarter' and status_kind = 'lost' and reached > 0",
        f"delete from {HISTORY} where direction = 'entry'",
    ],
    "attio_percentiles_are_of_open_records": [
        "update dbt_attio.attio__current_status set percentile_in_status = 1.01 where outcome = 'open'",
        "update dbt_attio.attio__current_status set percentile_in_status = -0.01 where outcome = 'open'",
        "update dbt_attio.attio__current_status set percentile_in_status = null where outcome = 'open'",
        "update dbt_attio.attio__current_status set percentile_in_status = 0.5 where outcome = 'won'",
    ],
    "attio_status_mapping_covers_every_status": [
        "update dbt_attio.attio__status set is_mapped = (status_order > 1)",
    ],
    "attio_status_mapping_names_only_what_there_is": [
        "insert into dbt_attio.attio_status_mapping values ('applications.workflow_status', 'no such id', 'Applied', 1, 'open', 'us')",
        "insert into dbt_attio.attio_status_mapping values ('applications.workflow_status', null, 'No such title', 1, 'open', 'us')",
        "insert into dbt_attio.attio_status_mapping values ('deals.stage', null, 'Applied', 1, 'open', 'us')",
    ],
}
GENERIC = {
    "attio__status_history_has_one_row_a_key": f"insert into {HISTORY} (select * from {HISTORY} limit 1)",
    "attio__time_in_status_has_one_row_a_key": "insert into dbt_attio.attio__time_in_status (select * from dbt_attio.attio__time_in_status where period_start is null limit 1)",
    "attio__current_status_is_complete": "update dbt_attio.attio__current_status set outcome = null where record_id = (select min(record_id) from dbt_attio.attio__current_status)",
    "attio__status_history_is_complete": f"update {HISTORY} set entered_at = null where stay_id = (select min(stay_id) from {HISTORY})",
}


@pytest.fixture(scope="module")
def compiled(built_duckdb: DuckDB) -> dict[str, str]:
    """What dbt ran of each data test, by the test's name."""
    folder = built_duckdb.work / "duckdb" / "compiled" / "attio"
    return {path.stem: path.read_text("utf-8") for path in folder.rglob("*.sql")}


@pytest.fixture
def connection(built_duckdb: DuckDB) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built file; what a test changes in it is taken back."""
    with duckdb.connect(str(built_duckdb.file)) as opened:
        opened.begin()
        yield opened
        opened.rollback()


def test_every_integrity_test_is_proven() -> None:
    assert set(MUTATIONS) == {path.stem for path in Path(TESTS).glob("*.sql")}


@pytest.mark.parametrize(("name", "mutation"), [(name, m) for name, mutations in MUTATIONS.items() for m in mutations])
def test_a_change_to_one_model_is_found(
    name: str, mutation: str, compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    if name == "attio_status_mapping_covers_every_status":
        connection.execute("update dbt_attio.attio__status set is_mapped = true")
    assert failures(connection, compiled[name]) == 0
    connection.execute(mutation)

    assert failures(connection, compiled[name]) > 0


@pytest.mark.parametrize("name", GENERIC)
def test_a_doubled_or_missing_key_is_found(
    name: str, compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    assert failures(connection, compiled[name]) == 0
    connection.execute(GENERIC[name])

    assert failures(connection, compiled[name]) > 0


def failures(connection: duckdb.DuckDBPyConnection, test: str) -> int:
    return len(connection.execute(test).fetchall())
