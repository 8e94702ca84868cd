"""How many records there are and how many have moved, and what that makes of a first sync, of later ones and of a month."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import mean

from rich.console import Console

from attio_sync.attio_types.records import ListedRecord, parse_listed_record
from attio_sync.attio_types.timestamps import format_timestamp, sortable_timestamp
from attio_sync.attio_types.values import AttioValue
from attio_sync.client import AttioClient
from attio_sync.errors import SkipError
from attio_sync.histories import AttributeHistory, never_changed
from attio_sync.parents import Parent
from attio_sync.schedule import CHEAP_REQUESTS
from attio_sync.settings import Settings
from attio_sync.sources import Source
from attio_sync.value_reader import ValueReader
from attio_workbench.terminal import Pace, tell

PAGE = 500
MOST_PAGES = 100
"""Attio tells no totals, so records are counted by listing them; behind so many pages it is said that there are more."""

SAMPLE = 20
"""Of so many histories at most what they hold is looked up, of those that changed lately and of the others each."""

MONTH = timedelta(days=30)

FILTERED_LISTING = 1
"""Requests for what changed lately: a page that is not full is the last one."""

LISTING_END = 5
"""Requests until a listing of everything is believed to be at its end."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Every record or entry of one parent as a listing shows it, for each source; `is_all` says whether that is all."""

    of: dict[Source, list[ListedRecord]]
    is_all: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there of one source.

    Args:
        records: how many were counted; `is_all` says whether that is all of them.
        moved: those of which the listing does not prove that their value never changed: their histories are read.
        recent: those whose current value dates from within `backfill_days`.
        stays: all rows of the history table, about.
        active_rows: rows that a month like the last one writes, about.
        changes: how many stays began in that month, about.
    """

    records: int
    is_all: bool
    moved: int
    recent: int
    stays: int
    active_rows: int
    changes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests: of a first sync, of each later one but for changes, and of a comparison of everything besides."""

    first: int = 0
    later: int = 0
    comparison: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.first + other.first, self.later + other.later, self.comparison + other.comparison)


async def list_all(
    client: AttioClient, parent: Parent, sources: Sequence[Source], on_page: Callable[[int], None]
) -> Listed:
    """Lists what there is of a parent; `on_page` hears how many were counted so far.

    Raises:
        AttioSyncError: Attio does not answer.
    """
    listed: dict[str, list[ListedRecord]] = {}
    is_all = False
    for _ in range(MOST_PAGES):
        # Without a sort a query costs nothing of the score that Attio limits.
        body = {"limit": PAGE, "offset": len(listed)}
        page = await client.query(parent, body, {source.attribute for source in sources})
        items = [[parse_listed_record(raw, parent, source.attribute) for source in sources] for raw in page]
        fresh = {item[0].record_id: item for item in items if item[0].record_id not in listed}
        is_all = not fresh
        if is_all:
            break
        listed |= fresh
        on_page(len(listed))
    return Listed({source: [item[i] for item in listed.values()] for i, source in enumerate(sources)}, is_all)


async def survey(client: AttioClient, settings: Settings, source: Source, listed: Listed, now: datetime) -> Survey:
    """Counts what was listed, and reads a few histories.

    Raises:
        AttioSyncError: Attio does not answer.
    """
    records, month_ago = listed.of[source], _text(now - MONTH)
    backfill = None if settings.backfill_days is None else _text(now - timedelta(days=settings.backfill_days))
    lately = [r for r in records if _is_since(r, month_ago)]
    moved, moved_lately = (
        [r for r in some if not never_changed(r, is_multiple=source.is_multiple)] for some in (records, lately)
    )
    earlier = [r for r in moved if not _is_since(r, month_ago)]
    reader = ValueReader(client, source)
    of_earlier, of_lately = [await _sample(reader, some) for some in (earlier, moved_lately)]
    unmoved, unmoved_lately = len(records) - len(moved), len(lately) - len(moved_lately)
    active, began = ([[v for v in one if key(v) >= month_ago] for one in of_lately] for key in (_last_change, _start))
    return Survey(
        records=len(records),
        is_all=listed.is_all,
        moved=len(moved),
        recent=len(records) if backfill is None else sum(_is_since(r, backfill) for r in records),
        stays=unmoved + _all_of(earlier, of_earlier) + _all_of(moved_lately, of_lately),
        # Of each record that changed its current row, and each stay that began or ended.
        active_rows=len(lately) + unmoved_lately + _all_of(moved_lately, active),
        changes=unmoved_lately + _all_of(moved_lately, began),
    )


async def _sample(reader: ValueReader, records: Sequence[ListedRecord]) -> list[list[AttioValue]]:
    """The values of some of these records, read all at once."""
    some = records[:: max(1, -(-len(records) // SAMPLE))]
    outcomes = await asyncio.gather(*(reader.read(r.record_id, r) for r in some), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, SkipError):
            raise outcome
    return [outcome.values for outcome in outcomes if isinstance(outcome, AttributeHistory)]


def _all_of(records: Sequence[ListedRecord], sample: Sequence[Sequence[AttioValue]]) -> int:
    """How many values all of these records have, as many each as those of the sample."""
    return round(len(records) * mean(map(len, sample))) if sample else 0


def _start(value: AttioValue) -> str:
    return sortable_timestamp(value.active_from)


def _last_change(value: AttioValue) -> str:
    return sortable_timestamp(value.active_until or value.active_from)


def _is_since(record: ListedRecord, start: str) -> bool:
    return record.current_from is not None and record.current_from >= start


def _text(instant: datetime) -> str:
    return sortable_timestamp(format_timestamp(instant.astimezone(UTC)))


class Counting:
    """Says how far a count is that takes longer than a moment; where output is no terminal, now and then in a line."""

    def __init__(self, console: Console, parent: Parent) -> None:
        self._what = f"counting {parent}"
        self._status = console.status(self._what)
        self._pace = Pace()
        self._is_terminal = console.is_terminal

    def on_page(self, counted: int) -> None:
        """Called after each page."""
        self._status.update(f"{self._what}: {counted:,} so far")
        if not self._pace.is_due():
            return
        if self._is_terminal:
            self._status.start()  # from now on it moves by itself
        else:
            tell(self._what, f"{counted:,} so far")

    def stop(self) -> None:
        """Takes away what it said."""
        self._status.stop()


def is_listed_each_time(source: Source, found: Survey, settings: Settings) -> bool:
    """Whether each sync lists everything: that is wanted, or Attio cannot say what changed, and to list it all is cheap."""
    if not settings.reconcile_hours:
        return True
    return not source.type.is_filtered and found.records <= CHEAP_REQUESTS * settings.page_size


def cost_of(source: Source, found: Survey, settings: Settings) -> Cost:
    """What a source costs by itself."""
    listing = _pages(found.records, settings)
    # What changed lately is listed first, then everything.
    lately = _pages(found.recent, settings) if source.type.is_filtered and settings.backfill_days is not None else 0
    each_time = listing if is_listed_each_time(source, found, settings) else 0
    rechecked = found.moved * min(1.0, settings.reconcile_hours / 24 / settings.recheck_days)
    return Cost(
        first=lately + listing + found.moved,
        later=(FILTERED_LISTING if source.type.is_filtered else 0) + each_time,
        comparison=round(listing + rechecked) if settings.reconcile_hours else 0,
    )


def cost_of_all(surveys: dict[Source, Survey], settings: Settings) -> Cost:
    """What all sources cost together: those of one parent are compared with one listing.

    So are those that Attio cannot filter in a first sync.
    """
    total = sum((cost_of(source, found, settings) for source, found in surveys.items()), Cost())
    for _, of_parent in groupby(sorted(surveys, key=lambda s: str(s.parent)), key=lambda s: s.parent):
        several = list(of_parent)
        unfiltered = [s for s in several if not s.type.is_filtered]
        each_time = [s for s in several if is_listed_each_time(s, surveys[s], settings)]
        listing = _pages(surveys[several[0]].records, settings)
        total += Cost(
            first=-listing * max(0, len(unfiltered) - 1),
            later=-listing * max(0, len(each_time) - 1),
            comparison=-listing * (len(several) - 1) if settings.reconcile_hours else 0,
        )
    return total


def _pages(records: int, settings: Settings) -> int:
    return -(-records // settings.page_size) + LISTING_END
