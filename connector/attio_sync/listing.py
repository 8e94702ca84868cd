"""Lists records or entries by key set: each page asks for what was created at or after the last record seen.

Offsets skip and repeat when records come and go between two pages; a key does not, and any page can be where a later sync
resumes. The key is the `created_at` *attribute*, which is what filters and sorts see.
https://docs.attio.com/rest-api/guides/filtering-and-sorting
"""

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import pairwise
from typing import Any, NamedTuple

from attio_sync.attio_types.records import ListedRecord, parse_listed_record
from attio_sync.attio_types.timestamps import format_timestamp
from attio_sync.attio_types.workspace import AttioAttribute
from attio_sync.client import AttioClient
from attio_sync.errors import ContractChangedError, FilterRefusedError, RateLimitedError, UnknownNameError
from attio_sync.parents import Parent
from attio_sync.small_tables import ATTRIBUTES, Place
from attio_sync.sources import Source
from attio_sync.state import Cursor

log = logging.getLogger(__name__)

LEAST_PAGE = 50
DOCUMENTED_PAGE = 500
"""Attio documents that a page shorter than asked is the last one, and that 500 is what is asked where nothing is said."""

REFUSALS_BEFORE_SMALLER_PAGES = 3
QUIET_PASSES = 20
"""How many passes in a row must bring nothing new where Attio lists an instant in another order each time.

A pass then misses a record with a probability of 1/e: all of these miss one of a billion.
"""


class Precision(IntEnum):
    """What Attio takes in an `active_from` filter: documented is only a bare date."""

    INSTANT = 2
    DAY = 1
    REFUSED = 0


class Item(NamedTuple):
    """A record or an entry as listed: which it is, where in the listing, and what is shown of it for each source."""

    record_id: str
    listed_at: str
    of: tuple[ListedRecord, ...]


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Items not listed before, in listing order; `accurate_at` is how fresh Attio says they are."""

    items: list[Item]
    accurate_at: datetime | None = None


def build_query(condition: list[dict[str, Any]], limit: int, offset: int = 0) -> dict[str, Any]:
    """The body of a records query: all conditions hold, oldest record first."""
    body: dict[str, Any] = {"limit": limit, "offset": offset, "sorts": [{"direction": "asc", "attribute": "created_at"}]}
    if condition:
        body["filter"] = condition[0] if len(condition) == 1 else {"$and": condition}
    return body


async def fetch_attributes(
    client: AttioClient, parent: Parent, wanted: frozenset[str] = frozenset()
) -> list[AttioAttribute]:
    """All attributes of an object or a list, archived ones included; or no more once those `wanted` are among them.

    Raises:
        UnknownNameError: there is no such object or list.
    """

    def enough(found: list[AttioAttribute]) -> bool:
        return bool(wanted) and wanted <= {a.api_slug for a in found}

    return await client.fetch_definitions(ATTRIBUTES, Place(parent), enough)


class RecordLister:
    """Lists the items of one parent, oldest first, for all of these sources.

    `page_size` shrinks when Attio finds a query too heavy.
    `short_pages_end` says whether a short page is taken for the last one, as Attio documents; `saw_short_pages` becomes
    true when one was not. `unknown` are the sources whose attribute the items listed so far do not have.
    """

    def __init__(self, client: AttioClient, sources: Sequence[Source], page_size: int, *, short_pages_end: bool) -> None:
        self.saw_short_pages = False
        self.unknown: dict[Source, UnknownNameError] = {}
        self._said_offsets_are_ignored = False
        self._short_pages_end = short_pages_end
        self._client = client
        self._sources = tuple(sources)
        self._parent: Parent = sources[0].parent
        self._attributes = frozenset(source.attribute for source in sources)
        self._page_size = page_size
        self._precision = Precision.INSTANT

    async def pages(self, since: datetime | None, cursor: Cursor | None = None) -> AsyncGenerator[ListingPage]:
        """Every item whose current value dates from `since` or later (None: every item), from `cursor` on.

        Only of a single source can it be asked since when.
        A filter that Attio takes only by date, or not at all, brings more than that.

        Raises:
            UnknownNameError: no such object or list, or no such attribute to filter by.
            ContractChangedError: the answer cannot be a listing in the order asked for.
        """
        key = cursor.created_at if cursor else ""
        delivered = set(cursor.record_ids) if cursor else set[str]()
        was_short = False
        while True:
            created_at = {"$gte": key} if key else None
            listed = await self._page(since, created_at)
            if not listed and (key or not self._short_pages_end):
                listed = await self._page(since, created_at)  # nothing at all is believed when it is said twice
            fresh = [r for r in listed if r.listed_at > key or (r.listed_at == key and r.record_id not in delivered)]
            if not fresh and key:
                async for page in self._through_instant(listed, since, key, delivered):
                    yield page
                listed = fresh = await self._later_than(since, key)
            if not fresh:
                return
            self.saw_short_pages = self.saw_short_pages or was_short
            was_short = len(listed) < min(self._page_size, DOCUMENTED_PAGE)
            if fresh[-1].listed_at != key:
                key, delivered = fresh[-1].listed_at, set[str]()
            delivered |= {r.record_id for r in fresh if r.listed_at == key}
            yield ListingPage(fresh, self._client.accurate_at)
            if was_short and self._short_pages_end:
                return

    async def _later_than(self, since: datetime | None, key: str) -> list[Item]:
        """What was created after `key`: asked twice before the listing is taken to end, for nothing is behind that page."""
        for _ in range(2):
            listed = await self._page(since, {"$gt": key})
            if listed and listed[0].listed_at <= key:
                message = f"Attio listed a record created at {listed[0].listed_at} when asked for later than {key}"
                raise ContractChangedError(message)
            if listed:
                return listed
        return []

    async def _through_instant(
        self, listed: list[Item], since: datetime | None, key: str, delivered: set[str]
    ) -> AsyncGenerator[ListingPage]:
        """More records at one instant than a page holds: by offset, again and again until a whole pass brings none.

        `listed` is the first page of the first pass. A delete between two pages shifts the rest, and ties may come in
        another order each time; a pass in which a record came twice proves nothing by itself.
        """
        quiet = 0
        while True:
            offset, seen, repeated, brought, first = 0, set[str](), False, False, listed
            while listed:
                offset += len(listed)
                at_key = [r for r in listed if r.listed_at == key]
                new_in_pass = [r for r in at_key if r.record_id not in seen]
                repeated = repeated or len(new_in_pass) < len(at_key)
                seen |= {r.record_id for r in at_key}
                if fresh := [r for r in at_key if r.record_id not in delivered]:
                    brought = True
                    delivered |= {r.record_id for r in fresh}
                    yield ListingPage(fresh, self._client.accurate_at)
                if listed[-1].listed_at > key or not new_in_pass:
                    self._say_if_offsets_are_ignored(first, listed, offset)
                    break
                condition = {"$gte": key}
                listed = await self._page(since, condition, offset) or await self._page(since, condition, offset)
            quiet = 0 if brought else quiet + 1
            if quiet and (not repeated or quiet >= QUIET_PASSES):
                return
            listed = await self._page(since, {"$gte": key})

    def _say_if_offsets_are_ignored(self, first: list[Item], last: list[Item], offset: int) -> None:
        is_repeated = offset > len(last) and [r.record_id for r in first] == [r.record_id for r in last]
        if is_repeated and len(last) >= self._page_size and not self._said_offsets_are_ignored:
            self._said_offsets_are_ignored = True
            log.warning(
                f"Attio lists the same {len(last)} records of {self._parent} created at {last[-1].listed_at} again "
                "and again: if there are more of that instant they are missing. Raise page_size above their number"
            )

    async def _page(self, since: datetime | None, created_at: dict[str, str] | None, offset: int = 0) -> list[Item]:
        while True:
            condition: list[dict[str, Any]] = []
            if since is not None and self._precision is not Precision.REFUSED:
                instant = format_timestamp(since)
                text = instant if self._precision is Precision.INSTANT else instant[:10]
                condition.append({self._sources[0].attribute: {"active_from": {"$gte": text}}})
            if created_at:
                condition.append({"created_at": created_at})
            body = build_query(condition, self._page_size, offset)
            try:
                refusals = REFUSALS_BEFORE_SMALLER_PAGES if self._page_size > LEAST_PAGE else None
                raw = await self._client.query(self._parent, body, self._attributes, refusals)
            except RateLimitedError:
                self._page_size = max(LEAST_PAGE, self._page_size // 2)
                log.info(f"Attio keeps refusing to list {self._parent}: asking for {self._page_size} a page")
            except FilterRefusedError as error:
                await self._ask_less_precisely(error, filtered=since is not None)
            else:
                listed = [self._item(one) for one in raw]
                if any(a.listed_at > b.listed_at for a, b in pairwise(listed)):
                    message = f"Attio did not list {self._parent} by created_at as asked"
                    raise ContractChangedError(message)
                return listed

    def _item(self, raw: Any) -> Item:
        of = tuple([self._parsed(raw, source) for source in self._sources])
        return Item(of[0].record_id, of[0].listed_at, of)

    def _parsed(self, raw: Any, source: Source) -> ListedRecord:
        """An item as it is listed for one source; that one has no such attribute is no other's failure."""
        try:
            return parse_listed_record(raw, self._parent, source.attribute)
        except UnknownNameError as error:
            self.unknown[source] = error
            return parse_listed_record(raw, self._parent, "created_at")._replace(current=[])

    async def _ask_less_precisely(self, error: FilterRefusedError, *, filtered: bool) -> None:
        if not filtered or self._precision is Precision.REFUSED:
            raise error
        attributes = await fetch_attributes(self._client, self._parent)
        if self._sources[0].attribute not in {a.api_slug for a in attributes}:
            message = f"{self._parent} has no attribute {self._sources[0].attribute!r}"
            raise UnknownNameError(message) from error
        self._precision = Precision(self._precision - 1)
        how = "by date" if self._precision is Precision.DAY else "without it, which lists every record"
        log.warning(
            f"Attio does not take this filter on {self._sources[0].attribute} ({error}); asking {how}. Nothing is missed"
        )
