"""What the comparisons are made of: of each record its first stay in each status, within the latest year.

A record counts once in a status. Otherwise one that an automation moved to and fro every night would weigh as much as
hundreds, and no test holds whose cases depend on each other. What was imported had been there for an unknown time, so
its first stay is left out. Days and months are those of the models' time zone, moments are UTC.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attio_workbench.actors import MEMBER
from attio_workbench.errors import WorkbenchError
from attio_workbench.findings.sentences import noun_of, parent_of
from attio_workbench.findings.survival import AT_ENTRY, Segment
from attio_workbench.models import Conversion, Models, StatusStay

LOOKED_BACK = timedelta(days=365)
LEAST_SIDE = timedelta(days=28)
"""Of the time before a change point, and of the time since."""
MIDDLE = 16
"""The day in the middle of a month."""
LEAST_MOVED = 0.1
"""Where no larger share of the records has ever moved, a history may be no pipeline."""
SECOND = 2
"""The position of a record's second stay."""

type Way = Literal["on", "back", "lost", "elsewhere"]
"""On: won, or to an open status that is later in the order. Back: to an open one that is earlier."""


class Spell(NamedTuple):
    """A record's first stay in a status. Times are in days since the pipeline's begin."""

    record_id: str
    entered: float
    end: float
    has_left: bool
    way: Way | None
    next_status_id: str | None
    mover: str | None
    """The member who moved it there."""

    def segment(self, since: float = 0.0) -> Segment | None:
        """The ages at which it was there from a day on; None if it had left before."""
        if self.end <= since:
            return None
        return Segment(self._seen_from(since), self.end - self.entered, self.has_left)

    def segment_until(self, day: float) -> Segment | None:
        """The ages at which it was there from the pipeline's begin to a day; None if it came later."""
        if self.entered >= day or self.end <= 0:
            return None
        is_over = self.end <= day
        return Segment(self._seen_from(0.0), min(self.end, day) - self.entered, is_over and self.has_left)

    def _seen_from(self, day: float) -> float:
        return day - self.entered if day > self.entered else AT_ENTRY


@dataclass(frozen=True, slots=True)
class StatusName:
    """A status, by its id, title, place in the order and kind."""

    id: str
    title: str
    order: int
    kind: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """Another attribute of the same object or list, such as where its records came from.

    Args:
        history: as in the models.
        titles: of its values, by id.
        stays: of each record, since when it had which, in days since the pipeline's begin; None where it had none.
    """

    history: str
    titles: Mapping[str, str]
    stays: Mapping[str, list[tuple[float, str | None]]]

    def value_at(self, record_id: str, day: float) -> str | None:
        """The id of the value that a record had at a moment."""
        stays = self.stays.get(record_id, [])
        place = bisect_right(stays, day, key=lambda stay: stay[0])
        return stays[place - 1][1] if place else None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One history of one connection.

    Args:
        source_relation, history: as in the models.
        begin: where one begins to look: the day a year before `as_of`, or that of the first stay if it is later.
        as_of: until when one looks.
        zone: whose days and months they are.
        statuses: those that records were in, in order.
        spells: of each status, by its id.
        members: the names of those who moved something.
        conversions: which share of those that enter a status reaches which outcome.
        groupings: what else is known of its records that is no pipeline itself.
    """

    source_relation: str
    history: str
    begin: datetime
    as_of: datetime
    zone: tzinfo
    statuses: tuple[StatusName, ...]
    spells: Mapping[str, list[Spell]]
    members: Mapping[str, str]
    conversions: Sequence[Conversion]
    groupings: Sequence[Grouping]

    @property
    def noun(self) -> str:
        """What the records are called."""
        return noun_of(self.history) or "records"

    @property
    def left_again(self) -> Iterator[StatusName]:
        """The statuses that records are meant to leave."""
        return (status for status in self.statuses if status.kind in {"open", "paused"})

    def day(self, moment: datetime) -> float:
        """A moment in days since the begin."""
        return (moment - self.begin) / timedelta(days=1)

    def start(self, day: date) -> datetime:
        """When a day began."""
        return start_of(day, self.zone)

    def change_points(self) -> list[date]:
        """The days at which something may have changed: firsts and 16ths of months with enough time on both sides."""
        points = [day for month in self._months_from(self.begin) for day in (month, month.replace(day=MIDDLE))]
        return [day for day in points if self.begin + LEAST_SIDE <= self.start(day) <= self.as_of - LEAST_SIDE]

    def months(self) -> list[float]:
        """When each month began in which a stay did that is looked at, in days since the begin."""
        earliest = min((spell.entered for spells in self.spells.values() for spell in spells), default=0.0)
        return [self.day(self.start(first)) for first in self._months_from(self.begin + timedelta(days=earliest))]

    def _months_from(self, moment: datetime) -> Iterator[date]:
        """The first of the month of a moment, and of each one after it up to `as_of`."""
        first = moment.astimezone(self.zone).date().replace(day=1)
        while self.start(first) <= self.as_of:
            yield first
            first = (first + timedelta(days=32)).replace(day=1)


def start_of(day: date, zone: tzinfo) -> datetime:
    """When a day began there, in UTC: two moments of one other zone are subtracted by their clocks."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def segments(spells: Iterable[Spell], since: float = 0.0) -> list[Segment]:
    """The ages at which these were there from a day on."""
    return [segment for spell in spells if (segment := spell.segment(since))]


def pipelines(models: Models, keys: Sequence[tuple[str, str]]) -> list[Pipeline]:
    """The pipelines of these (source_relation, history) that have stays; the other histories tell their records apart."""
    stays_of: defaultdict[tuple[str, str], list[StatusStay]] = defaultdict(list)
    for stay in models.status_history:
        stays_of[stay.source_relation, stay.history].append(stay)
    zone = _zone(models.time_zone)
    apart = {key: stays for key, stays in stays_of.items() if key not in keys}
    return [_pipeline(*key, stays_of[key], models, zone, apart) for key in keys if key in stays_of]


def pipeline_histories(models: Models) -> list[tuple[str, str]]:
    """Those that records go through, by (source_relation, history), in this order.

    The others say what a record is, such as where it came from: nothing wins or pauses there, and hardly any record has
    had a second value. They are left out where their object or list has a history that records go through.
    """
    firsts, seconds = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for stay in models.status_history:
        key = stay.source_relation, stay.history
        firsts[key] += stay.position == 1
        seconds[key] += stay.position == SECOND
    known = firsts.keys() | {(row.source_relation, row.history) for row in models.current_status}
    # What is only guessed to be lost may be a value to which a few were corrected.
    gone_through = {
        (row.source_relation, row.history)
        for row in models.status
        if row.status_kind != "open" and (row.is_mapped or row.status_kind != "lost")
    }
    gone_through |= {key for key in firsts if seconds[key] > LEAST_MOVED * firsts[key]}
    gone_through &= known
    parents = {(relation, parent_of(history)) for relation, history in gone_through}
    alone = {key for key in known if (key[0], parent_of(key[1])) not in parents}
    return sorted(gone_through | alone)


def _zone(name: str | None) -> tzinfo:
    if name is None or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"the models are in the time zone {name!r}, which is not known here: name it as in Europe/Berlin"
        raise WorkbenchError(message) from error


def _pipeline(  # noqa: PLR0913, PLR0917 (what it is made of)
    source_relation: str,
    history: str,
    stays: list[StatusStay],
    models: Models,
    zone: tzinfo,
    apart: Mapping[tuple[str, str], list[StatusStay]],
) -> Pipeline:
    as_of = models.as_of
    statuses = {s.status_id: StatusName(s.status_id, s.status_title, s.status_order, s.status_kind) for s in stays}
    begin = max(as_of - LOOKED_BACK, min(stay.entered_at for stay in stays))
    begin = start_of(begin.astimezone(zone).date(), zone)
    firsts: dict[tuple[str, str], StatusStay] = {}
    members: dict[str, str] = {}
    for stay in stays:
        key = stay.record_id, stay.status_id
        known = firsts.get(key)
        if known is None or stay.position < known.position:
            firsts[key] = stay
        if stay.moved_by_type == MEMBER and stay.moved_by_id:
            members[stay.moved_by_id] = stay.mover
    spells: dict[str, list[Spell]] = {status_id: [] for status_id in statuses}
    for stay in firsts.values():
        is_imported = stay.is_late_entry and stay.position == 1
        if not is_imported and (stay.left_at is None or stay.left_at > begin):
            spells[stay.status_id].append(_spell(stay, begin, as_of, statuses))
    ordered = tuple(sorted(statuses.values(), key=lambda status: (status.order, status.id)))
    own = [row for row in models.conversion if (row.source_relation, row.history) == (source_relation, history)]
    groupings = [
        _grouping(other, values, begin)
        for (relation, other), values in sorted(apart.items())
        if (relation, parent_of(other)) == (source_relation, parent_of(history))
    ]
    return Pipeline(source_relation, history, begin, as_of, zone, ordered, spells, members, own, groupings)


def _grouping(history: str, stays: list[StatusStay], begin: datetime) -> Grouping:
    day = timedelta(days=1)
    had: defaultdict[str, list[tuple[float, str | None]]] = defaultdict(list)
    for stay in sorted(stays, key=lambda stay: (stay.record_id, stay.position)):
        of_record = had[stay.record_id]
        if of_record and of_record[-1][1] is None and of_record[-1][0] == (stay.entered_at - begin) / day:
            of_record.pop()  # one value follows the other
        of_record.append(((stay.entered_at - begin) / day, stay.status_id))
        if stay.left_at is not None:
            of_record.append(((stay.left_at - begin) / day, None))
    return Grouping(history, {stay.status_id: stay.status_title for stay in stays}, had)


def _spell(stay: StatusStay, begin: datetime, as_of: datetime, statuses: Mapping[str, StatusName]) -> Spell:
    day = timedelta(days=1)
    entered = (stay.entered_at - begin) / day
    has_left = stay.left_at is not None
    end = ((stay.left_at or as_of) - begin) / day
    way = None
    if has_left:
        way = _way(statuses[stay.status_id], statuses.get(stay.next_status_id or ""))
    is_member = stay.moved_by_type == MEMBER
    return Spell(stay.record_id, entered, end, has_left, way, stay.next_status_id, stay.moved_by_id if is_member else None)


def _way(status: StatusName, following: StatusName | None) -> Way:
    if following is None:
        return "elsewhere"
    if following.kind == "lost":
        return "lost"
    if following.kind == "won" or (following.kind == "open" and following.order > status.order):
        return "on"
    return "back" if following.order < status.order else "elsewhere"
