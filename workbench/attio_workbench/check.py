"""`attio-sync check`: who the token is, what the workspace holds, what a sync would bring and cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import anyio
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from attio_sync.attio_types import AttioAttribute, AttioStatus
from attio_sync.checks import Check, check_histories, check_names, check_reach, check_scopes, check_token
from attio_sync.client import AttioClient, utc_now
from attio_sync.schedule import fresh_window, reconciliation_is_due
from attio_sync.settings import Settings, env_files_read
from attio_sync.sources import Source
from attio_sync.state import SyncState, parse_state
from attio_sync.streams import current_table, history_table
from attio_sync.tables import ERROR_TABLE
from attio_workbench.asking import asking
from attio_workbench.estimate import Counting, Survey, estimate_rows, survey
from attio_workbench.place import Place
from attio_workbench.terminal import instant_text, path_text, warn

CHECKS: tuple[Check, ...] = (check_token, check_scopes, check_reach, check_names, check_histories)
"""The setup tests of the connection on Fivetran, in the same order."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a workspace holds, as far as it concerns a sync."""

    attributes: dict[str, list[AttioAttribute]]
    statuses: dict[Source, list[AttioStatus]]
    surveys: dict[Source, Survey]


def run_connection_check(console: Console, settings: Settings, place: Place) -> None:
    """Prints each check as it succeeds, then the tables.

    Raises:
        AttioSyncError: a check fails, and so would a sync.
    """
    for path in env_files_read():
        console.print(f"Settings from {escape(path_text(path))}", soft_wrap=True)
    findings = anyio.run(_look, console, settings)
    state = parse_state(place.read_state(), warn)
    console.print()
    console.print(_objects_table(settings, findings))
    console.print()
    for part in _sync_tables(settings, findings, state):
        console.print(part)


async def _look(console: Console, settings: Settings) -> Findings:
    async with asking(console, settings) as client:
        for check in CHECKS:
            console.print(f"[green]✓[/green] {escape(await check(client, settings))}")
        slugs = sorted(o.api_slug for o in await client.fetch_objects() if o.api_slug)
        attributes = {slug: await client.fetch_attributes(slug) for slug in slugs}
        statuses = {h: await client.fetch_statuses(h.parent, h.attribute) for h in settings.history}
        surveys = {h: await _survey(console, client, settings, h) for h in settings.history}
        return Findings(attributes, statuses, surveys)


async def _survey(console: Console, client: AttioClient, settings: Settings, history: Source) -> Survey:
    counting = Counting(console, history)
    try:
        return await survey(client, settings, history, counting.on_page, utc_now())
    finally:
        counting.stop()


def _objects_table(settings: Settings, findings: Findings) -> Table:
    tracked = {(h.parent, h.attribute) for h in settings.history}
    table = _table("object", "status attributes", "other attributes")
    for slug, attributes in findings.attributes.items():
        statuses = [a.api_slug for a in attributes if a.type == "status"]
        marked = [f"[green]{escape(s)}[/green]" if (slug, s) in tracked else escape(s) for s in statuses]
        others = [escape(a.api_slug) for a in attributes if a.type != "status"]
        table.add_row(escape(slug), ", ".join(marked) or "[dim]none[/dim]", f"[dim]{', '.join(others)}[/dim]")
    return table


def _sync_tables(settings: Settings, findings: Findings, state: SyncState) -> Iterator[RenderableType]:
    """What would be synced: a heading and a table for each history, then what holds for all."""
    for history in settings.history:
        yield f"[bold]would be synced[/bold] [green]{escape(f'{history.parent}.{history.attribute}')}[/green]"
        table = _table("", "")
        titles = [f"{s.title} (archived)" if s.is_archived else s.title for s in findings.statuses[history]]
        table.add_row("its statuses", escape(", ".join(titles)))
        table.add_row("into", f"{current_table(history).name}, {history_table(history).name}")
        for name, text in estimate_rows(findings.surveys[history], settings):
            table.add_row(name, text)
        table.add_row("next sync", _next_sync(settings, history, state, utc_now()))
        yield Padding(table, (0, 0, 1, 2), expand=False)
    table = _table("", "")
    table.add_row("from", escape(settings.attio_base_url))
    table.add_row("at most", f"{settings.requests_per_second:g} requests a second")
    table.add_row("what cannot be read", f"goes into {ERROR_TABLE}")
    yield table


def _table(*names: str) -> Table:
    """A table in which nothing is cut: what is too long for a narrow terminal goes on in the next line."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_header=any(names))
    table.add_column(names[0], no_wrap=True)
    for name in names[1:]:
        table.add_column(name, overflow="fold")
    return table


def _next_sync(settings: Settings, history: Source, state: SyncState, now: datetime) -> str:
    known = state.of(history)
    window = known.under_way or fresh_window(known, settings, now)
    what = "everything" if window.since is None else f"what changed since {instant_text(window.since)}"
    if known.under_way:
        what = f"goes on where the last one stopped: {what}"
    elif known.last_sync is None:
        what = f"the first: {what}"
    if known.backfill is not None or (known.last_sync is None and window.since is not None):
        return f"{what}, then everything older"
    return f"{what}, then a comparison of everything" if reconciliation_is_due(known, settings, now) else what
