"""A record or an entry as a listing shows it, cut down to what a sync needs of it."""

import re
from typing import Any, NamedTuple

from attio_sync.attio_types.timestamps import sortable_timestamp
from attio_sync.errors import ContractChangedError, UnknownNameError
from attio_sync.parents import Parent
from attio_sync.tables import as_array, printable

_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


class EntryOf(NamedTuple):
    """What an entry of a list is about."""

    parent_object: str
    parent_record_id: str


class ListedRecord(NamedTuple):
    """A record or an entry, when it was created, and its current values of one attribute.

    `created_at` is the record's own, `listed_at` that of the `created_at` *attribute*: what filters and sorts see. The
    second can be some milliseconds later than the first. Both have nine fractional digits.
    """

    record_id: str
    created_at: str
    listed_at: str
    current: list[Any]
    entry_of: EntryOf | None = None

    @property
    def current_from(self) -> str | None:
        """Since when the newest current value has been there; None where there is no readable one."""
        try:
            return max(sortable_timestamp(value["active_from"]) for value in self.current)
        except (KeyError, TypeError, ValueError):
            return None


def parse_listed_record(raw: Any, parent: Parent, attribute: str) -> ListedRecord:
    """Picks what a sync needs from one record or entry of a query's answer.

    Raises:
        ContractChangedError: what identifies and dates a record is not where Attio documents it.
        UnknownNameError: there is no such attribute.
    """
    try:
        record_id = raw["id"][parent.id_field].lower()
        values = raw[parent.values_field]
        created_at = sortable_timestamp(raw["created_at"])
        listed_at = sortable_timestamp(values["created_at"][0]["value"])
        entry_of = _entry_of(raw) if parent.is_list else None
        _check_id(record_id)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        message = (
            f"Attio listed {'an' if parent.is_list else 'a'} {parent.noun} without a readable id, created_at or created_at "
            f"attribute ({type(error).__name__}: {error}); nothing of this page was written"
        )
        raise ContractChangedError(message) from None
    # Every attribute is present in a listing, an empty one as [].
    if attribute not in values:
        message = f"{parent} has no attribute {attribute!r}"
        raise UnknownNameError(message)
    current = as_array(values[attribute])
    return ListedRecord(record_id, created_at, listed_at, [values[attribute]] if current is None else current, entry_of)


def _entry_of(raw: dict[str, Any]) -> EntryOf:
    parent_object, record_id = raw["parent_object"], raw["parent_record_id"].lower()
    _check_id(record_id)
    if not isinstance(parent_object, str):
        message = "parent_object is no text"
        raise ValueError(message)  # noqa: TRY004 (one kind for every part)
    return EntryOf(printable(parent_object), record_id)


def _check_id(text: str) -> None:
    """An id becomes part of a path: nothing but a UUID may."""
    if not _ID.fullmatch(text):
        message = f"{text[:60]!r} is no UUID"
        raise ValueError(message)
