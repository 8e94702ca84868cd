"""What the page is given: the models of one history, cut to what is drawn or listed.

Nothing is computed here that a model does not say: rows are chosen, rounded and counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from attio_workbench.findings.sentences import heading_of, parent_of
from attio_workbench.models import Models, Row
from attio_workbench.report.attributes import attributes_of
from attio_workbench.report.directory import Directory
from attio_workbench.report.drawn import build_drawn
from attio_workbench.report.page import json_block
from attio_workbench.report.records import build_open
from attio_workbench.report.segments import (
    Split,
    segment_of,
    segments_of,
    split_by_attribute,
    split_by_mover,
    why_unsplit,
)


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
            tables = found.get(key := (row.source_relation, row.history))
            if tables is None:
                tables = found[key] = {name: [] for name in names}
            tables[name].append(row)
    return {key: replace(models, **found[key]) for key in sorted(found)}  # pyrefly: ignore[bad-argument-type] (each table its rows)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that the page says of one history; that of its segments as finely as is asked for."""

    told: Mapping[str, Any]
    imported: Sequence[str]
    directory: Directory
    splits: Sequence[Split]
    segments: Mapping[tuple[str, str | None], Models]

    def drawn(self, coarser: int = 1) -> dict[str, Any]:
        """All of it; the curves of segments have so many times fewer points."""
        segments = [self._segments(split, coarser) for split in self.splits]
        unsplit = [why_unsplit(split, self.segments) for split in self.splits]
        return {**self.told, "segments": segments, "unsplit": unsplit, "keys": self.directory.periods}

    def _segments(self, split: Split, coarser: int) -> dict[str, dict[str, Any]]:
        """What is drawn of the records with each choice of a filter, by its key."""
        imported = Counter(map(split.key_of.get, self.imported))
        return {
            key: {
                "history": segment.time_in_status[0].history,  # nobody in it may ever have been in a status
                **build_drawn(segment, self.directory, imported[key], coarser),
            }
            for key, value_id in split.value_ids.items()
            if (segment := self.segments.get((split.by, value_id)))
        }


def build_content(history: str, relation: str, slug: str | None, parts: Mapping[tuple[str, str], Models]) -> Content:
    """What there is to say of one of these histories of these connections."""
    models = parts[relation, history]
    directory = Directory(models)
    records = [row.record_id for row in models.current_status]
    # These are in no cohort.
    imported = [stay.record_id for stay in models.status_history if stay.is_late_entry and stay.direction == "entry"]
    attributes = attributes_of(records, _others(parts, relation, history))
    opened = build_open(models, directory, attributes)
    movers = split_by_mover(models, directory)  # those of open records: others are not to be chosen
    splits = [*(split_by_attribute(attribute, records) for attribute in attributes), movers]
    # An entry has no page of its own: its link is to the record that it is about.
    links = [link_of(parent, slug) for parent in opened["about"]["objects"] or [parent_of(history)]]
    told = {
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
                "target": None if status.target_days is None else round(status.target_days, 2),
                "archived": status.is_archived,
            }
            for status in directory.statuses
        ],
        "periods": _periods(models),
        "whole": build_drawn(models, directory, len(imported)),
        "open": opened,
        "owners": directory.owners,  # last: by now every one has a number
        "members": directory.members,
    }
    return Content(told, imported, directory, splits, segments_of(parts, relation, history))


def _others(parts: Mapping[tuple[str, str], Models], relation: str, history: str) -> dict[str, Models]:
    """The other histories of the same object or list, by name."""
    return {
        other: part
        for (its_relation, other), part in parts.items()
        if (its_relation, parent_of(other)) == (relation, parent_of(history)) and other != history and not segment_of(other)
    }


def leave_out_segments(histories: Sequence[Mapping[str, Any]], excess: int) -> None:
    """Leaves out those of what splits any history into the largest, until the page is so many bytes smaller.

    A segment that there is no room for is None.
    """
    splits: list[dict[str, Any]] = [split for one in histories for split in one["segments"]]
    for split in sorted(splits, key=_size, reverse=True):
        if excess > 0:
            excess += _size(dict.fromkeys(split)) - _size(split)
            split.update(dict.fromkeys(split))


def _size(split: Mapping[str, Any]) -> int:
    """How many bytes it takes on the page."""
    return len(json_block(split).encode())


def _periods(models: Models) -> dict[str, list[str]]:
    """The quarters and months in which a stay began or a cohort did, the newest first."""

    def starts(kind: str) -> set[str]:
        return {f"{row.period_start}" for row in models.time_in_status if row.period_kind == kind and row.period_start}

    return {kind: sorted(starts(kind), reverse=True) for kind in ("quarter", "month")}
