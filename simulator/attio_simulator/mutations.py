"""The endpoints that write records and entries.

See https://docs.attio.com/rest-api/endpoint-reference. Who writes is the token: values have the actor `api-token`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import render
from .clock import parse_timestamp
from .endpoints import VALUES
from .errors import bad_request, invalid_body, uniqueness_conflict
from .inputs import read_value, read_values
from .routing import Call, endpoint
from .schema import Attribute, Collection, Record, active_values
from .shapes import Json, as_array, as_object
from .values import ValueWriter, same_as

if TYPE_CHECKING:
    from collections.abc import Iterator

MAXIMUM_HISTORY = 400


def _written(call: Call, collection: Collection, values: dict[str, Any]) -> Iterator[tuple[Attribute, list[Any]]]:
    """Read every value that is written, before any of them is."""
    for slug, given in values.items():
        attribute = collection.attribute(slug)
        if attribute is None:
            raise bad_request(code="value_not_found", message=f'Cannot find attribute with slug/ID "{slug}".')
        yield attribute, read_values(call.workspace, attribute, given)


def _check_unique(collection: Collection, row: Record | None, written: list[tuple[Attribute, list[Any]]]) -> None:
    """Refuse a value that another record has, of an attribute that may have each only once; nothing is written then."""
    for attribute, data in written:
        wanted = {same_as(attribute, one) for one in data} if attribute.is_unique else set[Any]()
        for other in collection.records.values() if wanted else ():
            if other is not row and any(same_as(attribute, one.data) in wanted for one in active_values(other, attribute)):
                raise uniqueness_conflict(attribute.slug)


def _shown(call: Call, row: Record) -> Json:
    return {"data": render.RecordWriter(call.workspace, row.collection).write(row)}


def _initial(call: Call, collection: Collection, values: dict[str, Any]) -> dict[str, Any]:
    """Read the values of a new row, and check that none is missing."""
    read = list(_written(call, collection, values))
    _check_unique(collection, None, read)
    written = {attribute.slug: data if attribute.is_multiselect else data[0] for attribute, data in read if data}
    for attribute in collection.attributes:
        if attribute.is_required and attribute.slug not in written and attribute.default is None:
            message = f'Required value for attribute with ID "{attribute.id}" was not provided.'
            raise bad_request(code="missing_value", message=message)
    return written


def create_record(call: Call) -> Json:
    """Create a record."""
    collection = call.object()
    values = _initial(call, collection, call.part("values"))
    record_id = call.workspace.create_record(collection.slug, values=values)
    return _shown(call, call.workspace.record(record_id))


def assert_record(call: Call) -> Json:
    """Update the record that has a unique value, or create one."""
    collection = call.object()
    values = call.part("values")
    slug = call.request.parameters().get("matching_attribute", "")
    matching = collection.attribute(slug)
    if matching is None or not matching.is_unique:
        message = f'No attribute was found for matching_attribute slug/ID "{slug}".'
        raise bad_request(code="value_not_found", message=message)
    wanted = dict(_written(call, collection, {slug: values.get(slug)}))[matching]
    for row in collection.records.values():
        if any(value.data in wanted for value in active_values(row, matching)):
            return _update(call, row, values, is_overwriting=True)
    return create_record(call)


def _update(call: Call, row: Record, values: dict[str, Any], *, is_overwriting: bool) -> Json:
    read = list(_written(call, row.collection, values))
    _check_unique(row.collection, row, read)
    for attribute, data in read:
        if attribute.is_multiselect and not is_overwriting and data:
            held = [value.data for value in active_values(row, attribute)]
            known = {same_as(attribute, one) for one in held}
            # What is new comes first; what is there keeps its place.
            call.workspace.set_values(row, attribute, [one for one in data if same_as(attribute, one) not in known] + held)
        else:
            call.workspace.set_values(row, attribute, data)
    return _shown(call, row)


def append_values(call: Call) -> Json:
    """Update a record or an entry; several values of one attribute are put before those it has."""
    row = call.row()
    return _update(call, row, call.part(_name(row)), is_overwriting=False)


def overwrite_values(call: Call) -> Json:
    """Update a record or an entry; several values of one attribute replace those it has."""
    row = call.row()
    return _update(call, row, call.part(_name(row)), is_overwriting=True)


def _name(row: Record) -> str:
    return "values" if row.parent is None else "entry_values"


def delete_row(call: Call) -> Json:
    """Delete a record or an entry."""
    call.workspace.delete_record(call.row().id)
    return {}


def merge_records(call: Call) -> Json:
    """Merge two records into a new one."""
    collection = call.object()
    data = call.data()
    ids = [data.get(name) for name in ("primary_record_id", "secondary_record_id")]
    if ids[0] == ids[1]:
        raise bad_request(code="self_merge", message="A record cannot be merged with itself.")
    first, second = (call.row_of(collection, str(one)) for one in ids)
    merging_for = call.behaviour.merging_for
    if merging_for:
        call.status = 202
    return {"data": {"new_record_id": call.workspace.merge_records(first.id, second.id, merging_for=merging_for)}}


def replace_history(call: Call) -> Json:
    """Replace the whole history of one attribute; no webhook tells of it."""
    row = call.row()
    attribute = call.attribute(row.collection)
    data = call.data()
    if data.get("replace_history") is not True:
        raise invalid_body(["data", "replace_history"], "Invalid literal value, expected true")
    given = as_array(data.get("values"))
    if given is None or not 1 <= len(given) <= MAXIMUM_HISTORY:
        raise invalid_body(["data", "values"], f"Expected array of 1 to {MAXIMUM_HISTORY} values")
    if not attribute.keeps_history:
        raise bad_request(code="system_edit_unauthorized", message=f'Cannot write the history of "{attribute.slug}".')
    values = [_interval(call, attribute, number, one) for number, one in enumerate(given)]
    try:
        call.workspace.write_history(row, attribute, values)
    except ValueError as error:
        raise bad_request(code="validation_type", message=f"Invalid history: {error}.") from None
    writer = ValueWriter(call.workspace.id, row.collection, attribute, call.behaviour.past_titles)
    return {"data": [writer.write(value) for value in row.values[attribute.index]]}


def _interval(call: Call, attribute: Attribute, number: int, given: Any) -> tuple[Any, int, int | None]:
    path: list[str | int] = ["data", "values", number]
    one = as_object(given)
    if one is None or not {"value", "active_from", "active_until"} <= one.keys():
        raise invalid_body(path, "Required: value, active_from, active_until")
    moments: list[int | None] = []
    for name in ("active_from", "active_until"):
        try:
            moments.append(None if one[name] is None else parse_timestamp(one[name]))
        except (ValueError, AttributeError):
            raise invalid_body([*path, name], "Invalid datetime") from None
    active_from, active_until = moments
    if active_from is None:
        raise invalid_body([*path, "active_from"], "Invalid datetime")
    return read_value(call.workspace, attribute, one["value"]), active_from, active_until


def create_entry(call: Call) -> Json:
    """Add a record to a list."""
    collection = call.list()
    data = call.data()
    parent = _parent(call, data)
    values = _initial(call, collection, call.part("entry_values"))
    entry_id = call.workspace.create_entry(collection.slug, parent.id, values=values)
    return _shown(call, call.workspace.record(entry_id))


def assert_entry(call: Call) -> Json:
    """Update the entry of a record, or add the record to the list."""
    collection = call.list()
    data = call.data()
    parent = _parent(call, data)
    found = [one for one in call.workspace.entries_of.get(parent.id, []) if one.collection is collection]
    if len(found) > 1:
        message = (
            "Multiple entries were founds for the given parent record. Please remove duplicates or use the update or "
            "create entry endpoints instead."
        )
        raise bad_request(code="multiple_match_results", message=message)
    if found:
        return _update(call, found[0], call.part("entry_values"), is_overwriting=True)
    return create_entry(call)


def _parent(call: Call, data: dict[str, Any]) -> Record:
    wanted = data.get("parent_record_id")
    parent = call.workspace.find(str(data.get("parent_object")))
    found = None if parent is None else parent.records.get(str(wanted))
    if found is None:
        raise bad_request(code="value_not_found", message=f'Parent record with slug/ID "{wanted}" not found.')
    return found


_RECORDS = "record_permission:read-write object_configuration:read"
_ENTRIES = "list_entry:read-write list_configuration:read"
_RECORD, _ENTRY = "/v2/objects/{object}/records/{record_id}", "/v2/lists/{list}/entries/{entry_id}"

WRITES = tuple(
    endpoint(kind, route, handler, scopes, is_write=True)
    for kind, route, handler, scopes in (
        ("merge", "POST /v2/objects/{object}/records/merge", merge_records, _RECORDS),
        ("create", "POST /v2/objects/{object}/records", create_record, _RECORDS),
        ("assert", "PUT /v2/objects/{object}/records", assert_record, _RECORDS),
        ("update", "PATCH " + _RECORD, append_values, _RECORDS),
        ("update", "PUT " + _RECORD, overwrite_values, _RECORDS),
        ("delete", "DELETE " + _RECORD, delete_row, _RECORDS),
        ("replace_history", f"PUT {_RECORD}/{VALUES}", replace_history, _RECORDS),
        ("create_entry", "POST /v2/lists/{list}/entries", create_entry, _ENTRIES),
        ("assert_entry", "PUT /v2/lists/{list}/entries", assert_entry, _ENTRIES),
        ("update_entry", "PATCH " + _ENTRY, append_values, _ENTRIES),
        ("update_entry", "PUT " + _ENTRY, overwrite_values, _ENTRIES),
        ("delete_entry", "DELETE " + _ENTRY, delete_row, _ENTRIES),
        ("replace_history", f"PUT {_ENTRY}/{VALUES}", replace_history, _ENTRIES),
    )
)
