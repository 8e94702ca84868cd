"""What records can be filtered by besides: other statuses and selects of the same object or list."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from attio_workbench.findings.groups import MOST_VALUES
from attio_workbench.findings.sentences import attribute_of
from attio_workbench.models import Models
from attio_workbench.report.directory import Directory, ShownStatus


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its history, what it is called, its values in their order, and which each record has, by its place.

    `ids` are those of the values.
    """

    history: str
    title: str
    ids: list[str]
    values: list[str]
    of_record: Mapping[str, int]


def attributes_of(record_ids: Collection[str], others: Mapping[str, Models]) -> list[Attribute]:
    """The attributes that tell these records apart, of those whose histories are given by name."""
    found: list[Attribute] = []
    for history, models in sorted(others.items()):
        directory = Directory(models)
        statuses = {
            row.record_id: status
            for row in models.current_status
            if (status := directory.status(row.status_id)) is not None
        }
        has = {one: statuses[one] for one in record_ids if one in statuses}
        used = sorted(set(has.values()))
        if 1 < len(used) + (len(has) < len(record_ids)) <= MOST_VALUES:
            of_record = {one: used.index(status) for one, status in has.items()}
            shown = [directory.statuses[status] for status in used]
            title = attribute_of(history).capitalize()
            found.append(Attribute(history, title, [s.status_id for s in shown], [_value(s) for s in shown], of_record))
    return found


def _value(status: ShownStatus) -> str:
    return f"{status.title} (archived)" if status.is_archived else status.title
