"""Hands what is read from Attio from the event loop to the thread that writes, and counts what goes by."""

import logging
import math
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal

from attio_sync.attio_types.records import EntryOf
from attio_sync.attribute_fetcher import AttioAttributeFetcher, Wants
from attio_sync.client import AttioClient
from attio_sync.delivery import LONGEST_WITHOUT_CHECKPOINT, Delivery
from attio_sync.errors import AttioSyncError
from attio_sync.pages import HistoryPage, HistoryPages, Part
from attio_sync.runtime import held_open
from attio_sync.schedule import all_are_due_at_once
from attio_sync.small_tables import Definition, Place
from attio_sync.sources import Source
from attio_sync.state import Window

log = logging.getLogger(__name__)

type Pages = Generator[Iterator[HistoryPage]]

REPORT_SECONDS = 1.0
"""How often whoever watches a sync is told how far it has come."""

PROGRESS_SECONDS = 30.0
"""How often a long sync says in the log how far it has come."""


class Reader:
    """Everything a sync reads. While nothing comes for long, checkpoints are made all the same."""

    def __init__(self, portal: BlockingPortal, client: AttioClient, delivery: Delivery) -> None:
        self.saw_short_pages = False
        """Whether the last listing went on behind a page that was shorter than asked."""
        self.client = client
        self._portal = portal
        self._delivery = delivery
        self._report = delivery.report
        self._environment = delivery.environment
        self._on_progress = self._environment.on_progress
        self._started = self._said_at = self._environment.monotonic()

    def answer_of[*Args, T](self, ask: Callable[[*Args], Awaitable[T]], *args: *Args) -> T:
        """What a few requests bring; they may be refused for long."""
        future = self._portal.start_task_soon(ask, *args)
        while True:
            try:
                return future.result(self._longest_wait)
            except TimeoutError:
                self._while_waiting()

    def definitions(self, wanted: Sequence[tuple[Definition[Any], Place]]) -> list[list[Any] | AttioSyncError]:
        """Small tables as Attio lists them in these places, asked for at once; what cannot be read is its error."""
        return self.answer_of(self._fetch_definitions, wanted)

    async def _fetch_definitions(self, wanted: Sequence[tuple[Definition[Any], Place]]) -> list[list[Any] | AttioSyncError]:
        found: dict[int, list[Any] | AttioSyncError] = {}

        async def fetch(number: int, definition: Definition[Any], place: Place) -> None:
            try:
                found[number] = await self.client.fetch_definitions(definition, place)
            except AttioSyncError as error:
                found[number] = error

        async with anyio.create_task_group() as tasks:
            for number, (definition, place) in enumerate(wanted):
                tasks.start_soon(fetch, number, definition, place)
        return [found[number] for number in range(len(wanted))]

    @contextmanager
    def window(self, sources: Sequence[Source], window: Window, wants: Wants, *, thorough: bool) -> Pages:
        """The pages of a window."""
        fetcher = self._fetcher(sources)
        stream = fetcher.stream_attribute_values(window.since, window.cursor, wants, thorough=thorough)
        with self._pages(stream) as pages:
            yield pages
        self.saw_short_pages = fetcher.saw_short_pages

    @contextmanager
    def listing(self, sources: Sequence[Source], wants: Wants) -> Pages:
        """Everything there is; the histories of records that are wanted are read besides."""
        fetcher = self._fetcher(sources, trusting=not all_are_due_at_once(self._delivery.settings))
        with self._pages(fetcher.stream_attribute_values(None, None, wants)) as pages:
            yield pages
        self.saw_short_pages = fetcher.saw_short_pages

    @contextmanager
    def records(
        self, source: Source, record_ids: Sequence[str], valued: Iterable[str], entries: Mapping[str, EntryOf] | None = None
    ) -> Generator[Iterator[Part]]:
        """These records by their ids; some of them are known to have had a value.

        Raises:
            AttioSyncError: the source cannot be read.
        """
        with self._pages(self._fetcher([source]).stream_records(source, record_ids, valued, entries)) as pages:
            yield (readable(page.parts[source]) for page in pages)

    def phase(self, source: str, phase: str, records: int | None) -> None:
        """Says what is being done now and of which source, and how many records are expected to be listed."""
        self._report.source = source
        self._report.phase, self._report.total, self._report.listed_in_phase = phase, records, 0

    def count(self) -> None:
        """Brings the numbers of the report up to date."""
        counts = self.client.counts
        self._report.requests = self._report.looked_up + counts.total
        self._report.refused, self._report.retried = counts.refused, counts.retried
        self._report.waiting = self.client.waiting
        self._report.seconds = self._environment.monotonic() - self._started

    def _fetcher(self, sources: Sequence[Source], *, trusting: bool = True) -> AttioAttributeFetcher:
        known_invalid = {s: frozenset(self._delivery.state.of(s).invalid) for s in sources}
        return AttioAttributeFetcher(
            self.client, sources, self._delivery.settings.page_size, known_invalid, trusting=trusting
        )

    @contextmanager
    def _pages(self, stream: AbstractAsyncContextManager[HistoryPages]) -> Pages:
        with held_open(self._portal, stream) as pages, closing(self._received(pages)) as iterator:
            yield iterator

    @property
    def _longest_wait(self) -> float:
        return min(self._delivery.seconds_left, REPORT_SECONDS if self._on_progress else math.inf)

    def _while_waiting(self) -> None:
        self._delivery.checkpoint_if_due(LONGEST_WITHOUT_CHECKPOINT)
        self._report_progress()

    def _received(self, pages: HistoryPages) -> Generator[HistoryPage]:
        while True:
            try:
                page = self._portal.call(_next_page, pages, self._longest_wait)
            except TimeoutError:
                self._while_waiting()
                continue
            if page is None:
                return
            self._note(page)
            yield page

    def _note(self, page: HistoryPage) -> None:
        listed = max((len(part.listed) for part in page.parts.values()), default=0)
        self._report.listed += listed
        self._report.listed_in_phase += listed
        for part in page.parts.values():
            self._report.histories_read += part.requested
            self._report.requests_saved += part.proved
            self._report.gone += len(part.gone)
        self._report_progress()
        if self._environment.monotonic() - self._said_at >= PROGRESS_SECONDS:
            self._said_at = self._environment.monotonic()
            log.info("%s, %s: %s", self._report.source, self._report.phase, self._report.summary())

    def _report_progress(self) -> None:
        self.count()
        if self._on_progress:
            self._on_progress(self._report)


def readable(part: Part) -> Part:
    """The part, if its source can be read.

    Raises:
        AttioSyncError: it cannot.
    """
    if part.failure is not None:
        raise part.failure
    return part


async def _next_page(pages: HistoryPages, seconds: float) -> HistoryPage | None:
    """The next page; None at the end.

    Raises:
        TimeoutError: none came in time; the next call goes on waiting for the same one.
    """
    with anyio.fail_after(seconds):
        try:
            return await anext(pages)
        except StopAsyncIteration:
            return None
