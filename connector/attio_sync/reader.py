"""Hands what is read from Attio from the event loop to the thread that writes, and counts what goes by."""

import math
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from datetime import datetime

from anyio.from_thread import BlockingPortal

from attio_sync import logs
from attio_sync.attio_types import AttioStatus, AttioWorkspaceMember, ListedRecord, TokenIdentity
from attio_sync.attio_types.workspace import MEMBERS_SCOPE
from attio_sync.attribute_fetcher import AttioAttributeFetcher
from attio_sync.bridge import Environment, entered, next_page
from attio_sync.client import AttioClient
from attio_sync.delivery import LONGEST_WITHOUT_CHECKPOINT, Delivery
from attio_sync.errors import ForbiddenError
from attio_sync.pages import HistoryPage, HistoryPages
from attio_sync.report import SyncReport
from attio_sync.settings import TrackedHistory
from attio_sync.state import Window

type OnProgress = Callable[[SyncReport], None]
type Pages = Generator[Iterator[HistoryPage]]

REPORT_SECONDS = 1.0
"""How often whoever watches a sync is told how far it has come."""

PROGRESS_SECONDS = 30.0
"""How often a long sync says in the log how far it has come."""


class Reader:
    """Everything a sync reads. While nothing comes for long, checkpoints are made all the same."""

    def __init__(
        self,
        portal: BlockingPortal,
        client: AttioClient,
        delivery: Delivery,
        environment: Environment,
        on_progress: OnProgress | None,
    ) -> None:
        self.saw_short_pages = False
        """Whether the last listing went on behind a page that was shorter than asked."""
        self._portal = portal
        self._client = client
        self._delivery = delivery
        self._report = delivery.report
        self._environment = environment
        self._on_progress = on_progress
        self._started = self._said_at = environment.monotonic()

    @property
    def clock_lead_seconds(self) -> float | None:
        """How far this machine's clock is ahead of Attio's at most, once an answer has told."""
        return self._client.clock_lead_seconds

    @property
    def accurate_at(self) -> datetime | None:
        """How fresh Attio says the last listing page is."""
        return self._client.accurate_at

    def identity(self) -> TokenIdentity:
        """Whom the token belongs to and what it may do."""
        return self._answer_of(self._client.fetch_self)

    def statuses(self, history: TrackedHistory) -> list[AttioStatus]:
        """The statuses that an attribute can have, archived ones included."""
        return self._answer_of(self._client.fetch_statuses, history.parent, history.attribute)

    def members(self, identity: TokenIdentity) -> list[AttioWorkspaceMember] | None:
        """The members of the workspace; None where the token may not see them."""
        if not identity.has_scope(MEMBERS_SCOPE):
            return None
        try:
            return self._answer_of(self._client.fetch_members)
        except ForbiddenError as error:
            logs.info(f"the members of the workspace cannot be read: {error}")
            return None

    @contextmanager
    def window(
        self, history: TrackedHistory, window: Window, wants: Callable[[ListedRecord], bool], *, thorough: bool
    ) -> Pages:
        """The pages of a window."""
        fetcher = self._fetcher(history)
        stream = fetcher.stream_attribute_values(window.since, window.cursor, wants, thorough=thorough)
        with self._pages(stream) as pages:
            yield pages
        self.saw_short_pages = fetcher.saw_short_pages

    @contextmanager
    def listing(self, history: TrackedHistory, wants: Callable[[ListedRecord], bool]) -> Pages:
        """Everything there is; the histories of records that are wanted are read besides."""
        fetcher = self._fetcher(history)
        with self._pages(fetcher.stream_attribute_values(None, None, wants)) as pages:
            yield pages
        self.saw_short_pages = fetcher.saw_short_pages

    @contextmanager
    def records(self, history: TrackedHistory, record_ids: Sequence[str], valued: Iterable[str]) -> Pages:
        """These records by their ids; some of them are known to have had a value."""
        with self._pages(self._fetcher(history).stream_records(record_ids, valued)) as pages:
            yield pages

    def phase(self, phase: str, records: int | None) -> None:
        """Says what is being done now, and how many records are expected to be listed."""
        self._report.phase, self._report.total, self._report.listed_in_phase = phase, records, 0

    def count(self) -> None:
        """Brings the numbers of the report up to date."""
        counts = self._client.counts
        self._report.requests, self._report.refused, self._report.retried = counts.total, counts.refused, counts.retried
        self._report.waiting = self._client.waiting
        self._report.seconds = self._environment.monotonic() - self._started

    def _fetcher(self, history: TrackedHistory) -> AttioAttributeFetcher:
        known_invalid = frozenset(self._delivery.state.of(history).invalid)
        return AttioAttributeFetcher(self._client, history, self._delivery.page_size, known_invalid)

    @contextmanager
    def _pages(self, stream: AbstractAsyncContextManager[HistoryPages]) -> Pages:
        with entered(self._portal, stream) as pages, closing(self._received(pages)) as iterator:
            yield iterator

    def _answer_of[*Args, T](self, fetch: Callable[[*Args], Awaitable[T]], *args: *Args) -> T:
        """What one request brings; it may be refused for long."""
        future = self._portal.start_task_soon(fetch, *args)
        while True:
            try:
                return future.result(self._patience)
            except TimeoutError:
                self._while_waiting()

    @property
    def _patience(self) -> float:
        return min(self._delivery.seconds_left, REPORT_SECONDS if self._on_progress else math.inf)

    def _while_waiting(self) -> None:
        self._delivery.checkpoint_if_due(LONGEST_WITHOUT_CHECKPOINT)
        self._report_progress()

    def _received(self, pages: HistoryPages) -> Generator[HistoryPage]:
        while True:
            try:
                page = self._portal.call(next_page, pages, self._patience)
            except TimeoutError:
                self._while_waiting()
                continue
            if page is None:
                return
            self._note(page)
            yield page

    def _note(self, page: HistoryPage) -> None:
        self._report.listed += len(page.listed)
        self._report.listed_in_phase += len(page.listed)
        self._report.histories_read += page.requested
        self._report.requests_saved += page.proved
        self._report.gone += len(page.gone)
        self._report_progress()
        if self._environment.monotonic() - self._said_at >= PROGRESS_SECONDS:
            self._said_at = self._environment.monotonic()
            logs.info(f"{self._report.phase}: {self._report.summary()}")

    def _report_progress(self) -> None:
        self.count()
        if self._on_progress:
            self._on_progress(self._report)
