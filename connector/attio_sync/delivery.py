"""Rows, then cursor, then checkpoint: the one place where rows leave and the state moves."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from attio_sync.attio_types import AttributeHistory, parse_timestamp
from attio_sync.attio_types.timestamps import EPOCH, nanoseconds
from attio_sync.bridge import Environment
from attio_sync.errors import ContractChangedError, InvalidValueError
from attio_sync.fingerprint import Fingerprint, Stay, fingerprint, stays_of, unchanged_stays
from attio_sync.ledger import MOST_RECENT, Known, Ledger, new_ledger
from attio_sync.report import SyncReport, counted
from attio_sync.settings import Settings, TrackedHistory
from attio_sync.sink import Sink
from attio_sync.state import MOST_INVALID_IDS, HistoryState, SyncState, digest, dump_state
from attio_sync.tables import (
    STATUS_TABLE,
    Invalid,
    Row,
    Table,
    current_table,
    error_table,
    history_rows,
    history_table,
    member_table,
    status_table,
)

CHECKPOINT_SECONDS = 60.0
"""Fivetran's rule: at most one checkpoint a minute."""

LONGEST_WITHOUT_CHECKPOINT = 540.0
"""Fivetran's rule is ten minutes; a page may be about to be written when the time is up."""

ROWS_BETWEEN_CHECKPOINTS = 50_000
"""The SDK's local run keeps rows in memory until a checkpoint. At Attio's rate a minute brings fewer."""

ENOUGH_TO_JUDGE = 50
MOST_INVALID_SHARE = 0.1


class Delivery:
    """Writes histories as rows and moves the state behind them.

    The invariant: `state` never says more than what has been given to the sink, and the sink never commits a state
    without the rows before it. So a sync that dies anywhere repeats rows and loses none.
    """

    def __init__(
        self, settings: Settings, state: SyncState, sink: Sink, environment: Environment, report: SyncReport
    ) -> None:
        self.state = state
        self.report = report
        self._settings = settings
        self._sink = sink
        self._environment = environment
        self._saved_at = environment.monotonic()
        self._saved_state = state
        self._rows_since = 0
        self._judged = self._failed = 0

    @property
    def seconds_left(self) -> float:
        """How long until a checkpoint is due whatever happens."""
        return max(0.1, self._saved_at + LONGEST_WITHOUT_CHECKPOINT - self._environment.monotonic())

    @property
    def page_size(self) -> int:
        """How many records a listing page is asked for."""
        return self._settings.page_size

    @property
    def tracked(self) -> int:
        """How many histories share the room in the state."""
        return len(self._settings.history)

    def warn(self, message: str) -> None:
        """Says something on the dashboard."""
        self._sink.warn(message)

    def start(self) -> None:
        """Before anything else: tables of which the state knows nothing are emptied; what is no longer tracked goes."""
        if self.state.is_new:
            for table in (error_table(), status_table(), member_table()):
                self._sink.truncate(table.name)
        histories = {k: s for k, s in self.state.histories.items() if k in set(map(str, self._settings.history))}
        for key in self.state.histories.keys() - histories.keys():
            # The keys of rows of another table for the same attribute are the same.
            source = key.partition("=")[0]
            self._delete(error_table(), ((source, record_id) for record_id in self.state.histories[key].invalid))
        sources = {f"{STATUS_TABLE} {_source(h)}" for h in self._settings.history}
        gone = {n for n in self.state.definitions if n.startswith(f"{STATUS_TABLE} ")} - sources
        self._delete(status_table(), ((key,) for name in sorted(gone) for key in self.state.definitions[name]))
        kept = {name: rows for name, rows in self.state.definitions.items() if name not in gone}
        self.state = replace(self.state, histories=histories, definitions=kept)

    def start_over(self, history: TrackedHistory) -> None:
        """Empties the tables of a history and its place in the state: everything is delivered anew."""
        was = self.state.of(history)
        if was.ledger is not None:
            # Killed behind the truncate, the next sync must not compare with what is no longer there.
            self.put(history, HistoryState(short_pages=was.short_pages, invalid=was.invalid))
            self.checkpoint()
        for table in (current_table(history).name, history_table(history).name):
            self._sink.truncate(table)
        self._delete(error_table(), ((_source(history), r) for r in self.state.of(history).invalid))
        short_pages = self.state.of(history).short_pages
        self.put(history, HistoryState(new_ledger(self.tracked), short_pages=short_pages))

    def ledger(self, history: TrackedHistory) -> Ledger:
        """What the destination holds of a history that was started."""
        ledger = self.state.of(history).ledger
        assert ledger is not None  # noqa: S101 (every history is started first)
        return ledger

    def judge_anew(self) -> None:
        """Before another history: what cannot be read of one says nothing about the next."""
        self._judged = self._failed = 0

    def judge(self, history: TrackedHistory, well: int, invalid: Sequence[InvalidValueError] = ()) -> None:
        """Called with every page before anything of it is written; `well` of its records read well.

        Raises:
            ContractChangedError: more than a tenth of at least fifty records cannot be read, and could before.
        """
        known = self.state.of(history).invalid
        self._judged += well + len(invalid)
        self._failed += sum(error.record_id not in known for error in invalid)
        if self._judged >= ENOUGH_TO_JUDGE and self._failed > self._judged * MOST_INVALID_SHARE:
            message = (
                f"{self._failed} of {self._judged} records cannot be read, the first one: "
                f"{invalid[0] if invalid else 'see attio_sync_error'}. Either the setting history names an attribute that "
                "is no status or that the workspace's plan no longer includes, or Attio's API has changed and the "
                "connector must follow. Nothing of this page was written"
            )
            raise ContractChangedError(message)

    def write(
        self, history: TrackedHistory, item: AttributeHistory, before: Fingerprint | None, *, surplus_to: int = 0
    ) -> Fingerprint:
        """Gives the rows of a record to the sink that differ from what was there `before`; None writes all of them.

        Rows of the history table up to position `surplus_to` that the history does not have are deleted. The ledger is the
        caller's to keep; what was delivered lately is remembered here. Returns what was written.
        """
        stays = stays_of(item)
        mark = fingerprint(stays)
        if before is None or before.past != mark.past or before.stays != mark.stays:
            current, table = current_table(history), history_table(history)
            self._upsert(current.name, current.row(item))
            unchanged = unchanged_stays(stays, before) if before else 0
            for row in history_rows(table, item, unchanged or 0):
                self._upsert(table.name, row)
            surplus_to = max(surplus_to, before.stays if before else 0)
            self._delete(table, ((item.record_id, n) for n in range(len(item.values) + 1, surplus_to + 1)))
        self.ledger(history).note_stays(item.record_id, mark.stays)
        self._remember(history, item.record_id, mark, stays)
        self.reads_well(history, [item.record_id])
        return mark

    def remembered_since(self, history: TrackedHistory, last_sync: datetime) -> datetime:
        """Since when every delivery is remembered exactly."""
        since = max(self._buffered(last_sync), min(self.ledger(history).recent_since, nanoseconds(last_sync)))
        return EPOCH + timedelta(microseconds=since // 1000)

    def _remember(self, history: TrackedHistory, record_id: str, mark: Fingerprint, stays: Sequence[Stay]) -> None:
        """Notes exactly what was delivered, if the next listing will show it again."""
        ledger, state = self.ledger(history), self.state.of(history)
        ledger.recent.pop(record_id, None)
        until = state.under_way.started_at if state.under_way else state.last_sync
        if stays and until and (began := nanoseconds(parse_timestamp(stays[-1].began))) >= self._buffered(until):
            ledger.recent[record_id] = Known(mark, began)
            if len(ledger.recent) > 2 * self._most_recent:
                ledger.prune(0, self._most_recent)

    def remove(self, history: TrackedHistory, record_id: str, stays: int) -> None:
        """Deletes a record that Attio says is gone, and so many of its stays."""
        self._delete(current_table(history), [(record_id,)])
        self._delete(history_table(history), ((record_id, n) for n in range(1, stays + 1)))
        self.ledger(history).forget(record_id)
        self.report.removed += 1

    def write_invalid(self, history: TrackedHistory, invalid: Sequence[InvalidValueError]) -> None:
        """Notes records that cannot be read; those that are noted already, and as they were, are not written again."""
        known, table, now = dict(self.state.of(history).invalid), error_table(), self._environment.now()
        for error in invalid:
            row = table.row(Invalid(_source(history), error, now))
            mark = digest({k: v for k, v in row.items() if k != "found_at"})
            if known.get(error.record_id) != mark:
                self._upsert(table.name, row)
            known[error.record_id] = mark
        self.report.invalid += len(invalid)
        if invalid:
            self.put(history, replace(self.state.of(history), invalid=known))
            self.warn(
                f"{counted(len(invalid), 'record')} of {history.parent} not read. Rows written before stay as they are; "
                f"each reconciliation tries again; see the table {table.name}. The first: {invalid[0]}"
            )

    def reads_well(self, history: TrackedHistory, record_ids: Iterable[str]) -> None:
        """Takes records off the error table that read well, or are gone."""
        state = self.state.of(history)
        if well := state.invalid.keys() & set(record_ids):
            self._delete(error_table(), ((_source(history), record_id) for record_id in sorted(well)))
            self.put(history, replace(state, invalid={r: d for r, d in state.invalid.items() if r not in well}))

    def write_definitions(self, table: Table[Any], source: str, items: Sequence[Any], *, is_whole: bool = True) -> None:
        """Makes a small table hold these rows for one source, writing only what changed."""
        name = f"{table.name} {source}".strip()
        known = self.state.definitions.get(name, {})
        found: dict[str, str] = {}
        for row in map(table.row, items):
            key = str(next(iter(row.values())))
            found[key] = digest(row)
            if known.get(key) != found[key]:
                self._upsert(table.name, row)
        gone = known.keys() - found.keys() if is_whole else set[str]()
        self._delete(table, ((key,) for key in sorted(gone)))
        kept = {k: d for k, d in known.items() if k not in gone}
        self.state = replace(self.state, definitions={**self.state.definitions, name: {**kept, **found}})

    def put(self, history: TrackedHistory, state: HistoryState) -> None:
        """Moves the state of a history, behind the rows it speaks of."""
        moved = self.state.put(history, state)
        if sum(len(one.invalid) for one in moved.histories.values()) > MOST_INVALID_IDS:
            message = f"more than {MOST_INVALID_IDS:,} records cannot be read"
            raise ContractChangedError(message)
        self.state = moved

    def finish_window(self, history: TrackedHistory, state: HistoryState) -> None:
        """Moves the state behind a window that is delivered, and forgets what the next one does not show again."""
        ledger = self.ledger(history)
        if state.last_sync is not None:
            ledger.prune(self._buffered(state.last_sync), self._most_recent)
        if state.backfill is None:
            ledger.fold(self.tracked)
        self.put(history, state)

    def checkpoint_if_due(self, seconds: float = CHECKPOINT_SECONDS) -> None:
        """At the end of a page: at most once a minute, or in so many seconds, unless very many rows wait."""
        waited = self._environment.monotonic() - self._saved_at
        if waited >= seconds or self._rows_since >= ROWS_BETWEEN_CHECKPOINTS:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Commits the rows and the state that speaks of them."""
        self._sink.checkpoint(dump_state(self.state))
        self.report.checkpoints += 1
        self._saved_at = self._environment.monotonic()
        self._saved_state = self.state
        self._rows_since = 0

    def checkpoint_what_is_delivered(self) -> None:
        """Before a sync stops with an error: what came before it stays."""
        if self._rows_since or self.state != self._saved_state:
            self.checkpoint()

    @property
    def _most_recent(self) -> int:
        return MOST_RECENT // self.tracked

    def _buffered(self, until: datetime) -> int:
        return nanoseconds(until - timedelta(minutes=self._settings.buffer_minutes))

    def _upsert(self, table: str, row: Row) -> None:
        self._sink.upsert(table, row)
        self.report.rows_written += 1
        self._rows_since += 1

    def _delete(self, table: Table[Any], keys: Iterable[Sequence[object]]) -> None:
        for key in keys:
            self._sink.delete(table.name, table.key(*key))
            self.report.rows_deleted += 1
            self._rows_since += 1


def _source(history: TrackedHistory) -> str:
    return f"{history.parent}.{history.attribute}"
