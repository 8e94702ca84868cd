"""Rows, then cursor, then checkpoint: the one place where rows leave and the state moves."""

from collections.abc import Sequence
from dataclasses import replace

from attio_sync.attio_types import AttributeHistory
from attio_sync.bridge import Environment
from attio_sync.errors import ContractChangedError, InvalidValueError
from attio_sync.report import SyncReport, counted
from attio_sync.settings import Settings, TrackedHistory
from attio_sync.sink import Sink
from attio_sync.state import MOST_INVALID_IDS, HistoryState, SyncState, dump_state
from attio_sync.tables import Invalid, current_table, error_table, history_rows, history_table

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
        self.failed_now: set[str] = set()
        """Records that did not validate in this sync."""

    @property
    def seconds_left(self) -> float:
        """How long until a checkpoint is due whatever happens."""
        return max(0.1, self._saved_at + LONGEST_WITHOUT_CHECKPOINT - self._environment.monotonic())

    def judge(self, histories: Sequence[AttributeHistory], invalid: Sequence[InvalidValueError]) -> None:
        """Called with every page before anything of it is written.

        Raises:
            ContractChangedError: more than a tenth of at least fifty records do not validate.
        """
        self._judged += len(histories) + len(invalid)
        self._failed += len(invalid)
        self.failed_now |= {error.record_id for error in invalid}
        self.report.invalid += len(invalid)
        if self._judged >= ENOUGH_TO_JUDGE and self._failed > self._judged * MOST_INVALID_SHARE:
            message = (
                f"{self._failed} of {self._judged} records do not have the shape Attio documents, the first one: "
                f"{invalid[0] if invalid else 'see attio_sync_error'}. Either the setting history names an attribute that "
                "is no status, or Attio's API has changed and the connector must follow. Nothing of this page was written"
            )
            raise ContractChangedError(message)

    def write(
        self, history: TrackedHistory, histories: Sequence[AttributeHistory], invalid: Sequence[InvalidValueError]
    ) -> None:
        """Gives the rows of these records to the sink."""
        current, stays = current_table(history), history_table(history)
        for item in histories:
            self._upsert(current.name, current.row(item))
            for row in history_rows(stays, item):
                self._upsert(stays.name, row)
        known = self.state.of(history).invalid
        well = {h.record_id for h in histories} & known
        self._forget_invalid(history, well)
        self._write_invalid(history, invalid)
        self.put(history, replace(self.state.of(history), invalid=(known - well) | {e.record_id for e in invalid}))

    def forget(self, history: TrackedHistory, record_ids: Sequence[str]) -> None:
        """Takes records off the error table that are gone."""
        self._forget_invalid(history, set(record_ids))
        state = self.state.of(history)
        self.put(history, replace(state, invalid=state.invalid - set(record_ids)))

    def replace_invalid(self, history: TrackedHistory, invalid: Sequence[InvalidValueError]) -> None:
        """Makes the error table hold these records of the history, and no others."""
        now_invalid = frozenset(e.record_id for e in invalid)
        self._forget_invalid(history, self.state.of(history).invalid - now_invalid)
        self._write_invalid(history, invalid)
        self.put(history, replace(self.state.of(history), invalid=now_invalid))

    def truncate(self, history: TrackedHistory) -> None:
        """Marks all rows of both tables of a history as deleted."""
        for table in (current_table(history).name, history_table(history).name):
            self._sink.truncate(table)

    def begin(self, history: TrackedHistory, state: HistoryState) -> None:
        """Gives a history its first state. Nothing has been delivered, so it is no reason for a checkpoint."""
        self.put(history, state)
        self._saved_state = self.state

    def put(self, history: TrackedHistory, state: HistoryState) -> None:
        """Moves the state of a history, behind the rows it speaks of."""
        moved = self.state.put(history, state)
        if sum(len(one.invalid) for one in moved.histories.values()) > MOST_INVALID_IDS:
            message = f"more than {MOST_INVALID_IDS:,} records do not have the shape Attio documents"
            raise ContractChangedError(message)
        self.state = moved

    def checkpoint_if_due(self, most_rows: int = ROWS_BETWEEN_CHECKPOINTS) -> None:
        """At the end of a page: at most once a minute, unless more than `most_rows` wait."""
        waited = self._environment.monotonic() - self._saved_at
        if waited >= CHECKPOINT_SECONDS or self._rows_since >= most_rows:
            self.checkpoint()

    def checkpoint_if_overdue(self) -> None:
        """While no page comes: at least every ten minutes."""
        if self._environment.monotonic() - self._saved_at >= LONGEST_WITHOUT_CHECKPOINT:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Commits the rows and the state that speaks of them."""
        self._sink.checkpoint(dump_state(self.state, self._settings))
        self.report.checkpoints += 1
        self._saved_at = self._environment.monotonic()
        self._saved_state = self.state
        self._rows_since = 0

    def checkpoint_what_is_delivered(self) -> None:
        """Before a sync stops with an error: what came before it stays."""
        if self._rows_since or self.state != self._saved_state:
            self.checkpoint()

    def _upsert(self, table: str, row: dict[str, object]) -> None:
        self._sink.upsert(table, row)
        self._rows_since += 1
        self.report.rows_written += 1

    def _write_invalid(self, history: TrackedHistory, invalid: Sequence[InvalidValueError]) -> None:
        table, now = error_table(), self._environment.now()
        for error in invalid:
            self._upsert(table.name, table.row(Invalid(history, error, now)))
        if invalid:
            self._sink.warn(
                f"{counted(len(invalid), 'record')} of {history.parent} not read: the values do not have the shape Attio "
                f"documents. Rows written before stay as they are; see the table {table.name}. The first: {invalid[0]}"
            )

    def _forget_invalid(self, history: TrackedHistory, record_ids: frozenset[str] | set[str]) -> None:
        table, now = error_table(), self._environment.now()
        for record_id in sorted(record_ids):
            row = table.row(Invalid(history, InvalidValueError(record_id, "", "", None), now))
            self._sink.delete(table.name, table.key(row))
            self._rows_since += 1
