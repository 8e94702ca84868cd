"""Reads the whole history of one record, page by page, and says what became of it."""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence

from attio_sync.attio_types.records import EntryOf, ListedRecord, parse_listed_record
from attio_sync.attio_types.timestamps import sortable_timestamp
from attio_sync.client import AttioClient
from attio_sync.errors import (
    AttioSyncError,
    ContractChangedError,
    ForbiddenError,
    GaveUpError,
    InvalidValueError,
    MergeInProgressError,
    RecordGoneError,
    RequestRefusedError,
    UnauthorizedError,
)
from attio_sync.histories import MOST_STAYS, AttributeHistory, parse_history
from attio_sync.sources import Source
from attio_sync.tables import as_object

FAILURES_IN_A_ROW = 3
"""One record that always fails is invalid; so many before any was read well are not the records' fault."""

type GoOn = Callable[[int], Awaitable[None]]


class ValueReader:
    """Reads histories of one source. `valued` are records known to have had a value, of which no listing tells.

    Of entries, `entries` says what they are about. That one of the `known_invalid` fails again is nothing new: they say
    nothing about Attio.
    """

    def __init__(self, client: AttioClient, source: Source, known_invalid: Container[str] = ()) -> None:
        self.valued: frozenset[str] = frozenset()
        self.entries: Mapping[str, EntryOf] = {}
        self._client = client
        self._source = source
        self._longest_page = 0
        self._known_invalid = known_invalid
        self._failed_in_a_row = 0
        self._read_well = ""

    async def read(
        self, record_id: str, listed: ListedRecord | None, go_on: GoOn | None = None
    ) -> AttributeHistory | InvalidValueError | RecordGoneError | MergeInProgressError:
        """The history of a record; `listed` is how a listing showed it a moment ago, if one did.

        Before each further page it waits for `go_on`, which hears how many values there are so far.

        Raises:
            AttioSyncError: the failure is not this one record's.
        """
        try:
            outcome = await self._read(record_id, listed, go_on)
        except (RecordGoneError, MergeInProgressError) as error:
            outcome = error
        except InvalidValueError as error:
            return error
        except (GaveUpError, ForbiddenError, RequestRefusedError, ContractChangedError) as error:
            self._failed_in_a_row += not self._read_well and record_id not in self._known_invalid
            if self._failed_in_a_row >= FAILURES_IN_A_ROW or not await self._answers():
                raise
            return InvalidValueError(record_id, "values", f"cannot be read: {error}", None)
        self._failed_in_a_row, self._read_well = 0, record_id
        return outcome

    async def _read(self, record_id: str, listed: ListedRecord | None, go_on: GoOn | None) -> AttributeHistory:
        source, current = self._source, listed.current if listed else []
        values: list[object] = []
        while not self._is_complete(values):
            if values and go_on:
                await go_on(len(values))
            page = await self._client.fetch_values(source.parent, record_id, source.attribute, offset=len(values))
            # A server that ignores the offset starts over: then it has no more to say.
            if not page or (values and page[0] == values[0]):
                break
            values += page
            if len(values) > MOST_STAYS:
                raise InvalidValueError(record_id, "values", f"more than {MOST_STAYS:,} values", values[:10])
            # A page that is shorter than another one is the last: a server that gives less than asked gives that much.
            is_last = len(page) < self._longest_page
            self._longest_page = max(self._longest_page, len(page))
            if is_last:
                break
        if not values and (current or record_id in self.valued):
            # Attio may answer nothing for billing reasons; an empty history must not replace a real one.
            raise InvalidValueError(record_id, "values", "no values, though the record has had some", current)
        entry_of = await self._entry_of(record_id, listed)
        history = parse_history(record_id, values, source.type, is_multiple=source.is_multiple, entry_of=entry_of)
        began = listed and listed.current_from
        # A later one has replaced it since the listing.
        if began and sortable_timestamp(history.values[-1].active_from) < began:
            reason = "the current value that the listing shows is not among them"
            raise InvalidValueError(record_id, "values", reason, values[:10])
        return history

    async def _entry_of(self, record_id: str, listed: ListedRecord | None) -> EntryOf | None:
        """What an entry is about: as it was listed, or asked for where it was not."""
        known = listed.entry_of if listed else self.entries.get(record_id)
        if known or not self._source.parent.is_list:
            return known
        raw = await self._client.fetch_item(self._source.parent, record_id)
        return parse_listed_record(raw, self._source.parent, "created_at").entry_of

    async def _answers(self) -> bool:
        """Whether Attio still answers what it has answered before: if not, no record is to blame."""
        try:
            if self._read_well:
                await self._client.fetch_values(self._source.parent, self._read_well, self._source.attribute)
            else:
                await self._client.fetch_self()
        except UnauthorizedError:
            raise
        except (RecordGoneError, MergeInProgressError):
            return True
        except AttioSyncError:
            return False
        return True

    def _is_complete(self, values: Sequence[object]) -> bool:
        """Whether nothing can follow: values come oldest first, so an open one is the last, if there is one at a time."""
        shape = as_object(values[-1]) or {} if values and not self._source.is_multiple else {}
        return "active_until" in shape and shape["active_until"] is None
