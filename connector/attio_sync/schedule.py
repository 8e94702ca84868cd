"""Pure: what is due in a sync, and whether its state is of what is synced."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from attio_sync.attio_types.workspace import TokenIdentity
from attio_sync.errors import FOR_ALL_TO_SEE, ForbiddenError, StateError
from attio_sync.ledger import SLICES
from attio_sync.settings import Settings
from attio_sync.sources import FIRST, Source, tables_of
from attio_sync.state import SourceState, SyncState, Window

CHEAP_REQUESTS = 40
"""A listing that takes no more is compared in every sync, where that is the only way to see what changed."""


def fresh_window(source: Source, state: SourceState, settings: Settings, now: datetime) -> Window | None:
    """The next window of a source: from its last sync, less the buffer, or as far back as a first sync goes.

    What Attio cannot filter has one window only, of everything; what changes afterwards is found by comparing.
    """
    if not source.type.is_filtered:
        return None if state.last_sync else Window(None, now)
    if state.last_sync is not None:
        # A last_sync in the future comes from a clock that was wrong: what has happened since must not be missed.
        return Window(min(state.last_sync, now) - timedelta(minutes=settings.buffer_minutes), now)
    if settings.backfill_days is None:
        return Window(None, now)
    return Window(now - timedelta(days=settings.backfill_days), now)


AWAY = timedelta(days=30)
"""So long everything is kept that is known of a source that is not found any more."""

SEES_A_PART = (
    "the token sees only what one member may see: what that member may not see is missing, and nothing is taken for "
    f"deleted; {FOR_ALL_TO_SEE}"
)
"""A warning of a first sync, and of each that compares."""


def of_this_workspace(state: SyncState, identity: TokenIdentity) -> SyncState:
    """The state, which remembers what workspace it is of.

    Raises:
        StateError: it is of another one than the token.
    """
    if state.workspace_id and identity.workspace_id and state.workspace_id != identity.workspace_id:
        message = (
            f"the token is for another workspace ({identity.workspace_name}) than the one this connection has synced so "
            "far. Set a token of that one again, give this workspace a connection of its own, or re-sync this one from "
            "Fivetran's dashboard: then everything is replaced"
        )
        raise StateError(message)
    return replace(state, workspace_id=identity.workspace_id or state.workspace_id)


def may_come_back(
    key: str, was: SourceState, sources: Sequence[Source], unknown: Collection[str], *, everything: bool
) -> bool:
    """Whether a source of the state that is not tracked now may be again without a change of settings.

    It could not be looked up just now, or every status is tracked and it is not found. Where another source has its tables
    now, its rows are not there any more; and what is tracked with another table does not come back with this one.
    """
    name, _, table = key.partition("=")
    if name in {s.name for s in sources}:
        return False
    is_looked_for = everything and was.kind in {"", FIRST.kind}
    taken = {taken for s in sources for taken in tables_of(s)}
    return (is_looked_for or could_not_be_looked_up(name, unknown)) and not taken & {table, f"{table}_history"}


def could_not_be_looked_up(name: str, unknown: Collection[str]) -> bool:
    """Whether a source is among what is unknown: by itself, or its whole object or list."""
    return not {name, name.partition(".")[0]}.isdisjoint(unknown)


def gone_away(names: Sequence[str]) -> str:
    """A warning of sources that are not found any more."""
    return (
        f"not found any more: {', '.join(names)}. What is gone from Attio or archived there, or what the token may not see "
        "any more, keeps its tables as they are; should it come back, they follow again"
    )


def while_away(was: SourceState, now: datetime) -> SourceState:
    """The state of a source that is not found: after a while so little that, if it comes back, it is delivered anew."""
    since = was.away or now
    return SourceState(kind=was.kind, invalid=was.invalid, away=since) if now - since > AWAY else replace(was, away=since)


def reason_to_start_over(source: Source, state: SourceState) -> str | None:
    """Why everything is to be delivered anew, if it is; one that needs no saying is empty."""
    if state.ledger is None:
        earlier = f"{source.name} was synced by an earlier version of the connector, or what it remembers cannot be read"
        was_away = f"{source.name} was not found for more than {AWAY.days} days"
        return earlier if state.last_sync else was_away if state.away else ""
    if state.kind not in {"", source.kind}:
        return f"the values of {source.name} are of another type than they were"
    if source.attribute_id and state.attribute_id not in {"", source.attribute_id}:
        return is_another(source)
    return None


def is_another(source: Source) -> str:
    """Why a source is delivered anew that was another attribute."""
    return f"{source.name} is another attribute than it was"


def check_that_all_is_seen(reason: str, *, sees_everything: bool) -> None:
    """Before tables are emptied that hold something: a token that sees only a part would not fill them again.

    Raises:
        ForbiddenError: it sees only a part.
    """
    if reason and not sees_everything:
        message = f"{reason}, and the token may see only a part of what is there: nothing was emptied; {FOR_ALL_TO_SEE}"
        raise ForbiddenError(message)


def left_behind(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """A sentence for each history that no longer goes into its table, which nobody changes any more and nobody drops.

    Both are the keys of sources in a state; what names no table, as only people write it, has no rows to speak of.
    """
    tracked = {key for key in after if "=" in key}
    into = {name: table for name, _, table in (key.partition("=") for key in tracked)}
    said: list[str] = []
    for name, _, table in sorted(key.partition("=") for key in set(before) - tracked if "=" in key):
        now = f"goes into {into[name]} now" if name in into else "is no longer tracked"
        said.append(f"{name} {now}; the rows of {table} and {table}_history stay as they are")
    return said


def listed_together(sources: Sequence[Source], state_of: Callable[[Source], SourceState]) -> list[list[Source]]:
    """Which sources are listed together: those of one parent that Attio cannot filter and that are equally far."""

    def place(source: Source) -> object:
        state = state_of(source)
        return source if source.type.is_filtered else (source.parent, state.under_way, state.last_sync is None)

    groups: dict[object, list[Source]] = {}
    for source in sources:
        groups.setdefault(place(source), []).append(source)
    return list(groups.values())


def is_compared_in_every_sync(source: Source, state: SourceState, settings: Settings) -> bool:
    """Whether there is no other way to see what changed, and this one costs little."""
    if state.ledger is None or state.last_sync is None or state.backfill is not None:
        return False
    return not source.type.is_filtered and state.ledger.records <= CHEAP_REQUESTS * settings.page_size


def reconciliation_is_due(state: SourceState, settings: Settings, now: datetime) -> bool:
    """Whether it is time that everything is compared, or early because too much would differ."""
    if state.ledger is None or state.backfill is not None:
        return False
    # With a token that sees too little no slice may become known.
    is_early = state.ledger.is_full or (None in state.ledger.past and not state.blind)
    # What is doubted is given the whole time to turn out otherwise.
    if state.reconciled_at is None or (not state.missing and is_early):
        return True
    # A reconciliation in the future comes from a clock that was wrong.
    return not timedelta(0) <= now - state.reconciled_at < timedelta(hours=settings.reconcile_hours)


@dataclass(frozen=True, slots=True)
class Recheck:
    """Which slices are to be read again now, until when they were due, and which one comes next."""

    slices: frozenset[int]
    until: datetime
    next_slice: int


def recheck_due(state: SourceState, settings: Settings, now: datetime) -> Recheck:
    """Which slices are to be read again in a reconciliation now.

    All of them come up within `recheck_days`: a day's worth for each day that has passed. Where that is no longer than it
    takes until the next reconciliation, all are due in each.
    """
    unknown = {i for i in range(SLICES) if state.ledger is not None and state.ledger.past[i] is None}
    if all_are_due_at_once(settings):
        return Recheck(frozenset(range(SLICES)), now, 0)
    since = state.rechecked_at
    if since is None or since > now:
        return Recheck(frozenset(unknown), now, state.next_slice)
    each = timedelta(days=settings.recheck_days) / SLICES
    number = min(SLICES, (now - since) // each)
    until = now if number == SLICES else since + number * each
    due = {(state.next_slice + i) % SLICES for i in range(number)}
    return Recheck(frozenset(unknown | due), until, (state.next_slice + number) % SLICES)


def all_are_due_at_once(settings: Settings) -> bool:
    """Whether every reconciliation reads all histories again: also those that a listing would prove to be unchanged."""
    return timedelta(days=settings.recheck_days) <= max(timedelta(days=1), timedelta(hours=settings.reconcile_hours))
