"""What a workspace is made of: actors, statuses, options, attributes, objects, lists, records and members.

A *collection* is an object or a list: both have attributes and rows, called records in the one and entries in the
other. A row of either is a `Record`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast


class Actor(NamedTuple):
    """Who did something: `workspace-member`, `api-token`, `app` or `system`; the system has no id.

    See https://docs.attio.com/docs/actors.
    """

    type: str
    id: str | None


SYSTEM = Actor("system", None)


class Default(NamedTuple):
    """What an attribute has on a record that is created without a value for it.

    `static`: a tuple of data. `dynamic`: `current-user`, or for dates and timestamps a number of days from then.
    """

    type: Literal["static", "dynamic"]
    template: Any


class Value(NamedTuple):
    """One value of one attribute. `data` depends on the attribute's type (see `values.py`)."""

    active_from: int
    active_until: int | None
    actor: Actor
    data: Any


@dataclass(slots=True, eq=False)
class Status:
    """One status of a status attribute.

    `titles` holds when each title came into force, oldest first.
    """

    id: str
    titles: list[tuple[int, str]]
    is_archived: bool = False
    celebration_enabled: bool = False
    target_time_in_status: str | None = None

    @property
    def title(self) -> str:
        """The title of now."""
        return self.titles[-1][1]

    def title_at(self, at: int) -> str:
        """Give the title in force at a moment; before the first, the first."""
        return next((title for since, title in reversed(self.titles) if since <= at), self.titles[0][1])


@dataclass(slots=True, eq=False)
class Option:
    """One option of a select attribute."""

    id: str
    title: str
    is_archived: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Attribute:
    """One attribute of a collection.

    `index` is its place in `Record.values`; system attributes that every record derives from itself (its id, who
    created it and when) have none. `keeps_history` is false for interaction attributes and those that Attio enriches.
    `is_billed` is false for an attribute the workspace does not pay for: it answers `[]`. `relationship` is the object
    and the slug of the attribute that is its other side: what is written to one of the two is written to both.
    """

    id: str
    slug: str
    title: str
    type: str
    created: int
    index: int = -1
    description: str | None = None
    is_system: bool = False
    is_writable: bool = True
    is_required: bool = False
    is_unique: bool = False
    is_multiselect: bool = False
    is_archived: bool = False
    keeps_history: bool = True
    is_billed: bool = True
    default_currency: str | None = None
    targets: tuple[str, ...] = ()
    relationship: tuple[str, str] | None = None
    default: Default | None = None
    statuses: list[Status] = field(default_factory=list[Status])
    options: list[Option] = field(default_factory=list[Option])

    def choice(self, title_or_id: object) -> Status | Option | None:
        """Find a status or an option by id or present title; of two with one title the one not archived."""
        choices: list[Status | Option] = [*self.statuses, *self.options]
        matching = [one for one in choices if title_or_id in (one.id, one.title)]
        return min(matching, key=lambda one: one.is_archived, default=None)


@dataclass(slots=True, eq=False)
class Record:
    """One record of an object, or one entry of a list (then it has a parent).

    `values[attribute.index]` is, to be small, one of: `None` (never had a value), the bare data of a value that was
    set at creation and is still the current one, or a list of `Value`: oldest first, and of a multiple value first those
    that ended, then the current ones in the order in which they are shown. `stamped` is the value of the
    `created_at` attribute, which can be some milliseconds later than `created`.
    """

    id: str
    created: int
    stamped: int
    actor: Actor
    collection: Collection
    values: list[Any]
    parent: Record | None = None


@dataclass(slots=True, eq=False)
class View:
    """A saved view: only what it filters by matters to the API."""

    id: str
    title: str
    filter: dict[str, Any]
    created: int
    is_archived: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Collection:
    """An object or a list, with its attributes and its rows.

    Access is of lists: that of every member (`full-access`, `read-and-write`, `read-only`, or None for a private list),
    and that of single members by their id.
    Two indexes are kept sorted: `ids` for the default order and `by_creation` for reading in order of the
    `created_at` attribute, so that a page of either costs no sort.
    """

    id: str
    slug: str
    singular: str
    plural: str
    created: int
    is_list: bool = False
    is_standard: bool = False
    parent_object: str | None = None
    workspace_access: str | None = "full-access"
    member_access: dict[str, str] = field(default_factory=dict[str, str])
    actor: Actor = SYSTEM
    attributes: list[Attribute] = field(default_factory=list[Attribute])
    views: list[View] = field(default_factory=list[View])
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    ids: list[str] = field(default_factory=list[str])
    by_creation: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def attribute(self, slug_or_id: str) -> Attribute | None:
        """Find an attribute by slug or id."""
        return next((one for one in self.attributes if slug_or_id in (one.slug, one.id)), None)

    def add(self, record: Record) -> None:
        """Add one record to the rows and the indexes."""
        self.records[record.id] = record
        insort(self.ids, record.id)
        insort(self.by_creation, (record.stamped, record.id))

    def add_all(self, records: list[Record]) -> None:
        """Add many records at once: one sort instead of many insertions."""
        self.records.update((record.id, record) for record in records)
        self.ids.extend(record.id for record in records)
        self.ids.sort()
        self.by_creation.extend((record.stamped, record.id) for record in records)
        self.by_creation.sort()

    def remove(self, record: Record) -> None:
        """Take one record out of the rows and the indexes."""
        del self.records[record.id]
        del self.ids[bisect_left(self.ids, record.id)]
        del self.by_creation[bisect_left(self.by_creation, (record.stamped, record.id))]


@dataclass(slots=True, eq=False)
class Member:
    """One member of the workspace; `access_level` is `admin`, `member` or `suspended`."""

    id: str
    first_name: str
    last_name: str
    email_address: str
    access_level: str
    created: int
    avatar_url: str | None = None

    @property
    def actor(self) -> Actor:
        """The member as an actor."""
        return Actor("workspace-member", self.id)


def all_values(record: Record, attribute: Attribute) -> list[Value]:
    """Give every value that an attribute of a record ever had, oldest first."""
    values = held_values(record, attribute)
    # Several at a time are kept in the order in which they are shown.
    return sorted(values, key=lambda one: one.active_from) if attribute.is_multiselect and len(values) > 1 else values


def active_values(record: Record, attribute: Attribute, as_of: int | None = None) -> list[Value]:
    """Give the values that an attribute of a record has now, or had at a moment, as they were shown then."""
    values = held_values(record, attribute)
    if as_of is None:
        return [value for value in values if value.active_until is None]
    return [
        value._replace(active_until=None)
        for value in values
        if value.active_from <= as_of and (value.active_until is None or value.active_until > as_of)
    ]


def held_values(record: Record, attribute: Attribute) -> list[Value]:
    """Give every value that an attribute of a record ever had, in the order in which they are kept."""
    index = attribute.index
    if index < 0:
        return [Value(record.created, None, record.actor, _derived(record, attribute.slug))]
    held = record.values[index] if index < len(record.values) else None
    if held is None:
        return []
    if isinstance(held, list):
        return cast("list[Value]", held)
    return [Value(record.created, None, record.actor, held)]


def _derived(record: Record, slug: str) -> Any:
    if slug == "created_at":
        return record.stamped
    if slug == "parent_record" and record.parent is not None:
        return (record.parent.collection.slug, record.parent.id)
    return record.actor if slug == "created_by" else record.id
