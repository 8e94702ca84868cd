"""Pages on their way from the listing to the consumer, each filled in as its histories arrive."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from attio_sync.attio_types import ListedRecord
from attio_sync.errors import AttioSyncError, InvalidValueError, MergeInProgressError, RecordGoneError
from attio_sync.histories import AttributeHistory
from attio_sync.listing import Item
from attio_sync.sources import Source
from attio_sync.state import Cursor

VALUES_AHEAD = 20_000
"""While so many values wait for the consumer no further page is begun: 100 MB of memory at most."""


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


type Outcome = AttributeHistory | AttioSyncError


@dataclass(slots=True, eq=False)
class Wanted:
    """One history that is wanted: of which source and record, how it was listed, and what became of it."""

    source: Source
    record_id: str
    listed: ListedRecord | None
    outcome: Outcome | None = None
    proved: bool = False


@dataclass(slots=True)
class Slot:
    """A page on its way: what is wanted of it is filled in as it arrives."""

    cursor: Cursor
    sources: Sequence[Source] = ()
    accurate_at: datetime | None = None
    items: list[Item] = field(default_factory=list[Item])
    wanted: list[Wanted] = field(default_factory=list[Wanted])
    left: int = 0
    failure: Exception | None = None
    complete: anyio.Event = field(default_factory=anyio.Event)

    def expect(self, wanted: Wanted) -> None:
        """Makes room for one history; one without an outcome is to be read."""
        wanted.proved = wanted.outcome is not None
        self.left += not wanted.proved
        self.wanted.append(wanted)

    @property
    def to_read(self) -> list[Wanted]:
        """What takes a request."""
        return [w for w in self.wanted if not w.proved]

    def fill(self, wanted: Wanted, outcome: Outcome) -> None:
        """What became of one history."""
        wanted.outcome = outcome
        self.left -= 1
        if not self.left:
            self.complete.set()

    def fail(self, failure: Exception) -> None:
        """The page cannot be had."""
        self.failure = self.failure or failure
        self.complete.set()

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
                self._current = await self._slots.receive()
            except anyio.EndOfStream:
                raise StopAsyncIteration from None
        await self._current.complete.wait()
        slot, self._current = self._current, None
        if slot.failure is not None:
            raise slot.failure
        page = slot.page()
        self._values.taken(sum(len(w.outcome.raw) for w in slot.to_read if isinstance(w.outcome, AttributeHistory)))
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
