"""Pages of records or entries: filter, sort, limit, offset.

Without sorts rows come by ascending id, which recordings of the live API show. A page in either direction of the
`created_at` attribute is read off an index, so that it costs no sort however large the object is.
See https://docs.attio.com/rest-api/guides/filtering-and-sorting and https://docs.attio.com/rest-api/guides/pagination.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_left, bisect_right
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from .comparisons import reader
from .conditions import PROPERTIES
from .errors import filter_error, invalid_body, not_found
from .filters import Filter, FilterCompiler
from .references import Route, parse_route, reached
from .schema import active_values
from .shapes import as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .behaviour import Behaviour
    from .schema import Attribute, Collection, Record
    from .store import Store


class Sort(NamedTuple):
    """One sort: by a property of an attribute at the end of a route along references, ascending or descending."""

    route: Route
    name: str
    descending: bool

    @property
    def attribute(self) -> Attribute:
        """The attribute at the end of the route."""
        return self.route.attribute

    @property
    def is_by_creation(self) -> bool:
        """Whether it is by when the rows themselves were created."""
        return not self.route.steps and self.attribute.slug == "created_at" and self.attribute.index < 0


class Query(NamedTuple):
    """A parsed query on one collection."""

    store: Store
    collection: Collection
    filter: Filter
    sorts: list[Sort]
    limit: int
    offset: int
    as_of: int | None = None


def parse_query(
    store: Store, collection: Collection, body: dict[str, Any], behaviour: Behaviour, as_of: int | None = None
) -> Query:
    """Read the body of a query on the data of now, or of a moment.

    Raises:
        ApiError: 400 `filter_error` or one of its kin, or `validation_type`; 404 for a view that does not exist.
    """
    compiled = FilterCompiler(store, collection, behaviour, as_of).compile(_wanted(collection, body))
    limit = whole_number(body.get("limit"), "limit", behaviour.listing_page_default)
    if behaviour.listing_page_maximum is not None:
        limit = min(limit, behaviour.listing_page_maximum)
    offset = whole_number(body.get("offset"), "offset", 0)
    if behaviour.listing_ignores_offset:
        offset = 0
    sorts = _parse_sorts(store, collection, body.get("sorts"))
    return Query(store, collection, compiled, sorts, limit, offset, as_of)


def _wanted(collection: Collection, body: dict[str, Any]) -> object:
    """Give the filter of the body, or that of the saved view which it names; sorts are not taken from the view."""
    wanted, view_id = body.get("filter"), body.get("filter_view_id")
    if view_id is None:
        return wanted
    if wanted is not None:
        raise invalid_body(["filter_view_id"], "Cannot be used together with filter")
    view = next((one for one in collection.views if one.id == view_id), None)
    if view is None:
        raise not_found(message=f'View with ID "{view_id}" not found.')
    return view.filter


def whole_number(given: object, name: str, default: int) -> int:
    """Read a limit or an offset; a float that is a whole number will do (`10.0`), null means the default.

    Raises:
        ApiError: 400 `validation_type`.
    """
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given // 1 or given < 0:
        raise invalid_body([name], f"Expected a non-negative integer, received {given!r}")
    return int(given)


def _parse_sorts(store: Store, collection: Collection, given: object) -> list[Sort]:
    if given is None:
        return []
    several = as_array(given)
    if several is None:
        raise invalid_body(["sorts"], "Expected array")
    sorts: list[Sort] = []
    for number, item in enumerate(several):
        one = as_object(item)
        if one is None or one.get("direction") not in ("asc", "desc"):
            raise invalid_body(["sorts", number, "direction"], 'Expected "asc" or "desc"')
        if "path" in one:
            route = parse_route(store, collection, one["path"], ("sorts", str(number), "path"))
        else:
            slug = one.get("attribute")
            found = collection.attribute(slug) if isinstance(slug, str) else None
            if found is None:
                raise filter_error(message=f'Unknown attribute "{slug}" in sorts.')
            route = Route((), collection, found)
        attribute = route.attribute
        names = PROPERTIES[attribute.type]
        name = one.get("field") or _only_field(attribute)
        # Sorting by active_from is not documented, so it is refused.
        if name not in names or name == "active_from":
            raise filter_error(message=f'Cannot sort "{attribute.slug}" by "{name}".')
        sorts.append(Sort(route, name, one["direction"] == "desc"))
    return sorts


def _only_field(attribute: Attribute) -> str:
    """Give what an attribute is sorted by when the sort names no field: of several it must."""
    main, *others = (name for name in PROPERTIES[attribute.type] if name != "active_from")
    if others:
        raise filter_error(code="missing_sort_field", message=f'Sorting by "{attribute.slug}" needs a field.')
    return main


def page(query: Query, behaviour: Behaviour, request_number: int = 0) -> list[Record]:
    """Give the records of one page."""
    limit = query.limit
    if limit and behaviour.listing_page_lengths == "random":
        limit = random.Random(f"page {behaviour.seed} {request_number}").randint(1, limit)
    stop = query.offset + limit
    if query.filter.matches is None and not query.sorts:
        records = query.collection.records
        return [records[one] for one in query.collection.ids[query.offset : stop]]
    return list(islice(_matching(query, behaviour, request_number), query.offset, stop))


def _matching(query: Query, behaviour: Behaviour, request_number: int) -> Iterator[Record]:
    """Give every record that the filter passes, in the order of the sorts."""
    collection, sorts, matches = query.collection, query.sorts, query.filter.matches
    tie = _tie_breaker(behaviour, request_number)
    if not sorts:
        return filter(matches, (collection.records[one] for one in collection.ids))
    if len(sorts) == 1 and sorts[0].is_by_creation:
        return filter(matches, _by_creation(query, descending=sorts[0].descending, tie=tie))
    rows = sorted(filter(matches, collection.records.values()), key=tie)
    for sort in reversed(sorts):
        rows.sort(key=_sort_key(query, sort), reverse=sort.descending)
    return iter(rows)


def _by_creation(query: Query, *, descending: bool, tie: Callable[[Record], Any]) -> Iterator[Record]:
    records, index = query.collection.records, query.collection.by_creation
    since, until = query.filter.since, query.filter.until
    start = 0 if since is None else bisect_left(index, (since, ""))
    # No id is larger than this, so that every row of the last instant is inside.
    end = len(index) if until is None else bisect_right(index, (until, "~"))
    places: Iterable[int] = range(end - 1, start - 1, -1) if descending else range(start, end)
    for _, group in groupby((index[place] for place in places), key=lambda one: one[0]):
        tied = [records[record_id] for _, record_id in group]
        if len(tied) > 1:
            tied.sort(key=tie)
        yield from tied


def _tie_breaker(behaviour: Behaviour, request_number: int) -> Callable[[Record], Any]:
    if behaviour.ties == "id":
        return lambda record: record.id
    salt = f"{behaviour.seed} {request_number if behaviour.ties == 'reshuffled' else ''}".encode()
    return lambda record: hashlib.blake2b(record.id.encode(), key=salt, digest_size=8).digest()


def _sort_key(query: Query, sort: Sort) -> Callable[[Record], Any]:
    attribute, read = sort.attribute, reader(sort.attribute, sort.name)
    if attribute.type in ("status", "select"):
        # By the order in which statuses are shown, as a board does.
        places = {id(one): place for place, one in enumerate([*attribute.statuses, *attribute.options])}

        def choice_key(record: Record) -> Any:
            found = next(_found(query, sort, record), None)
            return (1, 0) if found is None else (0, places[id(found)])

        return choice_key

    def key(record: Record) -> Any:
        found = next(map(read, _found(query, sort, record)), None)
        # Rows without a value come last ascending and first descending, as in PostgreSQL.
        return (1, 0) if found is None else (0, found)

    return key


def _found(query: Query, sort: Sort, record: Record) -> Iterator[Any]:
    """Give the data of the current values that a row is sorted by."""
    for one in reached(query.store, sort.route, record, query.as_of):
        for value in active_values(one, sort.attribute, query.as_of):
            yield value.data
