"""Pure: segments of a history: its records that have one value of an attribute. The models tell each on its own."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from attio_workbench.findings.sentences import parent_of
from attio_workbench.models import Models

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
    """The package's variable `attio_segments`: each status by every other history of its object or list."""
    for one in histories:
        for other in histories:
            if one["type"] == "status" and one != other and parent_of(one["history"]) == parent_of(other["history"]):
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
