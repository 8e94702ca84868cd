"""Changing the values of a record: setting, clearing, and replacing a whole history."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .clock import MILLISECOND, nanoseconds
from .configuration import Configuration
from .schema import Actor, Attribute, Option, Record, Status, Value, all_values
from .store import locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


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
        """Make `data` the current values of an attribute: what is missing there ends, what is new begins."""
        values = all_values(record, attribute)
        # Of several values at a time any may be the current ones; of one at a time only the last.
        first = 0 if attribute.is_multiselect else max(len(values) - 1, 0)
        before, recent = values[:first], values[first:]
        kept = [value.data for value in recent if value.active_until is None and value.data in data]
        new = [one for one in data if one not in kept]
        if not new and not any(value.active_until is None and value.data not in kept for value in recent):
            return
        moment = self.stamp(at)
        latest = max([record.created, *(max(one.active_from + MILLISECOND, one.active_until or 0) for one in recent)])
        if at is not None and moment < latest:
            message = f"{at} is not after the values that are there"
            raise ValueError(message)
        moment = max(moment, latest)
        before += [
            one if one.active_until is not None or one.data in kept else one._replace(active_until=moment) for one in recent
        ]
        before += [Value(moment, None, actor or self.api_token, one) for one in new]
        self._hold(record, attribute, before)

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
        self._hold(record, attribute, ordered)

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
