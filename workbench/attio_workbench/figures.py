"""The figures of one or more syncs, side by side."""

from collections.abc import Callable, Mapping

from rich.table import Table

from attio_sync.report import SyncReport

type Figure = Callable[[SyncReport], str]

_FIGURES: tuple[tuple[str, Figure], ...] = (
    ("records listed; once more when all are compared", lambda r: f"{r.listed:,}"),
    ("histories read, one request each", lambda r: f"{r.histories_read:,}"),
    ("never moved, as the listing proves: no request", lambda r: f"{r.requests_saved:,}"),
    ("rows written into the warehouse", lambda r: f"{r.rows_written:,}"),
    ("requests sent to Attio", lambda r: f"{r.requests:,}"),
    ("refused by Attio as too many at once (429)", lambda r: f"{r.refused:,}"),
    ("seconds", lambda r: f"{r.seconds:.1f}"),
    ("requests a second, of those allowed", lambda r: f"{r.rate:.1f} of {r.requests_per_second:g}"),
)

_SELDOM: tuple[tuple[str, Callable[[SyncReport], int]], ...] = (
    ("requests sent again after a failure", lambda r: r.retried),
    ("records that cannot be read: see attio_sync_error", lambda r: r.invalid),
    ("comparisons of everything with Attio", lambda r: r.reconciled),
    ("records deleted or merged, as Attio says when asked", lambda r: r.gone),
    ("records taken out of the warehouse for that", lambda r: r.removed),
    ("rows deleted from the warehouse, at most", lambda r: r.rows_deleted),
)
"""Shown where there is something to show."""


def figures_table(reports: Mapping[str, SyncReport]) -> Table:
    """A column for each sync, a row for each figure."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for title in reports:
        table.add_column(title, justify="right")
    for name, figure in _FIGURES:
        table.add_row(name, *(figure(r) for r in reports.values()))
    for name, count in _SELDOM:
        if any(count(r) for r in reports.values()):
            table.add_row(name, *(f"{count(r):,}" for r in reports.values()))
    return table
