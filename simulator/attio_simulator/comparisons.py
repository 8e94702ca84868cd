"""How filters and sorts read and compare the values of an attribute."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from .values import fields_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import Attribute


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """Compare texts without regard to case, as Attio's search does; null never matches."""
    return lambda value, wanted: isinstance(value, str) and test(value.casefold(), wanted.casefold())


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: value is not None and test(value, wanted)


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": operator.eq,
    "$in": lambda value, wanted: value in wanted,
    "$contains": _text(lambda value, wanted: wanted in value),
    "$starts_with": _text(str.startswith),
    "$ends_with": _text(str.endswith),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
}

_PLAIN = frozenset({"text", "number", "checkbox", "date", "rating", "timestamp", "status", "select"})


def reader(attribute: Attribute, name: str) -> Callable[[Any], Any]:
    """Give the function that reads one property out of the data of a value.

    Moments are read as nanoseconds, statuses and options as themselves, all else as the API shows it.
    """
    if attribute.type in _PLAIN:
        return lambda data: data
    if attribute.type == "interaction":
        place = {"interaction_type": 0, "interacted_at": 1}[name]
        return lambda data: data[place]
    return lambda data: fields_json(attribute, data).get(name)
