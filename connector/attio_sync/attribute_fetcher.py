"""AttioAttributeFetcher: reads the history of one attribute of many records, as fast as Attio allows.

    lister ──(1 page)──> feeder ──(jobs)──> readers            listing order is kept: the consumer takes a page
                            └────(pages)──────────> consumer   when its last history has been read

Both ends are bounded: histories in flight by the limiter, pages and values not yet taken by the feeder. A consumer that
stalls stalls the lister.
"""

from collections.abc import AsyncGenerator, Callable, Container, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from datetime import datetime
from itertools import batched

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from attio_sync.attio_types import AttributeHistory, ListedRecord, parse_history
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError, InvalidValueError, UnknownNameError
from attio_sync.limiter import MOST_IN_FLIGHT
from attio_sync.listing import RecordLister
from attio_sync.pages import HistoryPages, Slot, ValuesAhead
from attio_sync.settings import TrackedHistory
from attio_sync.state import Cursor, advance
from attio_sync.value_reader import ValueReader

PAGES_READY = 4
"""Pages that may wait for the consumer, besides the one the lister holds and the one being read."""

READS_A_PAGE = 50
"""A listing page is handed out in parts of so many histories that are read by a request."""

type Wants = Callable[[ListedRecord], bool]
"""Whether the history of a listed record is to be delivered."""


class AttioAttributeFetcher:
    """Streams the histories of one attribute.

    Example:
        async with fetcher.stream_attribute_values(since=None) as pages:
            async for page in pages:
                for history in page.histories: ...
    """

    def __init__(
        self, client: AttioClient, history: TrackedHistory, page_size: int = 500, known_invalid: Container[str] = ()
    ) -> None:
        self.saw_short_pages = False
        """Whether the last listing went on behind a page that was shorter than asked."""
        self._client = client
        self._history = history
        self._page_size = page_size
        self._reader = ValueReader(client, history, known_invalid)

    def stream_attribute_values(
        self, since: datetime | None, cursor: Cursor | None = None, wants: Wants | None = None, *, thorough: bool = True
    ) -> AbstractAsyncContextManager[HistoryPages]:
        """Pages of every record whose current value dates from `since` or later (None: every record).

        Histories are read of those that are wanted (None: all). A `thorough` listing takes no short page for the last one.
        Leaving the context stops everything that is under way.
        """
        return self._stream(self._listed_slots(since, cursor, wants, thorough=thorough))

    def stream_records(
        self, record_ids: Sequence[str], valued: Iterable[str] = ()
    ) -> AbstractAsyncContextManager[HistoryPages]:
        """Pages of the histories of these records; those in `valued` are known to have had a value."""
        self._reader.valued = frozenset(valued)
        return self._stream(_named_slots(record_ids))

    @asynccontextmanager
    async def _stream(self, slots: AsyncGenerator[Slot]) -> AsyncGenerator[HistoryPages]:
        to_feeder, from_lister = anyio.create_memory_object_stream[Slot](1)
        to_consumer, from_feeder = anyio.create_memory_object_stream[Slot](PAGES_READY)
        to_readers, jobs = anyio.create_memory_object_stream[tuple[Slot, int, ListedRecord | None]](0)
        values = ValuesAhead()
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks, from_feeder:
            tasks.start_soon(self._list, slots, to_feeder)
            tasks.start_soon(_feed, from_lister, to_consumer, to_readers, values)
            readers = max(MOST_IN_FLIGHT, self._client.limiter.most_in_flight)
            for _ in range(readers):
                tasks.start_soon(self._read_all, jobs.clone(), values)
            jobs.close()
            try:
                yield HistoryPages(from_feeder, values)
            except Exception as error:  # noqa: BLE001 (raised again below: inside, it would come out wrapped in a group)
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _list(self, slots: AsyncGenerator[Slot], to_feeder: MemoryObjectSendStream[Slot]) -> None:
        # The consumer may leave at any moment: then the other end of a stream is closed, and there is nothing left to do.
        async with to_feeder:
            with suppress(anyio.BrokenResourceError):
                await self._list_into(slots, to_feeder)

    async def _list_into(self, slots: AsyncGenerator[Slot], to_feeder: MemoryObjectSendStream[Slot]) -> None:
        try:
            async with aclosing(slots):
                async for slot in slots:
                    if not slot.left:
                        slot.complete.set()
                    await to_feeder.send(slot)
        except anyio.BrokenResourceError:
            raise
        except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place behind the pages before it)
            failed = Slot(Cursor(""))
            failed.fail(await self._explained(error))
            await to_feeder.send(failed)

    async def _listed_slots(
        self, since: datetime | None, cursor: Cursor | None, wants: Wants | None, *, thorough: bool
    ) -> AsyncGenerator[Slot]:
        lister = RecordLister(self._client, self._history, self._page_size, short_pages_end=not thorough)
        reached = cursor or Cursor("")
        async with aclosing(lister.pages(since, cursor)) as pages:
            async for page in pages:
                slot = Slot(reached, page.accurate_at)
                for record in page.records:
                    if len(slot.to_read) == READS_A_PAGE:
                        reached = slot.cursor = advance(reached, slot.listed)
                        yield slot
                        slot = Slot(reached, page.accurate_at)
                    slot.listed.append(record)
                    if wants is None or wants(record):
                        # Without a current value there may have been one.
                        known = _parsed(record) if record.never_moved else None
                        slot.expect(record.record_id, record, known)
                reached = slot.cursor = advance(reached, slot.listed)
                self.saw_short_pages = lister.saw_short_pages
                yield slot

    async def _read_all(
        self, jobs: MemoryObjectReceiveStream[tuple[Slot, int, ListedRecord | None]], values: ValuesAhead
    ) -> None:
        async with jobs:
            async for slot, index, listed in jobs:
                if slot.failure is not None:
                    continue
                try:
                    outcome = await self._reader.read(slot.record_ids[index], listed)
                    values.read(len(outcome.raw) if isinstance(outcome, AttributeHistory) else 0)
                    slot.fill(index, outcome)
                except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place)
                    slot.fail(await self._explained(error))

    async def _explained(self, error: Exception) -> Exception:
        """An unknown name, with those that exist."""
        if not isinstance(error, UnknownNameError):
            return error
        try:
            attributes = await self._client.fetch_attributes(self._history.parent)
            exist = f"the attributes of {self._history.parent} are " + ", ".join(sorted(a.api_slug for a in attributes))
        except UnknownNameError:
            exist = await no_such_object(self._client, self._history.parent)
        except AttioSyncError:
            return error
        return UnknownNameError(f"{error} — {exist}. Correct the setting history ({self._history})")


async def no_such_object(client: AttioClient, object_slug: str) -> str:
    """That there is no such object, and those that there are."""
    objects = sorted(o.api_slug for o in await client.fetch_objects() if o.api_slug)
    return f"there is no object {object_slug!r}; the objects are {', '.join(objects)}"


async def _named_slots(record_ids: Sequence[str]) -> AsyncGenerator[Slot]:
    for some in batched(record_ids, READS_A_PAGE):
        slot = Slot(Cursor(""))
        for record_id in some:
            slot.expect(record_id, None)
        yield slot


async def _feed(
    from_lister: MemoryObjectReceiveStream[Slot],
    to_consumer: MemoryObjectSendStream[Slot],
    to_readers: MemoryObjectSendStream[tuple[Slot, int, ListedRecord | None]],
    values: ValuesAhead,
) -> None:
    """Hands each page to the consumer's queue first, so that the queue bounds what is read ahead, then its jobs out."""
    async with from_lister, to_consumer, to_readers:
        with suppress(anyio.BrokenResourceError):
            async for slot in from_lister:
                await values.room()
                await to_consumer.send(slot)
                for index, listed in slot.to_read:
                    await to_readers.send((slot, index, listed))


def _parsed(record: ListedRecord) -> AttributeHistory | InvalidValueError:
    try:
        return parse_history(record.record_id, record.current)
    except InvalidValueError as error:
        return error
