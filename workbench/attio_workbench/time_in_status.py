"""How long records stay in each status, asked of the warehouse."""

from datetime import timedelta
from typing import NamedTuple

import duckdb
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from attio_workbench.terminal import bar_text, length_text

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

QUERY_TO_PASTE = """\
SELECT max(status_title) AS status, count(*) AS stays,
  median(date_diff('hour', active_from, active_until))
    AS median_hours,
  bar(median_hours, 0, max(median_hours) OVER (), 20)
    AS to_scale
FROM tester.attio_workflow_status_history
WHERE NOT _fivetran_deleted
GROUP BY status_id
ORDER BY median_hours IS NULL, min(active_from);
"""
"""The same to paste into DuckDB, in its dialect, in lines that fit into a narrow terminal; on Fivetran the schema is called
like the connection."""


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


class Bar:
    """A bar that fills a share of the room its column has, so that the bars of a table are to one scale at any width."""

    WIDEST = 20
    NARROWEST = 4

    def __init__(self, share: float) -> None:
        self._share = share

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The bar, as wide as it may be."""
        yield Text(bar_text(self._share, options.max_width), "cyan")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """How wide it may be."""
        return Measurement(self.NARROWEST, self.WIDEST)


def time_in_status_table(rows: list[TimeInStatus]) -> Table:
    """The same, to look at."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("status", no_wrap=True)
    for name in ("stays", "there now", "median stay"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("to scale")
    most = max((row.median_seconds or 0.0 for row in rows), default=0.0)
    for row in rows:
        median = row.median_seconds
        table.add_row(
            escape(row.status),
            f"{row.stays:,}",
            f"{row.there_now:,}",
            "nobody leaves" if median is None else length_text(timedelta(seconds=median)),
            Bar((median or 0.0) / most if most else 0.0),
        )
    return table
