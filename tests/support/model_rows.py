"""The rows that findings are made of, computed from the simulator's histories: written anew, in Python, beside the SQL.

Positions, directions and outcomes as the contract of the models describes them; percentiles are left to the SQL.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from attio_simulator import Workspace
from attio_simulator.clock import moment
from attio_simulator.schema import Status, Value, all_values
from attio_workbench.models import CurrentStatus, Models, StatusStay

OBJECT, ATTRIBUTE, SOURCE = "applications", "workflow_status", "source"
HISTORY = f"{OBJECT}.{ATTRIBUTE}"
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
WON, LOST = {"Hired"}, {"Rejected", "Withdrawn"}


@dataclass(frozen=True)
class Kinds:
    """The place and kind of each status, by id; and the places of the open ones that are not archived."""

    places: dict[str, tuple[int, str]]
    open_in_use: list[int]

    @classmethod
    def of(cls, statuses: Sequence[Status]) -> "Kinds":
        """In the order in which Attio lists them."""
        places = {
            status.id: (place, "won" if status.title in WON else "lost" if status.title in LOST else "open")
            for place, status in enumerate(statuses, 1)
        }
        in_use = [place for one in statuses for place, kind in [places[one.id]] if kind == "open" and not one.is_archived]
        return cls(places, in_use)


def models_of(workspace: Workspace, as_of: datetime | None = None, *, has_sources: bool = False) -> Models:
    """The two models that findings need, as of a moment; by default the start of the workspace's clock.

    With their sources they have the history of a second attribute, a select.
    """
    at = as_of or workspace.clock.start
    collection = workspace.object(OBJECT)
    attribute = next(one for one in collection.attributes if one.slug == ATTRIBUTE)
    kinds = Kinds.of(attribute.statuses)
    names = {member.id: f"{member.first_name} {member.last_name}" for member in workspace.members}
    stays: list[StatusStay] = []
    current: list[CurrentStatus] = []
    for record in collection.records.values():
        values = all_values(record, attribute)
        of_record = _stays(record.id, values, kinds, names, at)
        stays += of_record
        status: Status | None = values[-1].data if values and values[-1].active_until is None else None
        current.append(_current(record.id, of_record, status))
    if has_sources:
        stays += _source_stays(workspace, at)
    return Models(as_of=at, status_history=stays, current_status=current)


def _stays(record_id: str, values: list[Value], kinds: Kinds, names: dict[str, str], at: datetime) -> list[StatusStay]:
    found: list[StatusStay] = []
    visited: set[str] = set()
    for place, value in enumerate(values):
        status: Status = value.data
        order, kind = kinds.places[status.id]
        before: Status | None = values[place - 1].data if place else None
        after: Status | None = values[place + 1].data if place + 1 < len(values) else None
        entered = moment(value.active_from)
        left = None if value.active_until is None else moment(value.active_until)
        length = ((left or at) - entered).total_seconds()
        found.append(
            StatusStay(
                source_relation="",
                history=HISTORY,
                record_id=record_id,
                position=place + 1,
                status_id=status.id,
                status_title=status.title,
                status_order=order,
                status_kind=kind,
                waiting_on=None,
                previous_status_id=before.id if before else None,
                previous_status_title=before.title if before else None,
                next_status_id=after.id if after else None,
                next_status_title=after.title if after else None,
                entered_at=entered,
                left_at=left,
                is_current=left is None,
                seconds_in_status=length,
                weekdays_in_status=_weekdays(entered, left or at),
                days_in_status=length / 86_400,
                direction=_direction(status, before, kinds, is_known=status.id in visited),
                is_late_entry=False,
                moved_by_type=value.actor.type,
                moved_by_id=value.actor.id,
                moved_by_name=names.get(value.actor.id or ""),
            )
        )
        visited.add(status.id)
    return found


def _source_stays(workspace: Workspace, at: datetime) -> Iterator[StatusStay]:
    """Where each record came from, which is never changed."""
    collection = workspace.object(OBJECT)
    attribute = next(one for one in collection.attributes if one.slug == SOURCE)
    places = {option.id: place for place, option in enumerate(attribute.options, 1)}
    for record in collection.records.values():
        [value] = all_values(record, attribute)
        entered = moment(value.active_from)
        length = (at - entered).total_seconds()
        yield StatusStay(
            source_relation="",
            history=f"{OBJECT}.{SOURCE}",
            record_id=record.id,
            position=1,
            status_id=value.data.id,
            status_title=value.data.title,
            status_order=places[value.data.id],
            status_kind="open",
            waiting_on=None,
            previous_status_id=None,
            previous_status_title=None,
            next_status_id=None,
            next_status_title=None,
            entered_at=entered,
            left_at=None,
            is_current=True,
            seconds_in_status=length,
            weekdays_in_status=_weekdays(entered, at),
            days_in_status=length / 86_400,
            direction="entry",
            is_late_entry=False,
            moved_by_type=value.actor.type,
            moved_by_id=value.actor.id,
            moved_by_name=None,
        )


def _direction(status: Status, before: Status | None, kinds: Kinds, *, is_known: bool) -> str:
    if before is None:
        return "entry"
    if is_known:
        return "re-entry"
    (order, kind), (order_before, kind_before) = kinds.places[status.id], kinds.places[before.id]
    if order < order_before:
        return "back"
    passed_over = any(order_before < between < order for between in kinds.open_in_use)
    return "skip" if passed_over and kind_before == "open" and kind in {"open", "won"} else "forward"


def _weekdays(begin: datetime, end: datetime) -> int:
    """The days from Monday to Friday after that of the begin, up to that of the end, in UTC."""
    return _weekdays_since_a_monday(end) - _weekdays_since_a_monday(begin)


def _weekdays_since_a_monday(at: datetime) -> int:
    weeks, days = divmod((at - MONDAY) // timedelta(days=1), 7)
    return weeks * 5 + min(days + 1, 5)


def _current(record_id: str, stays: list[StatusStay], status: Status | None) -> CurrentStatus:
    """A record as it is now; `status` is the one it has."""
    last = stays[-1] if status else None
    first = stays[0] if stays else None
    target = _target_days(status) if status else None
    outcome = {"open": "open", "won": "won", "lost": "lost"}[last.status_kind] if last else "none"
    return CurrentStatus(
        source_relation="",
        history=HISTORY,
        record_id=record_id,
        parent_object=None,
        parent_record_id=None,
        status_id=last.status_id if last else None,
        status_title=last.status_title if last else None,
        status_order=last.status_order if last else None,
        status_kind=last.status_kind if last else None,
        waiting_on=None,
        entered_at=last.entered_at if last else None,
        entered_on=last.entered_at.date() if last else None,
        days_in_status=last.days_in_status if last else None,
        weekdays_in_status=last.weekdays_in_status if last else None,
        percentile_in_status=None,
        target_days=target,
        is_past_target=last.days_in_status > target if last and target else None,
        first_entered_at=first.entered_at if first else None,
        first_status_id=first.status_id if first else None,
        first_status_title=first.status_title if first else None,
        age_days=_age_days(stays, is_over=outcome in {"won", "lost"}) if stays else None,
        moves=max(len(stays) - 1, 0),
        moves_back=sum(later.status_order < earlier.status_order for earlier, later in pairwise(stays)),
        outcome=outcome,
        moved_by_name=last.moved_by_name if last else None,
    )


def _age_days(stays: list[StatusStay], *, is_over: bool) -> float:
    """From the first status on: until the last one was entered, if that is the end, else until now."""
    last = stays[-1].entered_at if is_over else stays[-1].entered_at + timedelta(seconds=stays[-1].seconds_in_status)
    return (last - stays[0].entered_at) / timedelta(days=1)


def _target_days(status: Status) -> float | None:
    """The days of a duration such as P0Y0M3DT0H0M0S; the generated ones have nothing else."""
    found = re.fullmatch(r"P0Y0M(\d+)DT0H0M0S", status.target_time_in_status or "")
    return float(found[1]) if found else None
