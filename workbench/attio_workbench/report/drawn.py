"""What the pictures are drawn from that have no line or point for a record: of a history, or of a segment of it.

Rows are chosen, rounded and packed; `page/drawn.js` makes them rows again. Shares that are a quotient of two counts are
left to the page.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from attio_workbench.models import FunnelStep, Models
from attio_workbench.report.conversion import build_conversion
from attio_workbench.report.curves import build_curves, period_key
from attio_workbench.report.directory import Directory
from attio_workbench.report.packing import DAYS, SHARE, pack, pack_rows

MOST_DAYS = 400
"""A longer flow is drawn by every so many days: a screen has no more pixels."""


def build_drawn(models: Models, directory: Directory, imported: int, coarser: int = 1) -> dict[str, Any]:
    """All of it; `imported` records are in no cohort. Curves have so many times fewer points."""
    return {
        "time": _time(models, directory),
        "curves": _curves(models, directory, coarser),
        "flow": _flow(models, directory),
        "funnel": _funnel(models, directory),
        "imported": imported,
        "conversion": build_conversion(models, directory),
        "transitions": _transitions(models, directory),
    }


def _time(models: Models, directory: Directory) -> dict[str, str]:
    """Rows of `attio__time_in_status`."""
    rows = [
        {
            "status": status,
            "period": directory.period(period_key(row)),
            "stays": row.stays,
            "open": row.open_stays,
            "lower": row.lower_quartile_days,
            "median": row.median_days,
            "upper": row.upper_quartile_days,
            "few": row.is_few,
        }
        for row in models.time_in_status
        if (status := directory.status(row.status_id)) is not None
    ]
    return pack_rows(rows, lower=DAYS, median=DAYS, upper=DAYS)


def _curves(models: Models, directory: Directory, coarser: int) -> dict[str, Any]:
    """The curves of statuses that records leave: how many points each has, and all points one after the other."""
    kept = [
        curve
        for curve in build_curves(models, directory.status, coarser)
        if curve["s"] is not None and directory.statuses[curve["s"]].kind not in {"won", "lost"}
    ]
    rows = [{"status": c["s"], "period": directory.period(c["p"]), "points": len(c["x"])} for c in kept]
    return {
        "rows": pack_rows(rows),
        "x": pack([x for curve in kept for x in curve["x"]], DAYS),
        "y": pack([y for curve in kept for y in curve["y"]], 3),
        "at": pack([share for curve in kept for share in curve["at"]], SHARE),
        "bands": pack([days for curve in kept for days in curve.get("bands", ())], DAYS),
    }


def _flow(models: Models, directory: Directory) -> dict[str, Any]:
    """How many were in each status at the end of each day shown."""
    by_day: dict[date, dict[int, int]] = {}
    for row in models.status_daily:
        status = directory.status(row.status_id)
        if status is not None:
            by_day.setdefault(row.date_day, {})[status] = row.in_status
    if not by_day:
        return {"start": None, "step": 1, "days": 0, "in": {}}
    first, last = min(by_day), max(by_day)
    step = -(-((last - first).days + 1) // MOST_DAYS)
    # Counted back from the last day, so that the picture ends today.
    days = [last - timedelta(days=n) for n in range(0, (last - first).days + 1, step)][::-1]
    used = sorted({status for found in by_day.values() for status, count in found.items() if count})
    return {
        "start": days[0].isoformat(),
        "step": step,
        "days": len(days),
        "in": {status: pack([by_day.get(day, {}).get(status, 0) for day in days]) for status in used},
    }


def _funnel(models: Models, directory: Directory) -> dict[str, dict[str, Any]]:
    """By kind of cohort: each with its size and whether it can be compared, and what of it reached which status."""
    kinds: dict[str, dict[date, list[FunnelStep]]] = {}
    for row in models.funnel:
        kinds.setdefault(row.cohort_kind, {}).setdefault(row.cohort_start, []).append(row)
    return {kind: _cohorts(found, directory) for kind, found in kinds.items()}


def _cohorts(found: Mapping[date, Sequence[FunnelStep]], directory: Directory) -> dict[str, Any]:
    """Cohorts by their start, the newest first; of each, one after the other, the statuses that any has reached."""
    newest = [found[start] for start in sorted(found, reverse=True)]
    steps = [{directory.status(row.status_id): row for row in rows} for rows in newest]
    statuses = sorted({s for one in steps for s, row in one.items() if s is not None and row.reached})
    every = [one.get(status) for one in steps for status in statuses]
    rows = [
        {
            "period": directory.period(f"{row.cohort_kind}:{row.cohort_start.isoformat()}"),
            "records": row.cohort_records,
            "mature": row.is_mature,
            "observed": row.is_observed,
        }
        for row, *_ in newest
    ]
    return {
        "rows": pack_rows(rows),
        "statuses": statuses,
        "reached": pack([row.reached if row else None for row in every]),
        "median": pack([row.median_days if row else None for row in every], DAYS),
    }


def _transitions(models: Models, directory: Directory) -> dict[str, str]:
    """Rows of `attio__status_transitions`."""
    rows = [
        {
            "from": begin,
            "to": end,
            "moves": row.moves,
            "share": row.share,
            "median": row.median_days_before,
            "back": row.is_back,
        }
        for row in models.status_transitions
        if (begin := directory.status(row.from_status_id)) is not None
        and (end := directory.status(row.to_status_id)) is not None
    ]
    return pack_rows(rows, share=SHARE, median=DAYS)
