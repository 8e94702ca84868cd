"""A record as a listing shows it, cut down to what a sync needs of it."""

import re
from typing import Any, NamedTuple

from attio_sync.attio_types.timestamps import sortable_timestamp
from attio_sync.errors import ContractChangedError, UnknownNameError
from attio_sync.shapes import as_array

_RECORD_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


class ListedRecord(NamedTuple):
    """A record, when it was created, and its current values of the attribute asked for.

    `created_at` is the record's own, `listed_at` that of the `created_at` *attribute*: what filters and sorts see. The
    second can be some milliseconds later than the first. Both have nine fractional digits.
    """

    record_id: str
    created_at: str
    listed_at: str
    current: list[Any]

    @property
    def current_from(self) -> str | None:
        """Since when the current value has been there; None where there is no readable one."""
        try:
            return sortable_timestamp(self.current[-1]["active_from"])
        except (IndexError, KeyError, TypeError, ValueError):
            return None

    @property
    def never_moved(self) -> bool:
        """Whether the listing proves that the current value is all the history there is.

        A value set when the record was created has the record's `created_at` to the digit.
        """
        return len(self.current) == 1 and self.current_from == self.created_at


def parse_listed_record(raw: Any, attribute: str) -> ListedRecord:  # noqa: ANN401 (any JSON at all may come in)
    """Picks what a sync needs from one record of a query's answer.

    Raises:
        ContractChangedError: what identifies and dates a record is not where Attio documents it.
        UnknownNameError: records of this object have no such attribute.
    """
    try:
        record_id = raw["id"]["record_id"].lower()
        values = raw["values"]
        created_at = sortable_timestamp(raw["created_at"])
        listed_at = sortable_timestamp(values["created_at"][0]["value"])
        # An id becomes part of a path: nothing but a UUID may.
        if _RECORD_ID.fullmatch(record_id) is None:
            raise ValueError  # noqa: TRY301 (one handler says it for every field)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        message = (
            "Attio listed a record without a readable id, created_at or created_at attribute "
            f"({type(error).__name__}: {error}); nothing of this page was written"
        )
        raise ContractChangedError(message) from None
    # Every attribute is present in a listing, an empty one as [].
    if attribute not in values:
        message = f"records of this object have no attribute {attribute!r}"
        raise UnknownNameError(message)
    current = as_array(values[attribute])
    return ListedRecord(record_id, created_at, listed_at, [values[attribute]] if current is None else current)
