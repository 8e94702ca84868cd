"""Attribute values as JSON and back: one shape for each of Attio's 17 attribute types.

See https://docs.attio.com/docs/attribute-types. What `Value.data` holds, by type:

| type | data |
| --- | --- |
| text, domain, email-address, date | str |
| number, rating | int or float |
| checkbox | bool |
| timestamp | nanoseconds since 1970 |
| currency | (amount, currency code or None) |
| status, select | `Status`, `Option` |
| record-reference | (slug of the object, record id) |
| actor-reference | `Actor` |
| personal-name | (first name, last name) |
| phone-number | (phone number as entered, country code) |
| location | dict of its nine fields |
| interaction | (interaction type, nanoseconds since 1970, `Actor`) |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import Actor, Attribute, Collection, Option, Status, Value
    from .shapes import Json

PastTitles = Literal["then", "now"]

LOCATION_FIELDS = (
    "line_1",
    "line_2",
    "line_3",
    "line_4",
    "locality",
    "region",
    "postcode",
    "country_code",
    "latitude",
    "longitude",
)
CALLING_CODES = {"US": "1", "GB": "44", "DE": "49", "FR": "33"}


def actor_json(actor: Actor) -> Json:
    """Show an actor; the id of the system is null."""
    return {"type": actor.type, "id": actor.id}


def _plain(data: object) -> Json:
    return {"value": data}


def _timestamp(data: int) -> Json:
    return {"value": timestamp(data)}


def _currency(data: tuple[float, str | None]) -> Json:
    return {"currency_value": data[0], "currency_code": data[1]}


def _record_reference(data: tuple[str, str]) -> Json:
    return {"target_object": data[0], "target_record_id": data[1]}


def _actor_reference(data: Actor) -> Json:
    return {"referenced_actor_type": data.type, "referenced_actor_id": data.id}


def _personal_name(data: tuple[str, str]) -> Json:
    first, last = data
    return {"first_name": first, "last_name": last, "full_name": f"{first} {last}".strip()}


def root_domain(domain: str) -> str:
    """Give the last two parts of a domain, which is enough for the domains the simulator makes."""
    return ".".join(domain.split(".")[-2:])


def _email_address(data: str) -> Json:
    address = data.strip().lower()
    local, _, domain = address.partition("@")
    return {
        "original_email_address": data,
        "email_address": address,
        "email_domain": domain,
        "email_root_domain": root_domain(domain),
        "email_local_specifier": local,
    }


def _domain(data: str) -> Json:
    return {"domain": data, "root_domain": root_domain(data)}


def _phone_number(data: tuple[str, str]) -> Json:
    entered, country = data
    digits = "".join(filter(str.isdigit, entered))
    number = f"+{digits}" if entered.startswith("+") else f"+{CALLING_CODES.get(country, '1')}{digits}"
    return {"original_phone_number": entered, "country_code": country, "phone_number": number}


def _location(data: Json) -> Json:
    return {name: data.get(name) for name in LOCATION_FIELDS}


def _interaction(data: tuple[str, int, Actor]) -> Json:
    kind, at, owner = data
    return {"interaction_type": kind, "interacted_at": timestamp(at), "owner_actor": actor_json(owner)}


_FIELDS: dict[str, Callable[[Any], Json]] = {
    "text": _plain,
    "number": _plain,
    "checkbox": _plain,
    "date": _plain,
    "rating": _plain,
    "timestamp": _timestamp,
    "currency": _currency,
    "record-reference": _record_reference,
    "actor-reference": _actor_reference,
    "personal-name": _personal_name,
    "email-address": _email_address,
    "domain": _domain,
    "phone-number": _phone_number,
    "location": _location,
    "interaction": _interaction,
}


def fields_json(attribute: Attribute, data: Any) -> Json:
    """Show what is particular to a type, for every type but status and select."""
    return _FIELDS[attribute.type](data)


def same_as(attribute: Attribute, data: Any) -> Any:
    """Give what two values have in common that Attio takes for the same: of addresses and domains not the case."""
    if attribute.type == "location":
        return tuple(data.get(name) for name in LOCATION_FIELDS)
    return data.strip().casefold() if attribute.type in ("email-address", "domain") else data


class ValueWriter:
    """Writes the values of one attribute as Attio shows them, keys in the order of the live API."""

    __slots__ = ("attribute", "ids", "past_titles")

    def __init__(
        self, workspace_id: str, collection: Collection, attribute: Attribute, past_titles: PastTitles = "now"
    ) -> None:
        self.attribute = attribute
        self.ids = {"workspace_id": workspace_id, "object_id": collection.id, "attribute_id": attribute.id}
        self.past_titles = past_titles

    def write(self, value: Value) -> Json:
        """Write one value: `active_from`, `active_until`, `created_by_actor`, the type's own, `attribute_type`."""
        active_from, active_until, actor, data = value
        kind = self.attribute.type
        shown: Json = {
            "active_from": timestamp(active_from),
            "active_until": None if active_until is None else timestamp(active_until),
            "created_by_actor": {"type": actor.type, "id": actor.id},
        }
        if kind == "status":
            then = self.past_titles == "then" and active_until is not None
            shown["status"] = self.status(data, data.title_at(active_until) if then else data.title)
        elif kind == "select":
            shown["option"] = self.option(data)
        else:
            shown.update(_FIELDS[kind](data))
        shown["attribute_type"] = kind
        return shown

    def status(self, status: Status, title: str) -> Json:
        """Write a status as it stands in a value (the list of statuses has another order of keys)."""
        return {
            "id": {**self.ids, "status_id": status.id},
            "title": title,
            "is_archived": status.is_archived,
            "target_time_in_status": status.target_time_in_status,
            "celebration_enabled": status.celebration_enabled,
        }

    def option(self, option: Option) -> Json:
        """Write an option of a select attribute."""
        return {"id": {**self.ids, "option_id": option.id}, "title": option.title, "is_archived": option.is_archived}
