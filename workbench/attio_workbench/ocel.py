"""Pure: histories as an object-centric event log, OCEL 2.0 in JSON.

Each move is an event, of the status that was entered; records and members are objects. The format:
https://www.ocel-standard.org/specification/formats/json/. Its schema wants the values of all attributes as strings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

MEMBER = "workspace_member"
"""The type of objects that are members; records are of their object's, `applications`."""

CLEARED = "(cleared)"
"""The event of a status that ended without another that begins."""

FROM_THE_START = "1970-01-01T00:00:00Z"
"""OCEL's way to say that an attribute of an object was never anything else."""

EVENT_ATTRIBUTES = ("history", "status_id", "previous_status", "moved_by_type", "moved_by_id")
MEMBER_ATTRIBUTES = ("name", "access_level")

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Move:
    """A stay as the warehouse has it: `title` is today's, `until` is None while it lasts, times are UTC.

    `parent` and `attribute` are those of the history: `applications`, `workflow_status`.
    """

    parent: str
    attribute: str
    record_id: str
    position: int
    status_id: str
    title: str
    since: datetime
    until: datetime | None
    actor_type: str | None
    actor_id: str | None

    @property
    def history(self) -> str:
        """Which history it is of."""
        return f"{self.parent}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Member:
    """A member; what is not known or not to be told is None."""

    id: str
    name: str | None
    access_level: str | None


def event_types(titles: Iterable[str]) -> list[Json]:
    """The types of events: one for each title, and one for what was cleared."""
    attributes = [{"name": name, "type": "string"} for name in EVENT_ATTRIBUTES]
    return [{"name": title, "attributes": attributes} for title in sorted({*titles, CLEARED})]


def object_types(histories: Iterable[tuple[str, str]]) -> list[Json]:
    """The types of objects, by the (parent, attribute) of all histories: records have an attribute for each history."""
    attributes: dict[str, list[str]] = {MEMBER: list(MEMBER_ATTRIBUTES)}
    for parent, attribute in sorted(histories):
        attributes.setdefault(parent, []).append(attribute)
    return [
        {"name": name, "attributes": [{"name": one, "type": "string"} for one in several]}
        for name, several in attributes.items()
    ]


def events(moves: Iterable[Move]) -> Iterator[Json]:
    """The events of moves that come by history, record and position."""
    for _, stays in groupby(moves, key=attrgetter("history", "record_id")):
        before: Move | None = None
        for move in stays:
            if before is not None and before.until is not None and before.until < move.since:
                yield _cleared(before, before.until)
            yield _moved(move, before)
            before = move
        if before is not None and before.until is not None:
            yield _cleared(before, before.until)


def _moved(move: Move, before: Move | None) -> Json:
    described = {
        "history": move.history,
        "status_id": move.status_id,
        "previous_status": before and before.title,
        "moved_by_type": move.actor_type,
        "moved_by_id": move.actor_id,
    }
    relationships = [{"objectId": move.record_id, "qualifier": "moved"}]
    if move.actor_type == "workspace-member" and move.actor_id:
        relationships.append({"objectId": move.actor_id, "qualifier": "moved by"})
    return {
        "id": f"{move.history}/{move.record_id}/{move.position}",
        "type": move.title,
        "time": timestamp(move.since),
        "attributes": _attributes(described),
        "relationships": relationships,
    }


def _cleared(move: Move, at: datetime) -> Json:
    return {
        "id": f"{move.history}/{move.record_id}/{move.position}/cleared",
        "type": CLEARED,
        "time": timestamp(at),
        "attributes": _attributes({"history": move.history, "previous_status": move.title}),
        "relationships": [{"objectId": move.record_id, "qualifier": "moved"}],
    }


def _attributes(described: dict[str, str | None]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in described.items() if value is not None]


def records(moves: Iterable[Move]) -> Iterator[Json]:
    """The records of moves that come by parent and record: each has its statuses, with the time from which on."""
    for (parent, record_id), stays in groupby(moves, key=attrgetter("parent", "record_id")):
        yield {
            "id": record_id,
            "type": parent,
            "attributes": [{"name": move.attribute, "value": move.title, "time": timestamp(move.since)} for move in stays],
        }


def members(known: Sequence[Member], movers: Iterable[str]) -> Iterator[Json]:
    """Those who moved something: also who is no longer a member, but then without a name."""
    by_id = {member.id: member for member in known}
    for member_id in sorted(set(movers)):
        member = by_id.get(member_id, Member(member_id, None, None))
        described = {"name": member.name, "access_level": member.access_level}
        attributes = [one | {"time": FROM_THE_START} for one in _attributes(described)]
        yield {"id": member_id, "type": MEMBER, "attributes": attributes}


def timestamp(at: datetime) -> str:
    """A moment in ISO 8601, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
