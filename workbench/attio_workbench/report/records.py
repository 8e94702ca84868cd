"""The open records: who is listed, what each one went through, and counts of all of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from attio_workbench.actors import NOBODY
from attio_workbench.findings.facts import STUCK
from attio_workbench.models import CurrentStatus, Models, StatusStay
from attio_workbench.report.attributes import Attribute
from attio_workbench.report.directory import Directory
from attio_workbench.report.packing import pack, pack_ids

MOST_LISTED = 5_000
"""Records with a line and a point of their own, those that are stuck first; all are counted."""

MOST_STAYS = 40
"""Of a longer history the timeline shows the newest stays."""

EDGES = (500, 750, 900)
"""Where one band ends and the next begins: so many in a thousand of the stays in the status are over by then."""


class OpenRecord(NamedTuple):
    """A record that has a way to go: what the model says of it, and where it is."""

    row: CurrentStatus
    status: int
    owner: int
    entered_at: datetime
    entered_on: date
    days: float

    @property
    def month(self) -> str:
        """The month in which it entered its status, by the date that the model has: `2026-07`."""
        return self.entered_on.isoformat()[:7]

    @property
    def percentile(self) -> int | None:
        """How many in a thousand stays in its status were over by this age; rounded down: 0.8999 is not nine in ten."""
        share = self.row.percentile_in_status
        return None if share is None else int(share * 1000)

    @property
    def is_stuck(self) -> bool:
        """Whether it is past its target, or there longer than nine in ten."""
        return bool(self.row.is_past_target) or (self.row.percentile_in_status or 0.0) >= STUCK

    @property
    def band(self) -> int | None:
        """0: among the quicker half; 1: to three quarters; 2: to nine in ten; 3: longer than that; None: not known."""
        return None if self.percentile is None else sum(self.percentile >= edge for edge in EDGES)


def open_records(models: Models, directory: Directory) -> list[OpenRecord]:
    """All of them: those that are stuck first, then those that wait longest, as others in their status go."""
    rows = [row for row in models.current_status if row.outcome == "open"]
    newest = {stay.record_id: directory.mover(stay) for stay in models.status_history if stay.is_current}
    for name, _ in Counter(newest.get(row.record_id, NOBODY) for row in rows).most_common():
        directory.owner(name)  # whoever has most comes first
    found: list[OpenRecord] = []
    for row in rows:
        status = directory.status(row.status_id)
        if status is not None and row.entered_at and row.entered_on and row.days_in_status is not None:
            owner = directory.owner(newest.get(row.record_id, NOBODY))
            found.append(OpenRecord(row, status, owner, row.entered_at, row.entered_on, row.days_in_status))
    return sorted(found, key=lambda one: (not one.is_stuck, -(one.percentile or 0), -one.days, one.row.record_id))


def build_open(models: Models, directory: Directory, attributes: Sequence[Attribute]) -> dict[str, Any]:
    """`counts` of all open records by status, owner, month and more; `n` of them with all there is to say.

    `attributes` are those of their object or list that can be filtered by.
    """
    opened = open_records(models, directory)
    listed = opened[:MOST_LISTED]
    stays = _stays(models, {one.row.record_id for one in listed})
    began = [one.entered_at for one in listed] + [stay.entered_at for found in stays.values() for stay in found]
    base = min(began, default=models.as_of)
    targets = sorted({one.row.target_days for one in opened if one.row.target_days is not None})
    months = sorted({one.month for one in opened})
    return {
        "total": len(opened),
        "stuck": sum(one.is_stuck for one in opened),
        "n": len(listed),
        "base": base.strftime("%Y-%m-%dT%H:%MZ"),
        "targets": [round(target, 3) for target in targets],
        "months": months,
        "attributes": [{"title": attribute.title, "values": attribute.values} for attribute in attributes],
        "counts": _counts(opened, months, attributes),
        "ids": pack_ids([one.row.record_id for one in listed]),
        "about": _about([one.row for one in listed]),
        "status": pack([one.status for one in listed]),
        "owner": pack([one.owner for one in listed]),
        "entered": pack([_minutes(one.entered_at, base) for one in listed]),
        "month": pack([months.index(one.month) for one in listed]),
        "days": pack([round(one.days * 100) for one in listed]),
        "percentile": pack([one.percentile for one in listed]),
        "target": pack([None if (t := one.row.target_days) is None else targets.index(t) for one in listed]),
        "past": pack([None if one.row.is_past_target is None else int(one.row.is_past_target) for one in listed]),
        "moves": pack([one.row.moves for one in listed]),
        "back": pack([one.row.moves_back for one in listed]),
        "values": [pack([attribute.of_record.get(one.row.record_id) for one in listed]) for attribute in attributes],
        **_timelines(listed, stays, base, directory),
    }


def _about(listed: list[CurrentStatus]) -> dict[str, Any]:
    """Of entries the record each is about: its `object`, by place in `objects`, and its `ids`; of records nothing."""
    objects = sorted({row.parent_object for row in listed if row.parent_object})
    if not objects:
        return {"objects": []}
    return {
        "objects": objects,
        "object": pack([objects.index(row.parent_object) if row.parent_object else None for row in listed]),
        "ids": pack_ids([row.parent_record_id or "" for row in listed]),
    }


def _minutes(moment: datetime, base: datetime) -> int:
    """Whole minutes of the clock, as they are shown."""
    return int((moment.replace(second=0, microsecond=0) - base.replace(second=0, microsecond=0)).total_seconds() // 60)


def _counts(opened: list[OpenRecord], months: list[str], attributes: Sequence[Attribute]) -> dict[str, Any]:
    """How many are alike in all that can be filtered by or is counted: a column of each, and how many they are."""
    counted = Counter(
        (
            one.status,
            one.owner,
            months.index(one.month),
            int(bool(one.row.is_past_target)),
            int(one.is_stuck),
            one.band,
            *(attribute.of_record.get(one.row.record_id) for attribute in attributes),
        )
        for one in opened
    )
    alike = sorted(counted, key=str)
    names = ("status", "owner", "month", "past", "stuck", "band")
    columns = [pack([key[place] for key in alike]) for place in range(len(names) + len(attributes))]
    number = pack([counted[key] for key in alike])
    return {**dict(zip(names, columns, strict=False)), "values": columns[len(names) :], "number": number}


def _stays(models: Models, listed: set[str]) -> dict[str, list[StatusStay]]:
    """The stays before the current one of each record listed that has any, oldest first."""
    found: dict[str, list[StatusStay]] = {}
    for row in sorted((row for row in models.status_history if row.record_id in listed), key=lambda row: row.position):
        found.setdefault(row.record_id, []).append(row)
    return {record_id: stays[:-1][-MOST_STAYS:] for record_id, stays in found.items() if len(stays) > 1}


def _timelines(
    listed: list[OpenRecord], stays: dict[str, list[StatusStay]], base: datetime, directory: Directory
) -> dict[str, Any]:
    """All earlier stays one after the other, and how many each record has.

    One was left when the next was entered, but for `gaps`: which stay, and the minute.
    """
    every: list[StatusStay] = []
    gaps: list[tuple[int, int]] = []
    for one in listed:
        own = stays.get(one.row.record_id, [])
        entered = [stay.entered_at for stay in own[1:]] + [one.entered_at]
        for stay, following in zip(own, entered, strict=bool(own)):
            if stay.left_at is not None and stay.left_at != following:
                gaps.append((len(every), max(0, _minutes(stay.left_at, base))))
            every.append(stay)
    return {
        "before": pack([len(stays.get(one.row.record_id, ())) for one in listed]),
        "stay_status": pack([directory.status(stay.status_id) for stay in every]),
        "stay_owner": pack([directory.owner(directory.mover(stay)) for stay in every]),
        "stay_entered": pack([_minutes(stay.entered_at, base) for stay in every]),
        "gaps": gaps,
    }
