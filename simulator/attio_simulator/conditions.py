"""What a filter can ask of each type of attribute, and what it can compare a value with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .clock import parse_date, parse_timestamp
from .errors import filter_error, unknown_filter_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import Attribute

EQUALITY = frozenset({"$eq", "$in"})
TEXT = EQUALITY | {"$contains", "$starts_with", "$ends_with", "$not_empty"}
RANGE = frozenset({"$lt", "$lte", "$gt", "$gte"})
ORDERED = EQUALITY | RANGE | {"$not_empty"}
CHOICE = EQUALITY | {"$not_empty"}

# What can be asked of each type of attribute: its properties, the first being meant when none is named, and the
# operators each takes (https://docs.attio.com/docs/attribute-types). Of the types in `NAMED` one must be named.
PROPERTIES: dict[str, dict[str, frozenset[str]]] = {
    "text": {"value": TEXT},
    "number": {"value": ORDERED},
    "rating": {"value": ORDERED},
    "checkbox": {"value": EQUALITY},
    "date": {"value": ORDERED},
    "timestamp": {"value": ORDERED},
    "currency": {"currency_value": ORDERED, "currency_code": EQUALITY},
    "status": {"status": CHOICE, "active_from": RANGE},
    "select": {"option": CHOICE, "active_from": RANGE},
    "record-reference": {"target_object": EQUALITY, "target_record_id": EQUALITY},
    "actor-reference": {"referenced_actor_id": CHOICE, "referenced_actor_type": EQUALITY},
    "personal-name": dict.fromkeys(("full_name", "first_name", "last_name"), TEXT),
    "email-address": dict.fromkeys(
        ("email_address", "original_email_address", "email_domain", "email_root_domain", "email_local_specifier"),
        TEXT,
    ),
    "domain": {"domain": TEXT, "root_domain": TEXT},
    "phone-number": {"phone_number": TEXT, "original_phone_number": TEXT, "country_code": EQUALITY},
    "location": dict.fromkeys(("locality", "region", "postcode", "country_code", "line_1", "line_2"), TEXT),
    "interaction": {"interacted_at": ORDERED, "interaction_type": EQUALITY},
}
NAMED = frozenset({"record-reference", "interaction"})


def parse_operand(attribute: Attribute, name: str, operand: object, path: tuple[str, ...]) -> Any:
    """Check what a value is compared with, and bring it into the form it is compared in.

    Raises:
        ApiError: 400 `filter_error` or `unknown_filter_select_option_slug`.
    """
    if name in ("status", "option"):
        found = attribute.choice(operand) if isinstance(operand, str) else None
        if found is None and name == "option" and isinstance(operand, str):
            raise unknown_filter_option(operand, path)
        if found is None:
            raise filter_error(message=f'Cannot find {attribute.type} "{operand}" of attribute "{attribute.slug}".')
        return found
    kind = {"currency_value": "number", "interacted_at": "timestamp"}.get(name, attribute.type)
    if not _IS_COMPARABLE.get(kind, _is_text)(operand):
        raise filter_error()
    return parse_moment(cast("str", operand)) if kind == "timestamp" and name in ("value", "interacted_at") else operand


def _is_text(operand: object) -> bool:
    return isinstance(operand, str)


def _is_number(operand: object) -> bool:
    return isinstance(operand, int | float) and not isinstance(operand, bool)


def _is_date(operand: object) -> bool:
    try:
        parse_date(cast("str", operand))
    except (TypeError, ValueError):
        return False
    return True


_IS_COMPARABLE: dict[str, Callable[[object], bool]] = {
    "number": _is_number,
    "rating": _is_number,
    "checkbox": lambda operand: isinstance(operand, bool),
    "date": _is_date,
}


def parse_moment(text: str) -> int:
    """Read a moment, or refuse it."""
    try:
        return parse_timestamp(text)
    except ValueError:
        # Date *and* time are required: https://docs.attio.com/docs/attribute-types/attribute-types-timestamp
        raise filter_error() from None
