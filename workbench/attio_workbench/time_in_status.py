"""How long records stay in each status, asked of the warehouse."""

from datetime import timedelta
from typing import NamedTuple

import duckdb
from rich.markup import escape
from rich.table import Table

from attio_workbench.terminal import bar_text, length_text

BAR = 20

QUERY = """\
select
    max(status_title) as status,
    count(*) as stays,
    count(*) filter (is_active) as there_now,
    median(epoch(active_until - active_from)) as median_seconds_until_left
from tester.attio_workflow_status_history
where not _fivetran_deleted
group by status_id
order by median_seconds_until_left is null, min(active_from)
"""


class TimeInStatus(NamedTuple):
    """One row of the query."""

    status: str
    stays: int
    there_now: int
    median_seconds: float | None
    """Of the stays that ended; None where nobody ever leaves."""


def read_time_in_status(connection: duckdb.DuckDBPyConnection) -> list[TimeInStatus]:
    """A row for each status, in the order in which they were first used, those that nobody leaves last."""
    return [TimeInStatus(*row) for row in connection.execute(QUERY).fetchall()]


def time_in_status_table(rows: list[TimeInStatus]) -> Table:
    """The same, to look at."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("status")
    for name in ("stays", "there now", "median stay"):
        table.add_column(name, justify="right")
    table.add_column("to scale")
    most = max((row.median_seconds or 0.0 for row in rows), default=0.0)
    for row in rows:
        median = row.median_seconds
        table.add_row(
            escape(row.status),
            f"{row.stays:,}",
            f"{row.there_now:,}",
            "nobody leaves" if median is None else length_text(timedelta(seconds=median)),
            f"[cyan]{bar_text((median or 0.0) / most if most else 0.0, BAR)}[/cyan]",
        )
    return table
