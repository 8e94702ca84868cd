"""Pure: the state dict Fivetran keeps for us ⇄ `SyncState`.

`{"last_sync": "2026-11-24T10:00:00.000000+00:00", "version": 1, "histories": {"applications.workflow_status=…": {…}}}`.
The `last_sync` outside is the oldest of those inside; states written before there were several hold nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from attio_sync.attio_types import sortable_timestamp
from attio_sync.errors import StateError
from attio_sync.settings import Settings, TrackedHistory
from attio_sync.shapes import as_array, as_object

VERSION = 1

OLDEST_HISTORY = "applications.workflow_status=attio_workflow_status"
"""The one history that states without `histories` speak of."""

MOST_CURSOR_IDS = 2_000
"""Ids kept beside a cursor. Those beyond are delivered again after a restart, which changes nothing."""

MOST_INVALID_IDS = 50_000
"""Ids kept of records that did not validate, over all histories: 2 MB at most."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing in Attio is older, and what is subtracted from it stays within the calendar."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a listing has come: every record created before `created_at`, and those named at that instant."""

    created_at: str
    record_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """What one pass over the listing delivers: all that changed from `since` (None: ever) until `started_at`."""

    since: datetime | None
    started_at: datetime
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class HistoryState:
    """How far one tracked history has come."""

    last_sync: datetime | None = None
    """Everything that changed before this has been delivered."""
    under_way: Window | None = None
    """A window that was begun and not finished."""
    full_pass_at: datetime | None = None
    """When everything was last read again; None makes a full pass due."""
    rewriting: bool = False
    """Whether a full pass has begun to write its tables anew: until it ends, rows are missing there."""
    invalid: frozenset[str] = frozenset()
    """Records that have a row in `attio_sync_error`."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where every tracked history stands."""

    histories: Mapping[str, HistoryState] = field(default_factory=dict[str, HistoryState])

    def of(self, history: TrackedHistory) -> HistoryState:
        """The state of one history; a new one where it has never been synced."""
        return self.histories.get(str(history), HistoryState())

    def put(self, history: TrackedHistory, state: HistoryState) -> "SyncState":
        """The same with one history moved on."""
        return SyncState({**self.histories, str(history): state})


def parse_state(raw: Mapping[str, Any], warn: Callable[[str], None]) -> SyncState:
    """Reads the state of this version and of every earlier one; what cannot be read counts as missing, and is said.

    Raises:
        StateError: the state was written by a newer version.
    """
    version = raw.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        message = (
            f"the saved state has version {version!r}, this connector writes {VERSION}: deploy the newer connector again, "
            "or resync the connection from Fivetran's dashboard"
        )
        raise StateError(message)
    outside = _instant(raw, "last_sync", warn)
    inside = as_object(raw.get("histories"))
    if not inside:
        return SyncState({OLDEST_HISTORY: HistoryState(last_sync=outside)} if outside else {})
    histories = {key: _parse_history_state(value, outside, warn) for key, value in inside.items()}
    finished = [s.last_sync for s in histories.values() if s.last_sync]
    if outside is not None and finished and outside < min(finished):
        # Moved back by hand, it asks for everything since then; a window under way would move it forward again.
        histories = {
            key: replace(s, last_sync=outside, under_way=None) if s.last_sync else s for key, s in histories.items()
        }
    return SyncState(histories)


def dump_state(state: SyncState, settings: Settings) -> dict[str, Any]:
    """The state as Fivetran keeps it, of the histories that are still tracked."""
    kept = {str(h): state.of(h) for h in settings.history if str(h) in state.histories}
    finished = [s.last_sync for s in kept.values() if s.last_sync]
    oldest = {"last_sync": _text(min(finished))} if finished else {}
    dumped, room = dict[str, Any](), MOST_INVALID_IDS
    for key, one in kept.items():
        dumped[key] = _dump_history_state(one, room)
        room -= len(dumped[key].get("invalid", ()))
    return oldest | {"version": VERSION, "histories": dumped}


def fresh_window(state: HistoryState, settings: Settings, now: datetime) -> Window:
    """The next window of a history: from its last sync, less the buffer, or as far back as a first sync goes."""
    if state.last_sync is not None:
        # A last_sync in the future comes from a clock that was wrong: what has happened since must not be missed.
        return Window(min(state.last_sync, now) - timedelta(minutes=settings.buffer_minutes), now)
    if settings.backfill_days is None:
        return Window(None, now)
    return Window(now - timedelta(days=settings.backfill_days), now)


def full_pass_is_due(state: HistoryState, settings: Settings, now: datetime) -> bool:
    """Whether everything is to be read again in this sync."""
    if settings.full_pass is not None or state.rewriting:
        return True
    if settings.full_pass_days == 0:
        return False
    if state.full_pass_at is None:
        return True
    # A full pass in the future comes from a clock that was wrong.
    return not timedelta(0) <= now - state.full_pass_at < timedelta(days=settings.full_pass_days)


def _parse_history_state(value: object, outside: datetime | None, warn: Callable[[str], None]) -> HistoryState:
    """One history; where its own `last_sync` cannot be read the one outside stands, which is never later."""
    raw = as_object(value)
    if raw is None:
        warn(f"the saved state holds {str(value)[:60]!r} for a history, which is ignored")
        return HistoryState(last_sync=outside)
    last_sync = _instant(raw, "last_sync", warn)
    return HistoryState(
        last_sync=outside if last_sync is None and raw.get("last_sync") is not None else last_sync,
        under_way=_parse_window(as_object(raw.get("under_way")), warn),
        full_pass_at=_instant(raw, "full_pass_at", warn),
        rewriting=raw.get("rewriting") is True,
        invalid=frozenset(map(str, as_array(raw.get("invalid")) or ())),
    )


def _parse_window(raw: dict[str, Any] | None, warn: Callable[[str], None]) -> Window | None:
    if raw is None:
        return None
    started_at = _instant(raw, "started_at", warn)
    since = _instant(raw, "since", warn)
    if started_at is None or (since is None and raw.get("since") is not None):
        return None  # begun anew from last_sync, which has not moved
    try:
        cursor = Cursor(sortable_timestamp(raw["created_at"]), frozenset(map(str, raw["record_ids"])))
    except (KeyError, TypeError, ValueError):
        cursor = None
    return Window(since, started_at, cursor)


def _dump_history_state(state: HistoryState, room: int) -> dict[str, Any]:
    dumped: dict[str, Any] = {}
    if state.last_sync:
        dumped["last_sync"] = _text(state.last_sync)
    if state.under_way:
        dumped["under_way"] = _dump_window(state.under_way)
    if state.full_pass_at:
        dumped["full_pass_at"] = _text(state.full_pass_at)
    if state.rewriting:
        dumped["rewriting"] = True
    if state.invalid:
        dumped["invalid"] = sorted(state.invalid)[:room]
    return dumped


def _dump_window(window: Window) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "since": _text(window.since) if window.since else None,
        "started_at": _text(window.started_at),
    }
    if window.cursor:
        dumped["created_at"] = window.cursor.created_at
        dumped["record_ids"] = sorted(window.cursor.record_ids)[:MOST_CURSOR_IDS]
    return dumped


def _instant(raw: Mapping[str, Any], key: str, warn: Callable[[str], None]) -> datetime | None:
    value = raw.get(key)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        return max(_EPOCH, instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC))
    except (TypeError, ValueError, OverflowError):
        warn(f"the saved state's {key} {str(value)[:60]!r} is no timestamp and is ignored")
        return None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
