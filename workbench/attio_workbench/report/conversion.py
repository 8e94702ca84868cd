"""What became of those that entered a status: the rows of `attio__conversion`, by status and outcome."""

from typing import Any

from attio_workbench.models import Conversion, Models
from attio_workbench.report.directory import Directory


def build_conversion(models: Models, directory: Directory) -> dict[str, Any]:
    """The days; and of each status and outcome how many entered, whether these are few, and the share by each day.

    Beside them how many were still on their way and watched at each day, which is the same for all outcomes.
    """
    days = sorted({row.day for row in models.conversion})
    found: dict[tuple[int, int], dict[int, Conversion]] = {}
    for row in models.conversion:
        status, outcome = directory.status(row.status_id), directory.status(row.outcome_status_id)
        if status is not None and outcome is not None:
            found.setdefault((status, outcome), {})[row.day] = row
    return {"days": days, "rows": [_row(key, found[key], days) for key in sorted(found)]}


def _row(key: tuple[int, int], by_day: dict[int, Conversion], days: list[int]) -> dict[str, Any]:
    rows = [by_day.get(day) for day in days]
    known = next(iter(by_day.values()))
    return {
        "from": key[0],
        "to": key[1],
        "entered": known.entered,
        "few": known.is_few,
        "share": [None if row is None or row.share is None else round(row.share, 6) for row in rows],
        "watched": [row and row.at_risk for row in rows],
    }
