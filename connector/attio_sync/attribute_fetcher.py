"""AttioAttributeFetcher: reads the history of one attribute of many records, as fast as Attio allows.

    lister ──(1 page)──> feeder ──(jobs)──> readers            listing order is kept: the consumer takes a page
                            └────(2 pages)────────> consumer   when its last history has been read

Both ends are bounded: histories in flight by the limiter, pages not yet taken by the two buffers. A consumer that stalls
stalls the lister.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from attio_sync.attio_types import AttributeHistory, parse_history
from attio_sync.client import AttioClient, utc_now
from attio_sync.errors import (
    AttioSyncError,
    InvalidValueError,
    MergeInProgressError,
    RecordGoneError,
    SkipError,
    UnknownNameError,
)
from attio_sync.limiter import MOST_IN_FLIGHT
from attio_sync.listing import ListingPage, RecordLister
from attio_sync.settings import TrackedHistory
from attio_sync.shapes import as_object
from attio_sync.state import Cursor

PAGES_READY = 2
"""Pages that may wait for the consumer; with the one the lister holds and the one being read, four at most in memory."""

MOST_VALUES = 100_000
"""A history longer than this is taken for an endless one."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The histories of one listing page, in listing order.

    `cursor` stands once they are delivered. `requested` were read by a request, the others proved by the listing to have
    never moved; `gone` were deleted or merged since they were listed; `invalid` do not have the documented shape.
    """

    histories: list[AttributeHistory]
    invalid: list[InvalidValueError]
    cursor: Cursor
    requested: int
    gone: int


@dataclass(slots=True)
class _Slot:
    """A page on its way: one outcome for each record, filled in as they arrive.

    `filtered` says that only records with a current value were asked for.
    """

    listing: ListingPage
    filtered: bool
    outcomes: list[AttributeHistory | SkipError | None] = field(default_factory=list[AttributeHistory | SkipError | None])
    to_read: list[int] = field(default_factory=list[int])
    left: int = 0
    failure: Exception | None = None
    complete: anyio.Event = field(default_factory=anyio.Event)

    def fill(self, index: int, outcome: AttributeHistory | SkipError) -> None:
        self.outcomes[index] = outcome
        self.left -= 1
        if not self.left:
            self.complete.set()

    def fail(self, failure: Exception) -> None:
        self.failure = self.failure or failure
        self.complete.set()

    def page(self) -> HistoryPage:
        return HistoryPage(
            histories=[o for o in self.outcomes if isinstance(o, AttributeHistory)],
            invalid=[o for o in self.outcomes if isinstance(o, InvalidValueError)],
            cursor=self.listing.cursor,
            requested=len(self.to_read),
            gone=sum(isinstance(o, RecordGoneError) for o in self.outcomes),
        )


class HistoryPages(AsyncIterator[HistoryPage]):
    """The pages of a stream, in listing order. Waiting for one can be cancelled and taken up again."""

    def __init__(self, slots: MemoryObjectReceiveStream[_Slot]) -> None:
        self._slots = slots
        self._current: _Slot | None = None

    async def __anext__(self) -> HistoryPage:
        """The next page.

        Raises:
            AttioSyncError: listing or reading failed at this place; every page before it has been handed out.
        """
        if self._current is None:
            try:
                self._current = await self._slots.receive()
            except anyio.EndOfStream:
                raise StopAsyncIteration from None
        await self._current.complete.wait()
        slot, self._current = self._current, None
        if slot.failure is not None:
            raise slot.failure
        return slot.page()


class AttioAttributeFetcher:
    """Streams the histories of one attribute.

    Example:
        async with fetcher.stream_attribute_values(since=None) as pages:
            async for page in pages:
                for history in page.histories: ...
    """

    def __init__(
        self, client: AttioClient, history: TrackedHistory, page_size: int = 500, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._client = client
        self._history = history
        self._page_size = page_size
        self._now = now

    @asynccontextmanager
    async def stream_attribute_values(
        self, since: datetime | None, cursor: Cursor | None = None
    ) -> AsyncGenerator[HistoryPages]:
        """Pages of the histories of every record whose current value dates from `since` or later (None: every record).

        Leaving the context stops everything that is under way.
        """
        to_feeder, from_lister = anyio.create_memory_object_stream[_Slot](1)
        to_consumer, from_feeder = anyio.create_memory_object_stream[_Slot](PAGES_READY)
        to_readers, jobs = anyio.create_memory_object_stream[tuple[_Slot, int]](0)
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks, from_feeder:
            tasks.start_soon(self._list, since, cursor, to_feeder)
            tasks.start_soon(_feed, from_lister, to_consumer, to_readers)
            readers = max(MOST_IN_FLIGHT, self._client.limiter.most_in_flight)
            for _ in range(readers):
                tasks.start_soon(self._read_all, jobs.clone())
            jobs.close()
            try:
                yield HistoryPages(from_feeder)
            except Exception as error:  # noqa: BLE001 (raised again below: inside, it would come out wrapped in a group)
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def read_again(self, record_ids: Sequence[str]) -> tuple[list[AttributeHistory], list[str]]:
        """The histories of these records that read well now, and the ids of those that are gone."""
        well: list[AttributeHistory] = []
        gone: list[str] = []
        for record_id in record_ids:
            outcome = await self._read(record_id, [], has_value=True)
            if isinstance(outcome, AttributeHistory):
                well.append(outcome)
            elif isinstance(outcome, RecordGoneError):
                gone.append(record_id)
        return well, gone

    async def _list(self, since: datetime | None, cursor: Cursor | None, to_feeder: MemoryObjectSendStream[_Slot]) -> None:
        # The consumer may leave at any moment: then the other end of a stream is closed, and there is nothing left to do.
        async with to_feeder:
            with suppress(anyio.BrokenResourceError):
                await self._list_into(to_feeder, since, cursor)

    async def _list_into(
        self, to_feeder: MemoryObjectSendStream[_Slot], since: datetime | None, cursor: Cursor | None
    ) -> None:
        try:
            lister = RecordLister(self._client, self._history, self._page_size)
            async with aclosing(lister.pages(since, cursor)) as pages:
                async for listing in pages:
                    await to_feeder.send(self._slot(listing, filtered=since is not None))
        except anyio.BrokenResourceError:
            raise
        except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place behind the pages before it)
            failed = _Slot(ListingPage([], cursor or Cursor("")), filtered=False)
            failed.fail(await self._explained(error))
            await to_feeder.send(failed)

    def _slot(self, listing: ListingPage, *, filtered: bool) -> _Slot:
        slot = _Slot(listing, filtered, outcomes=[None] * len(listing.records), left=len(listing.records))
        if not listing.records:
            slot.complete.set()
        for index, record in enumerate(listing.records):
            if record.never_moved:
                slot.fill(index, _parsed(record.record_id, record.current, self._now()))
            else:  # also where there is no current value: there may have been one
                slot.to_read.append(index)
        return slot

    async def _read_all(self, jobs: MemoryObjectReceiveStream[tuple[_Slot, int]]) -> None:
        async with jobs:
            async for slot, index in jobs:
                if slot.failure is not None:
                    continue
                try:
                    record = slot.listing.records[index]
                    has_value = slot.filtered or bool(record.current)
                    slot.fill(index, await self._read(record.record_id, record.current, has_value=has_value))
                except Exception as error:  # noqa: BLE001 (handed to the consumer, in its place)
                    slot.fail(await self._explained(error))

    async def _read(self, record_id: str, current: list[Any], *, has_value: bool) -> AttributeHistory | SkipError:
        values: list[object] = []
        try:
            while len(values) < MOST_VALUES:
                page = await self._client.fetch_values(
                    self._history.parent, record_id, self._history.attribute, offset=len(values)
                )
                # A server that ignores the offset starts over: then there was no more.
                if not page or (values and page[0] == values[0]):
                    break
                values += page
                # No page size is documented, and a page may be shorter than the history: its open value ends it.
                if any(_is_open(v) for v in page):
                    break
            else:
                return InvalidValueError(record_id, "values", f"more than {MOST_VALUES} values", values[:10])
        except RecordGoneError as error:
            return error
        except MergeInProgressError as error:
            return RecordGoneError(str(error))
        if not values and has_value:
            # Attio may answer nothing for billing reasons; an empty history must not replace a real one.
            return InvalidValueError(record_id, "values", "no values, though the record has a current one", current)
        return _parsed(record_id, values, self._now())

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


async def _feed(
    from_lister: MemoryObjectReceiveStream[_Slot],
    to_consumer: MemoryObjectSendStream[_Slot],
    to_readers: MemoryObjectSendStream[tuple[_Slot, int]],
) -> None:
    """Hands each page to the consumer's queue first, so that the queue bounds what is read ahead, then its jobs out."""
    async with from_lister, to_consumer, to_readers:
        with suppress(anyio.BrokenResourceError):
            async for slot in from_lister:
                await to_consumer.send(slot)
                for index in slot.to_read:
                    await to_readers.send((slot, index))


def _parsed(record_id: str, values: list[object], read_at: datetime) -> AttributeHistory | InvalidValueError:
    try:
        return parse_history(record_id, values, read_at)
    except InvalidValueError as error:
        return error


def _is_open(value: object) -> bool:
    shape = as_object(value) or {}
    return "active_until" in shape and shape["active_until"] is None
