"""The rows that findings are made of, computed from the simulator's histories: written anew, in Python, beside the SQL.

Positions, directions and outcomes as the contract of the models describes them; percentiles are left to the SQL.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from attio_simulator import Workspace
from attio_simulator.clock import moment
from attio_simulator.schema import Status, Value, all_values
from attio_workbench.models import CurrentStatus, Models, StatusStay

OBJECT, ATTRIBUTE = "applications", "workflow_status"
HISTORY = f"{OBJECT}.{ATTRIBUTE}"
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
WON, LOST = {"Hired"}, {"Rejected", "Withdrawn"}


def models_of(workspace: Workspace, as_of: datetime | None = None) -> Models:
    """The two models that findings need, as of a moment; by default the start of the workspace's clock."""
    at = as_of or workspace.clock.start
    collection = workspace.object(OBJECT)
    attribute = next(one for one in collection.attributes if one.slug == ATTRIBUTE)
    kinds = {
        status.id: (place, "won" if status.title in WON else "lost" if status.title in LOST else "open")
        for place, status in enumerate(attribute.statuses, 1)
    }
    names = {member.id: f"{member.first_name} {member.last_name}" for member in workspace.members}
    stays: list[StatusStay] = []
    current: list[CurrentStatus] = []
    for record in collection.records.values():
        values = all_values(record, attribute)
        of_record = _stays(record.id, values, kinds, names, at)
        stays += of_record
        status: Status | None = values[-1].data if values and values[-1].active_until is None else None
        current.append(_current(record.id, of_record, status))
    return Models(as_of=at, status_history=stays, current_status=current)


def _stays(
    record_id: str, values: list[Value], kinds: dict[str, tuple[int, str]], names: dict[str, str], at: datetime
) -> list[StatusStay]:
    found: list[StatusStay] = []
    visited: set[str] = set()
    for place, value in enumerate(values):
        status: Status = value.data
        order, kind = kinds[status.id]
        before: Status | None = values[place - 1].data if place else None
        after: Status | None = values[place + 1].data if place + 1 < len(values) else None
        entered = moment(value.active_from)
        left = None if value.active_until is None else moment(value.active_until)
        length = ((left or at) - entered).total_seconds()
        found.append(
            StatusStay(
                source_relation="",
                history=HISTORY,
                stay_id=f"{record_id}-{place + 1}",
                record_id=record_id,
                position=place + 1,
                status_id=status.id,
                status_title=status.title,
                status_order=order,
                status_kind=kind,
                waiting_on=None,
                previous_status_id=before and before.id,
                previous_status_title=before and before.title,
                next_status_id=after and after.id,
                next_status_title=after and after.title,
                entered_at=entered,
                left_at=left,
                is_current=left is None,
                seconds_in_status=length,
                weekdays_in_status=_weekdays(entered, left or at),
                days_in_status=length / 86_400,
                direction=_direction(order, before and kinds[before.id][0], is_known=status.id in visited),
                is_late_entry=False,
                moved_by_type=value.actor.type,
                moved_by_id=value.actor.id,
                moved_by_name=names.get(value.actor.id or ""),
            )
        )
        visited.add(status.id)
    return found


def _direction(order: int, before: int | None, *, is_known: bool) -> str:
    if before is None:
        return "entry"
    if is_known:
        return "re-entry"
    if order < before:
        return "back"
    return "forward" if order == before + 1 else "skip"


def _weekdays(begin: datetime, end: datetime) -> int:
    """The days from Monday to Friday on which a day began there, in UTC: that of the end, if any, is not counted."""
    return _weekdays_since_a_monday(end) - _weekdays_since_a_monday(begin)


def _weekdays_since_a_monday(at: datetime) -> int:
    weeks, days = divmod((at - MONDAY) // timedelta(days=1), 7)
    return weeks * 5 + min(days, 5)


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
        status_id=last and last.status_id,
        status_title=last and last.status_title,
        status_order=last and last.status_order,
        status_kind=last and last.status_kind,
        waiting_on=None,
        entered_at=last and last.entered_at,
        days_in_status=last and last.days_in_status,
        weekdays_in_status=last and last.weekdays_in_status,
        percentile_in_status=None,
        target_days=target,
        is_past_target=last.days_in_status > target if last and target else None,
        first_entered_at=first and first.entered_at,
        first_status_id=first and first.status_id,
        first_status_title=first and first.status_title,
        age_days=sum(stay.days_in_status for stay in stays) if first else None,
        moves=max(len(stays) - 1, 0),
        moves_back=sum(later.status_order < earlier.status_order for earlier, later in pairwise(stays)),
        outcome=outcome,
        moved_by_name=last and last.moved_by_name,
    )


def _target_days(status: Status) -> float | None:
    """The days of a duration such as P0Y0M3DT0H0M0S; the generated ones have nothing else."""
    found = re.fullmatch(r"P0Y0M(\d+)DT0H0M0S", status.target_time_in_status or "")
    return float(found[1]) if found else None
