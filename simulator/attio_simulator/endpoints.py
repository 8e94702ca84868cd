"""The endpoints that read.

See https://docs.attio.com/rest-api/endpoint-reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .errors import bad_request, not_found
from .listing import page, parse_query
from .routing import Call, endpoint
from .schema import active_values, all_values
from .values import ValueWriter

if TYPE_CHECKING:
    from .schema import Collection
    from .shapes import Json

NO_HISTORY = "Cannot set show_historic param to true when querying a COMINT attribute."
RECORD_ENTRIES_DEFAULT, RECORD_ENTRIES_MAXIMUM = 100, 1000
VIEWS_DEFAULT = 500


def identify(call: Call) -> Json:
    """Answer who the token is; an unknown token is not an error here."""
    if call.token is None:
        return {"active": False}
    return render.self_json(call.workspace, call.token)


def list_objects(call: Call) -> Json:
    """List all objects."""
    return {"data": [render.object_json(call.workspace, one) for one in call.workspace.objects()]}


def get_object(call: Call) -> Json:
    """Get one object."""
    return {"data": render.object_json(call.workspace, call.object())}


def list_lists(call: Call) -> Json:
    """List all lists."""
    return {"data": [render.list_json(call.workspace, one) for one in call.workspace.lists() if call.sees(one)]}


def get_list(call: Call) -> Json:
    """Get one list."""
    return {"data": render.list_json(call.workspace, call.list())}


def list_attributes(call: Call) -> Json:
    """List the attributes of an object or a list."""
    collection = call.target()
    archived = call.flag("show_archived")
    shown = [one for one in collection.attributes if archived or not one.is_archived]
    paged = shown[call.paging(None, None)]
    return {"data": [render.attribute_json(call.workspace, collection, one) for one in paged]}


def get_attribute(call: Call) -> Json:
    """Get one attribute."""
    collection = call.target()
    return {"data": render.attribute_json(call.workspace, collection, call.attribute(collection))}


def list_statuses(call: Call) -> Json:
    """List the statuses of a status attribute."""
    collection = call.target()
    attribute = call.attribute(collection)
    archived = call.flag("show_archived")
    return {"data": render.statuses_json(call.workspace, collection, attribute, archived=archived)}


def list_options(call: Call) -> Json:
    """List the options of a select attribute."""
    collection = call.target()
    attribute = call.attribute(collection)
    archived = call.flag("show_archived")
    return {"data": render.options_json(call.workspace, collection, attribute, archived=archived)}


def query_records(call: Call) -> Json:
    """List the records of an object that pass a filter; `limit` and `offset` come from the body alone."""
    collection = call.workspace.find(call.parts["object"])
    if collection is None:
        raise not_found(message="The referenced object was not found.")
    return _query(call, collection)


def query_entries(call: Call) -> Json:
    """List the entries of a list that pass a filter."""
    return _query(call, call.list())


def _query(call: Call, collection: Collection) -> Json:
    as_of = call.behaviour.as_of(call.now)
    query = parse_query(call.workspace, collection, call.request.json(), call.behaviour, as_of)
    if as_of is not None:
        query.filter.require(lambda record: record.created <= as_of)
    unlisted = call.behaviour.unlisted
    if unlisted or call.hidden:
        query.filter.require(lambda record: record.id not in unlisted and record.id not in call.hidden)
    call.headers.append(("x-attio-record-query-score", str(call.limits.charge(call.now, query))))
    writer = render.RecordWriter(call.workspace, collection, as_of)
    return {"data": [writer.write(record) for record in page(query, call.behaviour, call.number)]}


def list_views(call: Call) -> Json:
    """List the saved views of an object or a list, by id."""
    collection = call.target()
    archived = call.flag("show_archived")
    after = call.request.parameters().get("cursor", "")
    views = sorted((one for one in collection.views if archived or not one.is_archived), key=lambda one: one.id)
    left = [one for one in views if one.id > after]
    paged = left[call.paging(VIEWS_DEFAULT, None)]
    cursor = paged[-1].id if paged and len(left) > len(paged) else None
    data = [render.view_json(call.workspace, collection, one) for one in paged]
    return {"data": data, "pagination": {"next_cursor": cursor}}


def get_row(call: Call) -> Json:
    """Get one record or one entry."""
    row = call.row()
    return {"data": render.RecordWriter(call.workspace, row.collection).write(row)}


def list_values(call: Call) -> Json:
    """List the values of one attribute of one record or entry: the active ones, or with `show_historic` all."""
    row = call.row()
    attribute = call.attribute(row.collection)
    historic = call.flag("show_historic")
    if historic and not attribute.keeps_history:
        raise bad_request(code="validation_type", message=NO_HISTORY)
    if not attribute.is_billed:
        return {"data": []}
    values = all_values(row, attribute) if historic else active_values(row, attribute)
    behaviour = call.behaviour
    if behaviour.values_order == "newest_first":
        values = values[::-1]
    place = call.paging(behaviour.values_page_default, behaviour.values_page_maximum)
    if behaviour.values_ignore_offset:
        place = slice(place.stop - place.start)
    paged = values[place]
    writer = ValueWriter(call.workspace.id, row.collection, attribute, behaviour.past_titles)
    return {"data": [writer.write(value) for value in paged]}


def list_record_entries(call: Call) -> Json:
    """List the entries, over all lists, of which a record is the parent."""
    row = call.row()
    everywhere = call.workspace.entries_of.get(row.id, [])
    entries = [one for one in everywhere if one.id not in call.hidden and call.sees(one.collection)]
    paged = entries[call.paging(RECORD_ENTRIES_DEFAULT, RECORD_ENTRIES_MAXIMUM)]
    return {"data": [render.record_entry_json(entry) for entry in paged]}


def list_members(call: Call) -> Json:
    """List the members of the workspace."""
    return {"data": [render.member_json(call.workspace, one) for one in call.workspace.members]}


def get_member(call: Call) -> Json:
    """Get one member of the workspace."""
    wanted = call.parts["member_id"]
    found = next((one for one in call.workspace.members if one.id == wanted), None)
    if found is None:
        raise not_found(message=f'Workspace member with ID "{wanted}" not found.')
    return {"data": render.member_json(call.workspace, found)}


RECORDS = "record_permission:read object_configuration:read"
ENTRIES = "list_entry:read list_configuration:read"
OBJECTS, LISTS = "object_configuration:read", "list_configuration:read"
CONFIGURATION = "{target}_configuration:read"
VALUES = "attributes/{attribute}/values"

READS = (
    endpoint("values", "GET /v2/objects/{object}/records/{record_id}/" + VALUES, list_values, RECORDS),
    endpoint("query", "POST /v2/objects/{object}/records/query", query_records, RECORDS),
    endpoint("record", "GET /v2/objects/{object}/records/{record_id}", get_row, RECORDS),
    endpoint(
        "record_entries",
        "GET /v2/objects/{object}/records/{record_id}/entries",
        list_record_entries,
        RECORDS + " list_entry:read",
    ),
    endpoint("entry_values", "GET /v2/lists/{list}/entries/{entry_id}/" + VALUES, list_values, ENTRIES),
    endpoint("entries_query", "POST /v2/lists/{list}/entries/query", query_entries, ENTRIES),
    endpoint("entry", "GET /v2/lists/{list}/entries/{entry_id}", get_row, ENTRIES),
    endpoint("self", "GET /v2/self", identify),
    endpoint("objects", "GET /v2/objects", list_objects, OBJECTS),
    endpoint("object", "GET /v2/objects/{object}", get_object, OBJECTS),
    endpoint("lists", "GET /v2/lists", list_lists, LISTS),
    endpoint("list", "GET /v2/lists/{list}", get_list, LISTS),
    endpoint("views", "GET /v2/{target}/{identifier}/views", list_views, CONFIGURATION),
    endpoint("attributes", "GET /v2/{target}/{identifier}/attributes", list_attributes, CONFIGURATION),
    endpoint("attribute", "GET /v2/{target}/{identifier}/attributes/{attribute}", get_attribute, CONFIGURATION),
    endpoint("statuses", "GET /v2/{target}/{identifier}/attributes/{attribute}/statuses", list_statuses, CONFIGURATION),
    endpoint("options", "GET /v2/{target}/{identifier}/attributes/{attribute}/options", list_options, CONFIGURATION),
    endpoint("members", "GET /v2/workspace_members", list_members, "user_management:read"),
    endpoint("member", "GET /v2/workspace_members/{member_id}", get_member, "user_management:read"),
)
