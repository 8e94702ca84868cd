"""Answers that break the contract, or go beyond it: values of a shape that no client expects."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .shapes import as_array, as_object

if TYPE_CHECKING:
    from .requests import RequestInfo

Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mangle:
    """How a value is mangled.

    Attributes:
        how: the field is missing (`missing_field`), has a `wrong_type`, or is `null`; or the value as a whole is
            `not_an_object`.
        field: the field; a dot leads inside, as in `status.id`.
        by: a function that gives what the value becomes, instead of all that.
    """

    how: Literal["missing_field", "wrong_type", "null", "not_an_object"] = "missing_field"
    field: str = "active_from"
    by: Change | None = None


def mangled(mangle: Mangle) -> Change:
    """Give the function that mangles one value."""
    if mangle.by is not None:
        return mangle.by

    def change(value: Any) -> Any:
        inside = as_object(value)
        if mangle.how == "not_an_object" or inside is None:
            return "not an object"
        *outer, name = mangle.field.split(".")
        for one in outer:
            inside = as_object(inside.get(one)) or {}
        if mangle.how == "missing_field":
            inside.pop(name, None)
        elif mangle.how == "null":
            inside[name] = None
        else:
            inside[name] = ["wrong"] if isinstance(inside.get(name), int | bool) else 12_345
        return value

    return change


def with_unknown_field(value: Any) -> Any:
    """Add fields that Attio does not have yet."""
    shown = as_object(value)
    if shown is not None:
        shown["source_of_value"] = {"kind": "automation", "confidence": 0.5}
        status = as_object(shown.get("status"))
        if status is not None:
            status["colour"] = "teal"
    return value


def with_unknown_enum(value: Any) -> Any:
    """Let the value be made by a type of actor that Attio does not have yet."""
    shown = as_object(value)
    actor = None if shown is None else as_object(shown.get("created_by_actor"))
    if actor is not None:
        actor["type"] = "ai-agent"
    return value


def alter_values(payload: dict[str, Any], info: RequestInfo, records: Collection[str], change: Change) -> None:
    """Change the values in an answer about values, a record or a listing; there only those of statuses."""
    data = payload.get("data")
    several = as_array(data)
    if info.kind in ("values", "entry_values") and several is not None:
        payload["data"] = [change(value) for value in several]
        return
    for item in [data] if several is None else several:
        row = as_object(item) or {}
        values, ids = as_object(row.get("values") or row.get("entry_values")), as_object(row.get("id"))
        if values is None or ids is None:
            continue
        if records and (ids.get("record_id") or ids.get("entry_id")) not in records:
            continue
        for slug, held in values.items():
            if held and held[0].get("attribute_type") == "status":
                values[slug] = [change(value) for value in held]
