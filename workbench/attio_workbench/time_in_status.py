"""How long records stay in each status, asked of the warehouse."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import duckdb
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from attio_sync.sources import FIRST, Source
from attio_workbench.terminal import bar_text, length_text

QUERY = """\
with stays as (
    select status_id, status_title, active_from, is_active, epoch(coalesce(active_until, now()) - active_from) as seconds
    from tester."{table}_history"
    where not _fivetran_deleted
),
moments as (
    select
        status_id,
        seconds,
        count(*) filter (not is_active) as ended,
        sum(count(*)) over (partition by status_id order by seconds desc) as at_risk
    from stays
    group by status_id, seconds
),
curves as (
    select status_id, seconds, product(1 - ended / at_risk) over (partition by status_id order by seconds) as lasting
    from moments
),
medians as (
    select status_id, min(seconds) as median_seconds
    from curves
    where lasting <= 0.5
    group by status_id
)
select
    coalesce(any_value(title), max(status_title)),
    count(*),
    count(*) filter (is_active),
    any_value(median_seconds),
    coalesce(any_value(is_archived), false)
from stays left join medians using (status_id) left join tester.attio_status using (status_id)
group by status_id
order by any_value(position) nulls last, min(active_from)
"""
"""By Kaplan and Meier, who count stays that last as what they are: to leave them out would make every status look quick."""

QUERY_TO_PASTE = """\
WITH stays AS (SELECT *, date_diff('minute', active_from,
    coalesce(active_until, now())) / 60 AS hours
  FROM tester.attio_workflow_status_history
  WHERE NOT _fivetran_deleted),
moments AS (SELECT status_id, hours,
    count(*) FILTER (NOT is_active) AS ended,
    sum(count(*)) OVER (PARTITION BY status_id
      ORDER BY hours DESC) AS at_risk
  FROM stays GROUP BY status_id, hours),
curves AS (SELECT *, product(1 - ended / at_risk) OVER (
    PARTITION BY status_id ORDER BY hours) AS lasting
  FROM moments),
medians AS (SELECT status_id, max(at_risk) AS stays,
    min(hours) FILTER (WHERE lasting <= 0.5)
      AS median_hours
  FROM curves GROUP BY status_id)
SELECT title AS status, stays, median_hours,
  bar(median_hours, 0, max(median_hours) OVER (), 20)
    AS to_scale
FROM medians JOIN tester.attio_status USING (status_id)
ORDER BY position;
"""
"""The same to paste into DuckDB, in its dialect, in lines that fit into a narrow terminal; on Fivetran the schema is called
like the connection."""


class TimeInStatus(NamedTuple):
    """One row of the query."""

    status: str
    stays: int
    there_now: int
    median_seconds: float | None
    """How long half of the stays last; None where fewer than half have ended so far."""
    is_archived: bool = False

    @property
    def median_text(self) -> str:
        """As the table shows it."""
        if self.median_seconds is not None:
            return length_text(timedelta(seconds=self.median_seconds))
        return "nobody leaves" if self.stays == self.there_now else "most are still there"


def read_time_in_status(connection: duckdb.DuckDBPyConnection, source: Source = FIRST) -> list[TimeInStatus]:
    """A row for each status of a source that was ever used, in the order they have in Attio."""
    return [TimeInStatus(*row) for row in connection.execute(QUERY.format(table=source.table)).fetchall()]


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


def time_in_status_table(pipelines: Mapping[str, Sequence[TimeInStatus]]) -> Table:
    """The same of one pipeline or several, to look at: all bars of a pipeline are to one scale."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for name in ("stays", "there now", "median stay"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("to scale")
    for name, rows in pipelines.items():
        most = max((row.median_seconds or 0.0 for row in rows), default=0.0)
        table.add_row(f"[bold]{escape(name)}[/bold]")
        for row in rows:
            table.add_row(
                # In a line of its own: beside the name it would take the bars their room in a narrow terminal.
                escape(row.status) + ("\n[dim](archived)[/dim]" if row.is_archived else ""),
                f"{row.stays:,}",
                f"{row.there_now:,}",
                row.median_text,
                Bar((row.median_seconds or 0.0) / most if most else 0.0),
            )
    return table
