"""Pure: segments of a history: its records that have one value of an attribute. The models tell each on its own."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from attio_workbench.findings.sentences import parent_of
from attio_workbench.models import Models
from attio_workbench.report.attributes import Attribute
from attio_workbench.report.directory import Directory

MOVED_BY = "moved_by"
"""What splits a history by who moved its records last."""

_NAME = re.compile(r"(?P<history>[^\[]+)\[(?P<by>[^=]+)=(?P<value>.*)\]")

WHOLE_MODELS = ("attio__status", "attio__status_history", "attio__current_status")
"""Of these the page needs no segments: what they say of a record is the same in all of them."""

WITHOUT_SEGMENTS = dict.fromkeys(WHOLE_MODELS, "select * from {relation} where history not like '%]'")


class Segment(NamedTuple):
    """Of a history the records that have this value of the history `by`; None: those that have none."""

    history: str
    by: str
    value_id: str | None


def segment_of(name: str) -> Segment | None:
    """What `applications.workflow_status[applications.source=…]` is; None for the name of a history."""
    named = _NAME.fullmatch(name)
    return Segment(named["history"], named["by"], named["value"] or None) if named else None


def wanted_segments(histories: Collection[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """The package's variable `attio_segments`: each status by all others of its object or list, and by who moved it."""
    for one in histories:
        if one["type"] != "status":
            continue
        yield {"history": one["history"], "by": MOVED_BY}
        for other in histories:
            if one != other and parent_of(one["history"]) == parent_of(other["history"]):
                yield {"history": one["history"], "by": other["history"]}


def segments_of(
    parts: Mapping[tuple[str, str], Models], relation: str, history: str
) -> dict[tuple[str, str | None], Models]:
    """The models of each segment of a history, by what it is split by and the value."""
    named = {name: segment_of(name) for its_relation, name in parts if its_relation == relation}
    return {
        (segment.by, segment.value_id): parts[relation, name]
        for name, segment in named.items()
        if segment is not None and segment.history == history
    }


class Split(NamedTuple):
    """How a filter splits records: by the key of a choice on the page, the value's id; and of each record its key.

    `ids` are all that records have, whether the page has a choice for them or not.
    """

    by: str
    value_ids: Mapping[str, str | None]
    key_of: Mapping[str, str]
    ids: Collection[str | None]


def split_by_attribute(attribute: Attribute, record_ids: Collection[str]) -> Split:
    """By the values of an attribute, keyed by their places; records without one are `none`."""
    places = {record_id: attribute.of_record.get(record_id) for record_id in record_ids}
    keys = {record_id: "none" if place is None else str(place) for record_id, place in places.items()}
    value_ids = {**{str(n): value_id for n, value_id in enumerate(attribute.ids)}, "none": None}
    return Split(attribute.history, value_ids, keys, {value_ids[key] for key in keys.values()})


def split_by_mover(models: Models, directory: Directory) -> Split:
    """By who moved records last, keyed by their numbers; those whose name and id do not tell each other are left out."""
    movers = {
        stay.record_id: (directory.mover(stay), stay.moved_by_id) for stay in models.status_history if stay.is_current
    }
    both = set(movers.values())
    names, ids = Counter(name for name, _ in both), Counter(mover_id for _, mover_id in both)
    telling = {name: mover_id for name, mover_id in both if names[name] == ids[mover_id] == 1}
    numbers = {name: str(number) for number, name in enumerate(directory.owners)}
    return Split(
        MOVED_BY,
        {numbers[name]: mover_id for name, mover_id in telling.items() if name in numbers},
        {record_id: numbers[name] for record_id, (name, _) in movers.items() if name in numbers},
        ids.keys(),
    )


def why_unsplit(split: Split, segments: Collection[tuple[str, str | None]]) -> str | None:
    """Why a filter can choose no segment at all, as the page says it; None where the models have some.

    They do not say what their variables are.
    """
    if any(by == split.by for by, _ in segments):
        return None
    number = len(split.ids)
    if number == 1:
        return "all records have the same"
    return f"attio_segments does not name it for the models, or its {number:,} values are more than attio_segment_values"
