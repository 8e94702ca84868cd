"""The endpoints that read, and the table of all endpoints.

See https://docs.attio.com/rest-api/endpoint-reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import render
from .errors import ApiError, bad_request, merge_in_progress, not_found
from .listing import page, parse_query, whole_number
from .schema import active_values, all_values
from .values import Json, ValueWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from .behaviour import Behaviour
    from .limits import Limits
    from .requests import Request
    from .schema import Attribute, Collection, Record
    from .writes import Workspace

NO_HISTORY = "Cannot set show_historic param to true when querying a COMINT attribute."
RECORD_ENTRIES_DEFAULT, RECORD_ENTRIES_MAXIMUM = 100, 1000


@dataclass(slots=True)
class Call:
    """One request that has passed every check, on its way to an endpoint."""

    workspace: Workspace
    behaviour: Behaviour
    limits: Limits
    request: Request
    parts: dict[str, str]
    scopes: frozenset[str] | None
    number: int
    now: int

    def object(self) -> Collection:
        """Find the object of the path, or answer 404."""
        slug = self.parts["object"]
        found = self.workspace.find(slug)
        if found is None:
            raise not_found(f'Object with slug/ID "{slug}" not found.')
        return found

    def list(self) -> Collection:
        """Find the list of the path, or answer 404."""
        slug = self.parts["list"]
        found = self.workspace.find(slug, is_list=True)
        if found is None:
            raise not_found(f'List with slug/ID "{slug}" not found.')
        return found

    def target(self) -> Collection:
        """Find the object or list of a path that can be about either, or answer 404."""
        key = {"objects": "object", "lists": "list"}[self.parts["target"]]
        self.parts[key] = self.parts["identifier"]
        return self.object() if key == "object" else self.list()

    def attribute(self, collection: Collection) -> Attribute:
        """Find the attribute of the path, or answer 404."""
        slug = self.parts["attribute"]
        found = collection.attribute(slug)
        if found is None:
            raise not_found(f'Attribute with slug/ID "{slug}" not found.')
        return found

    def row(self) -> Record:
        """Find the record or the entry of the path, or answer 404."""
        is_entry = "entry_id" in self.parts
        collection = self.list() if is_entry else self.object()
        row_id = self.parts["entry_id" if is_entry else "record_id"]
        return self.row_of(collection, row_id)

    def row_of(self, collection: Collection, row_id: str) -> Record:
        """Find a record or an entry by id, or answer 404."""
        found = collection.records.get(row_id)
        if found is None:
            if self.workspace.is_merging(row_id):
                raise merge_in_progress(row_id)
            noun = "Entry" if collection.is_list else "Record"
            raise not_found(f'{noun} with ID "{row_id}" not found.')
        return found

    def flag(self, name: str) -> bool:
        """Read a boolean of the query string; it defaults to false."""
        given = self.request.parameters().get(name, "false")
        if given not in ("true", "false"):
            raise bad_request("validation_type", f'Expected boolean for "{name}", received "{given}".')
        return given == "true"

    def paging(self, default: int | None, maximum: int | None) -> slice:
        """Read `limit` and `offset` of the query string."""
        numbers: dict[str, int | None] = {}
        for name in ("limit", "offset"):
            given = self.request.parameters().get(name)
            try:
                numbers[name] = None if given is None else whole_number(float(given), name, 0)
            except (ValueError, OverflowError):
                raise bad_request("validation_type", f'Expected integer for "{name}", received "{given}".') from None
        limit = default if numbers["limit"] is None else numbers["limit"]
        if maximum is not None:
            limit = maximum if limit is None else min(limit, maximum)
        offset = numbers["offset"] or 0
        return slice(offset, None if limit is None else offset + limit)


def identify(call: Call) -> Json:
    """Answer who the token is; an unknown token is not an error here."""
    if call.scopes is None:
        return {"active": False}
    return render.self_json(call.workspace, call.scopes)


def list_objects(call: Call) -> Json:
    """List all objects."""
    return {"data": [render.object_json(call.workspace, one) for one in call.workspace.objects()]}


def get_object(call: Call) -> Json:
    """Get one object."""
    return {"data": render.object_json(call.workspace, call.object())}


def list_lists(call: Call) -> Json:
    """List all lists."""
    return {"data": [render.list_json(call.workspace, one) for one in call.workspace.lists()]}


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
        raise not_found("The referenced object was not found.")
    return _query(call, collection)


def query_entries(call: Call) -> Json:
    """List the entries of a list that pass a filter."""
    return _query(call, call.list())


def _query(call: Call, collection: Collection) -> Json:
    query = parse_query(call.workspace, collection, call.request.json(), call.behaviour)
    call.limits.charge(call.now, query)
    writer = render.RecordWriter(call.workspace, collection)
    return {"data": [writer.write(record) for record in page(query, call.behaviour, call.number)]}


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
        raise bad_request("validation_type", NO_HISTORY)
    if not attribute.is_billed:
        return {"data": []}
    values = all_values(row, attribute) if historic else active_values(row, attribute)
    behaviour = call.behaviour
    paged = values[call.paging(behaviour.values_page_default, behaviour.values_page_maximum)]
    writer = ValueWriter(call.workspace.id, row.collection, attribute, behaviour.past_titles)
    return {"data": [writer.write(value) for value in paged]}


def list_record_entries(call: Call) -> Json:
    """List the entries, over all lists, of which a record is the parent."""
    row = call.row()
    entries = call.workspace.entries_of.get(row.id, [])
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
        raise not_found(f'Workspace member with ID "{wanted}" not found.')
    return {"data": render.member_json(call.workspace, found)}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: how its requests look, what they need, and who answers them."""

    kind: str
    method: str
    pattern: tuple[str, ...]
    handler: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    is_write: bool = False


def endpoint(kind: str, route: str, handler: Callable[[Call], Json], scopes: str = "", **more: Any) -> Endpoint:  # noqa: ANN401
    """Declare an endpoint: `route` is its method and path, `scopes` are separated by spaces."""
    method, _, path = route.partition(" ")
    return Endpoint(kind, method, tuple(path.strip("/").split("/")), handler, tuple(scopes.split()), **more)


RECORDS = "record_permission:read object_configuration:read"
ENTRIES = "list_entry:read list_configuration:read"
CONFIGURATION = "object_configuration:read"
VALUES = "attributes/{attribute}/values"

READS = (
    endpoint("values", "GET /v2/objects/{object}/records/{record_id}/" + VALUES, list_values, RECORDS),
    endpoint("query", "POST /v2/objects/{object}/records/query", query_records, RECORDS),
    endpoint("record", "GET /v2/objects/{object}/records/{record_id}", get_row, RECORDS),
    endpoint("record_entries", "GET /v2/objects/{object}/records/{record_id}/entries", list_record_entries,
             RECORDS + " list_entry:read"),
    endpoint("entry_values", "GET /v2/lists/{list}/entries/{entry_id}/" + VALUES, list_values, ENTRIES),
    endpoint("entries_query", "POST /v2/lists/{list}/entries/query", query_entries, ENTRIES),
    endpoint("entry", "GET /v2/lists/{list}/entries/{entry_id}", get_row, ENTRIES),
    endpoint("self", "GET /v2/self", identify),
    endpoint("objects", "GET /v2/objects", list_objects, CONFIGURATION),
    endpoint("object", "GET /v2/objects/{object}", get_object, CONFIGURATION),
    endpoint("lists", "GET /v2/lists", list_lists, "list_configuration:read"),
    endpoint("list", "GET /v2/lists/{list}", get_list, "list_configuration:read"),
    endpoint("attributes", "GET /v2/{target}/{identifier}/attributes", list_attributes, CONFIGURATION),
    endpoint("attribute", "GET /v2/{target}/{identifier}/attributes/{attribute}", get_attribute, CONFIGURATION),
    endpoint("statuses", "GET /v2/{target}/{identifier}/attributes/{attribute}/statuses", list_statuses,
             CONFIGURATION),
    endpoint("options", "GET /v2/{target}/{identifier}/attributes/{attribute}/options", list_options, CONFIGURATION),
    endpoint("members", "GET /v2/workspace_members", list_members, "user_management:read"),
    endpoint("member", "GET /v2/workspace_members/{member_id}", get_member, "user_management:read"),
)


class Router:
    """Finds the endpoint of a request."""

    def __init__(self, endpoints: tuple[Endpoint, ...]) -> None:
        """Sort the endpoints by method and length of path."""
        self._by_shape: dict[tuple[str, int], list[Endpoint]] = {}
        for one in endpoints:
            self._by_shape.setdefault((one.method, len(one.pattern)), []).append(one)

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """Find the endpoint and the named parts of the path, each percent-decoded after splitting."""
        segments = path.strip("/").split("/")
        for one in self._by_shape.get((method, len(segments)), ()):
            parts: dict[str, str] = {}
            for wanted, given in zip(one.pattern, segments, strict=True):
                if wanted[0] == "{":
                    parts[wanted[1:-1]] = unquote(given) if "%" in given else given
                elif wanted != given:
                    break
            else:
                if parts.get("target", "objects") in ("objects", "lists"):
                    return one, parts
        return None


def unknown_endpoint(request: Request) -> ApiError:
    """404 for a path or a method that Attio does not have."""
    return not_found(f'Could not find endpoint "{request.method} {request.path}".')
