"""How the pictures are drawn: scales, ticks and labels that can be read."""

import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from tests.report.conftest import Open, Opened

from attio_workbench.models import Models


def placed(report: Opened, picture: str) -> list[tuple[str, float, float]]:
    """The texts of a picture with where each begins and ends, from left to right."""
    report.drawn(picture)
    found: list[tuple[str, float, float]] = report.page.eval_on_selector_all(
        f"#{picture} .chart svg text",
        "texts => texts.map(text => [text, text.getBoundingClientRect()])"
        ".map(([text, box]) => [text.textContent, box.left, box.right])",
    )
    return sorted(found, key=lambda one: one[1])


def test_the_days_of_the_flow_are_equally_far_apart(open_report: Open, lent: Opened, models: Models) -> None:
    months = re.compile("|".join(f"{datetime(2026, month, 1):%b}" for month in range(1, 13)))  # noqa: DTZ001 (a name)
    last = max(row.date_day for row in models.status_daily)
    years = [replace(row, date_day=last - 9 * (last - row.date_day)) for row in models.status_daily]
    long = open_report(replace(models, status_daily=years))
    of_month = lent.page.locator("#period option[value^=month]").first.get_attribute("value")

    for report, period in ((long, "all"), (lent, "all"), (lent, of_month)):
        report.page.select_option("#period", period)
        ticks = [(left + right) / 2 for text, left, right in placed(report, "flow") if months.search(text)]
        steps = [after - before for before, after in pairwise(ticks)]
        assert len(steps) > 2, period
        assert max(steps) < 1.15 * min(steps), period  # months have from 28 to 31 days


def test_edges_of_bands_that_are_hardly_apart_share_a_label(open_report: Open, models: Models) -> None:
    first = min(models.status, key=lambda status: status.status_order)
    of_first = [row for row in models.survival if row.status_id == first.status_id and row.period_kind == "all"]
    others = [row for row in models.survival if row.status_id != first.status_id and row.period_kind == "all"]
    nothing: dict[str, Any] = dict.fromkeys(("status_daily", "conversion", "status_transitions", "funnel"), ())
    ages = replace(models, **nothing)

    def labels(*days: float) -> list[tuple[str, float, float]]:
        """What stands at the edges where half, three in four and nine in ten have left after so many days."""
        edges = [replace(of_first[0], days=day, survival=left) for day, left in zip(days, (0.5, 0.25, 0.1), strict=True)]
        drawn = placed(open_report(replace(ages, survival=[*others, *edges])), "ageing")
        return [one for one in drawn if re.search("½|¾|9/10|half|three|nine", one[0])]

    assert [text for text, _, _ in labels(10, 10.1, 10.2)] == ["½, ¾, 9/10"]
    assert [text for text, _, _ in labels(10, 15, 15.1)] == ["½", "¾, 9/10"]
    spread = labels(2, 12, 60)
    assert [text for text, _, _ in spread] == ["half left ▾", "three in four ▾", "nine in ten ▾"]
    assert all(after[1] >= before[2] for before, after in pairwise(spread))


def test_twice_as_long_is_as_far_wherever_a_line_is(report: Opened) -> None:
    ticks = {text: (left + right) / 2 for text, left, right in placed(report, "ageing")}
    assert ticks["30 d"] - ticks["2 wk"] < 1.2 * (ticks["2 wk"] - ticks["1 wk"])
    [panel, *_] = report.page.locator("#survival .panel").all()
    shown = str(panel.locator(".chart svg").text_content())
    assert "1 d" in shown
    assert "3 d" in shown


def test_members_come_before_the_system_and_apps(report: Opened, models: Models) -> None:
    people = {stay.mover for stay in models.status_history if stay.moved_by_type == "workspace-member"}

    [everyone, *names] = report.page.locator("#owner option").all_text_contents()

    assert everyone == "Everyone"
    are_people = [name in people for name in names]
    assert are_people == sorted(are_people, reverse=True)
    assert {True, False} <= set(are_people)


@pytest.mark.parametrize("width", [375, pytest.param(1280, marks=pytest.mark.long)])
def test_the_title_of_an_axis_is_whole_however_narrow_its_labels(open_report: Open, models: Models, width: int) -> None:
    few = [replace(row, in_status=min(row.in_status, 1)) for row in models.status_daily]
    report = open_report(replace(models, status_daily=few), width=width)
    [left] = [left for text, left, _ in placed(report, "flow") if text == "records"]
    assert left >= report.page.evaluate("document.querySelector('#flow .chart').getBoundingClientRect().left")
