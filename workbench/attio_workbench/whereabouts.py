"""Where in Attio a record or an entry is, and the entries that are about a record."""

from collections.abc import Collection
from contextlib import suppress

from pydantic import BaseModel

from attio_sync.attio_types.records import EntryOf
from attio_sync.catalog import Catalog
from attio_sync.client import AttioClient
from attio_sync.errors import ForbiddenError, RecordGoneError, UnknownNameError
from attio_sync.parents import LIST_SCOPES, OBJECT_SCOPES, Parent, parse_parent, segment
from attio_sync.small_tables import LISTS, Definition
from attio_sync.small_tables import Place as DefinedIn
from attio_workbench.asking import looking_up


class _Entry(BaseModel):
    list_id: str
    list_api_slug: str
    entry_id: str


async def fetch_entries(
    client: AttioClient, catalog: Catalog, record_id: str, lists: Collection[Parent], of: Parent | None
) -> list[tuple[Parent, str, EntryOf]]:
    """The entries of these lists that are about a record, each with its list, and what it is about.

    `of` is the record's object, where that is known; else it may be of any that these lists are about.

    Raises:
        ForbiddenError: the token may not see them.
    """
    by_name = {one.slug: one for one in lists}
    try:
        for parent in [of] if of else await _objects_of(client, lists):
            with suppress(UnknownNameError):  # it is none of this object
                entries = await client.fetch_definitions(_entries_of(parent, record_id), DefinedIn(parent))
                about = EntryOf(parent.slug, record_id)
                found = [
                    (by_name.get(one.list_api_slug) or by_name.get(one.list_id), one.entry_id.lower()) for one in entries
                ]
                if of_lists := [(one, entry_id, about) for one, entry_id in found if one]:
                    return of_lists
    except ForbiddenError as error:
        scopes = (*OBJECT_SCOPES, *LIST_SCOPES)
        raise await catalog.lacking(scopes, "entries by the record that they are about") or error from None
    return []


def _entries_of(parent: Parent, record_id: str) -> Definition[_Entry]:
    """https://docs.attio.com/rest-api/endpoint-reference/records/list-record-entries."""
    path = f"{parent.items_path}/{segment(record_id)}/entries"
    return Definition("entries", _Entry, "parent", lambda _: path, (), is_paged=True)


async def _objects_of(client: AttioClient, lists: Collection[Parent]) -> list[Parent]:
    """The objects whose records these lists have entries about."""
    slugs = {one.slug for one in lists}
    there_are = await client.fetch_definitions(LISTS, DefinedIn())
    about = [one.parent_object or [] for one in there_are if slugs & {one.api_slug, one.list_id}]
    return [parse_parent(slug) for slug in sorted({slug for of_list in about for slug in of_list})]


async def whereabouts(client: AttioClient, catalog: Catalog, item_id: str) -> Parent | None:
    """The object or list that has a record or an entry with this id, as far as the token sees."""
    with looking_up(client):
        for parent in await catalog.parents():
            with suppress(RecordGoneError, ForbiddenError):
                await client.fetch_item(parent, item_id)
                return parent
    return None
