"""Pages on their way from the listing to the consumer, each filled in as its histories arrive."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from attio_sync.attio_types.records import ListedRecord
from attio_sync.errors import AttioSyncError, InvalidValueError, MergeInProgressError, RecordGoneError
from attio_sync.histories import AttributeHistory
from attio_sync.listing import Item
from attio_sync.sources import Source
from attio_sync.state import Cursor

VALUES_AHEAD = 10_000
"""While so many values wait for the consumer no further history is read: 100 MB of memory, about."""


@dataclass(slots=True)
class Part:
    """What a page brings of one source, in listing order.

    `listed` are the records listed, `histories` those of them that were wanted; `requested` were read by a request,
    `proved` by the listing to have never changed. `gone` answered 404, `invalid` cannot be read, and what is being merged
    is in neither. With a `failure` the source cannot be read at all, and nothing of the part counts.
    """

    listed: list[ListedRecord] = field(default_factory=list[ListedRecord])
    histories: list[AttributeHistory] = field(default_factory=list[AttributeHistory])
    invalid: list[InvalidValueError] = field(default_factory=list[InvalidValueError])
    gone: list[str] = field(default_factory=list[str])
    requested: int = 0
    proved: int = 0
    failure: AttioSyncError | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What came of one part of a listing, for each of its sources.

    `cursor` stands once they are delivered; `accurate_at` is how fresh Attio says the listing is.
    """

    parts: Mapping[Source, Part]
    cursor: Cursor
    accurate_at: datetime | None = None

    @property
    def histories(self) -> list[AttributeHistory]:
        """Those of all sources."""
        return [history for part in self.parts.values() for history in part.histories]


type HistoryOrError = AttributeHistory | AttioSyncError


@dataclass(slots=True, eq=False)
class Wanted:
    """One history that is wanted: of which source and record, how it was listed, and what became of it."""

    source: Source
    record_id: str
    listed: ListedRecord | None
    outcome: HistoryOrError | None = None
    proved: bool = False

    @property
    def values(self) -> int:
        """How many values came by requests."""
        return len(self.outcome.raw) if isinstance(self.outcome, AttributeHistory) and not self.proved else 0


@dataclass(slots=True)
class Slot:
    """A page on its way: what is wanted of it is filled in as it arrives; `start` stands before it is delivered.

    There is `news` of it when it is complete, and when its first part should be taken because there is no room for more.
    """

    start: Cursor
    sources: Sequence[Source] = ()
    accurate_at: datetime | None = None
    items: list[Item] = field(default_factory=list[Item])
    wanted: list[Wanted] = field(default_factory=list[Wanted])
    left: int = 0
    failure: Exception | None = None
    news: anyio.Event = field(default_factory=anyio.Event)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is to be waited for any more."""
        return not self.left or self.failure is not None

    @property
    def cursor(self) -> Cursor:
        """What stands once it is delivered."""
        if not self.items:
            return self.start
        key = self.items[-1].listed_at
        ids = frozenset(item.record_id for item in self.items if item.listed_at == key)
        return Cursor(key, ids | self.start.record_ids if key == self.start.created_at else ids)

    def expect(self, wanted: Wanted) -> None:
        """Makes room for one history; one without an outcome is to be read."""
        wanted.proved = wanted.outcome is not None
        self.left += not wanted.proved
        self.wanted.append(wanted)

    @property
    def to_read(self) -> list[Wanted]:
        """What takes a request."""
        return [w for w in self.wanted if not w.proved]

    def fill(self, wanted: Wanted, outcome: HistoryOrError) -> None:
        """What became of one history."""
        wanted.outcome = outcome
        self.left -= 1
        if not self.left:
            self.news.set()

    def fail(self, failure: Exception) -> None:
        """The page cannot be had."""
        self.failure = self.failure or failure
        self.news.set()

    def first_part(self) -> "Slot | None":
        """Takes out what comes before the first history that is not there yet; None if that is nothing."""
        waiting = next(n for n, wanted in enumerate(self.wanted) if wanted.outcome is None)
        listed = self.wanted[waiting].listed
        place = next((n for n, item in enumerate(self.items) if any(record is listed for record in item.of)), 0)
        its_own = self.items[place].of if self.items else ()
        while waiting and any(record is self.wanted[waiting - 1].listed for record in its_own):
            waiting -= 1
        if not waiting:
            return None
        part = Slot(self.start, self.sources, self.accurate_at, self.items[:place], self.wanted[:waiting])
        self.start, self.items, self.wanted = part.cursor, self.items[place:], self.wanted[waiting:]
        return part

    def page(self) -> HistoryPage:
        """The page, once it is complete."""
        parts = {s: Part([item.of[i] for item in self.items]) for i, s in enumerate(self.sources)}
        for wanted in self.wanted:
            part = parts[wanted.source]
            part.proved += wanted.proved
            part.requested += not wanted.proved
            match wanted.outcome:
                case AttributeHistory():
                    part.histories.append(wanted.outcome)
                case InvalidValueError():
                    part.invalid.append(wanted.outcome)
                case RecordGoneError():
                    part.gone.append(wanted.record_id)
                case MergeInProgressError() | None:
                    pass
                case failure:
                    part.failure = failure
        return HistoryPage(parts, self.cursor, self.accurate_at)


class HistoryPages(AsyncIterator[HistoryPage]):
    """The pages of a stream, in listing order. Waiting for one can be cancelled and taken up again."""

    def __init__(self, slots: MemoryObjectReceiveStream[Slot], values: "ValuesAhead") -> None:
        self._slots = slots
        self._values = values
        self._current: Slot | None = None

    async def __anext__(self) -> HistoryPage:
        """The next page.

        Raises:
            AttioSyncError: listing or reading failed at this place; every page before it has been handed out.
        """
        if self._current is None:
            try:
                self._current = self._values.front = await self._slots.receive()
            except anyio.EndOfStream:
                raise StopAsyncIteration from None
        slot, part = self._current, None
        while not slot.is_complete and (part := slot.first_part() if self._values.are_too_many else None) is None:
            slot.news = anyio.Event()
            self._values.waited_for()
            await slot.news.wait()
        if part is None:
            part, self._current, self._values.front = slot, None, None
        if part.failure is not None:
            raise part.failure
        self._values.taken(sum(wanted.values for wanted in part.wanted))
        page = part.page()
        for wanted in part.wanted:  # which the feeder may still go through
            wanted.outcome = None
        return page


class ValuesAhead:
    """How many values wait for the consumer. While they are too many no further history is begun, and none goes on.

    But the consumer takes the first part of the page it waits for, the `front`; and where there is none, the first of
    those under way goes on, or a first one is begun: histories are begun in listing order, so they always get on.
    """

    def __init__(self) -> None:
        self.front: Slot | None = None
        self._held = 0
        self._under_way: dict[Wanted, int] = {}
        self._is_waited_for = False
        self._changed = anyio.Event()

    @property
    def are_too_many(self) -> bool:
        """Whether there is no room."""
        return self._held > VALUES_AHEAD

    async def begin(self, wanted: Wanted) -> None:
        """Returns when this history may be begun."""
        while self.are_too_many and (self._under_way or not self._is_waited_for):
            await self._changed.wait()
        self._under_way[wanted] = 0

    async def go_on(self, wanted: Wanted, values: int) -> None:
        """Returns when this history, of which there are so many values so far, may be read on."""
        self._count(wanted, values)
        while self.are_too_many and not (self._is_waited_for and wanted is next(iter(self._under_way))):
            await self._changed.wait()

    def end(self, wanted: Wanted) -> None:
        """This history is read, or cannot be."""
        self._count(wanted, wanted.values)
        del self._under_way[wanted]
        self._notify()

    def taken(self, values: int) -> None:
        """The consumer has taken so many."""
        self._held -= values
        self._is_waited_for = False
        self._notify()

    def waited_for(self) -> None:
        """The consumer can take nothing."""
        self._is_waited_for = True
        self._notify()

    def _count(self, wanted: Wanted, values: int) -> None:
        self._held += values - self._under_way[wanted]
        self._under_way[wanted] = values
        if self.front is not None and self.are_too_many:
            self.front.news.set()

    def _notify(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
