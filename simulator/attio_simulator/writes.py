"""Changing a workspace: everything a person, an integration or an import could do to it.

Every write happens at the clock's now unless `at` is given. The values of one attribute never overlap and never
begin at the same instant: where the clock has not moved on since the last write, a value begins a millisecond later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import MILLISECOND, nanoseconds
from .schema import Actor, Attribute, Collection, Member, Option, Record, Status, Value, all_values
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from .clock import Clock

STAMP_LAG = 60
"""The `created_at` attribute is stamped up to this many milliseconds after the record."""


class Workspace(Store):
    """One Attio workspace: what it holds (`Store`) and every way to change it."""

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
        from .hiring import furnish  # noqa: PLC0415 - it builds on this class

        workspace = cls(clock=clock, seed=seed)
        furnish(workspace, object_slug=object_slug, attribute_slug=attribute_slug)
        return workspace

    # Configuration

    def add_member(self, first_name: str, last_name: str, email_address: str, access_level: str = "member") -> Member:
        """Add a member to the workspace."""
        member = Member(self.new_id(), first_name, last_name, email_address, access_level, self.created)
        self.members.append(member)
        return member

    def add_object(self, slug: str, singular: str, plural: str, *, is_standard: bool = False) -> Collection:
        """Add an object with the attributes that every object has."""
        return self._add_collection(slug, singular, plural, is_standard=is_standard)

    def add_list(self, slug: str, name: str, parent_object: str) -> Collection:
        """Add a list whose entries are records of one object."""
        return self._add_collection(slug, name, name, is_list=True, parent_object=parent_object)

    def _add_collection(self, slug: str, singular: str, plural: str, **more: Any) -> Collection:  # noqa: ANN401
        if self.find(slug, is_list=more.get("is_list", False)) is not None:
            message = f"{slug!r} exists"
            raise ValueError(message)
        collection = Collection(
            id=self.new_id(), slug=slug, singular=singular, plural=plural, created=self.created, **more
        )
        self.collections[collection.id] = collection
        own = ("entry_id", "Entry ID") if collection.is_list else ("record_id", "Record ID")
        kinds = {"created_at": "timestamp", "created_by": "actor-reference"}
        for name, title in [own, ("created_at", "Created at"), ("created_by", "Created by")]:
            collection.attributes.append(
                Attribute(
                    id=self.new_id(),
                    slug=name,
                    title=title,
                    type=kinds.get(name, "text"),
                    created=self.created,
                    is_system=True,
                    is_writable=False,
                    is_unique=name.endswith("_id"),
                )
            )
        return collection

    def add_attribute(self, collection: Collection, slug: str, title: str, kind: str, **more: Any) -> Attribute:  # noqa: ANN401
        """Add an attribute: `kind` is one of Attio's attribute types, `more` are fields of `Attribute`.

        It takes its place before the system attributes at the end, as a custom attribute does in Attio.
        """
        index = sum(1 for one in collection.attributes if one.index >= 0)
        attribute = Attribute(
            id=self.new_id(), slug=slug, title=title, type=kind, created=self.created, index=index, **more
        )
        place = next(i for i, one in enumerate(collection.attributes) if one.slug == "created_at")
        collection.attributes.insert(place, attribute)
        return attribute

    def add_status(self, attribute: Attribute, title: str, **more: Any) -> Status:  # noqa: ANN401
        """Add a status to a status attribute; `more` are fields of `Status`."""
        status = Status(self.new_id(), [(self.created, title)], **more)
        attribute.statuses.append(status)
        return status

    def add_option(self, attribute: Attribute, title: str, *, is_archived: bool = False) -> Option:
        """Add an option to a select attribute."""
        option = Option(self.new_id(), title, is_archived)
        attribute.options.append(option)
        return option

    def rename_status(
        self, title: str, new_title: str, *, collection: str = "applications", attribute: str | None = None
    ) -> None:
        """Give a status another title; what past values show then is open (`Behaviour.past_titles`)."""
        self._status(title, collection, attribute).titles.append((self.clock.nanoseconds(), new_title))

    def archive_status(
        self, title: str, *, collection: str = "applications", attribute: str | None = None, archived: bool = True
    ) -> None:
        """Archive a status, or bring it back: the values that have it keep it."""
        self._status(title, collection, attribute).is_archived = archived

    def _status(self, title: str, slug: str, attribute: str | None) -> Status:
        collection = self.find(slug) or self.list(slug)
        candidates = [one for one in collection.attributes if one.type == "status"]
        for one in candidates:
            if attribute in (None, one.slug, one.id):
                found = one.choice(title)
                if isinstance(found, Status):
                    return found
        raise KeyError(title)

    # Records and entries

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
        created = self._at(at)
        stamped = created + self._lag()
        by = actor or self.api_token
        records = [Record(self.new_id(), created, stamped, by, collection, list(held)) for _ in range(count)]
        collection.add_all(records)
        self.rows.update((record.id, record) for record in records)
        return [record.id for record in records]

    def create_entry(
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
            held[attribute.index] = self._choice(attribute, status)
        for slug, data in (values or {}).items():
            attribute = collection.attribute(slug)
            if attribute is None or attribute.index < 0:
                raise KeyError(slug)
            held[attribute.index] = self._choice(attribute, data) if attribute.type in ("status", "select") else data
        return held

    def _create(
        self,
        collection: Collection,
        held: list[Any],
        actor: Actor | None,
        at: datetime | None,
        parent: Record | None = None,
    ) -> Record:
        created = self._at(at)
        by = actor or self.api_token
        for attribute in collection.attributes:
            data = held[attribute.index] if attribute.index >= 0 else None
            if attribute.is_multiselect and data is not None:
                several = data if isinstance(data, list) else [data]
                held[attribute.index] = [Value(created, None, by, one) for one in several]
        record = Record(self.new_id(), created, created + self._lag(), by, collection, held, parent)
        collection.add(record)
        self.rows[record.id] = record
        return record

    def delete_record(self, record_id: str) -> None:
        """Delete a record with its entries, or an entry: nothing of it remains."""
        record = self.rows.pop(record_id)
        record.collection.remove(record)
        if record.parent is not None:
            self.entries_of[record.parent.id].remove(record)
        for entry in self.entries_of.pop(record_id, []):
            entry.collection.remove(entry)
            del self.rows[entry.id]

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
        created = max(self._at(at), *(self._last_change(one) + MILLISECOND for one in (first, second)))
        held: list[Any] = [None] * len(first.values)
        for attribute in collection.attributes:
            if attribute.index >= 0:
                held[attribute.index] = list(all_values(first, attribute) or all_values(second, attribute)) or None
        merged = Record(self.new_id(), created, created + self._lag(), first.actor, collection, held)
        entries = [*self.entries_of.pop(primary, []), *self.entries_of.pop(secondary, [])]
        for entry in entries:
            entry.parent = merged
        if entries:
            self.entries_of[merged.id] = entries
        for old in (first, second):
            collection.remove(old)
            del self.rows[old.id]
        until = created + (0 if merging_for is None else int(merging_for.total_seconds() * 1000) * MILLISECOND)
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

    # Values

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
        self.set_values(record, found, [self._choice(found, title)], actor=actor, at=at)

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
        values = list(all_values(record, attribute))
        kept = [value for value in values if value.active_until is None and value.data in data]
        new = [one for one in data if all(one != value.data for value in kept)]
        ended = [value for value in values if value.active_until is None and value.data not in data]
        if not new and not ended:
            return
        moment = self._at(at)
        latest = max((max(value.active_from + MILLISECOND, value.active_until or 0) for value in values), default=0)
        if at is not None and moment < latest:
            message = f"{at} is not after the values that are there"
            raise ValueError(message)
        moment = max(moment, latest)
        by = actor or self.api_token
        values = [value._replace(active_until=moment) if value in ended else value for value in values]
        values += [Value(moment, None, by, one) for one in new]
        self._hold(record, attribute, values)

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
                (self._choice(found, title), nanoseconds(since), None if until is None else nanoseconds(until))
                for title, since, until in values
            ],
            actor=actor,
        )

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
        for earlier, later in zip(ordered, ordered[1:], strict=False):
            if earlier.active_until is None or earlier.active_until > later.active_from:
                message = "values may not overlap"
                raise ValueError(message)
        self._hold(record, attribute, ordered)

    def _hold(self, record: Record, attribute: Attribute, values: list[Value]) -> None:
        while len(record.values) <= attribute.index:
            record.values.append(None)
        record.values[attribute.index] = values

    def _choice(self, attribute: Attribute, title_or_id: object) -> Status | Option:
        if isinstance(title_or_id, Status | Option):
            return title_or_id
        found = attribute.choice(title_or_id)
        if found is None:
            raise KeyError(title_or_id)
        return found

    def _at(self, at: datetime | None) -> int:
        return self.clock.nanoseconds() if at is None else nanoseconds(at) // MILLISECOND * MILLISECOND

    def _lag(self) -> int:
        return self.random.randrange(STAMP_LAG) * MILLISECOND
