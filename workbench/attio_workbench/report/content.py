"""What the page is given: the models of one history, cut to what is drawn or listed.

Nothing is computed here that a model does not say: rows are chosen, rounded and counted.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from attio_workbench.findings.sentences import heading_of, parent_of
from attio_workbench.models import Models, Row, StatusStay
from attio_workbench.report.attributes import attributes_of
from attio_workbench.report.conversion import build_conversion
from attio_workbench.report.curves import build_curves, period_key
from attio_workbench.report.directory import Directory
from attio_workbench.report.page import json_block
from attio_workbench.report.records import build_open
from attio_workbench.report.segments import Split, segment_of, segments_of, split_by_attribute, split_by_mover

MOST_DAYS = 400
"""A longer flow is drawn by every so many days: a screen has no more pixels."""


MOST_SEGMENTS = 32
"""Of so many everything is drawn, of all attributes of a history together: each takes up to 30 kB."""

SEGMENTS_DRAWN_FINELY = 4
"""With more of them the curves of each have fewer points."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a record's page in Attio begins: everything before its id, and everything behind it."""

    before: str
    behind: str


def link_of(parent: str, slug: str | None) -> Link | None:
    """The pages of the records of an object; None where the workspace or the form is not known.

    Companies and people have an address of their own (https://docs.attio.com/rest-api/endpoint-reference/records/get-a-record,
    `web_url`), deals too; other objects go by their slug.
    """
    if slug is None:
        return None
    own = {"people": "person", "companies": "company", "deals": "deals/record", "users": None, "workspaces": None}
    path = own.get(parent, f"custom/{parent}/record")
    return Link(f"https://app.attio.com/{slug}/{path}/", "/overview") if path else None


def split_histories(models: Models) -> dict[tuple[str, str], Models]:
    """The models of each history of each connection by (source_relation, history), in this order."""
    found: dict[tuple[str, str], dict[str, list[Row]]] = {}
    names = [column.name for column in fields(Models) if column.name != "as_of"]
    for name in names:
        rows: Sequence[Row] = getattr(models, name)
        for row in rows:
            tables = found.setdefault((row.source_relation, row.history), {name: [] for name in names})
            tables[name].append(row)
    return {key: replace(models, **found[key]) for key in sorted(found)}  # pyrefly: ignore[bad-argument-type] (each table its rows)


def build_content(history: str, relation: str, slug: str | None, parts: Mapping[tuple[str, str], Models]) -> dict[str, Any]:
    """Everything that the page says of one of these histories of these connections."""
    models = parts[relation, history]
    directory = Directory(models)
    records = [row.record_id for row in models.current_status]
    attributes = attributes_of(records, _others(parts, relation, history))
    opened = build_open(models, directory, attributes)
    movers = split_by_mover(models, directory)  # those of open records: others are not to be chosen
    splits = [*(split_by_attribute(attribute, records) for attribute in attributes), movers]
    # An entry has no page of its own: its link is to the record that it is about.
    links = [link_of(parent, slug) for parent in opened["about"]["objects"] or [parent_of(history)]]
    return {
        "history": history,
        "title": heading_of(history),
        "relation": relation,
        "asOf": models.as_of.strftime("%Y-%m-%dT%H:%MZ"),
        "links": [[link.before, link.behind] if link else None for link in links],
        "records": len(records),
        "statuses": [
            {
                "title": status.title,
                "kind": status.kind,
                "waiting": status.waiting_on,
                "target": _rounded(status.target_days),
                "archived": status.is_archived,
            }
            for status in directory.statuses
        ],
        "periods": _periods(models),
        **_drawn(models, directory, [stay.record_id for stay in models.status_history if _is_import(stay)]),
        "segments": _segments(splits, models, directory, segments_of(parts, relation, history)),
        "open": opened,
        "owners": directory.owners,  # last: by now every one has a number
        "members": directory.members,
    }


def _others(parts: Mapping[tuple[str, str], Models], relation: str, history: str) -> dict[str, Models]:
    """The other histories of the same object or list, by name."""
    return {
        other: part
        for (its_relation, other), part in parts.items()
        if (its_relation, parent_of(other)) == (relation, parent_of(history)) and other != history and not segment_of(other)
    }


def _is_import(stay: StatusStay) -> bool:
    return stay.is_late_entry and stay.direction == "entry"


def _drawn(models: Models, directory: Directory, imported: Collection[str], coarser: int = 1) -> dict[str, Any]:
    """What the pictures are drawn from that have no line or point for a record, of a history or a segment of it."""
    return {
        "time": list(_time(models, directory)),
        "curves": build_curves(models, directory.status, coarser),
        "flow": _flow(models, directory),
        "funnel": _funnel(models, directory),
        "imported": len(imported),
        "conversion": build_conversion(models, directory),
        "transitions": list(_transitions(models, directory)),
    }


def _segments(
    splits: Sequence[Split],
    models: Models,
    directory: Directory,
    segments: Mapping[tuple[str, str | None], Models],
) -> list[dict[str, Any]]:
    """What is drawn of the records with each choice of each filter, by its key, as far as there is room."""
    imported = [stay.record_id for stay in models.status_history if _is_import(stay)]
    of_splits = [
        {key: segment for key, value_id in split.value_ids.items() if (segment := segments.get((split.by, value_id)))}
        for split in splits
    ]
    number = 0
    for found in sorted(of_splits, key=len):
        number += len(found)
        if number > MOST_SEGMENTS:
            found.clear()
    # The curves of many segments are drawn with as many points as those of a few.
    coarser = -(-sum(map(len, of_splits)) // SEGMENTS_DRAWN_FINELY)
    return [
        {
            key: {
                "history": segment.time_in_status[0].history,  # nobody in it may ever have been in a status
                **_drawn(segment, directory, [r for r in imported if split.key_of.get(r) == key], coarser),
            }
            for key, segment in found.items()
        }
        for split, found in zip(splits, of_splits, strict=True)
    ]


def leave_out_segments(histories: Sequence[Mapping[str, Any]], room: int) -> None:
    """Leaves out those of what splits any history into the largest, until the others take no more than so many bytes."""
    splits: list[dict[str, Any]] = [split for one in histories for split in one["segments"]]
    for size, split in sorted(((len(json_block(split).encode()), split) for split in splits), key=lambda one: one[0]):
        room -= size
        if room < 0:
            split.clear()


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _periods(models: Models) -> dict[str, list[str]]:
    """The quarters and months in which a stay began or a cohort did, the newest first."""
    found: dict[str, set[date]] = {"quarter": set(), "month": set()}
    for row in models.time_in_status:
        if row.period_kind in found and row.period_start is not None:
            found[row.period_kind].add(row.period_start)
    return {kind: [day.isoformat() for day in sorted(days, reverse=True)] for kind, days in found.items()}


def _time(models: Models, directory: Directory) -> Iterator[list[Any]]:
    """Rows of `attio__time_in_status`: status, period, stays, still open, lower quartile, median, upper quartile, few."""
    for row in models.time_in_status:
        status = directory.status(row.status_id)
        if status is not None:
            quartiles = [_rounded(days) for days in (row.lower_quartile_days, row.median_days, row.upper_quartile_days)]
            yield [status, period_key(row), row.stays, row.open_stays, *quartiles, int(row.is_few)]


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
        "in": {status: [by_day.get(day, {}).get(status, 0) for day in days] for status in used},
    }


def _funnel(models: Models, directory: Directory) -> dict[str, list[dict[str, Any]]]:
    """By kind of cohort: each with its start, size, whether it can be compared, and what reached which status."""
    cohorts: dict[str, dict[date, dict[str, Any]]] = {}
    for row in models.funnel:
        status = directory.status(row.status_id)
        of_kind = cohorts.setdefault(row.cohort_kind, {})
        cohort = of_kind.setdefault(
            row.cohort_start,
            {
                "start": row.cohort_start.isoformat(),
                "records": row.cohort_records,
                "mature": row.is_mature,
                "observed": row.is_observed,
                "steps": {},
            },
        )
        if status is not None:
            cohort["steps"][status] = [row.reached, _rounded(row.share, 6), _rounded(row.median_days)]
    return {kind: [found[start] for start in sorted(found, reverse=True)] for kind, found in cohorts.items()}


def _transitions(models: Models, directory: Directory) -> Iterator[Sequence[Any]]:
    """Rows of `attio__status_transitions`: from, to, moves, share, median days before, whether it is back."""
    for row in models.status_transitions:
        begin, end = directory.status(row.from_status_id), directory.status(row.to_status_id)
        if begin is not None and end is not None:
            yield (
                begin,
                end,
                row.moves,
                _rounded(row.share, 6),
                _rounded(row.median_days_before),
                int(row.is_back),
            )
