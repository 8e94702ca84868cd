"""What `attio-sync check` says of the syncs to come: what each source brings and costs, and what all cost together."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attio_sync.runtime import counted
from attio_sync.schedule import fresh_window, reconciliation_is_due
from attio_sync.settings import Settings
from attio_sync.sources import Source, tables_of
from attio_sync.state import SourceState
from attio_workbench.estimate import Cost, Survey, cost_of, is_listed_each_time
from attio_workbench.terminal import instant_text, length_text

type Lines = Iterator[tuple[str, str]]
"""A name and a text each."""


def source_lines(source: Source, found: Survey, settings: Settings, state: SourceState, now: datetime) -> Lines:
    """What to say of a source."""
    least = "about" if found.is_all else "more than"
    yield "into", ", ".join(tables_of(source))
    if found.records:
        more = "" if found.is_all else "more than "
        rows = f"{more}{found.records:,} current ones and {least} {found.stays:,} stays"
        yield "rows", f"{rows}; {least} {found.active_rows:,} active in a month like the last"
        cost = cost_of(source, found, settings)
        yield "first sync", f"{least} {_cost_text(cost.first, settings)}; {found.moved:,} read a history"
        yield "each later sync", _later_text(source, found, cost, settings)
        if settings.reconcile_hours:
            yield f"every {settings.reconcile_hours:g} h", f"compared: {least} {_cost_text(cost.comparison, settings)} more"
    else:
        yield "rows", f"there are no {_nouns(source)} yet"
    yield "next sync", _next_sync(settings, source, state, now)


def total_lines(cost: Cost, changes_a_day: float, settings: Settings) -> Lines:
    """What to say of all sources together."""
    yield "first sync", f"about {_cost_text(cost.first, settings)}"
    later = _cost_text(cost.later, settings)
    yield "each later sync", f"about {later}, and one a change: about {changes_a_day:,.0f} a day"
    if settings.reconcile_hours:
        yield f"every {settings.reconcile_hours:g} h", f"compared: about {_cost_text(cost.comparison, settings)} more"


def _nouns(source: Source) -> str:
    return "entries" if source.parent.is_list else "records"


def _later_text(source: Source, found: Survey, cost: Cost, settings: Settings) -> str:
    changes = f"and one a change: about {found.changes_a_day:,.0f} a day"
    if source.type.is_filtered and settings.reconcile_hours:
        return f"{counted(cost.later, 'request')} for what changed, {changes}"
    if source.type.is_filtered or is_listed_each_time(source, found, settings):
        requests = cost.later if settings.reconcile_hours else cost.comparison
        return f"everything is compared: {_cost_text(requests, settings)}, {changes}"
    return f"nothing: Attio cannot say what changed, and every {settings.reconcile_hours:g} h it is found, {changes}"


def _cost_text(requests: int, settings: Settings) -> str:
    seconds = max(1.0, requests / settings.requests_per_second)
    rate = f"{settings.requests_per_second:g} a second"
    return f"{counted(requests, 'request')}, {length_text(timedelta(seconds=seconds))} at {rate}"


def _next_sync(settings: Settings, source: Source, known: SourceState, now: datetime) -> str:
    window = known.under_way or fresh_window(source, known, settings, now)
    if window is None:
        return "a comparison of everything"
    what = "everything" if window.since is None else f"what changed since {instant_text(window.since)}"
    if known.under_way:
        what = f"goes on where the last one stopped: {what}"
    elif known.last_sync is None:
        what = f"the first: {what}"
    if known.backfill is not None or (known.last_sync is None and window.since is not None):
        return f"{what}, then everything older"
    return f"{what}, then a comparison of everything" if reconciliation_is_due(known, settings, now) else what
