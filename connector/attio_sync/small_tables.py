"""Pure: the small tables beside the histories, which say what the rows in those mean: one declaration each.

To add one takes a `Definition` here, and a model of what Attio answers in `attio_types`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from attio_sync.attio_types.timestamps import optional_timestamp
from attio_sync.attio_types.workspace import (
    MEMBERS_SCOPE,
    AttioAttribute,
    AttioList,
    AttioObject,
    AttioOption,
    AttioStatus,
    AttioWorkspaceMember,
    TokenIdentity,
)
from attio_sync.parents import LISTS as PREFIX
from attio_sync.parents import Parent, parse_parent, segment
from attio_sync.sources import Source
from attio_sync.tables import Column, Digests, Row, Table, digest, printable


@dataclass(frozen=True, slots=True)
class Place:
    """Where a small table is read: in the workspace, of an object or a list, or of an attribute of one."""

    parent: Parent | None = None
    attribute: str | None = None

    def __str__(self) -> str:
        """As it stands in the state."""
        return ".".join(str(part) for part in (self.parent, self.attribute) if part)

    @property
    def path(self) -> str:
        """The path of an attribute."""
        return f"{self.parent.path if self.parent else ''}/attributes/{segment(self.attribute or '')}"


@dataclass(frozen=True, slots=True)
class Defined[T]:
    """One item, the `position`-th as Attio lists them there."""

    item: T
    position: int
    place: Place


@dataclass(frozen=True, slots=True)
class Definition[T: BaseModel]:
    """A small table, written only where it changes: what one endpoint lists, read whole.

    `of` says for what it is read: once for the workspace, for each object and list, or for each tracked attribute whose
    type has such definitions. Without its `scope` there are no rows. One that is read `daily` is read with a comparison.
    """

    table: str
    model: type[T]
    of: Literal["workspace", "parent", "statuses", "options"]
    path: Callable[[Place], str]
    columns: tuple[Column[Defined[T]], ...]
    scope: str | None = None
    is_paged: bool = False
    daily: bool = False

    def held_as(self, place: Place) -> str:
        """Under which name the state holds what was listed in a place."""
        return f"{self.table} {place}".strip()

    def scopes(self, place: Place) -> tuple[str, ...]:
        """What a token needs to read it in a place."""
        if place.parent:
            return place.parent.scopes
        return (self.scope,) if self.scope else ()

    def rows(self, items: Sequence[T], place: Place) -> list[Row]:
        """The rows of what is listed in one place."""
        table = Table(self.table, self.columns)
        return [table.row(Defined(item, position, place)) for position, item in enumerate(items, 1)]


_OF_A_CHOICE: tuple[Column[Defined[Any]], ...] = (
    Column("object", lambda d: str(d.place.parent)),
    Column("attribute", lambda d: d.place.attribute),
    Column("position", lambda d: d.position, "INT"),
    Column("title", lambda d: printable(d.item.title)),
    Column("is_archived", lambda d: d.item.is_archived, "BOOLEAN"),
)
"""What is said alike of statuses and options."""

STATUSES = Definition(
    "attio_status",
    AttioStatus,
    "statuses",
    lambda place: f"{place.path}/statuses",
    (
        Column("status_id", lambda d: d.item.status_id, key=True),
        *_OF_A_CHOICE,
        Column("celebration_enabled", lambda d: d.item.celebration_enabled, "BOOLEAN"),
        Column("target_time_in_status", lambda d: d.item.target_time_in_status),
    ),
)

OPTIONS = Definition(
    "attio_select_option",
    AttioOption,
    "options",
    lambda place: f"{place.path}/options",
    (
        Column("option_id", lambda d: d.item.option_id, key=True),
        *_OF_A_CHOICE,
    ),
)

MEMBERS = Definition(
    "attio_workspace_member",
    AttioWorkspaceMember,
    "workspace",
    lambda _: "/v2/workspace_members",
    (
        Column("workspace_member_id", lambda d: d.item.workspace_member_id, key=True),
        Column("first_name", lambda d: printable(d.item.first_name)),
        Column("last_name", lambda d: printable(d.item.last_name)),
        Column("email_address", lambda d: printable(d.item.email_address)),
        Column("access_level", lambda d: d.item.access_level),
    ),
    scope=MEMBERS_SCOPE,
)

OBJECTS = Definition(
    "attio_object",
    AttioObject,
    "workspace",
    lambda _: "/v2/objects",
    (
        Column("object_id", lambda d: d.item.object_id, key=True),
        Column("api_slug", lambda d: printable(d.item.api_slug)),
        Column("singular_noun", lambda d: printable(d.item.singular_noun)),
        Column("plural_noun", lambda d: printable(d.item.plural_noun)),
        Column("created_at", lambda d: optional_timestamp(d.item.created_at), "UTC_DATETIME"),
    ),
    scope="object_configuration:read",
    daily=True,
)

LISTS = Definition(
    "attio_list",
    AttioList,
    "workspace",
    lambda _: "/v2/lists",
    (
        Column("list_id", lambda d: d.item.list_id, key=True),
        Column("api_slug", lambda d: printable(d.item.api_slug)),
        Column("name", lambda d: printable(d.item.name)),
        Column("parent_object", lambda d: printable(d.item.parent_object), "JSON"),
        Column("created_at", lambda d: optional_timestamp(d.item.created_at), "UTC_DATETIME"),
    ),
    scope="list_configuration:read",
    daily=True,
)

ATTRIBUTES = Definition(
    "attio_attribute",
    AttioAttribute,
    "parent",
    lambda place: f"{place.parent.path if place.parent else ''}/attributes",
    (
        Column("attribute_id", lambda d: d.item.attribute_id, key=True),
        Column("object", lambda d: str(d.place.parent)),
        Column("api_slug", lambda d: printable(d.item.api_slug)),
        Column("title", lambda d: printable(d.item.title)),
        Column("description", lambda d: printable(d.item.description)),
        Column("type", lambda d: d.item.type),
        Column("is_multiple", lambda d: d.item.is_multiselect, "BOOLEAN"),
        Column("is_required", lambda d: d.item.is_required, "BOOLEAN"),
        Column("is_unique", lambda d: d.item.is_unique, "BOOLEAN"),
        Column("is_archived", lambda d: d.item.is_archived, "BOOLEAN"),
        Column("created_at", lambda d: optional_timestamp(d.item.created_at), "UTC_DATETIME"),
    ),
    is_paged=True,
    daily=True,
)

DEFINITIONS: tuple[Definition[Any], ...] = (STATUSES, OPTIONS, MEMBERS, OBJECTS, LISTS, ATTRIBUTES)
"""The small tables, in the order in which they are read."""

RESERVED_TABLES = ("attio_sync_error", *(d.table for d in DEFINITIONS))
"""Tables that hold something else, whatever is tracked."""

ALWAYS = (STATUSES, MEMBERS)
"""Those that every connection has, also one that wants no definitions."""


class Destination(Protocol):
    """Where small tables are written."""

    def write_definitions(self, definition: Definition[Any], place: Place, items: Sequence[Any], *, deletes: bool) -> None:
        """Makes a small table hold these rows for one place; where it `deletes`, no others."""
        ...

    def keep_definitions(self, definition: Definition[Any], keeps: Callable[[str], bool]) -> None:
        """Deletes those rows of a small table that are of none of the places it keeps."""
        ...


def changes_of(
    definition: Definition[Any], place: Place, items: Sequence[Any], held: Mapping[str, Digests], *, deletes: bool
) -> tuple[list[Row], list[str], dict[str, Digests]]:
    """What makes a small table hold these items for one place; where it `deletes`, no others.

    Rows to write, keys of those that are gone, and what is held then, by place.
    """
    name = definition.held_as(place)
    known, rows = held.get(name, {}), {str(next(iter(row.values()))): row for row in definition.rows(items, place)}
    found = {key: digest(row) for key, row in rows.items()}
    # No list at all is no reason to believe that all are gone.
    gone = known.keys() - found.keys() if found and deletes else set[str]()
    kept = {k: d for k, d in known.items() if k not in gone}
    # A row is of the place that listed it last: what it belongs to can be called otherwise now.
    others = {
        n: {k: d for k, d in of_place.items() if k not in found} if n.partition(" ")[0] == definition.table else of_place
        for n, of_place in held.items()
    }
    changed = [row for key, row in rows.items() if known.get(key) != found[key]]
    return changed, sorted(gone), {**others, name: {**kept, **found}}


def deliver_definitions(
    sources: Sequence[Source],
    identity: TokenIdentity,
    read: Callable[[Sequence[tuple[Definition[Any], Place]]], Sequence[Sequence[Any] | None]],
    destination: Destination,
    *,
    definitions: Sequence[Definition[Any]],
) -> None:
    """Reads and writes these small tables, as far as the token may; what cannot be read stays as it is, if it is known.

    What is gone is deleted, with all that was said of it; but where nothing is listed, nothing is believed to be gone.
    """
    parents: list[Place] = []
    may_see = [d for d in definitions if not d.scope or identity.has_scope(d.scope)]
    # What there is of each object and list can be asked for when it is known which there are.
    for of_parents in (False, True):
        wanted = [(d, p) for d in may_see if (d.of == "parent") is of_parents for p in _places(d, sources, parents)]
        for (definition, place), items in zip(wanted, read(wanted), strict=True):
            if items is None:
                continue
            destination.write_definitions(definition, place, items, deletes=identity.sees_everything)
            if definition in (OBJECTS, LISTS):
                parents += map(Place, parents_in(definition, items))

    there, kinds = {p.parent for p in parents}, {p.parent and p.parent.kind for p in parents}
    for definition in definitions if identity.sees_everything else ():
        if definition.of == "parent":
            destination.keep_definitions(
                definition, lambda name: (parent := parse_parent(name)) in there or parent.kind not in kinds
            )


def parents_in(definition: Definition[Any], items: Sequence[Any]) -> list[Parent]:
    """The objects or the lists that these items are; one without a slug cannot be named."""
    prefix = PREFIX if definition is LISTS else ""
    return [parse_parent(f"{prefix}{item.api_slug}") for item in items if item.api_slug]


def _places(definition: Definition[Any], sources: Sequence[Source], parents: Sequence[Place]) -> list[Place]:
    match definition.of:
        case "workspace":
            return [Place()]
        case "parent":
            return list(parents)
        case kind:
            return [Place(s.parent, s.attribute) for s in sources if s.type.definition == kind]


def definitions_for(sources: Iterable[Source], *, definitions: bool, daily: bool = True) -> list[Definition[Any]]:
    """The small tables of a connection: without `definitions` only those that the histories cannot be read without."""
    needed = {s.type.definition for s in sources}
    wanted = [d for d in DEFINITIONS if definitions or d in ALWAYS or d.of in needed]
    return [d for d in wanted if daily or not d.daily]
