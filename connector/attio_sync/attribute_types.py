"""Pure: the types an attribute can have, one declaration each: its model, its columns, and whether Attio filters it.

https://docs.attio.com/docs/attribute-types
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from attio_sync.attio_types import values
from attio_sync.attio_types.timestamps import parse_timestamp
from attio_sync.tables import ColumnType, as_object, printable

COMMON = {"active_from", "active_until", "created_by_actor", "attribute_type"}
"""What a value of any type has."""

LABELS = {"status_title", "option_title", "text"}
"""Columns that say by themselves what a value is."""


@dataclass(frozen=True, slots=True, eq=False)
class ValueColumn:
    """A column that shows a part of a value: its name, where in Attio's JSON the part is, and its type.

    One that `identifies` is part of what tells one value from another; all others only describe it. `said` is how people
    write it.
    """

    name: str
    path: tuple[str, ...]
    type: ColumnType = "STRING"
    identifies: bool = True
    read: Callable[[Any], Any] = lambda found: found
    said: Callable[[Any], str] = str

    def of(self, value: Any) -> Any:
        """The column's value in a row; None where the part is missing."""
        found = at(value, self.path)
        return None if found is None else self.read(found)


@dataclass(frozen=True, slots=True, eq=False)
class AttributeType:
    """A type of attribute, as Attio calls it.

    Of one that `is_filtered` Attio finds what was set since a moment; of all others, what changed is found by comparing.
    `definition` names what lists the values it can have: `statuses` or `options`.
    """

    name: str
    model: type[values.AttioValue]
    columns: tuple[ValueColumn, ...]
    definition: str | None = None
    _identifying: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Notes where what identifies a value stands: that is asked for every record."""
        object.__setattr__(self, "_identifying", tuple(c.path for c in self.columns if c.identifies))

    @property
    def is_filtered(self) -> bool:
        """https://docs.attio.com/rest-api/guides/filtering-and-sorting: statuses and selects, by `active_from`."""
        return self.definition is not None

    def label(self, value: Any) -> str:
        """A value in a few words, for people: its title, its text, or what else it consists of."""
        shown = [c for c in self.columns if c.name in LABELS] or self.columns
        return " ".join(c.said(part) for c in shown if (part := c.of(value)) is not None)

    def identity(self, value: Any) -> str:
        """What tells this value from another, as text.

        Raises:
            TypeError: what identifies it is not where Attio documents it.
        """
        parts = [at(value, path) for path in self._identifying]
        if self.definition:  # an id says it all
            return str(parts[0])
        return json.dumps([_canonical(part) for part in parts], separators=(",", ":"))


def at(value: Any, path: tuple[str, ...]) -> Any:
    """What is there in Attio's JSON; None where nothing is.

    Raises:
        TypeError: something on the way is no object.
    """
    for name in path:
        if value is None:
            return None
        inside = as_object(value)
        if inside is None:
            message = f"{name} is looked for in what is no object"
            raise TypeError(message)
        value = inside.get(name)
    return value


def value_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A value without what those of all types have."""
    return {name: part for name, part in raw.items() if name not in COMMON}


def _canonical(part: Any) -> Any:
    """`42.0` and `42` are one number, of any size, and a text is what of it can be stored."""
    if isinstance(part, float) and part.is_integer():
        return int(part)
    return part if isinstance(part, int) else printable(part)


def _fields(*names: str) -> tuple[ValueColumn, ...]:
    """Columns that are called as Attio calls the fields."""
    return tuple(ValueColumn(name, (name,)) for name in names)


def _text(field: str) -> ValueColumn:
    """What a value reads as."""
    return ValueColumn("text", (field,), identifies=False)


def _number_text(number: object) -> str:
    """A number as people write it, with all its digits: `18,100`, `0.25`."""
    written = f"{Decimal(str(number)):,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _money_text(amount: object) -> str:
    """An amount as people write it, with all its digits: `18,100`, `18,100.50`."""
    whole, point, cents = _number_text(amount).partition(".")
    return f"{whole}{point}{cents.ljust(2, '0')}" if point else whole


def _number(name: str) -> ValueColumn:
    return ValueColumn(name, ("value",), "DOUBLE", read=float, said=_number_text)


STATUS = AttributeType(
    "status",
    values.StatusValue,
    (
        ValueColumn("status_id", ("status", "id", "status_id")),
        ValueColumn("status_title", ("status", "title"), identifies=False),
        ValueColumn("status_is_archived", ("status", "is_archived"), "BOOLEAN", identifies=False),
        ValueColumn("target_time_in_status", ("status", "target_time_in_status"), identifies=False),
    ),
    definition="statuses",
)

SELECT = AttributeType(
    "select",
    values.SelectValue,
    (
        ValueColumn("option_id", ("option", "id", "option_id")),
        ValueColumn("option_title", ("option", "title"), identifies=False),
    ),
    definition="options",
)

MONEY: ColumnType = {"type": "DECIMAL", "precision": 20, "scale": 4}

TYPES: Mapping[str, AttributeType] = {
    one.name: one
    for one in (
        STATUS,
        SELECT,
        AttributeType(
            "actor-reference", values.ActorReferenceValue, _fields("referenced_actor_type", "referenced_actor_id")
        ),
        AttributeType("record-reference", values.RecordReferenceValue, _fields("target_object", "target_record_id")),
        AttributeType("text", values.TextValue, (ValueColumn("text", ("value",)),)),
        AttributeType("number", values.NumberValue, (_number("number"),)),
        AttributeType("rating", values.RatingValue, (_number("rating"),)),
        AttributeType("checkbox", values.CheckboxValue, (ValueColumn("checkbox", ("value",), "BOOLEAN"),)),
        AttributeType("date", values.DateValue, (ValueColumn("date", ("value",), "NAIVE_DATE", read=date.fromisoformat),)),
        AttributeType(
            "timestamp",
            values.TimestampValue,
            (ValueColumn("timestamp", ("value",), "UTC_DATETIME", read=parse_timestamp),),
        ),
        AttributeType(
            "currency",
            values.CurrencyValue,
            (
                ValueColumn(
                    "currency_value", ("currency_value",), MONEY, read=lambda v: f"{Decimal(str(v)):f}", said=_money_text
                ),
                *_fields("currency_code"),
            ),
        ),
        AttributeType(
            "location",
            values.LocationValue,
            _fields(
                *("line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode", "country_code"),
                *("latitude", "longitude"),
            ),
        ),
        AttributeType("domain", values.DomainValue, (*_fields("domain", "root_domain"), _text("domain"))),
        AttributeType(
            "email-address",
            values.EmailAddressValue,
            (
                *_fields("email_address", "original_email_address"),
                *_fields("email_domain", "email_root_domain", "email_local_specifier"),
                _text("email_address"),
            ),
        ),
        AttributeType(
            "phone-number",
            values.PhoneNumberValue,
            (*_fields("phone_number", "original_phone_number", "country_code"), _text("phone_number")),
        ),
        AttributeType(
            "personal-name",
            values.PersonalNameValue,
            (*_fields("first_name", "last_name", "full_name"), _text("full_name")),
        ),
    )
}
"""Every type that keeps a history; `interaction` keeps none."""
