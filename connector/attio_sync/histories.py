"""Pure: the history of one attribute of one record, and what tells one history from another, in a few bytes.

A stay is one value for as long as it was there; it is its identity, its times and who set it. The title beside it is not
part of it: renaming a status changes no history.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from heapq import nlargest
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from attio_sync.attio_types import AttioApplicationWorkflowStatusAttribute as StatusValue
from attio_sync.attio_types import AttioValue, EntryOf, ListedRecord, sortable_timestamp
from attio_sync.attribute_types import STATUS, AttributeType
from attio_sync.errors import InvalidValueError
from attio_sync.tables import as_array, as_object, printable

DIGEST_BYTES = 5
"""One change in 10¹² goes unseen by a digest of this size."""

MOST_STAYS = 2**16 - 1
"""A history longer than this is taken for an endless one: no larger number has room where stays are counted."""

MOST_MOMENTS = 64
"""How many of the latest moments of a history are looked at to find out what it was; if none fits, all of it is written."""

MOST_NESTED = 50
"""Attio's values are four levels deep. How deep JSON can still be written depends on where in the program that is done."""

NOTHING_CURRENT = 0
"""The digest of a record without a current value."""

UNREADABLE = (1 << 8 * DIGEST_BYTES) - 1
"""Stands for a current value that does not have the documented shape: no history has it, so the record is read."""


@dataclass(frozen=True, slots=True)
class AttributeHistory:
    """All values one record has had for one attribute, oldest first.

    `raw` is what Attio answered, `values` the same validated; values of one instant are in the order of what they say.
    `entry_of` is what an entry of a list is about, where that is known.
    """

    record_id: str
    raw: list[Any]
    values: list[AttioValue]
    type: AttributeType = STATUS
    entry_of: EntryOf | None = None

    @property
    def attribute_id(self) -> str:
        """Which attribute its values say they are of; empty where those of this type do not, or there are none."""
        last = self.values[-1] if self.values else None
        return last.status.id.attribute_id if isinstance(last, StatusValue) else ""


class Stay(NamedTuple):
    """One stay: `what` identifies it, `until` is when it ended; empty while it lasts."""

    what: str
    until: str

    @property
    def began(self) -> str:
        """When it began."""
        return self.what.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a history: its current value, how many stays it has, and all of them."""

    current: int
    stays: int
    past: int


@cache
def _values_of(attribute_type: AttributeType) -> TypeAdapter[list[AttioValue]]:
    return TypeAdapter[list[AttioValue]](list[attribute_type.model])  # pyright: ignore[reportInvalidTypeForm] (a model of this type)


def parse_history(
    record_id: str,
    raw: Sequence[Any],
    attribute_type: AttributeType = STATUS,
    *,
    is_multiple: bool = False,
    entry_of: EntryOf | None = None,
) -> AttributeHistory:
    """Validates the values of one record.

    What some warehouses refuse in a text, a NUL or half of a surrogate pair, is escaped.

    Raises:
        InvalidValueError: a value does not have the documented shape, holds what no warehouse can store (an infinite
            number, endless nesting), or the values do not come oldest first with at most the last one open (any of them
            where there can be several values at a time).
    """
    raw = list(raw)
    try:
        _check_depth(raw, MOST_NESTED)
        raw = _storable(raw)
        values = _values_of(attribute_type).validate_python(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidValueError(record_id, ".".join(map(str, first["loc"])) or "values", first["msg"], raw) from None
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(record_id, "values", f"cannot be stored: {error}", raw) from None
    for place, (earlier, later) in enumerate(pairwise(values)):
        if sortable_timestamp(earlier.active_from) > sortable_timestamp(later.active_from):
            raise InvalidValueError(record_id, f"{place + 1}.active_from", "the values do not come oldest first", raw)
        if earlier.active_until is None and not is_multiple:
            raise InvalidValueError(record_id, f"{place}.active_until", "a value is open that is not the last", raw)
    if is_multiple:
        # Of values that began alike, those that ended first come first: then what is current later stays behind them.
        stays = [_stay(attribute_type, one) for one in raw]
        order = sorted(range(len(raw)), key=lambda i: (stays[i].what, stays[i].until or "~"))
        raw, values = [raw[i] for i in order], [values[i] for i in order]
    return AttributeHistory(record_id, raw, values, attribute_type, entry_of)


def never_changed(record: ListedRecord, *, is_multiple: bool) -> bool:
    """Whether the listing proves that the current value is all the history there is.

    A value set when the record was created has the record's `created_at` to the digit. Of several values at a time, one
    set at the same moment may have been taken away since.
    """
    return not is_multiple and len(record.current) == 1 and record.current_from == record.created_at


def stays_of(history: AttributeHistory) -> list[Stay]:
    """The stays of a history, oldest first."""
    return [_stay(history.type, value) for value in history.raw]


def fingerprint(stays: Sequence[Stay], entry_of: EntryOf | None = None) -> Fingerprint:
    """The fingerprint of these stays; what an entry is about can change too, and is part of it."""
    current = _digest_of_current([s.what for s in stays if not s.until], entry_of)
    return Fingerprint(current, len(stays), _digest("\n".join(f"{s.what} {s.until}" for s in stays)))


def fingerprint_of(history: AttributeHistory) -> Fingerprint:
    """The fingerprint of a history."""
    return fingerprint(stays_of(history), history.entry_of)


def fingerprint_before(stays: Sequence[Stay], instant: str, entry_of: EntryOf | None = None) -> Fingerprint:
    """What the history was just before an instant, unless its past was rewritten since."""
    began = [s for s in stays if s.began < instant]
    return fingerprint([Stay(s.what, "") if s.until >= instant else s for s in began], entry_of)


def fingerprint_with_current(stays: Sequence[Stay], current: int, entry_of: EntryOf | None = None) -> Fingerprint | None:
    """What the history was while its current value had this digest; None if it never had, or too long ago."""
    moments = {moment for s in stays for moment in (s.began, s.until) if moment}
    for moment in nlargest(MOST_MOMENTS, moments):
        for version in _versions(stays, bisect_right(stays, moment, key=lambda s: s.began), [moment]):
            if _digest_of_current([s.what for s in version if not s.until], entry_of) == current:
                return fingerprint(version, entry_of)
    return None


def changed_stays(stays: Sequence[Stay], before: Fingerprint) -> list[int] | None:
    """The positions, from 0, of the stays that are not as they were in a history with that fingerprint.

    None if it was another history, of which these are no continuation.
    """
    count = before.stays
    if count > len(stays):
        return None
    since = stays[count - 1].began if count else ""
    until = stays[count].began if count < len(stays) else "~"
    moments = {since, *(s.until for s in stays[:count] if since <= s.until <= until)}
    for version in _versions(stays, count, nlargest(MOST_MOMENTS, moments)):
        if fingerprint(version).past == before.past:
            return [i for i, stay in enumerate(stays) if i >= count or version[i] != stay]
    return None


def _versions(stays: Sequence[Stay], count: int, moments: Iterable[str]) -> Iterator[list[Stay]]:
    """What the oldest `count` stays were at these moments: what ended later was still there."""
    for moment in moments:
        version = [Stay(s.what, "") if s.until > moment else s for s in stays[:count]]
        yield version
        if version and version[-1].until == moment:  # and just before
            yield [*version[:-1], Stay(version[-1].what, "")]


def is_unbroken(stays: Sequence[Stay], created_at: str) -> bool:
    """Whether a listing can have shown each stay as it began: none came before the record, none was cleared."""
    follow = all(earlier.until == later.began for earlier, later in pairwise(stays))
    return bool(stays) and stays[0].began >= created_at and follow


def listed_digest(record: ListedRecord, attribute_type: AttributeType = STATUS, *, is_multiple: bool = False) -> int:
    """The digest of the current values a listing shows."""
    try:
        if len(record.current) > 1 and not is_multiple:
            return UNREADABLE
        return _digest_of_current([_what(attribute_type, value) for value in record.current], record.entry_of)
    except (LookupError, TypeError, ValueError):
        return UNREADABLE


def is_nothing(digest: int, *, of_entry: bool) -> bool:
    """Whether the digest of a current value says that there is none."""
    return bool(digest & 1) if of_entry else digest == NOTHING_CURRENT


def _stay(attribute_type: AttributeType, value: Any) -> Stay:
    until = value["active_until"]
    return Stay(_what(attribute_type, value), sortable_timestamp(until) if until else "")


def _what(attribute_type: AttributeType, value: Any) -> str:
    actor = value["created_by_actor"]
    began = sortable_timestamp(value["active_from"])
    return f"{began} {attribute_type.identity(value)} {actor['type']} {actor['id']}"


def _digest_of_current(current: list[str], entry_of: EntryOf | None) -> int:
    """Of an entry, its last bit says that it has no current value."""
    if entry_of is None:
        return _digest("\n".join(sorted(current))) if current else NOTHING_CURRENT
    digest = _digest("\n".join([" ".join(entry_of), *sorted(current)])) & ~1
    return digest if current else digest | 1


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "backslashreplace"), digest_size=DIGEST_BYTES).digest())


def _storable(raw: list[Any]) -> list[Any]:
    try:
        text = json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return printable(raw)
    return printable(raw) if b"\\u0000" in text else raw


def _check_depth(raw: object, left: int) -> None:
    if not left:
        message = f"it is nested more than {MOST_NESTED} levels deep"
        raise ValueError(message)
    inside = as_array(raw)
    for one in (as_object(raw) or {}).values() if inside is None else inside:
        if isinstance(one, (dict, list)):
            _check_depth(one, left - 1)  # pyright: ignore[reportUnknownArgumentType]
