"""What `attio-sync check` says of the syncs to come: what each source brings and costs, and what all cost together."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from attio_sync.runtime import counted
from attio_sync.schedule import fresh_window, reconciliation_is_due
from attio_sync.settings import Settings
from attio_sync.sources import Source
from attio_sync.state import SourceState, SyncState
from attio_workbench.estimate import MONTH, SAMPLE, Cost, Survey, cost_of, cost_of_all, is_listed_each_time
from attio_workbench.terminal import instant_text, length_text

type Lines = Iterator[tuple[str, str]]
"""A name and a text each."""

COLUMNS = ("what is tracked,\ninto which table", "rows", "active\na month", "first sync", "each\nlater one")
"""What the table of all sources says of each; narrow, to leave room for names."""


def source_cells(source: Source, found: Survey, settings: Settings) -> tuple[str, ...]:
    """What to say of a source in the table of all."""
    name = f"{source.name}\n  {source.table}"
    if not found.records:
        return name, f"no {_nouns(source)} yet", "", "", ""
    cost, more = cost_of(source, found, settings), "" if found.is_all else "> "
    later = _brief(cost.later, settings) if _is_looked_at_each_time(source, found, settings) else "none"
    rows = f"{more}{found.records + found.stays:,}"
    return name, rows, f"{more}{found.active_rows:,}", f"{more}{_brief(cost.first, settings)}", later


def legend(settings: Settings) -> str:
    """How to read that table."""
    return (
        f"Of a sync: its requests, and how long they take at {settings.requests_per_second:g} a second. Each table has "
        f"another one beside it, with _history behind its name. Stays, and what is active, are estimated from {2 * SAMPLE} "
        "histories at most."
    )


def total_lines(surveys: Mapping[Source, Survey], beside: Cost, settings: Settings) -> Lines:
    """What to say of all sources together; `beside` is what the small tables cost."""
    cost = cost_of_all(dict(surveys), settings) + beside
    found = surveys.values()
    more, least = ("", "about") if all(one.is_all for one in found) else ("more than ", "more than")
    records, stays, active = (sum(n) for n in zip(*((f.records, f.stays, f.active_rows) for f in found), strict=True))
    yield (
        "rows",
        f"{more}{records:,} current ones and {least} {stays:,} stays; {least} {active:,} active in a month like the last",
    )
    moved = counted(sum(one.moved for one in found), "history", "histories")
    yield "first sync", f"{least} {_cost_text(cost.first, settings)}; {moved} read"
    changes = sum(one.changes for one in found) / MONTH.days
    yield "each later sync", f"about {_cost_text(cost.later, settings)}, and one a change: about {changes:,.0f} a day"
    if settings.reconcile_hours:
        yield f"every {settings.reconcile_hours:g} h", f"compared: {least} {_cost_text(cost.comparison, settings)} more"
    if seldom := [s.name for s, one in surveys.items() if not _is_looked_at_each_time(s, one, settings)]:
        yield (
            "only then",
            f"what changed in {', '.join(seldom)}: Attio cannot say, and to list it in each sync takes too long",
        )


def next_sync_lines(sources: Mapping[Source, Survey], state: SyncState, settings: Settings, now: datetime) -> Lines:
    """What the next sync does, and of which sources where it does several things."""
    said: dict[str, list[str]] = {}
    for source in sources:
        said.setdefault(_next_sync(settings, source, state.of(source), now), []).append(source.name)
    for number, (text, names) in enumerate(said.items()):
        yield "" if number else "next sync", text if len(said) == 1 else f"{text} ({', '.join(names)})"


def _nouns(source: Source) -> str:
    return "entries" if source.parent.is_list else "records"


def _is_looked_at_each_time(source: Source, found: Survey, settings: Settings) -> bool:
    return source.type.is_filtered or is_listed_each_time(source, found, settings)


def _brief(requests: int, settings: Settings) -> str:
    return f"{requests:,} in {_time(requests, settings)}"


def _cost_text(requests: int, settings: Settings) -> str:
    rate = f"{settings.requests_per_second:g} a second"
    return f"{counted(requests, 'request')}, {_time(requests, settings)} at {rate}"


def _time(requests: int, settings: Settings) -> str:
    return length_text(timedelta(seconds=max(1.0, requests / settings.requests_per_second)))


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
