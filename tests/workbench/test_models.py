import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from attio_workbench.errors import WorkbenchError
from attio_workbench.model_rows import parse_rows, read_models
from attio_workbench.models import ROW_TYPES, Status, StatusDay, StatusStay

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
STATUS: dict[str, Any] = {
    "source_relation": "",
    "history": "applications.workflow_status",
    "status_id": "s",
    "status_title": "Interview",
    "status_order": 3,
    "status_kind": "open",
    "waiting_on": None,
    "is_archived": False,
    "is_mapped": True,
    "target_days": Decimal("10.5"),
}
STAY: dict[str, Any] = {
    **STATUS,
    "record_id": "r",
    "position": 2,
    "previous_status_id": "p",
    "previous_status_title": "Screening",
    "next_status_id": None,
    "next_status_title": None,
    "entered_at": "2026-09-01T14:00:00+02:00",
    "left_at": None,
    "is_current": True,
    "seconds_in_status": 86_400,
    "weekdays_in_status": 1,
    "days_in_status": 1.0,
    "direction": "forward",
    "is_late_entry": False,
    "moved_by_type": "workspace-member",
    "moved_by_id": "m",
    "moved_by_name": "Recruiter 3",
}


def test_rows_are_read_as_a_driver_gives_them_and_as_json_does() -> None:
    [from_json] = parse_rows(StatusStay, [json.loads(json.dumps(STAY, default=float))])
    [from_driver] = parse_rows(StatusStay, [{**STAY, "entered_at": AT.replace(tzinfo=None)}])

    assert from_json == from_driver
    assert from_json.entered_at == AT
    assert [status.target_days for status in parse_rows(Status, [STATUS])] == [10.5]


def test_a_day_is_a_day_however_it_comes() -> None:
    row = {**STATUS, "time_zone": "UTC", "in_status": 3, "entries": 1, "exits": 0}
    days = parse_rows(StatusDay, [{**row, "date_day": d} for d in ("2026-09-01", date(2026, 9, 1), AT)])

    assert {day.date_day for day in days} == {date(2026, 9, 1)}


def test_open_stays_say_for_which_moment_the_models_were_built() -> None:
    rows = {"attio__status_history": [STAY], "attio__status": [STATUS]}
    models = read_models(lambda model: rows.get(model, []))

    assert models.as_of == AT + timedelta(days=1)
    assert len(models.status_history) == len(models.status) == 1
    assert models.funnel == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"is_archived": 1}, "a row of attio__status cannot be read: 1 is neither true nor false"),
        ({"status_order": 1.5}, "a row of attio__status cannot be read: 1.5 is no whole number"),
        ({"status_id": None}, "a row of attio__status cannot be read: null where there must be a value"),
        ({"target_days": "ten"}, "a row of attio__status cannot be read: 'ten' is no number"),
    ],
)
def test_a_value_of_another_type_is_an_error_that_names_the_model(change: dict[str, Any], message: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        parse_rows(Status, [STATUS | change])
    assert str(caught.value) == message


def test_a_time_that_is_none_is_an_error() -> None:
    with pytest.raises(WorkbenchError, match="attio__status_history cannot be read: 5 is no time"):
        parse_rows(StatusStay, [STAY | {"entered_at": 5}])
    with pytest.raises(WorkbenchError, match="attio__status_daily cannot be read: 5 is no date"):
        parse_rows(StatusDay, [{**STATUS, "in_status": 3, "entries": 1, "exits": 0, "date_day": 5}])


def test_a_missing_column_is_an_error_that_says_what_to_do() -> None:
    row = {name: value for name, value in STATUS.items() if name != "is_mapped"}
    with pytest.raises(WorkbenchError, match="attio__status has no column is_mapped: build the models of this version"):
        parse_rows(Status, [row])


def test_every_model_has_a_type_of_its_own() -> None:
    assert len({row.model for row in ROW_TYPES}) == len(ROW_TYPES)
