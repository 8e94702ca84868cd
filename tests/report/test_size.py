"""How large the file is, and what is left out of a workspace that is larger still."""

import json
import random
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.report.conftest import OF_SEGMENTS, PIPELINE, Opened

from attio_workbench.findings import findings
from attio_workbench.models import CurrentStatus, Models, Row, StatusStay, SurvivalStep
from attio_workbench.report import command
from attio_workbench.report.command import report_of

RECORDS = 20_000
STEPS = 1_000 if PROFILE == "long" else 130
"""In a curve over a hundred days: more than are drawn in either profile."""


def many(models: Models, count: int, *, all_open: bool = False) -> Models:
    """As many records, each a copy of a synced one at another time, and curves with as many steps as they would have."""
    chance = random.Random(1)
    stays: dict[str, list[StatusStay]] = {}
    for stay in models.status_history:
        stays.setdefault(stay.record_id, []).append(stay)
    given = [row for row in models.current_status if row.entered_at and (row.outcome == "open" or not all_open)]
    current: list[CurrentStatus] = []
    history: list[StatusStay] = []
    for number in range(count):
        row = given[number % len(given)]
        record_id, moved = str(uuid.UUID(int=chance.getrandbits(128))), timedelta(minutes=chance.randrange(100_000))
        assert row.entered_at is not None
        assert row.days_in_status is not None
        percentile = None if row.percentile_in_status is None else chance.random()
        current.append(
            replace(
                row,
                record_id=record_id,
                entered_at=row.entered_at - moved,
                entered_on=(row.entered_at - moved).date(),
                days_in_status=row.days_in_status + moved / timedelta(days=1),
                percentile_in_status=percentile,
            )
        )
        history += [
            replace(
                stay,
                record_id=record_id,
                entered_at=stay.entered_at - moved,
                left_at=stay.left_at and stay.left_at - moved,
            )
            for stay in stays[row.record_id]
        ]
    return replace(models, current_status=current, status_history=history, survival=list(steps(models)))


def steps(models: Models) -> Iterator[SurvivalStep]:
    for row in models.survival:
        if row.survival == 1:
            for number in range(1, STEPS + 1):
                yield replace(
                    row, days=100 * number / STEPS, at_risk=STEPS - number + 1, ended=1, survival=1 - number / STEPS
                )


def split(models: Models, name: str, values: int) -> Models:
    """The same, with another attribute of so many values that the models tell apart."""
    template, status = f"applications.{name}", models.status[0]
    names = [f"{PIPELINE}[{template}={n}]" for n in range(values)]

    def as_segments(rows: Sequence[Row]) -> list[Row]:
        its_own = [row for row in rows if row.history == PIPELINE]
        its_own = its_own[:: max(2, STEPS // 100)] if len(its_own) > 10 * STEPS else its_own
        return [*rows, *(replace(row, history=name) for name in names for row in its_own)]

    current = [
        replace(row, history=template, status_id=str(n % values))
        for n, row in enumerate(one for one in models.current_status if one.history == PIPELINE)
    ]
    rows: dict[str, Any] = {name: as_segments(getattr(models, name)) for name in OF_SEGMENTS}
    rows["current_status"] = [*models.current_status, *current]
    rows["status"] = [
        *models.status,
        *(
            replace(status, history=template, status_kind="open", status_id=str(n), status_title=f"{name} {n}")
            for n in range(values)
        ),
    ]
    return replace(models, **rows)


def histories_in(html: str) -> list[dict[str, Any]]:
    """What a page is given."""
    data = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert data is not None
    found: list[dict[str, Any]] = json.loads(data[1])["histories"]
    return found


def drawn(history: dict[str, Any]) -> list[int]:
    """Of how many segments pictures can be drawn, by each filter."""
    return [sum(segment is not None for segment in split.values()) for split in history["segments"]]


def test_where_there_is_no_room_curves_of_segments_are_coarser_and_then_the_largest_are_left_out(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = split(split(models, "agency", 9), "source", 4)

    def report(most: int) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr(command, "MOST_BYTES", most)
        html = report_of(given, [], None)
        [history] = histories_in(html)
        return len(html.encode()), history

    size, fine = report(2_000_000)
    assert [attribute["title"] for attribute in fine["open"]["attributes"]] == ["Agency", "Source"]
    assert drawn(fine) == [9, 4, 0]

    coarse_size, coarse = report(size - 1)

    assert coarse_size < size - 1
    assert coarse["segments"] != fine["segments"]
    for one in (fine, coarse):
        for segment in [*one["segments"][0].values(), *one["segments"][1].values()]:
            for thinned in ("x", "y", "rows"):
                del segment["curves"][thinned]
    assert coarse == fine

    monkeypatch.setattr(command, "COARSER", (4,))
    coarsest_size, _ = report(2_000_000)
    small_size, small = report(coarsest_size - 1)

    assert drawn(small) == [0, 4, 0]
    assert [*small["segments"][0]] == [*fine["segments"][0]]
    exact_size, exact = report(small_size)
    assert (exact_size, drawn(exact)) == (small_size, [0, 4, 0])
    _, smallest = report(small_size - 1)
    assert drawn(smallest) == [0, 0, 0]


def test_what_several_pipelines_are_split_by_has_room_together(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("deals", "offers", "orders", "projects", "tickets") if PROFILE == "long" else ("deals", "offers")
    given = replace(many(models, 200, all_open=True), survival=models.survival)
    sources, agencies = (20, 6) if PROFILE == "long" else (8, 3)
    one = split(split(given, "source", sources), "agency", agencies)

    def under(name: str, rows: Sequence[Row]) -> list[Row]:
        return [replace(row, history=row.history.replace("applications.", f"{name}.")) for row in rows]

    rows: dict[str, Any] = {
        column.name: [row for name in names for row in under(name, getattr(one, column.name))]
        for column in fields(Models)
        if column.name != "as_of"
    }

    most = 2_000_000 if PROFILE == "long" else 1_400_000
    monkeypatch.setattr(command, "MOST_BYTES", most)

    html = report_of(replace(one, **rows), findings(models), None)

    assert len(html.encode()) < most
    found = [drawn(history) for history in histories_in(html)]
    assert [left for left, *_ in found] == [agencies] * len(names)  # the smallest first
    assert [right for _, right, _ in found] != [sources] * len(names)


@pytest.mark.parametrize(
    "all_open", [pytest.param(False, id="some open", marks=pytest.mark.long), pytest.param(True, id="all open")]
)
def test_twenty_thousand_records_make_less_than_two_megabytes(
    free_page: Opened, models: Models, tmp_path: Path, *, all_open: bool
) -> None:
    large = many(models, RECORDS, all_open=all_open)

    html = report_of(split(large, "source", 16), findings(models), "acme").encode()

    assert len(html) < 2_000_000
    (tmp_path / "report.html").write_bytes(html)
    free_page.show(tmp_path / "report.html")
    if PROFILE == "long":  # as fast as they are drawn of 400
        free_page.draw_all()
    free_page.assert_in_order()
    shown = sum(int(row[1].replace(",", "")) for row in free_page.rows("ageing"))
    assert shown == sum(row.outcome == "open" for row in large.current_status)
