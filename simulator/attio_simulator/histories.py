"""Changing the values of a record: setting, clearing, and replacing a whole history."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from .clock import MILLISECOND, nanoseconds
from .configuration import Configuration
from .schema import Actor, Attribute, Option, Record, Status, Value, active_values, all_values
from .store import locked
from .values import same_as

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


class Writer(NamedTuple):
    """Who writes, by default the API token, and when, by default now."""

    actor: Actor | None
    at: datetime | None


class Histories(Configuration):
    """A workspace whose values can be changed."""

    @locked
    def set_status(
        self,
        record_id: str,
        title: str,
        *,
        actor: Actor | None = None,
        at: datetime | None = None,
        attribute: str | None = None,
    ) -> None:
        """Move a record (or an entry) to a status. To the one it has: nothing happens, as when Attio is told so."""
        record = self.record(record_id)
        found = self.attribute_of(record, attribute)
        self.set_values(record, found, [choice(found, title)], actor=actor, at=at)

    @locked
    def clear_value(
        self,
        record_id: str,
        attribute: str | None = None,
        *,
        at: datetime | None = None,
    ) -> None:
        """Clear an attribute: its current values end and no new one begins."""
        record = self.record(record_id)
        self.set_values(record, self.attribute_of(record, attribute), [], at=at)

    @locked
    def set_values(
        self,
        record: Record,
        attribute: Attribute,
        data: Sequence[Any],
        *,
        actor: Actor | None = None,
        at: datetime | None = None,
    ) -> None:
        """Make `data` the current values of an attribute, in this order: what is missing ends, what is new begins."""
        self._write(record, attribute, data, Writer(actor, at))

    def _write(
        self,
        record: Record,
        attribute: Attribute,
        data: Sequence[Any],
        writer: Writer,
        *,
        is_echo: bool = False,
    ) -> None:
        """Do it; an echo from the other side of a relationship comes as soon as it can."""
        values = all_values(record, attribute)
        # Of several values at a time any may be the current ones; of one at a time only the last.
        recent = values if attribute.is_multiselect else values[-1:]
        latest = max([record.created, *(max(one.active_from + MILLISECOND, one.active_until or 0) for one in recent)])
        moment = self.stamp(writer.at)
        current = {same_as(attribute, one.data): one for one in active_values(record, attribute)}
        wanted: dict[Any, Any] = {}
        for one in data:
            wanted.setdefault(same_as(attribute, one), one)
        if list(wanted) == list(current):
            return
        if writer.at is not None and moment < latest and not is_echo:
            message = f"{writer.at} is not after the values that are there"
            raise ValueError(message)
        moment, by = max(moment, latest), writer.actor or self.api_token
        held = [one for one in values if one.active_until is not None]
        held += [one._replace(active_until=moment) for key, one in current.items() if key not in wanted]
        held += [current.get(key) or Value(moment, None, by, one) for key, one in wanted.items()]
        self._hold(record, attribute, held)
        if attribute.relationship is not None:
            self.relate(record, attribute, list(current), list(wanted), writer)

    def relate(
        self,
        record: Record,
        attribute: Attribute,
        before: list[tuple[str, str]],
        after: list[tuple[str, str]],
        writer: Writer,
    ) -> None:
        """Bring the other side of a relationship up to date: a record referred to some others before, to some now."""
        own = (record.collection.slug, record.id)
        for target in [*(one for one in before if one not in after), *(one for one in after if one not in before)]:
            other = self.rows.get(target[1])
            inverse = (
                None
                if other is None or attribute.relationship is None
                else other.collection.attribute(attribute.relationship[1])
            )
            if other is None or inverse is None:
                continue
            rest = [one.data for one in active_values(other, inverse) if one.data != own]
            if target in after:
                rest = [own, *rest] if inverse.is_multiselect else [own]
            # What is written here comes back to this side, and finds it as it should be.
            self._write(other, inverse, rest, writer, is_echo=True)

    @locked
    def replace_history(
        self,
        record_id: str,
        values: Iterable[tuple[str, datetime, datetime | None]],
        *,
        attribute: str | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Replace the whole history of a status attribute by (title or id, active from, active until or None).

        Raises:
            ValueError: the intervals overlap, or more than one is open, or one lies in the future.
        """
        record = self.record(record_id)
        found = self.attribute_of(record, attribute)
        self.write_history(
            record,
            found,
            [
                (choice(found, title), nanoseconds(since), None if until is None else nanoseconds(until))
                for title, since, until in values
            ],
            actor=actor,
        )

    @locked
    def write_history(
        self,
        record: Record,
        attribute: Attribute,
        values: Sequence[tuple[Any, int, int | None]],
        *,
        actor: Actor | None = None,
    ) -> None:
        """Replace the whole history of an attribute by (data, active from, active until or None), in any order.

        Raises:
            ValueError: the intervals overlap, or more than one is open, or one lies in the future.
        """
        now = nanoseconds(self.clock.now())
        by = actor or self.api_token
        ordered = sorted((Value(since, until, by, data) for data, since, until in values), key=lambda one: one[0])
        if not ordered:
            message = "at least one value is required"
            raise ValueError(message)
        for value in ordered:
            if max(value.active_from, value.active_until or 0) > now:
                message = "a value may not begin or end in the future"
                raise ValueError(message)
            if value.active_until is not None and value.active_until <= value.active_from:
                message = "active_until must be after active_from"
                raise ValueError(message)
        for earlier, later in pairwise(ordered):
            if not attribute.is_multiselect and (earlier.active_until is None or earlier.active_until > later.active_from):
                message = "values may not overlap"
                raise ValueError(message)
        before = [value.data for value in active_values(record, attribute)]
        self._hold(record, attribute, ordered)
        if attribute.relationship is not None:
            after = [value.data for value in active_values(record, attribute)]
            self.relate(record, attribute, before, after, Writer(actor, None))

    def _hold(self, record: Record, attribute: Attribute, values: list[Value]) -> None:
        while len(record.values) <= attribute.index:
            record.values.append(None)
        record.values[attribute.index] = values

    def stamp(self, at: datetime | None) -> int:
        """Give the moment of a write: `at`, by default now, in whole milliseconds."""
        return self.clock.nanoseconds() if at is None else nanoseconds(at) // MILLISECOND * MILLISECOND


def choice(attribute: Attribute, title_or_id: object) -> Status | Option:
    """Find a status or an option by itself, id or title.

    Raises:
        KeyError: there is none.
    """
    if isinstance(title_or_id, Status | Option):
        return title_or_id
    found = attribute.choice(title_or_id)
    if found is None:
        raise KeyError(title_or_id)
    return found
