"""Pure: histories as an object-centric event log, OCEL 2.0 in JSON.

Each move is an event, of the status or option that was entered; records, entries and members are objects. The format:
https://www.ocel-standard.org/specification/formats/json/. Its schema wants the values of all attributes as strings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from attio_workbench.actors import MEMBER as MEMBER_ACTOR

MEMBER = "workspace_member"
"""The type of objects that are members; records are of their object's, `applications`, entries of `lists/hiring`."""

CLEARED = "(cleared)"
"""The event of a value that ended without another that begins."""

FROM_THE_START = "1970-01-01T00:00:00Z"
"""OCEL's way to say that an attribute of an object was never anything else."""

EVENT_ATTRIBUTES = ("history", "status_id", "previous_status", "moved_by_type", "moved_by_id")
MEMBER_ATTRIBUTES = ("name", "access_level")

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Move:
    """A stay as the warehouse has it: `title` is today's, `until` is None while it lasts, times are UTC.

    `parent` and `attribute` are those of the history: `applications`, `workflow_status`. Of an entry, `about_type` and
    `about_id` say which record it is about.
    """

    parent: str
    attribute: str
    record_id: str
    position: int
    value_id: str
    title: str
    since: datetime
    until: datetime | None
    actor_type: str | None
    actor_id: str | None
    is_one_of_several: bool = False
    about_type: str | None = None
    about_id: str | None = None

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


def object_types(histories: Iterable[tuple[str, str]], others: Iterable[str] = ()) -> list[Json]:
    """The types of objects, by the (parent, attribute) of all histories: records have an attribute for each history.

    `others` are those of records that have none.
    """
    attributes: dict[str, list[str]] = {MEMBER: list(MEMBER_ATTRIBUTES)}
    for parent, attribute in sorted(histories):
        attributes.setdefault(parent, []).append(attribute)
    for parent in sorted(others):
        attributes.setdefault(parent, [])
    return [
        {"name": name, "attributes": [{"name": one, "type": "string"} for one in several]}
        for name, several in attributes.items()
    ]


def events(moves: Iterable[Move]) -> Iterator[Json]:
    """The events of moves that come by history, record and position.

    Where there can be several values at a time, none replaces another: each is entered and left by itself.
    """
    for _, stays in groupby(moves, key=attrgetter("history", "record_id")):
        before: Move | None = None
        for move in stays:
            if before is not None and before.until is not None and before.until < move.since:
                yield _cleared(before, before.until)
            yield _moved(move, before)
            if move.is_one_of_several:
                if move.until is not None:
                    yield _cleared(move, move.until)
                continue
            before = move
        if before is not None and before.until is not None:
            yield _cleared(before, before.until)


def _moved(move: Move, before: Move | None) -> Json:
    described = {
        "history": move.history,
        "status_id": move.value_id,
        "previous_status": before.title if before else None,
        "moved_by_type": move.actor_type,
        "moved_by_id": move.actor_id,
    }
    relationships = _of(move)
    if move.actor_type == MEMBER_ACTOR and move.actor_id:
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
        "relationships": _of(move),
    }


def _of(move: Move) -> list[Json]:
    """What moved, and the record that it is about."""
    about = [{"objectId": move.about_id, "qualifier": "about"}] if move.about_id else []
    return [{"objectId": move.record_id, "qualifier": "moved"}, *about]


def _attributes(described: dict[str, str | None]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in described.items() if value is not None]


def records(moves: Iterable[Move]) -> Iterator[Json]:
    """The records and entries of moves that come by parent and record: each has its values, with the time since when."""
    for (parent, record_id), stays in groupby(moves, key=attrgetter("parent", "record_id")):
        several = list(stays)
        about = several[0].about_id
        yield {
            "id": record_id,
            "type": parent,
            "attributes": [
                {"name": move.attribute, "value": move.title, "time": timestamp(move.since)} for move in several
            ],
        } | ({"relationships": [{"objectId": about, "qualifier": "about"}]} if about else {})


def bare(others: Iterable[tuple[str, str]]) -> Iterator[Json]:
    """Records, by type and id, of which nothing is known but that entries are about them."""
    for kind, record_id in others:
        yield {"id": record_id, "type": kind, "attributes": []}


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
