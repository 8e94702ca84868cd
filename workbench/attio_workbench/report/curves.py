"""Kaplan–Meier curves of `attio__survival`, thinned to what can be seen; each point left is a row of it."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from attio_workbench.models import Models, SurvivalStep, TimeInStatus

SHOWN_DAYS = (1, 3, 7, 14, 30, 60, 90)
"""The days the table has a column for."""

LEAST_DROP = {"all": 0.008, "quarter": 0.015, "month": 0.02}
"""How much lower the next point that is kept must be."""

LEAST_AT_RISK = 5
"""Where fewer are left a curve says little: it ends there, unless it never had more."""

BANDS = (0.5, 0.75, 0.9)
"""What part of the stays is over at the edges of the bands."""


def period_key(row: SurvivalStep | TimeInStatus) -> str:
    """`all`, `quarter:2026-07-01`, `month:2026-07-01`: how the page names a period."""
    return f"{row.period_kind}:{row.period_start.isoformat()}" if row.period_start else row.period_kind


def build_curves(models: Models, status_of: Callable[[str], int | None]) -> list[dict[str, Any]]:
    """Each curve: status, period, points, the share that is still there after the days shown, and its bands."""
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
            **_points(steps, LEAST_DROP[steps[0].period_kind]),
            "at": [_at(steps, day) for day in SHOWN_DAYS],
        }
        if period == "all":
            curve["bands"] = [quantile(steps, part) for part in BANDS]
        curves.append(curve)
    return curves


def _points(steps: list[SurvivalStep], least_drop: float) -> dict[str, list[float]]:
    drawn = [row for row in steps if row.at_risk >= LEAST_AT_RISK] or steps
    kept: list[SurvivalStep] = []
    for row in drawn:
        if not kept or kept[-1].survival - row.survival >= least_drop or row is drawn[-1]:
            kept.append(row)
    return {"x": [round(row.days, 2) for row in kept], "y": [round(row.survival, 3) for row in kept]}


def _at(steps: list[SurvivalStep], day: float) -> float | None:
    """The share that is still there after so many days; None beyond the last step of a curve that ends above nothing."""
    number = bisect_right(steps, day, key=lambda row: row.days)
    if number == len(steps) and steps[-1].survival > 0 and day > steps[-1].days:
        return None
    return round(steps[number - 1].survival, 4) if number else 1.0


def quantile(steps: list[SurvivalStep], part: float) -> float | None:
    """After how many days this part of the stays is over; None where the curve does not get there."""
    tolerance = 1e-9
    return next((round(row.days, 2) for row in steps if row.survival <= 1 - part + tolerance), None)
