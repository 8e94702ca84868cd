"""Each integrity test of the package is proven: a change to one row of a model makes it fail."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouses import PACKAGE, DuckDB

TESTS = PACKAGE / "tests" / "integrity"

# Of a model: which rows change, and how.
STAY = "where stay_id = (select min(stay_id) from attio__status_history"
RECORD = "where record_id = (select min(record_id) from attio__current_status)"
PAIR = "where from_status_order = 1 and to_status_order = 2"
LAST_DAY = "where status_order = 1 and date_day = (select max(date_day) from attio__status_daily)"
ALL = "where status_order = 1 and period_kind = 'all'"
MAPPING = "insert into attio_status_mapping values"
MUTATIONS = {
    "attio_every_stay_is_told_once": [
        f"delete from attio__status_history {STAY})",
        "insert into attio__status_history (select * from attio__status_history limit 1)",
        "update attio__status_history set history = 'deals.stage'",
    ],
    "attio_no_record_is_in_two_statuses_at_once": [
        f"update attio__status_history set left_at = left_at + interval 1 day {STAY} where next_status_id is not null)",
        f"update attio__status_history set left_at = null {STAY} where next_status_id is not null)",
        f"update attio__status_history set left_at = entered_at - interval 1 microsecond {STAY})",
    ],
    "attio_current_records_are_the_stays_that_last": [
        f"delete from attio__current_status {RECORD}",
        f"update attio__current_status set status_id = 'other' {RECORD}",
        f"update attio__status_history set is_current = true {STAY} where not is_current)",
    ],
    "attio_moves_add_up": [
        f"update attio__current_status set moves = moves + 1 {RECORD}",
        f"update attio__current_status set moves_back = moves_back + 1 {RECORD}",
        f"update attio__status_transitions set moves = moves + 1 {PAIR}",
        f"update attio__status_transitions set is_back = not is_back {PAIR}",
        f"update attio__status_history set direction = 'entry' {STAY} where direction = 'back')",
    ],
    "attio_shares_of_moves_add_up": [
        f"update attio__status_transitions set share = share + 0.000001 {PAIR}",
    ],
    "attio_daily_counts_end_where_records_are": [
        f"update attio__status_daily set entries = entries + 1 {LAST_DAY}",
        f"update attio__status_daily set exits = exits + 1 {LAST_DAY}",
        f"update attio__status_daily set in_status = in_status + 1 {LAST_DAY}",
        "update attio__status_daily set in_status = -1 where date_day = (select min(date_day) from attio__status_daily)",
        "delete from attio__status_daily where status_order = 1",
    ],
    "attio_every_stay_is_in_one_period_of_a_kind": [
        f"update attio__time_in_status set stays = stays + 1 {ALL}",
        f"update attio__time_in_status set open_stays = open_stays + 1 {ALL}",
        f"update attio__time_in_status set late_entries = late_entries + 1 {ALL}",
        "delete from attio__time_in_status where status_order = 1 and period_kind = 'month'",
    ],
    "attio_curves_fall_with_every_stay_that_ended": [
        "update attio__survival set ended = ended + 1 where period_kind = 'all' and days > 10",
        "update attio__survival set ended = at_risk + 1, at_risk = at_risk where days = 0",
        "update attio__survival set survival = 1.1 where days = 0",
        "update attio__survival set survival = -0.1 where days > 10",
        "update attio__survival set survival = 1 where period_kind = 'all' and days > 10",
        "delete from attio__survival",
    ],
    "attio_outcomes_share_what_there_is": [
        "update attio__conversion set share = 1.1 where day = 60",
        "update attio__conversion set share = 0 where day = 30",
        "update attio__conversion set share = -0.1 where day = 7",
    ],
    "attio_who_entered_can_come_to_an_outcome": [
        "update attio__conversion set entered = entered + 1 where status_order = 2 and day = 7",
        "delete from attio__status_history where status_order = 2",
    ],
    "attio_every_record_is_in_one_cohort_of_a_kind": [
        "update attio__funnel set cohort_records = cohort_records + 1 where cohort_kind = 'week'",
        "update attio__funnel set reached = cohort_records + 1 where cohort_kind = 'month' and status_order = 3",
        "update attio__funnel set reached = reached - 1 where status_kind = 'lost' and reached > 0",
        "delete from attio__status_history where direction = 'entry'",
    ],
    "attio_percentiles_are_of_open_records": [
        "update attio__current_status set percentile_in_status = 1.01 where outcome = 'open'",
        "update attio__current_status set percentile_in_status = -0.01 where outcome = 'open'",
        "update attio__current_status set percentile_in_status = null where outcome = 'open'",
        "update attio__current_status set percentile_in_status = 0.5 where outcome = 'won'",
    ],
    "attio_status_mapping_covers_every_status": [
        "update attio__status set is_mapped = (status_order > 1)",
    ],
    "attio_status_mapping_names_only_what_there_is": [
        f"{MAPPING} ('applications.workflow_status', 'no such id', 'Applied', 1, 'open', 'us')",
        f"{MAPPING} ('applications.workflow_status', null, 'No such title', 1, 'open', 'us')",
    ],
    # The tests of keys, one of a kind; the others differ in their columns.
    "attio__status_history_has_one_row_a_key": [
        "insert into attio__status_history (select * from attio__status_history limit 1)",
    ],
    "attio__time_in_status_has_one_row_a_key": [
        "insert into attio__time_in_status (select * from attio__time_in_status where period_start is null limit 1)",
    ],
    "attio__current_status_is_complete": [
        f"update attio__current_status set outcome = null {RECORD}",
    ],
}


@pytest.fixture(scope="module")
def compiled(built_duckdb: DuckDB) -> dict[str, str]:
    """What dbt ran of each data test, by the test's name."""
    folder = built_duckdb.work / "duckdb" / "compiled" / "attio"
    return {path.stem: path.read_text("utf-8") for path in folder.rglob("*.sql")}


@pytest.fixture
def connection(built_duckdb: DuckDB) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built file; what a test changes in it is taken back."""
    opened = built_duckdb.connection()
    opened.begin()
    yield opened
    opened.rollback()


def test_every_integrity_test_is_proven() -> None:
    assert set(MUTATIONS) >= {path.stem for path in Path(TESTS).glob("*.sql")}


@pytest.mark.parametrize(("name", "mutation"), [(name, m) for name, mutations in MUTATIONS.items() for m in mutations])
def test_a_change_to_one_model_is_found(
    name: str, mutation: str, compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("use dbt_attio")
    if name == "attio_status_mapping_covers_every_status":
        connection.execute("update attio__status set is_mapped = true")
    assert connection.execute(compiled[name]).fetchall() == []
    connection.execute(mutation)

    assert connection.execute(compiled[name]).fetchall() != []


def test_a_mapping_may_name_histories_that_are_not_built(
    compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("use dbt_attio")
    connection.execute(f"{MAPPING} ('deals.stage', null, 'Applied', 1, 'open', 'us')")

    assert connection.execute(compiled["attio_status_mapping_names_only_what_there_is"]).fetchall() == []
