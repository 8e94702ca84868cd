"""How many records there are and how many have moved, and what that makes of a first sync, of each day and of a month."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean

from rich.console import Console

from attio_sync.attio_types import ListedRecord, parse_listed_record, sortable_timestamp
from attio_sync.attio_types.timestamps import format_timestamp
from attio_sync.client import AttioClient
from attio_sync.histories import AttributeHistory
from attio_sync.settings import Settings
from attio_sync.sources import Source
from attio_sync.value_reader import ValueReader
from attio_workbench.terminal import Pace, length_text, tell

PAGE = 500
MOST_PAGES = 100
"""Attio tells no totals, so records are counted by listing them; behind so many pages it is said that there are more."""

SAMPLE = 20
"""Of so many histories at most the number of stays is looked up."""

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there of one tracked history.

    Args:
        records: how many were counted; `is_all` says whether that is all of them.
        moved: those of which the listing does not prove that they never moved.
        recent: those whose current value dates from within `backfill_days`.
        changed: those whose current value is not older than a month; `changed_moved` of them have moved.
        stays_of_moved: how many stays one that has moved has, on average.
    """

    records: int
    is_all: bool
    moved: int
    recent: int
    changed: int
    changed_moved: int
    stays_of_moved: float

    @property
    def stays(self) -> int:
        """All rows of the history table, about."""
        return round(self.records - self.moved + self.moved * self.stays_of_moved)

    @property
    def active_rows(self) -> int:
        """Rows that a month like the last one writes: of each record that changed, its current row and one or two stays."""
        return 2 * self.changed + self.changed_moved

    def first_sync(self, settings: Settings) -> int:
        """Requests of a first sync: what changed lately is listed first, then everything."""
        lately = 0 if settings.backfill_days is None else _pages(self.recent, settings)
        return lately + _pages(self.records, settings) + self.moved

    def comparison(self, settings: Settings) -> int:
        """Requests between two comparisons of everything, the second one included."""
        days = settings.reconcile_hours / 24
        rechecked = self.moved * min(1.0, days / settings.recheck_days)
        return round(_pages(self.records, settings) + rechecked + self.changed * days / MONTH.days)


async def survey(
    client: AttioClient, settings: Settings, history: Source, on_page: Callable[[int], None], now: datetime
) -> Survey:
    """Counts, and reads a few histories; `on_page` hears how many were counted so far.

    Raises:
        AttioSyncError: Attio does not answer.
    """
    listed: dict[str, ListedRecord] = {}
    is_all = False
    for _ in range(MOST_PAGES):
        # Without a sort a query costs nothing of the score that Attio limits.
        page = await client.query_records(history.parent, {"limit": PAGE, "offset": len(listed)})
        records = [parse_listed_record(raw, history.attribute) for raw in page]
        fresh = {r.record_id: r for r in records if r.record_id not in listed}
        is_all = not fresh
        if is_all:
            break
        listed |= fresh
        on_page(len(listed))
    moved = [r for r in listed.values() if not r.never_moved]
    reader = ValueReader(client, history)
    sample = [await reader.read(r.record_id, r) for r in moved[:: max(1, -(-len(moved) // SAMPLE))]]
    stays = [len(outcome.values) for outcome in sample if isinstance(outcome, AttributeHistory)]
    lately = _since(listed.values(), now - MONTH)
    backfill = None if settings.backfill_days is None else now - timedelta(days=settings.backfill_days)
    return Survey(
        records=len(listed),
        is_all=is_all,
        moved=len(moved),
        recent=len(listed if backfill is None else _since(listed.values(), backfill)),
        changed=len(lately),
        changed_moved=sum(not r.never_moved for r in lately),
        stays_of_moved=mean(stays) if stays else 0.0,
    )


class Counting:
    """Says how far a count is that takes longer than a moment; where output is no terminal, now and then in a line."""

    def __init__(self, console: Console, history: Source) -> None:
        self._what = f"counting {history.parent}"
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


def estimate_rows(found: Survey, settings: Settings) -> list[tuple[str, str]]:
    """What to say of it: a name and a text a line."""
    if not found.records:
        return [("its records", "there are none yet")]
    more = "" if found.is_all else "more than "
    least = "about" if found.is_all else "more than"
    often = f"every {settings.reconcile_hours:g} h" if settings.reconcile_hours else "in each sync"
    first, comparison = found.first_sync(settings), found.comparison(settings)
    return [
        ("its records", f"{more}{found.records:,}, {found.moved:,} of them have moved"),
        ("a first sync", f"{least} {_cost(first, settings)}"),
        (f"compared {often}", f"{least} {_cost(comparison, settings)}"),
        ("rows", f"{least} {found.records:,} current ones and {found.stays:,} stays; all are active in the first month"),
        ("active rows later", f"{least} {found.active_rows:,} a month, if as much changes as in the last 30 days"),
    ]


def _cost(requests: int, settings: Settings) -> str:
    seconds = max(1.0, requests / settings.requests_per_second)
    return f"{requests:,} requests, {length_text(timedelta(seconds=seconds))} at {settings.requests_per_second:g} a second"


def _pages(records: int, settings: Settings) -> int:
    """A listing ends with a page that brings nothing new."""
    return -(-records // settings.page_size) + 1


def _since(records: Iterable[ListedRecord], start: datetime) -> list[ListedRecord]:
    text = sortable_timestamp(format_timestamp(start.astimezone(UTC)))
    return [r for r in records if r.current_from is not None and r.current_from >= text]
