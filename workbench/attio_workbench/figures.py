"""The figures of one or more syncs, side by side."""

from collections.abc import Callable, Mapping

from rich.table import Table

from attio_sync.report import SyncReport

type Figure = Callable[[SyncReport], str]

_FIGURES: tuple[tuple[str, Figure], ...] = (
    ("records listed", lambda r: f"{r.listed:,}"),
    ("histories read, one request each", lambda r: f"{r.histories_read:,}"),
    ("requests saved: the listing proved they never moved", lambda r: f"{r.requests_saved:,}"),
    ("rows written", lambda r: f"{r.rows_written:,}"),
    ("requests sent", lambda r: f"{r.requests:,}"),
    ("refused with 429", lambda r: f"{r.refused:,}"),
    ("seconds", lambda r: f"{r.seconds:.1f}"),
    ("requests a second", lambda r: f"{r.rate:.1f} of {r.requests_per_second:g}"),
)

_SELDOM: tuple[tuple[str, Callable[[SyncReport], int]], ...] = (
    ("rows deleted", lambda r: r.rows_deleted),
    ("requests repeated", lambda r: r.retried),
    ("deleted or merged since they were listed", lambda r: r.gone),
    ("invalid, see the table attio_sync_error", lambda r: r.invalid),
    ("gone from Attio and removed", lambda r: r.removed),
    ("histories compared with Attio", lambda r: r.reconciled),
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
