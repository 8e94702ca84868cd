import io
import re

import duckdb
import pytest
from rich.console import Console
from tests.docs.documents import TABLES
from tests.workbench.conftest import Demonstration

from attio_workbench.time_in_status import QUERY_TO_PASTE, TimeInStatus, read_time_in_status, time_in_status_table

ROWS = [
    TimeInStatus("Applied", 1_500, 300, 86_400.0),
    TimeInStatus("Take-home task", 500, 30, 43_200.0),
    TimeInStatus("Offer", 400, 20, 60.0),
    TimeInStatus("Hired", 380, 380, None),
]


@pytest.mark.parametrize("width", [44, 60, 80, 120])
def test_a_status_that_is_archived_is_said_to_be(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(
        time_in_status_table({"deals.stage": [TimeInStatus("Phone screen", 108, 11, 86_400.0, is_archived=True)]})
    )

    lines = [line.split("  ")[0].rstrip() for line in console.export_text().splitlines()]
    assert lines[-2:] == ["Phone screen", "(archived)"]


def test_statuses_are_in_their_order_also_those_that_are_archived(demonstration: Demonstration) -> None:
    out = demonstration.finished.out

    _, _, table = out.partition("Time spent in each status")
    names = [line.split("  ")[0].rstrip() for line in table.partition("\n\nmoves, by")[0].splitlines()[2:]]
    in_order = [
        *("applications.workflow_status", "Applied", "Screening", "Phone screen", "(archived)", "Interview"),
        *("Take-home task", "Offer", "Hired", "Rejected", "Withdrawn"),
        *("deals.stage", "Lead", "In progress", "Won 🎉", "Lost"),
        *("lists/talent_pool.stage", "To contact", "In conversation"),
    ]
    assert names[: len(in_order)] == in_order
    # Few entries come so far.
    assert set(names[len(in_order) :]) <= {"Referred", "Dormant", "(archived)"}


@pytest.mark.parametrize(("width", "longest"), [(120, 20), (72, 20), (66, 15), (60, 9)])
def test_bars_are_to_one_scale_however_narrow_the_terminal(width: int, longest: int) -> None:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(time_in_status_table({"deals.stage": ROWS}))
    lines = console.export_text().splitlines()
    at = lines[0].index("to scale")

    bars = [line[at:].rstrip() for line in lines[2:]]
    assert bars == ["█" * longest, "█" * (longest // 2) + "▌" * (longest % 2), "▏", ""]


def test_the_query_to_paste_works_as_it_is_and_draws_bars_too(demonstration: Demonstration) -> None:
    out = demonstration.finished.out

    printed = "\n".join(line.removeprefix("  ") for line in out.splitlines())
    assert QUERY_TO_PASTE in printed
    with duckdb.connect(str(demonstration.place / "files" / "warehouse.db"), read_only=True) as connection:
        rows = connection.execute(QUERY_TO_PASTE).fetchall()
    assert rows[0][0] == "Applied"
    assert any("█" in (to_scale or "") for *_, to_scale in rows)


def test_stays_that_last_count_as_what_they_are() -> None:
    # Of those that ended the median is 2 days. But two last, seen for 3 days:
    # 4/5 last longer than a day, 3/5 longer than 2, and none longer than 4, when the last that was watched ended.
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE SCHEMA tester; "
            "CREATE TABLE tester.attio_status AS "
            "SELECT 's' AS status_id, 'Applied' AS title, 1 AS position, false AS is_archived"
        )
        connection.execute("""
            CREATE TABLE tester.attio_workflow_status_history AS
            SELECT 's' AS status_id, 'Applied' AS status_title, NOT has_ended AS is_active, false AS _fivetran_deleted,
                now() - to_days(CASE WHEN has_ended THEN 20 ELSE days END) AS active_from,
                CASE WHEN has_ended THEN active_from + to_days(days) END AS active_until
            FROM (VALUES (1, true), (2, true), (3, false), (3, false), (4, true)) AS t (days, has_ended)
        """)
        [row] = read_time_in_status(connection)
        [(_, stays, hours, _)] = connection.execute(QUERY_TO_PASTE).fetchall()
        [query] = re.findall(r"```sql\n(.*?)```", TABLES, re.DOTALL)
        [(status, *of_documents)] = connection.execute(query).fetchall()

    assert (row.status, row.stays, row.there_now, row.median_seconds) == ("Applied", 5, 2, 4 * 86_400.0)
    assert (stays, hours) == (5, 96)
    assert (status, *of_documents) == ("Applied", 5, 4)


@pytest.mark.parametrize(
    ("there_now", "median", "said"), [(5, None, "nobody leaves"), (4, None, "most are still there"), (4, 86_400.0, "1 d")]
)
def test_what_is_said_of_a_median(there_now: int, median: float | None, said: str) -> None:
    assert TimeInStatus("Applied", 5, there_now, median).median_text == said
