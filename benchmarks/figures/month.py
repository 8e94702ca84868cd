"""What a first sync, the daily ones after it and a month of them cost: the table of the README."""

from dataclasses import dataclass, replace

from benchmarks.processes import say
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale
from benchmarks.virtual import VirtualWorld

DAYS = 30
CHANGED_SHARE = 0.01
NEW_SHARE = 0.2
GONE_SHARE = 0.02
PAGE = 500
RATE = 90.0
SLICES = 30
FIXED = 4
"""Requests of a sync in which nothing changed."""

ROUNDS_OF_A_LISTING = 5
"""Requests with which a listing makes sure of its end."""


@dataclass(frozen=True)
class Cost:
    """Requests and seconds of a first sync and of a daily one on average, and rows of both and of a month.

    `listed` is how many records the first sync listed, those that changed lately twice; `moved` and `moved_later` are how
    many had moved before it, and after half of the month.
    """

    records: int
    listed: int
    moved: int
    moved_later: int
    first_requests: float
    first_seconds: float
    first_rows: float
    daily_requests: float
    daily_seconds: float
    month_rows: float

    def line(self, computed: str = "") -> list[str]:
        """A line of the table."""
        return [
            f"{self.records:,}{computed}",
            f"{self.first_requests:,.0f}",
            _time(self.first_seconds),
            f"{self.first_rows:,.0f}",
            f"{self.daily_requests:,.0f}",
            _time(self.daily_seconds),
            f"{self.month_rows:,.0f}",
        ]

    def computed_for(self, records: int) -> "Cost":
        """What the formula says of another number of records."""
        times = records / self.records
        first = FIXED + ROUNDS_OF_A_LISTING + times * (self.listed / PAGE + self.moved)
        changes = records * CHANGED_SHARE
        read = changes * (1 - NEW_SHARE) + times * self.moved_later / SLICES
        daily = FIXED + ROUNDS_OF_A_LISTING + changes / PAGE + records / PAGE + read
        return replace(
            self,
            records=records,
            first_requests=first,
            first_seconds=first / RATE,
            first_rows=times * self.first_rows,
            daily_requests=daily,
            daily_seconds=daily / RATE,
            month_rows=times * self.month_rows,
        )


def measure(scale: Scale) -> list[Section]:
    """A first sync and a month of daily ones in two sizes; a third by what they tell."""
    costs = [_simulate(records) for records in scale.months]
    simulated = costs[-1]
    same, largest = simulated.computed_for(simulated.records), simulated.computed_for(10 * simulated.records)
    check = (
        f"For {same.records:,} it says {same.first_requests:,.0f} and {same.daily_requests:,.0f} requests, where the "
        f"simulation took {simulated.first_requests:,.0f} and {simulated.daily_requests:,.0f}."
    )
    lines = [*(cost.line() for cost in costs), largest.line(" (computed)")]
    body = f"{MONTH} {check}\n\n{table(HEADER, lines)}"
    figure = Figure(
        f"time of a daily sync of {largest.records:,} records, everything compared",
        "as few as it goes",
        _time(largest.daily_seconds),
        None,
        "computed; see the table",
    )
    return [Section("A month", (figure,), body)]


HEADER = (
    "records",
    "first sync: requests",
    "time",
    "rows",
    "daily sync: requests",
    "time",
    "rows written in 30 days, each counted once",
)

MONTH = (
    "Default settings, one sync a day with its reconciliation, 100 ms from request to answer, 90 requests a second; 60 % "
    "of the records moved before the first sync, and 1 % change every day: of a hundred changes seventy-eight are moves, "
    "twenty new records and two deletes. Simulated in virtual time; the last line is computed: N/500 requests to list N "
    "records, one for each that moved (first sync) or moved that day, a thirtieth of those that ever moved for today's "
    "slice, one for each delete, and nine that do not depend on N; rows in proportion. A row counts once a month however "
    "often it is written or deleted, as in Fivetran's monthly active rows; the rows of the first sync are a column of "
    "their own."
)


def _simulate(records: int) -> Cost:
    world = VirtualWorld(records)
    moved = moved_later = world.moved()
    first = world.sync()
    first_rows = world.sink.rows
    say(f"month: first sync of {records:,}: {first.requests:,} requests")
    world.sink.forget()
    requests = 0
    seconds = 0.0
    for day in range(DAYS):
        _day(world, records)
        if day == DAYS // 2:
            moved_later = world.moved()
        report = world.sync()
        requests, seconds = requests + report.requests, seconds + report.seconds
    if world.wrong_rows():
        message = f"{world.wrong_rows()} stays are not as in Attio"
        raise RuntimeError(message)
    rows = len(world.sink.touched)
    say(f"month: {requests / DAYS:,.0f} requests a day, {rows:,} rows a month")
    daily = requests / DAYS, seconds / DAYS
    return Cost(records, first.listed, moved, moved_later, first.requests, first.seconds, first_rows, *daily, rows)


def _day(world: VirtualWorld, records: int) -> None:
    changes = max(1, int(records * CHANGED_SHARE))
    new, gone = round(changes * NEW_SHARE), round(changes * GONE_SHARE)
    world.pass_time(hours=12)
    world.changes.move(changes - new - gone)
    world.changes.create(new)
    world.changes.delete(gone)
    world.pass_time(hours=12)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min {seconds % 60:.0f} s"  # noqa: PLR2004 (a minute)
