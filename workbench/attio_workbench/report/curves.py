"""Kaplan–Meier curves of `attio__survival`, thinned to what can be seen; each point left is a row of it.

A curve has a step for each stay that ended: the warehouse is asked only for those that the page can need, and of these
chosen from here. So what is said is the same whether the rows were thinned or not.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from attio_workbench.models import Models, SurvivalStep, TimeInStatus

SHOWN_DAYS = (1, 3, 7, 14, 30, 60, 90)
"""The days the table has a column for."""

LEVELS = {"all": 125, "quarter": 64, "month": 50}
"""Into how many levels the height of a picture is divided, by the kind of period: on each, the first point is kept."""

LEAST_AT_RISK = 5
"""Where fewer are left a curve says little: it ends there, unless it never had more."""

BANDS = (0.5, 0.75, 0.9)
"""What part of the stays is over at the edges of the bands."""

TOLERANCE = 1e-9
"""By so much a share may be above that of a band's edge: it was computed with rounding."""

ROUNDED = 1e-6
"""By so much of a level a share may be below it, likewise: every warehouse rounds in its own way."""


def _query() -> str:
    """The rows that `build_curves` can need, in the SQL of every warehouse; `{relation}` stands for the model.

    Of all those with enough left at risk, and of all others, the first on each level and the last; the last ones before
    the days shown, and the first ones beyond a band's edge.
    """
    of_curve = "partition by source_relation, history, status_id, period_kind, period_start"
    levels = " ".join(f"when '{kind}' then {number}" for kind, number in LEVELS.items())
    days = [f"(days <= {day} and next_days > {day})" for day in SHOWN_DAYS]
    edges = [f"(survival <= {edge} and coalesce(previous_survival, 2) > {edge})" for edge in map(_edge, BANDS)]
    return f"""
select {", ".join(column.name for column in fields(SurvivalStep))}
from (
    select
        *,
        lag(level) over ({of_curve}, is_watched order by days) as previous_level,
        lead(level) over ({of_curve}, is_watched order by days) as next_level,
        lag(survival) over ({of_curve} order by days) as previous_survival,
        lead(days) over ({of_curve} order by days) as next_days
    from (
        select
            *,
            floor(survival * case period_kind {levels} end + {ROUNDED}) as level,
            case when at_risk >= {LEAST_AT_RISK} then 1 else 0 end as is_watched
        from {{relation}}
    ) as levelled
) as placed
where previous_level is null or previous_level <> level or next_level is null
    or {" or ".join(days)}
    or {" or ".join(edges)}
"""  # noqa: S608 (numbers and names of our own)


def _edge(part: float) -> float:
    """The share that is left where this part is over."""
    return 1 - part + TOLERANCE


def period_key(row: SurvivalStep | TimeInStatus) -> str:
    """`all`, `quarter:2026-07-01`, `month:2026-07-01`: how the page names a period."""
    return f"{row.period_kind}:{row.period_start.isoformat()}" if row.period_start else row.period_kind


def build_curves(models: Models, status_of: Callable[[str], int | None], coarser: int = 1) -> list[dict[str, Any]]:
    """Each curve: status, period, points, the share that is still there after the days shown, and its bands.

    So many times `coarser`, it has as many times fewer points.
    """
    found: dict[tuple[object, ...], list[SurvivalStep]] = {}
    for row in models.survival:
        found.setdefault((row.status_id, row.period_kind, row.period_start), []).append(row)
    curves: list[dict[str, Any]] = []
    for steps in found.values():
        steps.sort(key=lambda row: row.days)
        period = period_key(steps[0])
        curve: dict[str, Any] = {
            "s": status_of(steps[0].status_id),
            "p": period,
            **_points(steps, LEVELS[steps[0].period_kind] // coarser),
            "at": [_at(steps, day) for day in SHOWN_DAYS],
        }
        if period == "all":
            curve["bands"] = [quantile(steps, part) for part in BANDS]
        curves.append(curve)
    return curves


def _points(steps: list[SurvivalStep], levels: int) -> dict[str, list[float]]:
    drawn = [row for row in steps if row.at_risk >= LEAST_AT_RISK] or steps
    kept: list[SurvivalStep] = []
    previous = None
    for row in drawn:
        level = math.floor(row.survival * levels + ROUNDED)
        if level != previous or row is drawn[-1]:
            kept.append(row)
        previous = level
    return {"x": [round(row.days, 2) for row in kept], "y": [round(row.survival, 3) for row in kept]}


def _at(steps: list[SurvivalStep], day: float) -> float | None:
    """The share that is still there after so many days; None beyond the last step of a curve that ends above nothing."""
    number = bisect_right(steps, day, key=lambda row: row.days)
    if number == len(steps) and steps[-1].survival > 0 and day > steps[-1].days:
        return None
    return round(steps[number - 1].survival, 6) if number else 1.0


def quantile(steps: list[SurvivalStep], part: float) -> float | None:
    """After how many days this part of the stays is over; None where the curve does not get there."""
    return next((round(row.days, 2) for row in steps if row.survival <= _edge(part)), None)


QUERIES = {SurvivalStep.model: _query()}
"""What the warehouse is asked for, where that is not every row of a model."""
