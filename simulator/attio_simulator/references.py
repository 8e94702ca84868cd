"""Ways along references, from a record to others: what the `path` of a filter or a sort says.

A path is an array of pairs: an object or list, and an attribute of it. All but the last are references to records;
`parent_record` leads from an entry to the record it is about.
See https://docs.attio.com/rest-api/guides/filtering-and-sorting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import filter_error, unknown_filter_attribute
from .schema import Attribute, active_values
from .shapes import as_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .schema import Collection, Record
    from .store import Store

PARENT_RECORD = Attribute(
    id="parent_record", slug="parent_record", title="Parent record", type="record-reference", created=0, is_writable=False
)


class Route(NamedTuple):
    """A parsed path.

    Attributes:
        steps: the references to follow, each with the object that its records must be of.
        collection: the object or list at the end.
        attribute: the attribute of it that is meant.
    """

    steps: tuple[tuple[Attribute, Collection], ...]
    collection: Collection
    attribute: Attribute


def filterable(collection: Collection, slug_or_id: object) -> Attribute | None:
    """Find what can be filtered by: an attribute, or of a list the parent record."""
    if not isinstance(slug_or_id, str):
        return None
    if collection.is_list and slug_or_id == PARENT_RECORD.slug:
        return PARENT_RECORD
    return collection.attribute(slug_or_id)


def parse_route(store: Store, collection: Collection, given: object, path: tuple[str, ...]) -> Route:
    """Read a path that begins at `collection`; `path` leads to it, for the refusal.

    Raises:
        ApiError: 400 `filter_error` or `unknown_filter_attribute_slug`.
    """
    hops = [as_array(one) or [] for one in as_array(given) or []]
    if not hops or any(len(hop) != 2 for hop in hops):  # noqa: PLR2004 - a pair
        raise filter_error(message="A path is an array of pairs of an object and an attribute.")
    if hops[0][0] not in (collection.slug, collection.id):
        raise filter_error(message=f'A path begins with what is queried, "{collection.slug}".')
    steps: list[tuple[Attribute, Collection]] = []
    here, attribute = collection, _attribute(collection, hops[0][1], (*path, "0", "1"))
    for place, (name, slug) in enumerate(hops[1:], 1):
        there = store.find(name) if isinstance(name, str) else None
        if there is None or attribute.type != "record-reference":
            raise filter_error(message=f'"{attribute.slug}" of "{here.slug}" does not refer to "{name}".')
        steps.append((attribute, there))
        here, attribute = there, _attribute(there, slug, (*path, str(place), "1"))
    return Route(tuple(steps), here, attribute)


def _attribute(collection: Collection, slug: object, path: tuple[str, ...]) -> Attribute:
    found = filterable(collection, slug)
    if found is None:
        raise unknown_filter_attribute(str(slug), path)
    return found


def reached(store: Store, route: Route, record: Record, as_of: int | None, step: int = 0) -> Iterator[Record]:
    """Give every record at the end of a route."""
    if step == len(route.steps):
        yield record
        return
    attribute, target = route.steps[step]
    for value in active_values(record, attribute, as_of):
        other = store.rows.get(value.data[1])
        if other is not None and other.collection is target:
            yield from reached(store, route, other, as_of, step + 1)
