"""Findings tell days and months in the time zone of the models, as the page does."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.workbench.test_findings import HISTORY, models

from attio_simulator import Leak, MovesBack, Slower, Waiting
from attio_workbench.errors import WorkbenchError
from attio_workbench.findings import findings
from attio_workbench.findings.pipelines import pipeline_histories, pipelines
from attio_workbench.models import Models, StatusDay

pytestmark = pytest.mark.slow  # whole pipelines are compared

CUT = date(2026, 9, 1)


def told_in(zone: str, rows: Models) -> Models:
    """The same rows, from models that were built with this `attio_time_zone`."""
    day = StatusDay(
        source_relation="",
        history=HISTORY,
        date_day=CUT,
        time_zone=zone,
        status_id="s",
        status_title="Applied",
        status_order=1,
        status_kind="open",
        in_status=0,
        entries=0,
        exits=0,
    )
    return replace(rows, status_daily=[day])


@pytest.mark.parametrize(
    ("zone", "left", "is_now", "stamp"),
    [
        pytest.param("UTC", "2026-08-31T23:30", False, "'2026-02-27'", marks=pytest.mark.long),
        ("America/Los_Angeles", "2026-08-31T23:30", False, "'2026-02-27 08:00:00'"),
        pytest.param("America/Los_Angeles", "2026-09-01T00:30", True, "'2026-02-27 08:00:00'", marks=pytest.mark.long),
        pytest.param("Asia/Tokyo", "2026-08-31T23:30", False, "'2026-02-27 15:00:00'", marks=pytest.mark.long),
        ("Asia/Tokyo", "2026-09-01T00:30", True, "'2026-02-27 15:00:00'"),
    ],
)
def test_what_left_at_the_end_of_a_month_left_in_it_by_the_clocks_there(
    zone: str, left: str, *, is_now: bool, stamp: str
) -> None:
    rows = models(Leak("Screening", 85, 0.6))
    moment = datetime.fromisoformat(left).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    moved = next(
        stay
        for stay in rows.status_history
        if stay.status_title == "Screening" and stay.next_status_title == "Interview" and stay.entered_at < moment
    )
    others = [stay for stay in rows.status_history if stay is not moved]
    without = told_in(zone, replace(rows, status_history=others))
    found, before = (
        findings(one)[0] for one in (replace(without, status_history=[*others, replace(moved, left_at=moment)]), without)
    )

    assert (found.kind, found.since, before.since) == ("conversion", CUT, CUT)
    more = {
        name: float(value) - float(before.evidence[0].figures[name]) for name, value in found.evidence[0].figures.items()
    }
    assert (more["left_now"], more["left_before"]) == ((1, 0) if is_now else (0, 1))
    assert (more["went_on_now"], more["went_on_before"]) == ((1, 0) if is_now else (0, 1))
    assert found.sentence.startswith("Since September, fewer have moved on from Screening to a later status: ")
    assert f"left from 2026-09-01{'' if zone == 'UTC' else f' in {zone}'} on against" in found.evidence[0].rule
    assert f"left_at > {stamp}" in found.evidence[0].where


def test_what_is_found_by_the_clocks_there_is_what_these_clocks_say() -> None:
    """Nine hours earlier in Tokyo, where it is nine hours later, is the same days and months, and so the same findings."""
    rows = models(Slower("Interview", 85, 4), Waiting(3, 3.5), MovesBack(85, 0.4))
    earlier = timedelta(hours=9)
    stays = [
        replace(stay, entered_at=stay.entered_at - earlier, left_at=stay.left_at and stay.left_at - earlier)
        for stay in rows.status_history
    ]
    tokyo = told_in("Asia/Tokyo", replace(rows, as_of=rows.as_of - earlier, status_history=stays))

    here, there = findings(rows), findings(tokyo)

    assert {one.kind for one in here} >= {"time", "member", "moves back"}
    assert [(one.sentence, one.worth, one.since) for one in there] == [(one.sentence, one.worth, one.since) for one in here]
    assert [one.evidence[0].figures for one in there] == [one.evidence[0].figures for one in here]
    assert [re.sub(" in Asia/Tokyo", "", one.evidence[0].rule) for one in there] == [one.evidence[0].rule for one in here]


def test_months_begin_at_midnight_there_in_summer_and_in_winter() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    rows = told_in("America/Los_Angeles", models())

    [pipeline] = pipelines(rows, pipeline_histories(rows))

    starts = [(pipeline.begin + timedelta(days=day)).astimezone(zone) for day in pipeline.months()]
    assert [f"{start:%m-%d %H:%M:%S}" for start in starts] == [f"{month:02}-01 00:00:00" for month in range(2, 12)]
    assert {start.utcoffset() for start in starts} == {timedelta(hours=-7), timedelta(hours=-8)}
    assert f"{pipeline.begin.astimezone(zone):%H:%M}" == "00:00"


def test_a_time_zone_that_nobody_knows_is_said() -> None:
    with pytest.raises(WorkbenchError, match="time zone 'Mars/Olympus', which is not known here"):
        findings(told_in("Mars/Olympus", models(applications=50)))
