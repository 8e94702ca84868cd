"""The loop of a sync: for each tracked history what changed since the last one, then a reconciliation where one is due."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from attio_sync import logs
from attio_sync.attio_types import ListedRecord, TokenIdentity, parse_timestamp
from attio_sync.attio_types.timestamps import nanoseconds, sortable_instant
from attio_sync.bridge import Environment, entered, open_portal, seldom_collected
from attio_sync.client import AttioClient
from attio_sync.definitions import deliver_members, deliver_statuses
from attio_sync.delivery import Delivery
from attio_sync.errors import AttioSyncError, GaveUpError, StateError, UnauthorizedError
from attio_sync.fingerprint import Fingerprint, Stay, fingerprint, fingerprint_before, is_unbroken, listed_digest, stays_of
from attio_sync.pages import HistoryPage
from attio_sync.reader import OnProgress, Reader
from attio_sync.reconcile import Outcome, Reconciliation
from attio_sync.report import SyncReport
from attio_sync.schedule import fresh_window, recheck_due, reconciliation_is_due
from attio_sync.settings import Settings, TrackedHistory
from attio_sync.sink import Sink
from attio_sync.state import HistoryState, SyncState, Window, parse_state


def run_sync(
    settings: Settings,
    state: Mapping[str, Any],
    sink: Sink,
    environment: Environment | None = None,
    on_progress: OnProgress | None = None,
) -> SyncReport:
    """Delivers everything that changed since the last sync, and compares everything where that is due.

    Raises:
        AttioSyncError: the sync cannot go on; what it delivered before is checkpointed, and the next one goes on there.
    """
    environment = environment or Environment()
    report = SyncReport(settings.requests_per_second)
    delivery = Delivery(settings, parse_state(state, logs.warning), sink, environment, report)
    with (
        seldom_collected(),
        open_portal(environment) as portal,
        entered(portal, AttioClient.connect(settings, environment.transport, environment.now)) as client,
    ):
        reader = Reader(portal, client, delivery, environment, on_progress)
        try:
            _sync_all(settings, delivery, reader, environment)
        except GaveUpError as error:
            delivery.checkpoint_what_is_delivered()
            message = f"{error}. What came before is safe; the next sync goes on from there"
            raise GaveUpError(message) from None
        except AttioSyncError:
            delivery.checkpoint_what_is_delivered()
            raise
        finally:
            reader.count()
        delivery.checkpoint()
    logs.info(f"sync done: {report.summary()}")
    return report


def _sync_all(settings: Settings, delivery: Delivery, reader: Reader, environment: Environment) -> None:
    """Every history; one that fails keeps none of the others from being delivered."""
    identity = reader.identity()
    delivery.state = _of_this_workspace(delivery.state, identity)
    delivery.start()
    failures: list[AttioSyncError] = []
    for history in settings.history:
        sync = _HistorySync(history, settings, delivery, reader, environment)
        try:
            sync.run(sees_everything=identity.sees_everything)
            deliver_statuses(delivery, history, reader.statuses(history))
        except (GaveUpError, UnauthorizedError):
            raise
        except AttioSyncError as error:
            failures.append(error)
    deliver_members(delivery, reader.members(identity))
    if failures:
        raise failures[0]


def _of_this_workspace(state: SyncState, identity: TokenIdentity) -> SyncState:
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


class _HistorySync:
    """One sync of one tracked history."""

    def __init__(
        self, history: TrackedHistory, settings: Settings, delivery: Delivery, reader: Reader, environment: Environment
    ) -> None:
        self._history = history
        self._settings = settings
        self._delivery = delivery
        self._reader = reader
        self._environment = environment

    @property
    def _state(self) -> HistoryState:
        return self._delivery.state.of(self._history)

    def run(self, *, sees_everything: bool) -> None:
        """What changed; the rest of a first sync; and what a comparison finds, where one is due."""
        tracked = f"{self._history.parent}.{self._history.attribute}"
        self._delivery.judge_anew()
        if self._state.ledger is None:
            earlier = (
                f"{tracked} was synced by an earlier version of the connector, which did not keep what a comparison needs"
            )
            self._start_over(None if self._state.last_sync is None else earlier)
        if not sees_everything:
            self._delivery.put(self._history, replace(self._state, blind=True))
        self._deliver_what_is_new()
        now = self._environment.now()
        if not reconciliation_is_due(self._state, self._settings, now):
            return
        recheck = recheck_due(self._state, self._settings, now)
        reconciliation = Reconciliation(
            self._delivery, self._history, self._reader, recheck.slices, sees_everything=sees_everything
        )
        self._reader.phase("comparing everything", self._delivery.ledger(self._history).records)
        outcome = reconciliation.run()
        if outcome is Outcome.STARTED_OVER:
            self._start_over(f"more records of {tracked} differ from what was delivered than can be named")
            self._deliver_what_is_new()
            return
        short_pages = self._reader.saw_short_pages
        missing, unnamed = reconciliation.missing, reconciliation.unnamed
        state = replace(self._state, missing=missing, unnamed=unnamed, short_pages=short_pages)
        if outcome is not Outcome.TOO_MUCH:
            state = replace(state, reconciled_at=now, rechecked_at=recheck.until, next_slice=recheck.next_slice)
        if outcome is Outcome.DONE:
            state = replace(state, blind=not sees_everything)
        self._delivery.finish_window(self._history, state)

    def _start_over(self, reason: str | None) -> None:
        if reason:
            self._delivery.warn(f"{reason}: everything is delivered anew")
        self._delivery.start_over(self._history)

    def _deliver_what_is_new(self) -> None:
        """The window that an earlier sync left, if one did, a fresh one, and what a first sync leaves for later."""
        self._reader.phase("incremental", None)
        window = self._state.under_way
        if window is not None:
            logs.info(f"going on with {self._history.parent}.{self._history.attribute} where the last sync was interrupted")
            self._deliver(window)
        window = fresh_window(self._state, self._settings, self._environment.now())
        # A window ends by Attio's clock where that one is behind ours: `active_from` is Attio's time.
        lead = max(0.0, self._reader.clock_lead_seconds or 0.0)
        self._deliver(replace(window, started_at=window.started_at - timedelta(seconds=lead)))
        if self._state.backfill is not None:
            logs.info(f"{self._history.parent}: what changed lately is delivered; now everything older")
            self._reader.phase("everything older", None)
            self._deliver(self._state.backfill)

    def _deliver(self, window: Window) -> None:
        """One window: page by page its rows, then the cursor, then a checkpoint if one is due."""
        is_rest, last_sync = window.before is not None, self._state.last_sync
        thorough = self._state.short_pages or last_sync is None or is_rest
        with self._reader.window(self._history, window, self._wants(window), thorough=thorough) as pages:
            for page in pages:
                # What is remembered depends on when the window ends.
                window = self._move(_as_fresh_as(window, page.accurate_at))
                self._delivery.judge(self._history, len(page.histories), page.invalid)
                self._write(page, is_rest=is_rest)
                window = self._move(replace(window, cursor=page.cursor))
                self._delivery.checkpoint_if_due()
        window = _as_fresh_as(window, self._reader.accurate_at)
        state = replace(self._state, backfill=None) if is_rest else replace(self._state, under_way=None)
        if thorough:
            state = replace(state, short_pages=self._reader.saw_short_pages)
        if not is_rest:
            reached = min(max(window.started_at, last_sync or window.started_at), self._environment.now())
            state = replace(state, last_sync=reached)
            if last_sync is None:
                rest = window.since and Window(None, window.started_at, before=window.since)
                state = replace(state, backfill=rest, reconciled_at=reached, rechecked_at=reached)
        self._delivery.finish_window(self._history, state)

    def _move(self, window: Window) -> Window:
        """Notes how far a window has come."""
        state = replace(self._state, backfill=window) if window.before else replace(self._state, under_way=window)
        self._delivery.put(self._history, state)
        return window

    def _wants(self, window: Window) -> Callable[[ListedRecord], bool]:
        """Whether a listed record is new to this window."""
        since = None if window.since is None else sortable_instant(window.since)
        before = None if window.before is None else sortable_instant(window.before)
        ledger = self._delivery.ledger(self._history)
        completed = self._state.last_sync
        last_sync = None if completed is None else sortable_instant(completed)

        def wants(record: ListedRecord) -> bool:  # noqa: PLR0911 (a reason each)
            began = record.current_from
            if since is None and before is None:
                return True
            if before and last_sync and began is not None and before <= began < last_sync:
                return False  # delivered with what changed lately
            if since is not None and (not record.current or (began is not None and began < since)):
                return False  # a filter coarser than asked for let it through
            known = ledger.recent.get(record.record_id)
            if known is not None:
                return known.fingerprint.current != listed_digest(record.current)
            # What is not remembered was delivered only if a window that is finished has seen it.
            if since is None or completed is None or began is None:
                return True
            if record.record_id in self._state.invalid and last_sync:
                return began >= last_sync
            return nanoseconds(parse_timestamp(began)) >= min(ledger.recent_since, nanoseconds(completed))

        return wants

    def _write(self, page: HistoryPage, *, is_rest: bool) -> None:
        ledger, listed = self._delivery.ledger(self._history), {r.record_id: r for r in page.listed}
        for item in page.histories:
            known, record, stays = ledger.recent.get(item.record_id), listed[item.record_id], stays_of(item)
            before = known.fingerprint if known else None if is_rest else self._guess(record, stays)
            # Before a first sync is finished, or where one saw only a part, what a guess says was there may not be there.
            is_certain = known is not None or (
                self._state.backfill is None and not self._state.blind and is_unbroken(stays, record.created_at)
            )
            mark = self._delivery.write(self._history, item, before if is_certain else None)
            if mark != before:
                ledger.add(item.record_id, mark)
                if before is not None:
                    ledger.take_out(item.record_id, before)
        self._delivery.reads_well(self._history, page.gone)
        self._delivery.write_invalid(self._history, page.invalid)

    def _guess(self, listed: ListedRecord, stays: Sequence[Stay]) -> Fingerprint | None:
        """What is there of a record of which that is not known: what its history was at the last sync.

        None where nothing can be there, or where the newest stay became visible late: it began before the last sync, and
        yet that one did not deliver it.
        """
        last_sync = self._state.last_sync
        if last_sync is None:
            return None
        # What was delivered of the buffer is remembered: of a record that is not, nothing was.
        instant = sortable_instant(self._delivery.remembered_since(self._history, last_sync))
        if listed.created_at >= instant:
            return None
        self._delivery.ledger(self._history).guesses += 1
        before = fingerprint_before(stays, instant)
        return None if before == fingerprint(stays) else before


def _as_fresh_as(window: Window, accurate_at: datetime | None) -> Window:
    """A window that ends no later than what a listing says of itself."""
    return window if accurate_at is None else replace(window, started_at=min(window.started_at, accurate_at))
