"""The values of a status attribute, and the history they make.

Unknown extra fields are kept and unknown enum members accepted: Attio may add both at any time. A field that is missing
or has another type makes the record invalid.
https://docs.attio.com/docs/attribute-types/attribute-types-status
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from attio_sync.attio_types.timestamps import AttioTimestamp, sortable_timestamp
from attio_sync.errors import InvalidValueError
from attio_sync.shapes import as_array, as_object, printable


class _AttioModel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class Actor(_AttioModel):
    """Who set a value: a workspace member, an API token, an app or the system itself. Both can be null."""

    type: str | None
    id: str | None


class StatusId(_AttioModel):
    """Where a status belongs. On a list's attribute, `object_id` holds the list's id."""

    workspace_id: str
    object_id: str
    attribute_id: str
    status_id: str


class Status(_AttioModel):
    """One step of a pipeline. Its title can be changed, its id cannot."""

    id: StatusId
    title: str
    is_archived: bool
    target_time_in_status: str | None = None
    """ISO 8601 duration."""


class AttioApplicationWorkflowStatusAttribute(_AttioModel):
    """One stay of an application in one status.

    `active_until` is null while the stay lasts. Both timestamps are UTC with up to nine fractional digits.
    """

    active_from: AttioTimestamp
    active_until: AttioTimestamp | None
    created_by_actor: Actor
    status: Status
    attribute_type: Literal["status"]


@dataclass(frozen=True, slots=True)
class AttributeHistory:
    """All values one record has had for one attribute, oldest first.

    `raw` is what Attio answered, `values` the same validated.
    """

    record_id: str
    raw: list[Any]
    values: list[AttioApplicationWorkflowStatusAttribute]


_VALUES = TypeAdapter(list[AttioApplicationWorkflowStatusAttribute])

MOST_NESTED = 50
"""Attio's values are four levels deep. How deep JSON can still be written depends on where in the program that is done."""


def parse_history(record_id: str, raw: Sequence[Any]) -> AttributeHistory:
    """Validates the values of one record.

    What some warehouses refuse in a text, a NUL or half of a surrogate pair, is escaped.

    Raises:
        InvalidValueError: a value does not have the documented shape, holds what no warehouse can store (an infinite
            number, endless nesting), or the values do not come oldest first with at most the last one open.
    """
    raw = list(raw)
    try:
        _check_depth(raw, MOST_NESTED)
        raw = _storable(raw)
        values = _VALUES.validate_python(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidValueError(record_id, ".".join(map(str, first["loc"])) or "values", first["msg"], raw) from None
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(record_id, "values", f"cannot be stored: {error}", raw) from None
    for place, (earlier, later) in enumerate(pairwise(values)):
        if sortable_timestamp(earlier.active_from) > sortable_timestamp(later.active_from):
            raise InvalidValueError(record_id, f"{place + 1}.active_from", "the values do not come oldest first", raw)
        if earlier.active_until is None:
            raise InvalidValueError(record_id, f"{place}.active_until", "a value is open that is not the last", raw)
    return AttributeHistory(record_id, raw, values)


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
        if isinstance(one, dict | list):
            _check_depth(one, left - 1)  # pyright: ignore[reportUnknownArgumentType]
