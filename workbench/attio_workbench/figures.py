"""The figures of one or more syncs, side by side, and those of each source."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from attio_sync.runtime import SyncReport
from attio_sync.sources import Source, tables_of
from attio_workbench.held import Held

type Figure = Callable[[SyncReport], str]

SHORT_SECONDS = 2.0


def _rate(report: SyncReport) -> str:
    """Of a moment it says nothing: the first requests of a sync leave at once."""
    return f"{report.rate:.1f} of {report.requests_per_second:g}" if report.seconds >= SHORT_SECONDS else "–"


_FIGURES: tuple[tuple[str, Figure], ...] = (
    ("records listed; a comparison lists them all", lambda r: f"{r.listed:,}"),
    ("histories read, a request for each 100 stays", lambda r: f"{r.histories_read:,}"),
    ("never moved, as the listing proves: no request", lambda r: f"{r.requests_saved:,}"),
    ("rows written into the warehouse", lambda r: f"{r.rows_written:,}"),
    ("requests sent to Attio", lambda r: f"{r.requests:,}"),
    ("refused by Attio as too many at once (429)", lambda r: f"{r.refused:,}"),
    ("seconds", lambda r: f"{r.seconds:.1f}"),
    ("requests a second, of those allowed", _rate),
)

_SELDOM: tuple[tuple[str, Callable[[SyncReport], int]], ...] = (
    ("requests sent again after a failure", lambda r: r.retried),
    ("records that cannot be read: see attio_sync_error", lambda r: r.invalid),
    ("comparisons of everything with Attio", lambda r: r.reconciled),
    ("deletes and merges found, of each history by itself", lambda r: r.gone),
    ("taken out of the warehouse for that", lambda r: r.removed),
    ("deletes sent, also of rows that may not be there", lambda r: r.rows_deleted),
)
"""Shown where there is something to show."""


def figures_table(reports: Mapping[str, SyncReport]) -> Table:
    """A column for each sync, a row for each figure."""
    table = _table("", *reports)
    for name, figure in _FIGURES:
        table.add_row(name, *(figure(r) for r in reports.values()))
    for name, count in _SELDOM:
        if any(count(r) for r in reports.values()):
            table.add_row(name, *(f"{count(r):,}" for r in reports.values()))
    return table


def sources_table(held: Held, read: Mapping[str, Counter[str]]) -> Table:
    """A row for each source: what the warehouse holds of it, and the requests for histories of each sync, by name."""
    table = _table("what is tracked", "records", "stays", *(f"requests,\n{title}" for title in read))
    for source in held.sources:
        rows = [f"{_count(held, name):,}" for name in tables_of(source)]
        table.add_row(escape(source.name), *rows, *(f"{histories[source.name]:,}" for histories in read.values()))
    return table


def _count(held: Held, table: str) -> int:
    row = held.connection.execute(f'SELECT count(*) FROM tester."{table}" WHERE NOT _fivetran_deleted').fetchone()  # noqa: S608 (a name that the setting allows)
    return row[0] if row else 0


def movers_table(held: Held, sources: Sequence[Source]) -> Table:
    """A row for each member who moved something, and how much of each source; the busiest first."""
    table = _table("moves, by whom", *(str(source.parent) for source in sources))
    names = held.names()
    moves = {source: _moves(held, source) for source in sources}
    members = {member for found in moves.values() for member in found if member}
    for member in sorted(members, key=lambda m: (-sum(found[m] for found in moves.values()), names.get(m, m))):
        table.add_row(escape(names.get(member, member)), *(f"{found[member]:,}" for found in moves.values()))
    table.add_row(
        "[dim]no member: apps, the API, Attio[/dim]", *(f"[dim]{found[None]:,}[/dim]" for found in moves.values())
    )
    return table


def _moves(held: Held, source: Source) -> Counter[str | None]:
    """How many moves each member made; None made those that no member did. What a record began with is no move."""
    query = f"""
        SELECT CASE WHEN created_by_actor_type = 'workspace-member' THEN created_by_actor_id END AS member, count(*)
        FROM tester."{tables_of(source)[1]}" WHERE position > 1 AND NOT _fivetran_deleted GROUP BY member
    """  # noqa: S608 (a name that the setting allows)
    return Counter(dict(held.connection.execute(query).fetchall()))


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
