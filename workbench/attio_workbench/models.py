"""Pure: the rows of the dbt models, typed. `model_rows.py` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from attio_workbench.actors import actor_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every model begins with: which connection (empty unless there are several), and `object.attribute`."""

    model: ClassVar[str] = ""

    source_relation: str
    history: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusStay(Row):
    """A stay of a record in a status; `left_at` is None while it lasts. Times are UTC.

    `direction` is that of the move into it: entry, forward, back, skip or re-entry. `is_late_entry`: the record was
    imported, so that it had been there for an unknown time.
    """

    model = "attio__status_history"

    record_id: str
    position: int
    status_id: str
    status_title: str
    status_order: int
    status_kind: str
    waiting_on: str | None
    previous_status_id: str | None
    previous_status_title: str | None
    next_status_id: str | None
    next_status_title: str | None
    entered_at: datetime
    left_at: datetime | None
    is_current: bool
    seconds_in_status: float
    weekdays_in_status: float
    days_in_status: float
    direction: str
    is_late_entry: bool
    moved_by_type: str | None
    moved_by_id: str | None
    moved_by_name: str | None

    @property
    def mover(self) -> str:
        """Who moved it there, in words."""
        return actor_text(self.moved_by_type, self.moved_by_id, self.moved_by_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentStatus(Row):
    """A record and the status it has now, if it has one; what is None is not known or does not apply.

    Of an entry of a list `parent_object` and `parent_record_id` say which record it is about. `entered_on` is the
    date of `entered_at` in the time zone of the models.
    """

    model = "attio__current_status"

    record_id: str
    parent_object: str | None
    parent_record_id: str | None
    status_id: str | None
    status_title: str | None
    status_order: int | None
    status_kind: str | None
    waiting_on: str | None
    entered_at: datetime | None
    entered_on: date | None
    days_in_status: float | None
    weekdays_in_status: float | None
    percentile_in_status: float | None
    target_days: float | None
    is_past_target: bool | None
    first_entered_at: datetime | None
    first_status_id: str | None
    first_status_title: str | None
    age_days: float | None
    moves: int
    moves_back: int
    outcome: str
    moved_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInStatus(Row):
    """How long records stay in a status, by Kaplan–Meier; `period_start` is None where `period_kind` is `all`."""

    model = "attio__time_in_status"

    status_id: str
    status_title: str
    status_order: int
    status_kind: str
    period_kind: str
    period_start: date | None
    stays: int
    open_stays: int
    late_entries: int
    lower_quartile_days: float | None
    median_days: float | None
    upper_quartile_days: float | None
    mean_days_to_horizon: float | None
    horizon_days: float | None
    is_few: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStep(Row):
    """One step of a Kaplan–Meier curve: `survival` is the share still in the status after it."""

    model = "attio__survival"

    status_id: str
    status_title: str
    period_kind: str
    period_start: date | None
    days: float
    at_risk: int
    ended: int
    survival: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion(Row):
    """Of those that entered a status, the share that reached a later outcome by a day, by Aalen–Johansen."""

    model = "attio__conversion"

    status_id: str
    status_title: str
    status_order: int
    outcome_status_id: str
    outcome_status_title: str
    outcome_kind: str
    day: int
    entered: int
    at_risk: int
    share: float | None
    is_few: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDay(Row):
    """A status at the end of a day: how many are in it, how many came and went that day. All dates are of `time_zone`."""

    model = "attio__status_daily"

    date_day: date
    time_zone: str
    status_id: str
    status_title: str
    status_order: int
    status_kind: str
    in_status: int
    entries: int
    exits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTransition(Row):
    """Moves from one status to another; `share` is of all moves out of the first."""

    model = "attio__status_transitions"

    from_status_id: str
    from_status_title: str
    from_status_order: int
    to_status_id: str
    to_status_title: str
    to_status_order: int
    moves: int
    share: float
    median_days_before: float | None
    is_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep(Row):
    """How many of a cohort reached a status; a skipped one counts as reached.

    Cohorts that are not `is_mature` are not to be compared: too young, or, if not `is_observed`, not all there.
    """

    model = "attio__funnel"

    cohort_kind: str
    cohort_start: date
    status_id: str
    status_title: str
    status_order: int
    status_kind: str
    cohort_records: int
    reached: int
    share: float | None
    median_days: float | None
    is_mature: bool
    is_observed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Row):
    """A status as it is called and meant today."""

    model = "attio__status"

    status_id: str
    status_title: str
    status_order: int
    status_kind: str
    waiting_on: str | None
    is_archived: bool
    is_mapped: bool
    target_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """All rows of all models. `as_of` is the moment they were built for: to it open stays last."""

    as_of: datetime
    status_history: Sequence[StatusStay] = ()
    current_status: Sequence[CurrentStatus] = ()
    time_in_status: Sequence[TimeInStatus] = ()
    survival: Sequence[SurvivalStep] = ()
    conversion: Sequence[Conversion] = ()
    status_daily: Sequence[StatusDay] = ()
    status_transitions: Sequence[StatusTransition] = ()
    funnel: Sequence[FunnelStep] = ()
    status: Sequence[Status] = ()

    @property
    def time_zone(self) -> str | None:
        """Whose dates, periods and cohorts they are; None where there is no day."""
        return self.status_daily[0].time_zone if self.status_daily else None


ROW_TYPES: tuple[type[Row], ...] = (
    StatusStay,
    CurrentStatus,
    TimeInStatus,
    SurvivalStep,
    Conversion,
    StatusDay,
    StatusTransition,
    FunnelStep,
    Status,
)
