"""Reads the whole history of one record, page by page, and says what became of it."""

from collections.abc import Container, Sequence

from attio_sync.attio_types import AttributeHistory, ListedRecord, parse_history, sortable_timestamp
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
from attio_sync.fingerprint import MOST_STAYS
from attio_sync.settings import TrackedHistory
from attio_sync.shapes import as_object

FAILURES_IN_A_ROW = 3
"""One record that always fails is invalid; so many before any was read well are not the records' fault."""


class ValueReader:
    """Reads histories. `valued` are records known to have had a value, of which no listing tells.

    That one of the `known_invalid` fails again is nothing new: they say nothing about Attio.
    """

    def __init__(self, client: AttioClient, history: TrackedHistory, known_invalid: Container[str] = ()) -> None:
        self.valued: frozenset[str] = frozenset()
        self._client = client
        self._history = history
        self._known_invalid = known_invalid
        self._failed_in_a_row = 0
        self._read_well = ""

    async def read(
        self, record_id: str, listed: ListedRecord | None
    ) -> AttributeHistory | InvalidValueError | RecordGoneError | MergeInProgressError:
        """The history of a record; `listed` is how a listing showed it a moment ago, if one did.

        Raises:
            AttioSyncError: the failure is not this one record's.
        """
        try:
            outcome = await self._read(record_id, listed)
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

    async def _read(self, record_id: str, listed: ListedRecord | None) -> AttributeHistory:
        current = listed.current if listed else []
        values: list[object] = []
        while not _is_complete(values):
            page = await self._client.fetch_values(
                self._history.parent, record_id, self._history.attribute, offset=len(values)
            )
            # A server that ignores the offset starts over: then it has no more to say.
            if not page or (values and page[0] == values[0]):
                break
            values += page
            if len(values) > MOST_STAYS:
                raise InvalidValueError(record_id, "values", f"more than {MOST_STAYS:,} values", values[:10])
        if not values and (current or record_id in self.valued):
            # Attio may answer nothing for billing reasons; an empty history must not replace a real one.
            raise InvalidValueError(record_id, "values", "no values, though the record has had some", current)
        history = parse_history(record_id, values)
        began = listed and listed.current_from
        # A later one has replaced it since the listing.
        if began and sortable_timestamp(history.values[-1].active_from) < began:
            reason = "the current value that the listing shows is not among them"
            raise InvalidValueError(record_id, "values", reason, values[:10])
        return history

    async def _answers(self) -> bool:
        """Whether Attio still answers what it has answered before: if not, no record is to blame."""
        try:
            if self._read_well:
                await self._client.fetch_values(self._history.parent, self._read_well, self._history.attribute)
            else:
                await self._client.fetch_self()
        except UnauthorizedError:
            raise
        except (RecordGoneError, MergeInProgressError):
            return True
        except AttioSyncError:
            return False
        return True


def _is_complete(values: Sequence[object]) -> bool:
    """Whether nothing can follow: values come oldest first, so an open one is the last."""
    shape = as_object(values[-1]) or {} if values else {}
    return "active_until" in shape and shape["active_until"] is None
