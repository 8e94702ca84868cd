"""Lists records by key set: each page asks for what was created at or after the last record seen.

Offsets skip and repeat when records come and go between two pages; a key does not, and any page can be where a later sync
resumes. The key is the `created_at` *attribute*, which is what filters and sorts see.
https://docs.attio.com/rest-api/guides/filtering-and-sorting
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import pairwise
from typing import Any

from attio_sync import logs
from attio_sync.attio_types import ListedRecord, parse_listed_record, sortable_timestamp
from attio_sync.attio_types.timestamps import format_timestamp
from attio_sync.client import AttioClient
from attio_sync.errors import ContractChangedError, FilterRefusedError, RateLimitedError, UnknownNameError
from attio_sync.settings import TrackedHistory
from attio_sync.state import Cursor

LEAST_PAGE = 50
REFUSALS_BEFORE_SMALLER_PAGES = 3
QUIET_PASSES = 8
"""How many passes in a row must bring nothing new where Attio lists an instant in another order each time."""


class Precision(IntEnum):
    """What Attio takes in an `active_from` filter: documented is only a bare date."""

    INSTANT = 2
    DAY = 1
    REFUSED = 0


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Records not listed before, in listing order, and the cursor that stands once all of them are delivered."""

    records: list[ListedRecord]
    cursor: Cursor


def build_query(condition: list[dict[str, Any]], limit: int, offset: int = 0) -> dict[str, Any]:
    """The body of a records query: all conditions hold, oldest record first."""
    body: dict[str, Any] = {"limit": limit, "offset": offset, "sorts": [{"direction": "asc", "attribute": "created_at"}]}
    if condition:
        body["filter"] = condition[0] if len(condition) == 1 else {"$and": condition}
    return body


class RecordLister:
    """Lists the records of one tracked history, oldest first. `page_size` shrinks when Attio finds a query too heavy."""

    def __init__(self, client: AttioClient, history: TrackedHistory, page_size: int) -> None:
        self._client = client
        self._history = history
        self._page_size = page_size
        self._precision = Precision.INSTANT

    async def pages(self, since: datetime | None, cursor: Cursor | None = None) -> AsyncGenerator[ListingPage]:
        """Every record whose current value dates from `since` or later (None: every record), from `cursor` on.

        Raises:
            UnknownNameError: no such object, or its records have no such attribute.
            ContractChangedError: the answer cannot be a listing in the order asked for.
        """
        key = cursor.created_at if cursor else ""
        delivered = set(cursor.record_ids) if cursor else set[str]()
        largest = 0
        while True:
            listed = await self._page(since, {"$gte": key} if key else None)
            fresh = [r for r in listed if r.listed_at > key or (r.listed_at == key and r.record_id not in delivered)]
            if not fresh:
                # A page shorter than another one was, with nothing new in it, is the end.
                if not listed or len(listed) < min(largest, self._page_size):
                    return
                async for page in self._through_instant(since, key, delivered):
                    yield page
                listed = fresh = await self._page(since, {"$gt": key})
                if not listed:
                    return
                if listed[0].listed_at <= key:
                    message = f"Attio listed a record created at {listed[0].listed_at} when asked for later than {key}"
                    raise ContractChangedError(message)
            largest = max(largest, len(listed))
            if fresh[-1].listed_at != key:
                key, delivered = fresh[-1].listed_at, set[str]()
            delivered |= {r.record_id for r in fresh if r.listed_at == key}
            yield ListingPage(self._wanted(fresh, since), Cursor(key, frozenset(delivered)))

    async def _through_instant(self, since: datetime | None, key: str, delivered: set[str]) -> AsyncGenerator[ListingPage]:
        """More records at one instant than a page holds: by offset, again and again until a whole pass brings none.

        A delete between two pages shifts the rest, and ties may come in another order each time; a pass in which a
        record came twice proves nothing by itself.
        """
        quiet = 0
        while True:
            offset, seen, repeated, brought = 0, set[str](), False, False
            while listed := await self._page(since, {"$gte": key}, offset):
                offset += len(listed)
                at_key = [r for r in listed if r.listed_at == key]
                repeated = repeated or any(r.record_id in seen for r in at_key)
                seen |= {r.record_id for r in at_key}
                if fresh := [r for r in at_key if r.record_id not in delivered]:
                    brought = True
                    delivered |= {r.record_id for r in fresh}
                    yield ListingPage(self._wanted(fresh, since), Cursor(key, frozenset(delivered)))
                if listed[-1].listed_at > key:
                    break
            quiet = 0 if brought else quiet + 1
            if quiet and (not repeated or quiet >= QUIET_PASSES):
                return

    async def _page(self, since: datetime | None, created_at: dict[str, str] | None, offset: int = 0) -> list[ListedRecord]:
        while True:
            condition: list[dict[str, Any]] = []
            if since is not None and self._precision is not Precision.REFUSED:
                instant = format_timestamp(since)
                text = instant if self._precision is Precision.INSTANT else instant[:10]
                condition.append({self._history.attribute: {"active_from": {"$gte": text}}})
            if created_at:
                condition.append({"created_at": created_at})
            body = build_query(condition, self._page_size, offset)
            try:
                refusals = REFUSALS_BEFORE_SMALLER_PAGES if self._page_size > LEAST_PAGE else None
                raw = await self._client.query_records(self._history.parent, body, refusals)
            except RateLimitedError:
                self._page_size = max(LEAST_PAGE, self._page_size // 2)
                logs.info(f"Attio keeps refusing to list {self._history.parent}: asking for {self._page_size} a page")
            except FilterRefusedError as error:
                await self._ask_less_precisely(error, filtered=since is not None)
            else:
                listed = [parse_listed_record(r, self._history.attribute) for r in raw]
                if any(a.listed_at > b.listed_at for a, b in pairwise(listed)):
                    message = f"Attio did not list {self._history.parent} by created_at as asked"
                    raise ContractChangedError(message)
                return listed

    async def _ask_less_precisely(self, error: FilterRefusedError, *, filtered: bool) -> None:
        if not filtered or self._precision is Precision.REFUSED:
            raise error
        attributes = {a.api_slug: a.type for a in await self._client.fetch_attributes(self._history.parent)}
        if self._history.attribute not in attributes:
            message = f"{self._history.parent} has no attribute {self._history.attribute!r}"
            raise UnknownNameError(message) from error
        self._precision = Precision(self._precision - 1)
        how = "by date" if self._precision is Precision.DAY else "without it, which lists every record"
        logs.warning(f"Attio does not take this filter on {self._history.attribute}; asking {how}. Nothing is missed")

    def _wanted(self, records: list[ListedRecord], since: datetime | None) -> list[ListedRecord]:
        """Without what a filter coarser than `since` lets through; a current value we cannot read stays in."""
        if since is None:
            return records
        start = sortable_timestamp(format_timestamp(since))
        return [
            r
            for r in records
            if (r.current or self._precision is Precision.INSTANT) and (r.current_from is None or r.current_from >= start)
        ]
