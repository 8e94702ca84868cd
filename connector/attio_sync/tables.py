"""Pure: one declaration a table, from which both schema() and the rows come."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attio_sync.attio_types import (
    AttioApplicationWorkflowStatusAttribute,
    AttioStatus,
    AttioWorkspaceMember,
    AttributeHistory,
    parse_timestamp,
)
from attio_sync.errors import InvalidValueError
from attio_sync.settings import TrackedHistory
from attio_sync.shapes import printable
from attio_sync.tracked import RESERVED_TABLES

type Row = dict[str, Any]

STATUS_TABLE, MEMBER_TABLE, ERROR_TABLE = RESERVED_TABLES


@dataclass(frozen=True, slots=True)
class Column[T]:
    """A column: its name, how its value comes from what the row is made of, and its type.

    Every type is declared, also where Fivetran would infer it: a column that is not declared exists only once a row has a
    value for it, and until then every query and every model that names it fails.
    https://fivetran.com/docs/connector-sdk/troubleshooting/missing-tables-columns
    """

    name: str
    value: Callable[[T], Any]
    type: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table[T]:
    """A table: its name and its columns, in order."""

    name: str
    columns: tuple[Column[T], ...]

    def schema(self) -> dict[str, Any]:
        """As Fivetran's `schema()` takes it."""
        return {
            "table": self.name,
            "primary_key": [c.name for c in self.columns if c.key],
            "columns": {c.name: c.type for c in self.columns},
        }

    def row(self, item: T) -> Row:
        """One row, with every column."""
        return {c.name: c.value(item) for c in self.columns}

    def key(self, *values: object) -> Row:
        """The key of a row: what a delete needs."""
        return dict(zip((c.name for c in self.columns if c.key), values, strict=True))


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a record in one status, the `position`-th."""

    record_id: str
    position: int
    value: AttioApplicationWorkflowStatusAttribute

    @property
    def active_until(self) -> datetime | None:
        """When it was left; None while it lasts."""
        return parse_timestamp(self.value.active_until) if self.value.active_until else None


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that could not be read, and when that was found."""

    history: str
    error: InvalidValueError
    found_at: datetime


@dataclass(frozen=True, slots=True)
class ListedStatus:
    """One status of a tracked attribute, the `position`-th as Attio lists them."""

    history: TrackedHistory
    position: int
    status: AttioStatus


def id_column(history: TrackedHistory) -> str:
    """What the record's id is called: `application_id` for applications, `record_id` for any other object."""
    return "application_id" if history.parent == "applications" else "record_id"


def current_table(history: TrackedHistory) -> Table[AttributeHistory]:
    """Each row is one record, with its whole history as JSON and what people ask first."""
    beside: tuple[Column[AttributeHistory], ...] = (
        Column("status_id", _of_current(lambda v: v.status.id.status_id), "STRING"),
        Column("status_title", _of_current(lambda v: v.status.title), "STRING"),
        Column("active_from", _of_current(lambda v: parse_timestamp(v.active_from)), "UTC_DATETIME"),
        Column("stays", lambda h: len(h.values), "INT"),
    )
    taken = {id_column(history), *(column.name for column in beside)}
    values = f"{history.attribute}_history" if history.attribute in taken else history.attribute
    record: Column[AttributeHistory] = Column(id_column(history), lambda h: h.record_id, "STRING", key=True)
    return Table(history.table, (record, Column(values, lambda h: h.raw, "JSON"), *beside))


def history_table(history: TrackedHistory) -> Table[Stay]:
    """Each row is one stay of one record in one status."""
    return Table(
        f"{history.table}_history",
        (
            Column(id_column(history), lambda s: s.record_id, "STRING", key=True),
            Column("position", lambda s: s.position, "INT", key=True),
            Column("status_id", lambda s: s.value.status.id.status_id, "STRING"),
            Column("active_from", lambda s: parse_timestamp(s.value.active_from), "UTC_DATETIME"),
            Column("active_until", lambda s: s.active_until, "UTC_DATETIME"),
            Column("is_active", lambda s: s.value.active_until is None, "BOOLEAN"),
            Column("status_title", lambda s: s.value.status.title, "STRING"),
            Column("status_is_archived", lambda s: s.value.status.is_archived, "BOOLEAN"),
            Column("target_time_in_status", lambda s: s.value.status.target_time_in_status, "STRING"),
            Column("created_by_actor_type", lambda s: s.value.created_by_actor.type, "STRING"),
            Column("created_by_actor_id", lambda s: s.value.created_by_actor.id, "STRING"),
        ),
    )


def error_table() -> Table[Invalid]:
    """Each row is one record that cannot be read; it goes when the record reads well."""
    return Table(
        ERROR_TABLE,
        (
            Column("history", lambda i: i.history, "STRING", key=True),
            Column("record_id", lambda i: i.error.record_id, "STRING", key=True),
            Column("field", lambda i: i.error.field, "STRING"),
            Column("reason", lambda i: printable(i.error.reason), "STRING"),
            Column("raw", lambda i: printable(i.error.raw), "JSON"),
            Column("found_at", lambda i: i.found_at, "UTC_DATETIME"),
        ),
    )


def status_table() -> Table[ListedStatus]:
    """Each row is one status that a tracked attribute can have, as Attio lists it today, archived ones included."""
    return Table(
        STATUS_TABLE,
        (
            Column("status_id", lambda s: s.status.id.status_id, "STRING", key=True),
            Column("object", lambda s: s.history.parent, "STRING"),
            Column("attribute", lambda s: s.history.attribute, "STRING"),
            Column("position", lambda s: s.position, "INT"),
            Column("title", lambda s: printable(s.status.title), "STRING"),
            Column("is_archived", lambda s: s.status.is_archived, "BOOLEAN"),
            Column("celebration_enabled", lambda s: s.status.celebration_enabled, "BOOLEAN"),
            Column("target_time_in_status", lambda s: s.status.target_time_in_status, "STRING"),
        ),
    )


def member_table() -> Table[AttioWorkspaceMember]:
    """Each row is one member of the workspace, so that who moved a record has a name."""
    return Table(
        MEMBER_TABLE,
        (
            Column("workspace_member_id", lambda m: m.id.workspace_member_id, "STRING", key=True),
            Column("first_name", lambda m: printable(m.first_name), "STRING"),
            Column("last_name", lambda m: printable(m.last_name), "STRING"),
            Column("email_address", lambda m: printable(m.email_address), "STRING"),
            Column("access_level", lambda m: m.access_level, "STRING"),
        ),
    )


def tables(histories: Sequence[TrackedHistory]) -> list[Table[Any]]:
    """All tables of a connection that tracks these histories."""
    tracked = [table for h in histories for table in (current_table(h), history_table(h))]
    return [*tracked, error_table(), status_table(), member_table()]


def schema(histories: Sequence[TrackedHistory]) -> list[dict[str, Any]]:
    """All tables, as Fivetran's `schema()` takes them."""
    return [table.schema() for table in tables(histories)]


def history_rows(table: Table[Stay], history: AttributeHistory, after: int = 0) -> Iterator[Row]:
    """The stays of one record, oldest first, from behind the `after`-th on."""
    for position, value in enumerate(history.values[after:], after + 1):
        yield table.row(Stay(history.record_id, position, value))


def _of_current(
    value: Callable[[AttioApplicationWorkflowStatusAttribute], Any],
) -> Callable[[AttributeHistory], Any]:
    """Something of the value that lasts; None where none does."""

    def of_current(history: AttributeHistory) -> Any:  # noqa: ANN401 (a value for a row)
        last = history.values[-1] if history.values else None
        return value(last) if last is not None and last.active_until is None else None

    return of_current
