"""Pages on their way from the listing to the consumer, each filled in as its histories arrive."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from attio_sync.attio_types import AttributeHistory, ListedRecord
from attio_sync.errors import InvalidValueError, MergeInProgressError, RecordGoneError
from attio_sync.state import Cursor

VALUES_AHEAD = 20_000
"""While so many values wait for the consumer no further page is begun: 100 MB of memory at most."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What came of one part of a listing, in listing order.

    `listed` are its records, `histories` those of them that were wanted; `requested` were read by a request, `proved` by
    the listing to have never moved. `gone` answered 404, `invalid` cannot be read, and what is being merged is in neither.
    `cursor` stands once they are delivered; `accurate_at` is how fresh Attio says the listing is.
    """

    listed: list[ListedRecord]
    histories: list[AttributeHistory]
    invalid: list[InvalidValueError]
    gone: list[str]
    requested: int
    proved: int
    cursor: Cursor
    accurate_at: datetime | None = None


type Outcome = AttributeHistory | InvalidValueError | RecordGoneError | MergeInProgressError


@dataclass(slots=True)
class Slot:
    """A page on its way: one outcome for each record that is wanted, filled in as they arrive."""

    cursor: Cursor
    accurate_at: datetime | None = None
    listed: list[ListedRecord] = field(default_factory=list[ListedRecord])
    record_ids: list[str] = field(default_factory=list[str])
    outcomes: list[Outcome | None] = field(default_factory=list[Outcome | None])
    to_read: list[tuple[int, ListedRecord | None]] = field(default_factory=list[tuple[int, ListedRecord | None]])
    left: int = 0
    failure: Exception | None = None
    complete: anyio.Event = field(default_factory=anyio.Event)

    def expect(self, record_id: str, listed: ListedRecord | None, outcome: Outcome | None = None) -> None:
        """Makes room for one record; one without an outcome is to be read."""
        if outcome is None:
            self.to_read.append((len(self.outcomes), listed))
            self.left += 1
        self.record_ids.append(record_id)
        self.outcomes.append(outcome)

    def fill(self, index: int, outcome: Outcome) -> None:
        """What became of one record."""
        self.outcomes[index] = outcome
        self.left -= 1
        if not self.left:
            self.complete.set()

    def fail(self, failure: Exception) -> None:
        """The page cannot be had."""
        self.failure = self.failure or failure
        self.complete.set()

    def page(self) -> HistoryPage:
        """The page, once it is complete."""
        outcomes = list(zip(self.record_ids, self.outcomes, strict=True))
        return HistoryPage(
            listed=self.listed,
            histories=[o for _, o in outcomes if isinstance(o, AttributeHistory)],
            invalid=[o for _, o in outcomes if isinstance(o, InvalidValueError)],
            gone=[r for r, o in outcomes if isinstance(o, RecordGoneError)],
            requested=len(self.to_read),
            proved=len(self.record_ids) - len(self.to_read),
            cursor=self.cursor,
            accurate_at=self.accurate_at,
        )


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
                self._current = await self._slots.receive()
            except anyio.EndOfStream:
                raise StopAsyncIteration from None
        await self._current.complete.wait()
        slot, self._current = self._current, None
        if slot.failure is not None:
            raise slot.failure
        page = slot.page()
        self._values.taken(sum(len(h.raw) for h in page.histories))
        return page


class ValuesAhead:
    """How many values wait for the consumer; the feeder begins no page while they are too many.

    All reads of a page are handed out before the feeder looks again, so the page the consumer waits for always completes.
    """

    def __init__(self) -> None:
        self._held = 0
        self._fewer = anyio.Event()

    def read(self, values: int) -> None:
        """So many more wait."""
        self._held += values

    def taken(self, values: int) -> None:
        """The consumer has taken so many."""
        self._held -= values
        self._fewer.set()

    async def room(self) -> None:
        """Returns when a further page may be begun."""
        while self._held > VALUES_AHEAD:
            self._fewer = anyio.Event()
            await self._fewer.wait()
