"""The endpoints that write what values can be: the statuses and options of attributes.

See https://docs.attio.com/rest-api/endpoint-reference/attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .errors import bad_request, conflict, invalid_body
from .routing import Call, endpoint
from .schema import Attribute, Collection, Option, Status

if TYPE_CHECKING:
    from .shapes import Json


def create_status(call: Call) -> Json:
    """Add a status to a status attribute."""
    collection, attribute = _choices(call, "status")
    data = call.data()
    title = _title(call)
    _check_title(attribute, title, None)
    status = call.workspace.add_status(
        attribute,
        title,
        celebration_enabled=bool(data.get("celebration_enabled", False)),
        target_time_in_status=data.get("target_time_in_status"),
    )
    return _shown(call, collection, attribute, status)


def update_status(call: Call) -> Json:
    """Rename or archive a status, or change what else it has."""
    collection, attribute = _choices(call, "status")
    status = _choice(call, attribute, Status, "status")
    data = call.data()
    title = data.get("title", status.title)
    _check_title(attribute, title, status)
    if title != status.title:
        status.titles.append((call.workspace.clock.nanoseconds(), title))
    status.is_archived = data.get("is_archived", status.is_archived)
    status.celebration_enabled = data.get("celebration_enabled", status.celebration_enabled)
    status.target_time_in_status = data.get("target_time_in_status", status.target_time_in_status)
    return _shown(call, collection, attribute, status)


def create_option(call: Call) -> Json:
    """Add an option to a select attribute."""
    collection, attribute = _choices(call, "select")
    title = _title(call)
    _check_title(attribute, title, None)
    return _shown(call, collection, attribute, call.workspace.add_option(attribute, title))


def update_option(call: Call) -> Json:
    """Rename or archive an option."""
    collection, attribute = _choices(call, "select")
    option = _choice(call, attribute, Option, "option")
    data = call.data()
    title = data.get("title", option.title)
    _check_title(attribute, title, option)
    option.title, option.is_archived = title, data.get("is_archived", option.is_archived)
    return _shown(call, collection, attribute, option)


def _choices(call: Call, kind: str) -> tuple[Collection, Attribute]:
    collection = call.target()
    attribute = call.attribute(collection)
    if attribute.type != kind:
        raise bad_request(code="validation_type", message=f"This attribute is not a {kind} attribute.")
    return collection, attribute


def _choice[T: (Status, Option)](call: Call, attribute: Attribute, kind: type[T], part: str) -> T:
    """Give the status or option that a part of the path names."""
    found = attribute.choice(call.parts[part])
    if not isinstance(found, kind):
        noun = attribute.type
        message = f'Cannot find {noun} attribute with {noun} option title "{call.parts[part]}".'
        raise bad_request(code="value_not_found", message=message)
    return found


def _title(call: Call) -> str:
    title = call.data().get("title")
    if not isinstance(title, str):
        raise invalid_body(["data", "title"], "Expected string")
    return title


def _check_title(attribute: Attribute, title: str, own: Status | Option | None) -> None:
    if any(one.title == title and one is not own for one in [*attribute.statuses, *attribute.options]):
        noun = "status" if attribute.type == "status" else "select option"
        message = f'There is already another {noun} with the title "{title}".'
        raise conflict(message)


def _shown(call: Call, collection: Collection, attribute: Attribute, choice: Status | Option) -> Json:
    if isinstance(choice, Option):
        shown, key = render.options_json(call.workspace, collection, attribute, archived=True), "option_id"
    else:
        shown, key = render.statuses_json(call.workspace, collection, attribute, archived=True), "status_id"
    return {"data": next(one for one in shown if one["id"][key] == choice.id)}


_SCOPE = "{target}_configuration:read-write"
_ATTRIBUTE = "/v2/{target}/{identifier}/attributes/{attribute}"

DEFINITIONS = tuple(
    endpoint(kind, route, handler, _SCOPE, is_write=True)
    for kind, route, handler in (
        ("create_status", f"POST {_ATTRIBUTE}/statuses", create_status),
        ("update_status", f"PATCH {_ATTRIBUTE}/statuses/{{status}}", update_status),
        ("create_option", f"POST {_ATTRIBUTE}/options", create_option),
        ("update_option", f"PATCH {_ATTRIBUTE}/options/{{option}}", update_option),
    )
)
