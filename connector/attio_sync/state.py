"""Pure: the state dict Fivetran keeps for us ⇄ `SyncState`.

`{"last_sync": "2026-11-24T10:00:00.000000+00:00", "version": 3, "workspace_id": …, "histories": {"applications.…": {…}}}`.
The `last_sync` outside is the oldest of those inside; states written before there were several hold nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from attio_sync.attio_types.timestamps import EPOCH, sortable_timestamp
from attio_sync.errors import StateError
from attio_sync.ledger import SLICES, Ledger, load_ledger
from attio_sync.sources import FIRST, Source
from attio_sync.tables import Digests, as_array, as_object

VERSION = 3

OLDEST_SOURCE = str(FIRST)
"""The one source that states without `histories` speak of."""

MOST_CURSOR_IDS = 8_000
"""Ids kept beside cursors, over all sources: a third of a megabyte at most. Those beyond are delivered again after a
restart, which changes no row."""

MOST_INVALID_IDS = 5_000
"""Ids kept of records that cannot be read, over all sources: a quarter of a megabyte at most."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a listing has come: every record created before `created_at`, and those named at that instant."""

    created_at: str
    record_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """What one pass over the listing delivers: all that changed from `since` (None: ever) until `started_at`.

    With `before`, only what did not change since that moment: the rest of a first sync.
    """

    since: datetime | None
    started_at: datetime
    cursor: Cursor | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far one source has come."""

    ledger: Ledger | None = None
    """What the destination holds; None makes everything be delivered anew."""
    last_sync: datetime | None = None
    """Everything that changed before this has been delivered."""
    under_way: Window | None = None
    """A window that was begun and not finished."""
    backfill: Window | None = None
    """The rest of a first sync, which is not finished."""
    reconciled_at: datetime | None = None
    """When everything was last compared."""
    rechecked_at: datetime | None = None
    """Until when the slices read again so far were due."""
    next_slice: int = 0
    """Which slice is read again next."""
    missing: int = 0
    """How many records the last comparison missed, if that were too many to believe it at once."""
    unnamed: bool = False
    """Whether in the last comparison more differed than can be named."""
    short_pages: bool = False
    """Whether Attio was seen to list fewer records than asked with more to come."""
    blind: bool = False
    """Whether a sync since the last comparison saw only what one member may see."""
    away: datetime | None = None
    """Since when it is not found where everything is tracked, which was said."""
    kind: str = ""
    """What the values in the destination are; empty in states of earlier versions."""
    attribute_id: str = ""
    """Of which attribute they are, where that was asked."""
    invalid: Mapping[str, str] = field(default_factory=dict[str, str])
    """Records that have a row in `attio_sync_error`, with a digest of that row."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where every source stands, and what the small tables hold, by table and source."""

    sources: Mapping[str, SourceState] = field(default_factory=dict[str, SourceState])
    workspace_id: str | None = None
    definitions: Mapping[str, Digests] = field(default_factory=dict[str, Digests])

    def of(self, source: Source) -> SourceState:
        """The state of one source; a new one where it has never been synced."""
        return self.sources.get(str(source), SourceState())

    def put(self, source: Source, state: SourceState) -> "SyncState":
        """The same with one source moved on."""
        return replace(self, sources={**self.sources, str(source): state})

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever delivered, as in a new connection or after a re-sync."""
        return not self.sources and not self.definitions


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
    workspace_id = raw.get("workspace_id")
    state = SyncState(
        workspace_id=workspace_id if isinstance(workspace_id, str) else None,
        definitions={
            name: {k: str(v) for k, v in rows.items()}
            for name, found in (as_object(raw.get("definitions")) or {}).items()
            if (rows := as_object(found)) is not None
        },
    )
    if not inside:
        return replace(state, sources={OLDEST_SOURCE: SourceState(last_sync=outside)} if outside else {})
    # What earlier versions remembered of histories is not what is compared now.
    sources = {
        key: _parse_source_state(value, outside, warn, has_ledger=version == VERSION) for key, value in inside.items()
    }
    finished = [s.last_sync for s in sources.values() if s.last_sync]
    if outside is not None and finished and outside < min(finished):
        # Moved back by hand, it asks for everything since then; a window under way would move it forward again.
        sources = {key: replace(s, last_sync=outside, under_way=None) if s.last_sync else s for key, s in sources.items()}
    return replace(state, sources=sources)


def dump_state(state: SyncState) -> dict[str, Any]:
    """The state as Fivetran keeps it."""
    finished = [s.last_sync for s in state.sources.values() if s.last_sync]
    oldest = {"last_sync": _text(min(finished))} if finished else {}
    workspace = {"workspace_id": state.workspace_id} if state.workspace_id else {}
    cursors = sum(window is not None for one in state.sources.values() for window in (one.under_way, one.backfill))
    most_ids = MOST_CURSOR_IDS // max(1, cursors)
    sources = {key: _dump_source_state(one, most_ids) for key, one in state.sources.items()}
    definitions = {name: dict(rows) for name, rows in state.definitions.items()}
    return oldest | {"version": VERSION} | workspace | {"histories": sources, "definitions": definitions}


def _parse_source_state(
    value: object, outside: datetime | None, warn: Callable[[str], None], *, has_ledger: bool
) -> SourceState:
    """One history; where its own `last_sync` cannot be read the one outside stands, which is never later."""
    raw = as_object(value)
    if raw is None:
        warn(f"the saved state holds {str(value)[:60]!r} for a history, which is ignored")
        return SourceState(last_sync=outside)
    last_sync = _instant(raw, "last_sync", warn)
    return SourceState(
        ledger=_parse_ledger(as_object(raw.get("ledger")), warn) if has_ledger else None,
        last_sync=outside if last_sync is None and raw.get("last_sync") is not None else last_sync,
        under_way=_parse_window(as_object(raw.get("under_way")), warn),
        backfill=_parse_window(as_object(raw.get("backfill")), warn),
        reconciled_at=_instant(raw, "reconciled_at", warn),
        rechecked_at=_instant(raw, "rechecked_at", warn),
        next_slice=_given(raw, "next_slice", otherwise=0) % SLICES,
        missing=_given(raw, "missing", otherwise=0),
        unnamed=_given(raw, "unnamed", otherwise=False),
        short_pages=_given(raw, "short_pages", otherwise=False),
        blind=_given(raw, "blind", otherwise=False),
        away=_instant(raw, "away", warn),
        kind=_given(raw, "kind", otherwise=""),
        attribute_id=_given(raw, "attribute_id", otherwise=""),
        invalid=_parse_invalid(raw.get("invalid")),
    )


def _given[T](raw: Mapping[str, Any], key: str, *, otherwise: T) -> T:
    """What is there, if it is of the type of what it is otherwise."""
    return value if isinstance(value := raw.get(key), type(otherwise)) else otherwise


def _parse_ledger(raw: dict[str, Any] | None, warn: Callable[[str], None]) -> Ledger | None:
    try:
        return None if raw is None else load_ledger(raw)
    except ValueError as error:
        warn(f"in the saved state {error}")
        return None


def _parse_invalid(raw: object) -> dict[str, str]:
    """An earlier version kept the ids alone."""
    inside = as_object(raw)
    return {str(r): "" for r in as_array(raw) or ()} if inside is None else {r: str(d) for r, d in inside.items()}


def _parse_window(raw: dict[str, Any] | None, warn: Callable[[str], None]) -> Window | None:
    if raw is None:
        return None
    started_at = _instant(raw, "started_at", warn)
    since, before = _instant(raw, "since", warn), _instant(raw, "before", warn)
    if started_at is None or (since is None and raw.get("since") is not None):
        return None  # begun anew from last_sync, which has not moved
    try:
        cursor = Cursor(sortable_timestamp(raw["created_at"]), frozenset(map(str, raw["record_ids"])))
    except (KeyError, TypeError, ValueError):
        cursor = None
    return Window(since, started_at, cursor, before)


def _dump_source_state(state: SourceState, most_ids: int) -> dict[str, Any]:
    instants = {
        key: _text(value)
        for key in ("last_sync", "reconciled_at", "rechecked_at", "away")
        if (value := getattr(state, key)) is not None
    }
    windows = {
        key: _dump_window(window, most_ids)
        for key in ("under_way", "backfill")
        if (window := getattr(state, key)) is not None
    }
    flags = {key: True for key in ("unnamed", "short_pages", "blind") if getattr(state, key)}
    invalid = {"invalid": dict(sorted(state.invalid.items()))} if state.invalid else {}
    ledger = {"ledger": state.ledger.dump()} if state.ledger else {}
    numbers = {"next_slice": state.next_slice} | ({"missing": state.missing} if state.missing else {})
    texts = {key: text for key in ("kind", "attribute_id") if (text := getattr(state, key))}
    return instants | windows | flags | texts | invalid | numbers | ledger


def _dump_window(window: Window, most_ids: int) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "since": _text(window.since) if window.since else None,
        "started_at": _text(window.started_at),
    }
    if window.before:
        dumped["before"] = _text(window.before)
    if window.cursor:
        dumped["created_at"] = window.cursor.created_at
        dumped["record_ids"] = sorted(window.cursor.record_ids)[:most_ids]
    return dumped


def _instant(raw: Mapping[str, Any], key: str, warn: Callable[[str], None]) -> datetime | None:
    value = raw.get(key)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        return max(EPOCH, instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC))
    except (TypeError, ValueError, OverflowError):
        warn(f"the saved state's {key} {str(value)[:60]!r} is no timestamp and is ignored")
        return None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
