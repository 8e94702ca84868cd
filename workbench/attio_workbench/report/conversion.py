"""What became of those that entered a status: the rows of `attio__conversion`, by status and outcome."""

from typing import Any

from attio_workbench.models import Conversion, Models
from attio_workbench.report.directory import Directory
from attio_workbench.report.packing import SHARE, pack, pack_rows


def build_conversion(models: Models, directory: Directory) -> dict[str, Any]:
    """The days; of each status and outcome how many entered and whether these are few; and the share by each day.

    Beside it how many were still on their way and watched at each day, which is the same for all outcomes.
    """
    days = sorted({row.day for row in models.conversion})
    found: dict[tuple[int, int], dict[int, Conversion]] = {}
    for row in models.conversion:
        status, outcome = directory.status(row.status_id), directory.status(row.outcome_status_id)
        if status is not None and outcome is not None:
            found.setdefault((status, outcome), {})[row.day] = row
    keys = sorted(found)
    every = [found[key].get(day) for key in keys for day in days]
    return {
        "days": days,
        "rows": pack_rows([_row(*key, next(iter(found[key].values()))) for key in keys]),
        "share": pack([row.share if row else None for row in every], SHARE),
        "watched": pack([row.at_risk if row else None for row in every]),
    }


def _row(status: int, outcome: int, known: Conversion) -> dict[str, int]:
    return {"from": status, "to": outcome, "entered": known.entered, "few": known.is_few}
