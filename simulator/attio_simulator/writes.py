"""Changing a workspace: everything a person, an integration or an import could do to it.

Every write happens at the clock's now unless `at` is given. The values of one attribute never overlap and never
begin at the same instant: where the clock has not moved on since the last write, a value begins a millisecond later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import MILLISECOND, SECOND, timestamp
from .hiring import furnish
from .histories import Histories, Writer, choice
from .schema import SYSTEM, Actor, Collection, Default, Record, Value, active_values, all_values, held_values
from .shapes import as_array
from .store import locked

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from .clock import Clock

LATE = (14, 45, 69)
"""How many milliseconds after the record the values set at its creation begin, where they do not begin with it."""


def stamp_lag(drawn: float) -> int:
    """Give how many nanoseconds after a record its `created_at` attribute is stamped, from a number below 1.

    Of the records whose answers were recorded half have the same in both, the others up to 185 ms.
    """
    return min(185, max(0, int(376 * drawn) - 184)) * MILLISECOND


class Workspace(Histories):
    """One Attio workspace: what it holds (`Store`) and every way to change it.

    A thread that changes several things while a server answers from another holds `workspace.lock` meanwhile; each
    single write does so by itself.
    """

    @classmethod
    def hiring(
        cls,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        object_slug: str = "applications",
        attribute_slug: str = "workflow_status",
    ) -> Workspace:
        """Open a workspace for hiring: objects, attributes, statuses, a list and members, but no records."""
        workspace = cls(clock=clock, seed=seed)
        furnish(workspace, object_slug=object_slug, attribute_slug=attribute_slug)
        return workspace

    @locked
    def create_record(
        self,
        object_slug: str,
        workflow_status: str | None = None,
        *,
        actor: Actor | None = None,
        at: datetime | None = None,
        values: dict[str, Any] | None = None,
    ) -> str:
        """Create a record and return its id.

        Args:
            object_slug: the object.
            workflow_status: the title (or id) of the status it starts with, in the object's first status attribute.
            actor: who creates it; by default the API token.
            at: when; by default now.
            values: data of further attributes by slug (see `values.py` for the types).
        """
        collection = self.object(object_slug)
        return self._create(collection, self._initial(collection, workflow_status, values), actor, at).id

    @locked
    def import_records(
        self,
        object_slug: str,
        count: int,
        workflow_status: str | None = None,
        *,
        actor: Actor | None = None,
        at: datetime | None = None,
    ) -> list[str]:
        """Create many records in one millisecond, as an import does, and return their ids."""
        collection = self.object(object_slug)
        held = self._initial(collection, workflow_status, None)
        created = self.stamp(at)
        stamped = created + self._lag()
        by = actor or self.api_token
        _complete(collection, held, by, created)
        records = [Record(self.new_id(), created, stamped, by, collection, list(held)) for _ in range(count)]
        collection.add_all(records)
        self.rows.update((record.id, record) for record in records)
        return [record.id for record in records]

    @locked
    def create_entry(  # noqa: PLR0913 - as create_record, and the list
        self,
        list_slug: str,
        record_id: str,
        stage: str | None = None,
        *,
        actor: Actor | None = None,
        at: datetime | None = None,
        values: dict[str, Any] | None = None,
    ) -> str:
        """Add a record to a list and return the entry's id; `stage` is the status it starts with."""
        collection = self.list(list_slug)
        parent = self.record(record_id)
        entry = self._create(collection, self._initial(collection, stage, values), actor, at, parent)
        self.entries_of.setdefault(record_id, []).append(entry)
        return entry.id

    def _initial(self, collection: Collection, status: str | None, values: dict[str, Any] | None) -> list[Any]:
        held: list[Any] = [None] * sum(1 for one in collection.attributes if one.index >= 0)
        if status is not None:
            attribute = next(one for one in collection.attributes if one.type == "status")
            held[attribute.index] = choice(attribute, status)
        for slug, data in (values or {}).items():
            attribute = collection.attribute(slug)
            if attribute is None or attribute.index < 0:
                raise KeyError(slug)
            held[attribute.index] = choice(attribute, data) if attribute.type in ("status", "select") else data
        return held

    def _create(
        self,
        collection: Collection,
        held: list[Any],
        actor: Actor | None,
        at: datetime | None,
        parent: Record | None = None,
    ) -> Record:
        created = self.stamp(at)
        by = actor or self.api_token
        late = 0
        if self.late_share and self.random.random() < self.late_share:
            late = self.random.choice(LATE) * MILLISECOND
        _complete(collection, held, by, created, late)
        record = Record(self.new_id(), created, created + self._lag(), by, collection, held, parent)
        collection.add(record)
        self.rows[record.id] = record
        self._relations(record, Writer(actor, at))
        return record

    def _relations(self, record: Record, writer: Writer, *, is_gone: bool = False) -> None:
        """Let the other sides of a record's relationships know of it, or forget it."""
        for attribute in record.collection.attributes:
            if attribute.relationship is not None:
                targets = [one.data for one in active_values(record, attribute)]
                self.relate(record, attribute, targets if is_gone else [], [] if is_gone else targets, writer)

    @locked
    def delete_record(self, record_id: str) -> None:
        """Delete a record with its entries, or an entry: nothing of it remains."""
        record = self.rows.pop(record_id)
        record.collection.remove(record)
        self._relations(record, Writer(SYSTEM, None), is_gone=True)
        if record.parent is not None:
            self.entries_of[record.parent.id].remove(record)
        for entry in self.entries_of.pop(record_id, []):
            entry.collection.remove(entry)
            del self.rows[entry.id]

    @locked
    def merge_records(
        self,
        primary: str,
        secondary: str,
        *,
        merging_for: timedelta | None = None,
        at: datetime | None = None,
    ) -> str:
        """Merge two records into a new one and return its id; the two are gone.

        The new record keeps the primary's values with their history, and the secondary's where the primary has
        none. While `merging_for` lasts all three answer 404 `merge_in_progress` and none is listed; after it the new
        record can be read.
        See https://docs.attio.com/rest-api/endpoint-reference/records (merge records).
        """
        first, second = self.record(primary), self.record(secondary)
        if first is second or first.collection is not second.collection:
            message = "two different records of one object can be merged"
            raise ValueError(message)
        collection = first.collection
        # Later than every value it takes over: none of them may look as if it were set at the record's creation.
        asked = self.stamp(at)
        created = max(asked, *(self._last_change(one) + MILLISECOND for one in (first, second)))
        held = self._initial(collection, None, None)
        for attribute in collection.attributes:
            if attribute.index >= 0:
                held[attribute.index] = list(held_values(first, attribute) or held_values(second, attribute)) or None
        merged = Record(self.new_id(), created, created + self._lag(), first.actor, collection, held)
        entries = [*self.entries_of.pop(primary, []), *self.entries_of.pop(secondary, [])]
        for entry in entries:
            entry.parent = merged
        if entries:
            self.entries_of[merged.id] = entries
        for old in (first, second):
            collection.remove(old)
            del self.rows[old.id]
            self._relations(old, Writer(SYSTEM, None), is_gone=True)
        self._relations(merged, Writer(SYSTEM, None))
        until = asked + (0 if merging_for is None else int(merging_for.total_seconds() * 1000) * MILLISECOND)
        self.merging.update(dict.fromkeys((primary, secondary, merged.id), until))
        self.unfinished_merges.append((until if merging_for else 0, merged))
        self.settle()
        return merged.id

    def _last_change(self, record: Record) -> int:
        moments = [record.created]
        for attribute in record.collection.attributes:
            if attribute.index >= 0:
                moments.extend(value.active_until or value.active_from for value in all_values(record, attribute))
        return max(moments)

    def _lag(self) -> int:
        return stamp_lag(self.random.randrange(60) / 60)


def _complete(collection: Collection, held: list[Any], by: Actor, created: int, late: int = 0) -> None:
    """Make what a new record is given complete: defaults where nothing is given, each of several values as one."""
    for attribute in collection.attributes:
        data = held[attribute.index] if attribute.index >= 0 else None
        if data is None and attribute.default is not None:
            several = _default(attribute.default, attribute.type, by, created)
            data = several if attribute.is_multiselect else several[0]
        if attribute.is_multiselect and data is not None:
            several = as_array(data)
            held[attribute.index] = [
                Value(created + late, None, by, one) for one in ([data] if several is None else several)
            ]
        elif late and data is not None:
            held[attribute.index] = [Value(created + late, None, by, data)]
        elif attribute.index >= 0:
            held[attribute.index] = data


def _default(default: Default, kind: str, by: Actor, created: int) -> list[Any]:
    if default.type == "static":
        return list(default.template)
    if default.template == "current-user":
        return [by]
    then = created + default.template * 86_400 * SECOND
    return [timestamp(then)[:10] if kind == "date" else then]
