"""Rows, then cursor, then checkpoint: the one place where rows leave and the state moves."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from attio_sync.attio_types.timestamps import EPOCH, nanoseconds, parse_timestamp
from attio_sync.errors import ContractChangedError, InvalidValueError, not_read, too_many_unread
from attio_sync.fingerprints import Fingerprint, changed_stays, fingerprint_of
from attio_sync.histories import AttributeHistory, Stay, stays_of
from attio_sync.ledger import MOST_RECENT, Known, Ledger, new_ledger
from attio_sync.runtime import Environment, Sink, SyncReport, counted
from attio_sync.schedule import could_not_be_looked_up, gone_away, may_come_back, while_away
from attio_sync.settings import Settings
from attio_sync.small_tables import Definition, Place, changes_of, definitions_for
from attio_sync.sources import Source, tables_of
from attio_sync.state import MOST_INVALID_IDS, SourceState, SyncState, dump_state
from attio_sync.streams import Invalid, current_table, error_table, history_rows, history_table
from attio_sync.tables import Row, Table, digest

CHECKPOINT_SECONDS = 60.0
"""Fivetran's rule: at most one checkpoint a minute."""

LONGEST_WITHOUT_CHECKPOINT = 540.0
"""Fivetran's rule is ten minutes; a page may be about to be written when the time is up."""

ROWS_BETWEEN_CHECKPOINTS = 50_000
"""The SDK's local run keeps rows in memory until a checkpoint. Where few records ever moved, a first sync has so many in
less than a minute: then one comes sooner than by the rule."""

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
        self.sources: list[Source] = []
        self.state = state
        self.settings = settings
        self.environment = environment
        self.report = report
        self._sink = sink
        self._saved_at = environment.monotonic()
        self._saved_state = state
        self._rows_since = 0
        self._judged, self._failed = Counter[Source](), Counter[Source]()
        self._unread: dict[Source, dict[str, InvalidValueError]] = {}

    @property
    def seconds_left(self) -> float:
        """How long until a checkpoint is due whatever happens."""
        return max(0.1, self._saved_at + LONGEST_WITHOUT_CHECKPOINT - self.environment.monotonic())

    @property
    def tracked(self) -> int:
        """How many sources share the room in the state."""
        return max(1, len(self.sources))

    def warn(self, message: str) -> None:
        """Says something on the dashboard."""
        self._sink.warn(message)

    def start(self, sources: Sequence[Source], unknown: Collection[str] = ()) -> None:
        """Before anything else: tables of which the state knows nothing are emptied; what is no longer tracked goes.

        Tracked still is what could not be looked up just now, the `unknown`; where every status is, one may come back.
        """
        self.sources = list(sources)
        small = definitions_for(sources, definitions=self.settings.definitions)
        if self.state.is_new:
            for name in (error_table().name, *(d.table for d in small)):
                self._sink.truncate(name)
        tracked, everything = {str(s) for s in sources}, self.settings.history.everything
        away, gone = set[str](), list[str]()
        for key, was in [(k, s) for k, s in self.state.sources.items() if k not in tracked]:
            name = key.partition("=")[0]
            if may_come_back(key, was, sources, unknown, everything=everything):
                away.add(name)
                if not could_not_be_looked_up(name, unknown):
                    gone += [name] * (not was.away)
                    rest = while_away(was, self.environment.now())
                    self.state = replace(self.state, sources={**self.state.sources, key: rest})
                continue
            # The keys of rows of another table for the same attribute are the same.
            self._delete(error_table(), ((name, record_id) for record_id in was.invalid))
            self.state = replace(self.state, sources={k: s for k, s in self.state.sources.items() if k != key})
        if gone:
            self.warn(gone_away(gone))
        for definition in small:
            if definition.of in {"statuses", "options"}:
                kept = away | {s.name for s in sources if s.type.definition == definition.of}
                self.keep_definitions(definition, kept.__contains__)

    def start_over(self, source: Source, reason: str) -> None:
        """Empties the tables of a source and its place in the state: everything is delivered anew, and said if need be."""
        if reason:
            self.warn(f"{reason}: everything is delivered anew")
        was = self.state.of(source)
        self._judged[source] = self._failed[source] = 0
        if was.ledger is not None:
            # Killed behind the truncate, the next sync must not compare with what is no longer there.
            self.put(source, SourceState(short_pages=was.short_pages, invalid=was.invalid))
            self.checkpoint()
        for table in tables_of(source):
            self._sink.truncate(table)
        self._delete(error_table(), ((source.name, r) for r in was.invalid))
        self.put(source, SourceState(new_ledger(self.tracked), short_pages=was.short_pages))

    def ledger(self, source: Source) -> Ledger:
        """What the destination holds of a history that was started."""
        ledger = self.state.of(source).ledger
        assert ledger is not None  # noqa: S101 (every history is started first)
        return ledger

    def judge(self, source: Source, well: int, invalid: Sequence[InvalidValueError] = ()) -> None:
        """Called with every page before anything of it is written; `well` of its records read well.

        Raises:
            ContractChangedError: more than a tenth of at least fifty records cannot be read, and could before.
        """
        known = self.state.of(source).invalid
        new = {error.record_id for error in invalid} - known.keys()
        self._judged[source] += well + len(invalid)
        self._failed[source] += len(new)
        judged, failed = self._judged[source], self._failed[source]
        # Few at a time, they would never be a tenth of those of one sync.
        if new and len(known) + len(new) > (every := self.ledger(source).records) * MOST_INVALID_SHARE:
            judged, failed = max(judged, every), max(failed, len(known) + len(new))
        if judged >= ENOUGH_TO_JUDGE and failed > judged * MOST_INVALID_SHARE:
            raise ContractChangedError(too_many_unread(failed, judged, invalid))

    def write(
        self, source: Source, item: AttributeHistory, before: Fingerprint | None, *, surplus_to: int = 0
    ) -> Fingerprint:
        """Gives the rows of a record to the sink that differ from what was there `before`; None writes all of them.

        Rows of the history table up to position `surplus_to` that the history does not have are deleted. The ledger is the
        caller's to keep; what was delivered lately is remembered here. Returns what was written.
        """
        stays = stays_of(item)
        mark = fingerprint_of(item)
        # What an entry is about is no part of its past.
        is_same = before and (before.stays, before.past) == (mark.stays, mark.past)
        if not is_same or (item.entry_of and before and before.current != mark.current):
            current, table = current_table(source), history_table(source)
            self._upsert(current.name, current.row(item))
            for row in history_rows(table, item, changed_stays(stays, before) if before else range(len(stays))):
                self._upsert(table.name, row)
            surplus_to = max(surplus_to, before.stays if before else 0)
            self._delete(table, ((item.record_id, n) for n in range(len(stays) + 1, surplus_to + 1)))
        if item.attribute_id and not (state := self.state.of(source)).attribute_id:
            self.put(source, replace(state, attribute_id=item.attribute_id))
        self.ledger(source).note_stays(item.record_id, mark.stays)
        self._remember(source, item.record_id, mark, stays)
        self.reads_well(source, [item.record_id])
        return mark

    def remembered_since(self, source: Source, last_sync: datetime) -> datetime:
        """Since when every delivery is remembered exactly."""
        since = max(self._buffered(last_sync), min(self.ledger(source).recent_since, nanoseconds(last_sync)))
        return EPOCH + timedelta(microseconds=since // 1000)

    def _remember(self, source: Source, record_id: str, mark: Fingerprint, stays: Sequence[Stay]) -> None:
        """Notes exactly what was delivered, if the next listing will show it again."""
        ledger, state = self.ledger(source), self.state.of(source)
        ledger.recent.pop(record_id, None)
        until = state.under_way.started_at if state.under_way else state.last_sync
        began = nanoseconds(parse_timestamp(stays[-1].began)) if stays else 0
        is_listed_again = stays and until and source.type.is_filtered and began >= self._buffered(until)
        if is_listed_again or record_id in ledger.overwritten:
            ledger.recent[record_id] = Known(mark, began)
            if len(ledger.recent) > 2 * self._most_recent:
                ledger.prune(0, self._most_recent)

    def remove(self, source: Source, record_id: str, stays: int) -> None:
        """Deletes a record that Attio says is gone, and so many of its stays."""
        self._delete(current_table(source), [(record_id,)])
        self._delete(history_table(source), ((record_id, n) for n in range(1, stays + 1)))
        self.ledger(source).forget(record_id)
        self.report.removed += 1

    def write_invalid(self, source: Source, invalid: Sequence[InvalidValueError], *, again: bool = False) -> None:
        """Notes records that cannot be read, which is said with the next checkpoint.

        Those that are noted already, and as they were, are not written again, and are said again only if asked for.
        """
        if not invalid:
            return
        state, table, now = self.state.of(source), error_table(), self.environment.now()
        rows = {error.record_id: table.row(Invalid(source.name, error, now)) for error in invalid}
        marks = {r: digest({k: v for k, v in row.items() if k != "found_at"}) for r, row in rows.items()}
        # Refused, if they are too many, before a row is written that nobody would take away again.
        self.put(source, replace(state, invalid={**state.invalid, **marks}))
        for record_id, row in rows.items():
            if state.invalid.get(record_id) != marks[record_id]:
                self._upsert(table.name, row)
        self.report.invalid += len(invalid)
        for error in invalid:
            if again or state.invalid.get(error.record_id) != marks[error.record_id]:
                self._unread.setdefault(source, {})[error.record_id] = error

    def reads_well(self, source: Source, record_ids: Iterable[str]) -> None:
        """Takes records off the error table that read well, or are gone."""
        state = self.state.of(source)
        if well := state.invalid.keys() & set(record_ids):
            self._delete(error_table(), ((source.name, record_id) for record_id in sorted(well)))
            self.put(source, replace(state, invalid={r: d for r, d in state.invalid.items() if r not in well}))

    def keep_definitions(self, definition: Definition[Any], keeps: Callable[[str], bool]) -> None:
        """Deletes those rows of a small table that are of none of the places it keeps."""
        held = {n: rows for n, rows in self.state.definitions.items() if n.partition(" ")[0] == definition.table}
        gone = {n for n in held if not keeps(n.partition(" ")[2])}
        keys = sorted(key for n in gone for key in held[n])
        self._delete(Table(definition.table, definition.columns), ((key,) for key in keys))
        rest = {n: rows for n, rows in self.state.definitions.items() if n not in gone}
        self.state = replace(self.state, definitions=rest)

    def write_definitions(self, definition: Definition[Any], place: Place, items: Sequence[Any], *, deletes: bool) -> None:
        """Makes a small table hold these rows for one place, writing what changed; an unknown table is emptied before."""
        if definition.table not in {name.partition(" ")[0] for name in self.state.definitions}:
            self._sink.truncate(definition.table)
        rows, gone, held = changes_of(definition, place, items, self.state.definitions, deletes=deletes)
        for row in rows:
            self._upsert(definition.table, row)
        self._delete(Table(definition.table, definition.columns), ((key,) for key in gone))
        self.state = replace(self.state, definitions=held)

    def put(self, source: Source, state: SourceState) -> None:
        """Moves the state of a history, behind the rows it speaks of."""
        moved = self.state.put(source, state)
        if sum(len(one.invalid) for one in moved.sources.values()) > MOST_INVALID_IDS:
            message = f"more than {MOST_INVALID_IDS:,} records cannot be read"
            raise ContractChangedError(message)
        self.state = moved

    def finish_window(self, source: Source, state: SourceState) -> None:
        """Moves the state behind a window that is delivered, and forgets what the next one does not show again."""
        ledger = self.ledger(source)
        if state.last_sync is not None:
            ledger.prune(self._buffered(state.last_sync), self._most_recent)
        if state.backfill is None:
            ledger.fold(self.tracked)
        self.put(source, state)

    def checkpoint_if_due(self, seconds: float = CHECKPOINT_SECONDS) -> None:
        """At the end of a page: at most once a minute, or in so many seconds, unless very many rows wait."""
        waited = self.environment.monotonic() - self._saved_at
        if waited >= seconds or self._rows_since >= ROWS_BETWEEN_CHECKPOINTS:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Commits the rows and the state that speaks of them."""
        for source, unread in self._unread.items():
            what, first = f"{counted(len(unread), 'record')} of {source.parent}", next(iter(unread.values()))
            self.warn(not_read(what, error_table().name, first))
        self._unread.clear()
        self._sink.checkpoint(dump_state(self.state))
        self._saved_at = self.environment.monotonic()
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
        return nanoseconds(until - timedelta(minutes=self.settings.buffer_minutes))

    def _upsert(self, table: str, row: Row) -> None:
        self._sink.upsert(table, row)
        self.report.rows_written += 1
        self._rows_since += 1

    def _delete(self, table: Table[Any], keys: Iterable[Sequence[object]]) -> None:
        for key in keys:
            self._sink.delete(table.name, table.key(*key))
            self.report.rows_deleted += 1
            self._rows_since += 1
