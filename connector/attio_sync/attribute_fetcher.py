"""AttioAttributeFetcher: reads the histories of attributes of many records, as fast as Attio allows.

    lister ──(pages)──> feeder ──(pages)──> consumer     listing order is kept: the consumer takes a page when its last
                           └── a task for each history   history has been read

Both ends are bounded: histories in flight by the limiter, pages and values not yet taken by the feeder. A consumer that
stalls stalls the lister. A page is listed only after the one before it, so the lister runs ahead: else, where few
histories of a page are to be read, one listing after the other would be all that Attio is asked for.
"""

from collections.abc import AsyncGenerator, Callable, Container, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import batched

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from attio_sync.attio_types.records import EntryOf, ListedRecord
from attio_sync.client import AttioClient
from attio_sync.errors import SAME_FOR_ALL, AttioSyncError, InvalidValueError
from attio_sync.histories import AttributeHistory, never_changed, parse_history
from attio_sync.listing import RecordLister
from attio_sync.pages import HistoryPages, Slot, ValuesAhead, Wanted
from attio_sync.sources import Source
from attio_sync.state import Cursor
from attio_sync.value_reader import ValueReader

PAGES_READY = 4
"""Pages that may wait for the consumer, besides those that the lister holds and the one being read."""

LISTED_AHEAD = 5_000
"""So many listed values may wait for the feeder, in pages: 5 MB of memory, more where they are long."""

READS_A_PAGE = 50
"""A listing page is handed out in parts of so many histories that are read by a request."""

type Wants = Callable[[Source, ListedRecord], bool]
"""Whether the history of a listed record is to be delivered."""


class AttioAttributeFetcher:
    """Streams the histories of attributes of one object or list.

    With `trusting`, a listing may prove that a record never changed; otherwise every history that is wanted is read.

    Example:
        async with fetcher.stream_attribute_values(since=None) as pages:
            async for page in pages:
                for history in page.histories: ...
    """

    def __init__(
        self,
        client: AttioClient,
        sources: Sequence[Source],
        page_size: int = 500,
        known_invalid: Mapping[Source, Container[str]] | None = None,
        *,
        trusting: bool = True,
    ) -> None:
        self.saw_short_pages = False
        """Whether the last listing went on behind a page that was shorter than asked."""
        self._client = client
        self._sources = sources
        self._page_size = page_size
        self._trusting = trusting
        self._readers = {s: ValueReader(client, s, (known_invalid or {}).get(s, ())) for s in sources}
        self._failed: dict[Source, AttioSyncError] = {}

    def stream_attribute_values(
        self, since: datetime | None, cursor: Cursor | None = None, wants: Wants | None = None, *, thorough: bool = True
    ) -> AbstractAsyncContextManager[HistoryPages]:
        """Pages of every record whose current value dates from `since` or later (None: every record).

        Histories are read of those that are wanted (None: all). A `thorough` listing takes no short page for the last one.
        Leaving the context stops everything that is under way.
        """
        ahead = LISTED_AHEAD // (self._page_size * len(self._sources))
        return self._stream(self._listed_slots(since, cursor, wants, thorough=thorough), max(ahead, 1))

    def stream_records(
        self,
        source: Source,
        record_ids: Sequence[str],
        valued: Iterable[str] = (),
        entries: Mapping[str, EntryOf] | None = None,
    ) -> AbstractAsyncContextManager[HistoryPages]:
        """Pages of the histories of these records; those in `valued` are known to have had a value."""
        self._readers[source].valued = frozenset(valued)
        self._readers[source].entries = entries or {}
        return self._stream(_named_slots(source, record_ids))

    @asynccontextmanager
    async def _stream(self, slots: AsyncGenerator[Slot], ahead: int = 1) -> AsyncGenerator[HistoryPages]:
        to_feeder, from_lister = anyio.create_memory_object_stream[Slot](ahead)
        to_consumer, from_feeder = anyio.create_memory_object_stream[Slot](PAGES_READY)
        values = ValuesAhead()
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks, from_feeder:
            tasks.start_soon(_list, slots, to_feeder)
            tasks.start_soon(self._feed, from_lister, to_consumer, values, tasks)
            try:
                yield HistoryPages(from_feeder, values)
            except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place)
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _listed_slots(
        self, since: datetime | None, cursor: Cursor | None, wants: Wants | None, *, thorough: bool
    ) -> AsyncGenerator[Slot]:
        lister = RecordLister(self._client, self._sources, self._page_size, short_pages_end=not thorough)
        reached = cursor or Cursor("")
        async with aclosing(lister.pages(since, cursor)) as pages:
            async for page in pages:
                slot = Slot(reached, self._sources, page.accurate_at)
                for item in page.items:
                    if slot.left >= READS_A_PAGE:
                        reached = slot.cursor
                        yield slot
                        slot = Slot(reached, self._sources, page.accurate_at)
                    slot.items.append(item)
                    for source, record in zip(self._sources, item.of, strict=True):
                        if error := lister.unknown.get(source):
                            slot.expect(Wanted(source, record.record_id, record, error))
                        elif wants is None or wants(source, record):
                            slot.expect(Wanted(source, record.record_id, record, self._proved(source, record)))
                reached = slot.cursor
                self.saw_short_pages = lister.saw_short_pages
                yield slot

    def _proved(self, source: Source, record: ListedRecord) -> AttributeHistory | InvalidValueError | None:
        """The history of a record that the listing proves to have never changed; without a current value it may have."""
        if not (self._trusting and never_changed(record, is_multiple=source.is_multiple)):
            return None
        try:
            return parse_history(record.record_id, record.current, source.type, entry_of=record.entry_of)
        except InvalidValueError as error:
            return error

    async def _feed(
        self,
        from_lister: MemoryObjectReceiveStream[Slot],
        to_consumer: MemoryObjectSendStream[Slot],
        values: ValuesAhead,
        tasks: TaskGroup,
    ) -> None:
        """Hands each page to the consumer's queue first, so that the queue bounds what is read ahead, then reads it."""
        # The consumer may leave at any moment: then the other end of a stream is closed, and there is nothing left to do.
        async with from_lister, to_consumer:
            with suppress(anyio.BrokenResourceError):
                async for slot in from_lister:
                    await to_consumer.send(slot)
                    for wanted in slot.to_read:
                        await values.begin(wanted)
                        await self._client.limiter.take_place(wanted)
                        tasks.start_soon(self._read, slot, wanted, values)

    async def _read(self, slot: Slot, wanted: Wanted, values: ValuesAhead) -> None:
        try:
            outcome = self._failed.get(wanted.source) or await self._readers[wanted.source].read(
                wanted.record_id, wanted.listed, partial(values.go_on, wanted)
            )
        except SAME_FOR_ALL as error:
            slot.fail(error)
        except AttioSyncError as error:
            self._failed[wanted.source] = error
            slot.fill(wanted, error)
        except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place)
            slot.fail(error)
        else:
            slot.fill(wanted, outcome)
        finally:
            self._client.limiter.leave_place(wanted)
            values.end(wanted)


async def _list(slots: AsyncGenerator[Slot], to_feeder: MemoryObjectSendStream[Slot]) -> None:
    async with to_feeder:
        with suppress(anyio.BrokenResourceError):
            try:
                async with aclosing(slots):
                    async for slot in slots:
                        await to_feeder.send(slot)
            except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place)
                failed = Slot(Cursor(""))
                failed.fail(error)
                await to_feeder.send(failed)


async def _named_slots(source: Source, record_ids: Sequence[str]) -> AsyncGenerator[Slot]:
    for some in batched(record_ids, READS_A_PAGE):
        slot = Slot(Cursor(""), [source])
        for record_id in some:
            slot.expect(Wanted(source, record_id, None))
        yield slot
