"""The loop of a sync: for each tracked history, what changed since the last one; then full passes where they are due."""

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from anyio.from_thread import BlockingPortal

from attio_sync import logs
from attio_sync.attio_types import AttributeHistory
from attio_sync.attribute_fetcher import AttioAttributeFetcher, HistoryPage
from attio_sync.bridge import Environment, entered, next_page, open_portal, seldom_collected
from attio_sync.client import AttioClient
from attio_sync.delivery import Delivery
from attio_sync.errors import AttioSyncError, GaveUpError
from attio_sync.full_pass import run_full_pass
from attio_sync.report import SyncReport
from attio_sync.settings import Settings, TrackedHistory
from attio_sync.sink import Sink
from attio_sync.state import HistoryState, Window, fresh_window, full_pass_is_due, parse_state

type OnProgress = Callable[[SyncReport], None]

MOST_READ_AGAIN = 100
"""How many records that did not validate are tried again in each sync; the full pass tries them all."""

REPORT_SECONDS = 1.0
"""How often whoever watches a sync is told how far it has come."""

PROGRESS_SECONDS = 30.0
"""How often a long sync says in the log how far it has come."""


def run_sync(
    settings: Settings,
    state: Mapping[str, Any],
    sink: Sink,
    environment: Environment | None = None,
    on_progress: OnProgress | None = None,
) -> SyncReport:
    """Delivers everything that changed since the last sync, and everything there is where a full pass is due.

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
        sync = _Sync(settings, delivery, environment, _Reader(portal, client, environment, report, on_progress))
        try:
            for history in settings.history:
                sync.deliver_changes(history)
                sync.read_invalid_again(history)
            for history in settings.history:
                sync.read_everything_if_due(history)
        except GaveUpError as error:
            delivery.checkpoint_what_is_delivered()
            message = f"{error}. What came before is safe; the next sync goes on from there"
            raise GaveUpError(message) from None
        except AttioSyncError:
            delivery.checkpoint_what_is_delivered()
            raise
        finally:
            sync.reader.count()
        delivery.checkpoint()
    logs.info(f"sync done: {report.summary()}")
    return report


class _Reader:
    """Hands the pages of a stream from the event loop to the thread that writes, and counts what goes by."""

    def __init__(
        self,
        portal: BlockingPortal,
        client: AttioClient,
        environment: Environment,
        report: SyncReport,
        on_progress: OnProgress | None,
    ) -> None:
        self.client = client
        self._portal = portal
        self._environment = environment
        self._report = report
        self._on_progress = on_progress
        self._started = self._said_at = environment.monotonic()

    @contextmanager
    def pages(self, delivery: Delivery, fetcher: AttioAttributeFetcher, window: Window) -> Generator[Iterator[HistoryPage]]:
        """The pages of a window. While none comes for long, checkpoints are made all the same."""
        stream = fetcher.stream_attribute_values(window.since, window.cursor)
        with entered(self._portal, stream) as pages:

            def received() -> Generator[HistoryPage]:
                while True:
                    patience = min(delivery.seconds_left, REPORT_SECONDS if self._on_progress else math.inf)
                    try:
                        page = self._portal.call(next_page, pages, patience)
                    except TimeoutError:
                        delivery.checkpoint_if_overdue()
                        self._report_progress()
                        continue
                    if page is None:
                        return
                    self._note(page)
                    yield page

            with closing(received()) as iterator:
                yield iterator

    def read_again(self, fetcher: AttioAttributeFetcher, record_ids: list[str]) -> tuple[list[AttributeHistory], list[str]]:
        """The histories of these records that read well now, and the ids of those that are gone."""
        return self._portal.call(fetcher.read_again, record_ids)

    def count(self) -> None:
        """Brings the numbers of the report up to date."""
        counts = self.client.counts
        self._report.requests, self._report.refused, self._report.retried = counts.total, counts.refused, counts.retried
        self._report.seconds = self._environment.monotonic() - self._started

    def _note(self, page: HistoryPage) -> None:
        self._report.listed += len(page.histories) + len(page.invalid) + page.gone
        self._report.histories_read += page.requested
        self._report.requests_saved += len(page.histories) + len(page.invalid) + page.gone - page.requested
        self._report.gone += page.gone
        self._report_progress()
        if self._environment.monotonic() - self._said_at >= PROGRESS_SECONDS:
            self._said_at = self._environment.monotonic()
            logs.info(f"{self._report.phase}: {self._report.summary()}")

    def _report_progress(self) -> None:
        self.count()
        if self._on_progress:
            self._on_progress(self._report)


class _Sync:
    """One sync over all tracked histories."""

    def __init__(self, settings: Settings, delivery: Delivery, environment: Environment, reader: _Reader) -> None:
        self.reader = reader
        self._settings = settings
        self._delivery = delivery
        self._environment = environment

    def deliver_changes(self, history: TrackedHistory) -> None:
        """Finishes the window that an earlier sync left, if one did, and then delivers a fresh one."""
        state = self._delivery.state.of(history)
        if state.under_way is not None:
            logs.info(f"going on with {history.parent}.{history.attribute} where the last sync was interrupted")
            self._deliver(history, state.under_way, resumed=True)
        elif state == HistoryState():
            # A first sync: full passes count from now on. A state of an earlier version has none, and one is due.
            self._delivery.begin(history, HistoryState(full_pass_at=self._environment.now()))
        state = self._delivery.state.of(history)
        self._deliver(history, fresh_window(state, self._settings, self._environment.now()), resumed=False)

    def read_invalid_again(self, history: TrackedHistory) -> None:
        """What did not validate in an earlier sync may do so now, and no filter brings it up again."""
        invalid = sorted(self._delivery.state.of(history).invalid - self._delivery.failed_now)[:MOST_READ_AGAIN]
        well, gone = self.reader.read_again(self._fetcher(history), invalid)
        self._delivery.write(history, well, [])
        self._delivery.forget(history, gone)

    def _deliver(self, history: TrackedHistory, window: Window, *, resumed: bool) -> None:
        """One window: page by page its rows, then the cursor, then a checkpoint if one is due."""
        delivery = self._delivery
        timed = resumed
        with self.reader.pages(delivery, self._fetcher(history), window) as pages:
            for page in pages:
                if not timed:
                    window, timed = self._by_attios_clock(window), True
                delivery.judge(page.histories, page.invalid)
                delivery.write(history, page.histories, page.invalid)
                window = replace(window, cursor=page.cursor)
                delivery.put(history, replace(delivery.state.of(history), under_way=window))
                delivery.checkpoint_if_due()
        if not timed:
            window = self._by_attios_clock(window)
        done = replace(delivery.state.of(history), last_sync=window.started_at, under_way=None)
        delivery.put(history, done)

    def read_everything_if_due(self, history: TrackedHistory) -> None:
        """A full pass, where one is due; the incremental changes have been delivered by then."""
        now = self._environment.now()
        if not full_pass_is_due(self._delivery.state.of(history), self._settings, now):
            return
        self._delivery.checkpoint_what_is_delivered()
        self._delivery.report.phase = "full pass"
        with self.reader.pages(self._delivery, self._fetcher(history), Window(None, now)) as pages:
            run_full_pass(self._delivery, history, pages, now)

    def _fetcher(self, history: TrackedHistory) -> AttioAttributeFetcher:
        return AttioAttributeFetcher(self.reader.client, history, self._settings.page_size, self._environment.now)

    def _by_attios_clock(self, window: Window) -> Window:
        """A window's start by Attio's clock where that one is behind ours: `active_from` is Attio's time."""
        lead = self.reader.client.clock_lead_seconds or 0.0
        return replace(window, started_at=window.started_at - max(timedelta(), timedelta(seconds=lead)))
