"""Reading the values that clients write, in every form that Attio takes for each type of attribute.

See https://docs.attio.com/docs/attribute-types ("Writing values").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import parse_date, parse_timestamp
from .errors import ApiError, bad_request
from .shapes import as_array, as_object
from .values import LOCATION_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import Actor, Attribute
    from .store import Store

MAXIMUM_RATING = 5


def read_values(store: Store, attribute: Attribute, given: Any) -> list[Any]:
    """Read what is written to an attribute: one value, or several in an array; null and `[]` clear it.

    Raises:
        ApiError: 400 for what Attio does not take.
    """
    several = as_array(given)
    if several is None:
        several = [] if given is None else [given]
    if len(several) > 1 and not attribute.is_multiselect:
        message = f'Cannot write several values to "{attribute.slug}".'
        raise bad_request(code="multiple_values_for_single_value_attribute", message=message)
    return [read_value(store, attribute, one) for one in several]


def read_value(store: Store, attribute: Attribute, given: Any) -> Any:
    """Read one value into the data of its type (see `values.py`).

    Raises:
        ApiError: 400 for what Attio does not take.
    """
    if not attribute.is_writable:
        message = f'Cannot write to the system attribute "{attribute.slug}".'
        raise bad_request(code="system_edit_unauthorized", message=message)
    if attribute.type in ("status", "select"):
        return _choice(attribute, given)
    try:
        return _READERS[attribute.type](store, given)
    except (TypeError, ValueError, KeyError, AttributeError):
        message = f'Invalid value was passed to attribute with slug "{attribute.slug}" ({attribute.type}).'
        raise bad_request(code="validation_type", message=message) from None


def _choice(attribute: Attribute, given: Any) -> Any:
    name = {"status": "status", "select": "option"}[attribute.type]
    wrapped = as_object(given)
    wanted = given if wrapped is None else wrapped.get(name)
    found = attribute.choice(wanted) if isinstance(wanted, str) else None
    if found is None:
        raise _no_choice(attribute, wanted)
    return found


def _no_choice(attribute: Attribute, wanted: object) -> ApiError:
    noun = "status option" if attribute.type == "status" else "select option"
    return bad_request(
        code="value_not_found", message=f'Cannot find {attribute.type} attribute with {noun} title "{wanted}".'
    )


def _inside(given: Any, *names: str) -> Any:
    """Give the value itself, which may be wrapped in an object under one of the names."""
    wrapped = as_object(given)
    if wrapped is None:
        return given
    name = next((name for name in names if name in wrapped), names[0])
    return wrapped[name]


def _text(_: Store, given: Any) -> str:
    value = _inside(given, "value", "domain", "email_address", "original_email_address")
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(_: Store, given: Any) -> float:
    value = _inside(given, "value")
    if isinstance(value, bool):
        raise TypeError
    return value if isinstance(value, int) else float(value)


def _rating(store: Store, given: Any) -> float:
    value = _number(store, given)
    if not 0 <= value <= MAXIMUM_RATING:
        raise ValueError
    return value


def _checkbox(_: Store, given: Any) -> bool:
    return {"true": True, "false": False, True: True, False: False}[_inside(given, "value")]


def _date(_: Store, given: Any) -> str:
    value: str = _inside(given, "value")[:10]
    parse_date(value)
    return value


def _timestamp(_: Store, given: Any) -> int:
    value: str = _inside(given, "value")
    try:
        return parse_date(value)
    except ValueError:
        return parse_timestamp(value)


def _currency(_: Store, given: Any) -> tuple[float, str | None]:
    wrapped = as_object(given)
    if wrapped is None:
        return round(float(given), 4), None
    return round(float(wrapped["currency_value"]), 4), wrapped.get("currency_code")


def _record_reference(store: Store, given: Any) -> tuple[str, str]:
    record = store.rows[_inside(given, "target_record_id")]
    return record.collection.slug, record.id


def _actor_reference(store: Store, given: Any) -> Actor:
    wanted = _inside(given, "referenced_actor_id", "workspace_member_email_address")
    member = next((one for one in store.members if wanted in (one.id, one.email_address)), None)
    if member is None:
        raise KeyError(wanted)
    return member.actor


def _personal_name(_: Store, given: Any) -> tuple[str, str]:
    wrapped = as_object(given)
    if wrapped is not None:
        return wrapped["first_name"], wrapped["last_name"]
    last, _, first = given.partition(",")
    return first.strip(), last.strip()


def _phone_number(_: Store, given: Any) -> tuple[str, str]:
    wrapped = as_object(given)
    if wrapped is not None:
        return wrapped["original_phone_number"], wrapped.get("country_code") or "US"
    return given + "", "US"


def _location(_: Store, given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return {"line_1": given}
    return {name: given.get(name) for name in LOCATION_FIELDS}


_READERS: dict[str, Callable[[Store, Any], Any]] = {
    "text": _text,
    "domain": _text,
    "email-address": _text,
    "number": _number,
    "rating": _rating,
    "checkbox": _checkbox,
    "date": _date,
    "timestamp": _timestamp,
    "currency": _currency,
    "record-reference": _record_reference,
    "actor-reference": _actor_reference,
    "personal-name": _personal_name,
    "phone-number": _phone_number,
    "location": _location,
}
