"""Pure: the history of one attribute of one record, as Attio answers it and as stays.

A stay is one value for as long as it was there; it is its identity, its times and who set it. The title beside it is not
part of it: renaming a status changes no history.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from attio_sync.attio_types.records import EntryOf, ListedRecord
from attio_sync.attio_types.timestamps import sortable_timestamp
from attio_sync.attio_types.values import AttioValue, StatusValue
from attio_sync.attribute_types import STATUS, AttributeType, at
from attio_sync.errors import InvalidValueError
from attio_sync.tables import as_array, as_object, printable

MOST_STAYS = 2**16 - 1
"""A history longer than this is taken for an endless one: no larger number has room where stays are counted."""

MOST_NESTED = 50
"""Attio's values are four levels deep. How deep JSON can still be written depends on where in the program that is done."""


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


def identity_of(attribute_type: AttributeType, value: Any) -> str:
    """What identifies a stay: when it began, its value and who set it."""
    actor = value["created_by_actor"]
    began = sortable_timestamp(value["active_from"])
    return f"{began} {attribute_type.identity(value)} {actor['type']} {actor['id']}"


def is_unbroken(stays: Sequence[Stay], created_at: str) -> bool:
    """Whether a listing can have shown each stay as it began: none came before the record, none was cleared."""
    follow = all(earlier.until == later.began for earlier, later in pairwise(stays))
    return bool(stays) and stays[0].began >= created_at and follow


def differing_field(listed: ListedRecord | None, history: AttributeHistory) -> str:
    """The first identifying field that a listing shows otherwise than the newest value of a history."""
    identifying = [".".join(c.path) for c in history.type.columns if c.identifies]
    fields = ("active_from", *identifying, "created_by_actor.type", "created_by_actor.id")
    current = listed.current if listed else []
    return next((name for name in fields if _newest(current, name) != _newest(history.raw, name)), "current value")


def _newest(values: Sequence[object], name: str) -> object:
    try:
        return at(values[-1], tuple(name.split("."))) if values else None
    except TypeError:
        return None


def _stay(attribute_type: AttributeType, value: Any) -> Stay:
    until = value["active_until"]
    return Stay(identity_of(attribute_type, value), sortable_timestamp(until) if until else "")


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
